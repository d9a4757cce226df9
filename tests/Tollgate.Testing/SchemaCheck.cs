using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tollgate.Testing;

/// <summary>
/// Checks JSON against a schema of an OpenAPI document. An object with <c>properties</c> has no other members, unless
/// <c>additionalProperties</c> allows them. An unknown keyword throws, so that none is ignored.
/// </summary>
public sealed class SchemaCheck(JsonElement document)
{
    /// <summary>Returns the faults, each with its place; none: the value matches the schema.</summary>
    /// <param name="most">The maximum number of items of a list to check.</param>
    public IReadOnlyList<string> FaultsOf(JsonElement schema, JsonElement value, int most = int.MaxValue)
    {
        var faults = new List<string>();
        Check(schema, value, "$", faults, most);
        return faults;
    }

    /// <summary>Follows <c>$ref</c> inside the document.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        var found = schema;
        while (found.ValueKind == JsonValueKind.Object && found.TryGetProperty("$ref", out var reference))
        {
            found = reference.GetString()!.Split('/').Skip(1).Aggregate(document, static (at, part) =>
                at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)));
        }

        return found;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> faults, int most)
    {
        var promised = Resolve(schema);
        if (promised.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var keyword in promised.EnumerateObject())
        {
            var good = keyword.Name switch
            {
                "title" or "description" or "default" or "example" or "properties" or "additionalProperties" or "discriminator" => true,
                "type" => TypesOf(keyword.Value).Any(type => Is(value, type)),
                "enum" => keyword.Value.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)),
                "oneOf" => keyword.Value.EnumerateArray().Count(one => FaultsOf(one, value, most).Count == 0) == 1,
                "anyOf" => keyword.Value.EnumerateArray().Any(one => FaultsOf(one, value, most).Count == 0),
                "format" => value.ValueKind != JsonValueKind.String || IsFormatted(value.GetString()!, keyword.Value.GetString()!),
                "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!),
                "minLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= keyword.Value.GetInt32(),
                "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= keyword.Value.GetInt32(),
                "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= keyword.Value.GetDecimal(),
                "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= keyword.Value.GetDecimal(),
                "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32(),
                "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32(),
                "required" => value.ValueKind != JsonValueKind.Object
                    || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
                "items" => CheckItems(keyword.Value, value, path, faults, most),
                _ => throw new InvalidOperationException($"{path}: the keyword {keyword.Name} is unknown here."),
            };
            if (!good)
            {
                faults.Add($"{path} is {Short(value)}, not {keyword.Name} {Short(keyword.Value)}");
            }
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckMembers(promised, value, path, faults, most);
        }
    }

    private bool CheckItems(JsonElement schema, JsonElement value, string path, List<string> faults, int most)
    {
        foreach (var (index, item) in (value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Take(most) : []).Index())
        {
            Check(schema, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), faults, most);
        }

        return true;
    }

    private void CheckMembers(JsonElement promised, JsonElement value, string path, List<string> faults, int most)
    {
        var hasProperties = promised.TryGetProperty("properties", out var properties);
        var hasMore = promised.TryGetProperty("additionalProperties", out var more) && more.ValueKind != JsonValueKind.False;
        foreach (var member in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(member.Name, out var known))
            {
                Check(known, member.Value, $"{path}.{member.Name}", faults, most);
            }
            else if (hasMore)
            {
                Check(more, member.Value, $"{path}.{member.Name}", faults, most);
            }
            else if (hasProperties)
            {
                faults.Add($"{path}.{member.Name} is not promised");
            }
        }
    }

    private static IEnumerable<string> TypesOf(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static one => one.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new InvalidOperationException($"The type {type} is unknown here."),
    };

    private static bool IsFormatted(string text, string format) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) && text.Contains('T', StringComparison.Ordinal),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", out _),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "byte" or "binary" => true,
        _ => throw new InvalidOperationException($"The format {format} is unknown here."),
    };

    private static string Short(JsonElement value) =>
        value.GetRawText() is { Length: > 120 } text ? text[..120] + " …" : value.GetRawText();
}
