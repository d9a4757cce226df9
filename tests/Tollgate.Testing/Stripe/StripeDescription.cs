using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tollgate.Testing.Stripe;

/// <summary>A request that the double refuses, as Stripe does.</summary>
public sealed record StripeFault(int Status, string Type, string? Code, string Message, string? Param = null)
{
    public JsonObject ToJson() => new()
    {
        ["error"] = new JsonObject { ["type"] = Type, ["code"] = Code, ["message"] = Message, ["param"] = Param },
    };

    public static StripeFault Unknown(string param) =>
        new(400, "invalid_request_error", "parameter_unknown", $"Received unknown parameter: {param}", param);

    public static StripeFault Missing(string param) =>
        new(400, "invalid_request_error", "parameter_missing", $"Missing required param: {param}.", param);

    public static StripeFault Invalid(string param, string what) =>
        new(400, "invalid_request_error", "parameter_invalid", $"Invalid {what}: {param}", param);

    public static StripeFault NotFound(string what, string id, string param) =>
        new(404, "invalid_request_error", "resource_missing", $"No such {what}: '{id}'", param);

    public static StripeFault Wrong(string message, string? param = null) => new(400, "invalid_request_error", null, message, param);
}

/// <summary>Thrown inside the double; becomes the answer.</summary>
public sealed class StripeFaultException(StripeFault fault) : Exception(fault.Message)
{
    public StripeFault Fault { get; } = fault;
}

/// <summary>Stripe's OpenAPI description: the allowed requests, and their parameters.</summary>
public sealed class StripeDescription
{
    private readonly List<(Regex Path, string Template, JsonElement Operations)> _paths = [];

    private StripeDescription(JsonElement root)
    {
        foreach (var path in root.GetProperty("paths").EnumerateObject())
        {
            var pattern = "^"
                + Regex.Replace(Regex.Escape(path.Name).Replace("}", "\\}", StringComparison.Ordinal), @"\\\{(\w+)\\\}", "(?<$1>[^/]+)")
                + "$";
            _paths.Add((new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1)), path.Name, path.Value));
        }
    }

    public static StripeDescription Load(string folder) =>
        new(JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, "stripe-openapi-trimmed.json"))));

    /// <summary>Returns the parameters, each with its type, including those of the path.</summary>
    /// <exception cref="StripeFaultException">The description does not allow the request.</exception>
    public (string Template, JsonObject Parameters) Check(string method, string path, string query, string body)
    {
        var (pattern, template, operations) = _paths.Where(one => one.Path.IsMatch(path))
            .OrderBy(static one => one.Template.Count(static c => c == '{')).FirstOrDefault();
        if (pattern is null || !operations.TryGetProperty(method.ToLowerInvariant(), out var operation))
        {
            throw new StripeFaultException(new(404, "invalid_request_error", null, $"Unrecognized request URL ({method}: {path})."));
        }

        // DELETE accepts its parameters in either place.
        var given = StripeForms.Parse(method == "POST" || query.Length == 0 ? body : query);
        var typed = operation.TryGetProperty("requestBody", out var wanted)
            ? (JsonObject)Typed(
                given, wanted.GetProperty("content").GetProperty("application/x-www-form-urlencoded").GetProperty("schema"), "")
            : InQuery(given, operation);
        foreach (Group group in pattern.Match(path).Groups.Values.Skip(1))
        {
            typed[group.Name] = Uri.UnescapeDataString(group.Value);
        }

        return (template, typed);
    }

    private static JsonObject InQuery(JsonObject given, JsonElement operation)
    {
        var parameters = operation.GetProperty("parameters").EnumerateArray()
            .Where(static one => one.TryGetProperty("in", out var where) && where.GetString() == "query")
            .ToDictionary(static one => one.GetProperty("name").GetString()!, static one => one);
        var typed = new JsonObject();
        foreach (var (name, value) in given)
        {
            typed[name] = parameters.TryGetValue(name, out var parameter)
                ? Typed(value!, parameter.GetProperty("schema"), name)
                : throw new StripeFaultException(StripeFault.Unknown(name));
        }

        return parameters.FirstOrDefault(one => one.Value.TryGetProperty("required", out var required) && required.GetBoolean()
            && !typed.ContainsKey(one.Key)).Key is { } missing
            ? throw new StripeFaultException(StripeFault.Missing(missing))
            : typed;
    }

    private static JsonNode Typed(JsonNode value, JsonElement schema, string param)
    {
        if (schema.TryGetProperty("anyOf", out var choices))
        {
            return TypedAsAny(value, choices, param);
        }

        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => word.ToString() == value.ToString()))
        {
            throw new StripeFaultException(StripeFault.Invalid(param, "value"));
        }

        return (schema.TryGetProperty("type", out var type) ? type.GetString() : null) switch
        {
            "integer" => long.TryParse(Plain(value, param), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? JsonValue.Create(whole)
                : throw new StripeFaultException(StripeFault.Invalid(param, "integer")),
            "number" => decimal.TryParse(Plain(value, param), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? JsonValue.Create(number)
                : throw new StripeFaultException(StripeFault.Invalid(param, "decimal")),
            "boolean" => Plain(value, param) is "true" or "false"
                ? JsonValue.Create(Plain(value, param) == "true")
                : throw new StripeFaultException(StripeFault.Invalid(param, "boolean")),
            "array" => TypedArray(value, schema, param),
            "object" => TypedObject(value, schema, param),
            _ => Bounded(Plain(value, param), schema, param),
        };
    }

    private static JsonNode TypedAsAny(JsonNode value, JsonElement choices, string param)
    {
        StripeFault? last = null;
        foreach (var choice in choices.EnumerateArray())
        {
            try
            {
                return Typed(value, choice, param);
            }
            catch (StripeFaultException refused)
            {
                // Keep the refusal of the choice that fits in kind: its parameter is the most deeply nested.
                last = last is null || (refused.Fault.Param?.Length ?? 0) > (last.Param?.Length ?? 0) ? refused.Fault : last;
            }
        }

        throw new StripeFaultException(last!);
    }

    private static JsonArray TypedArray(JsonNode value, JsonElement schema, string param)
    {
        if (value is not JsonObject list || list.Any(static one => !one.Key.All(char.IsAsciiDigit)))
        {
            throw new StripeFaultException(StripeFault.Invalid(param, "array"));
        }

        var items = schema.GetProperty("items");
        return [.. list.OrderBy(static one => one.Key.Length).ThenBy(static one => one.Key, StringComparer.Ordinal)
            .Select(one => Typed(one.Value!, items, $"{param}[{one.Key}]"))];
    }

    private static JsonObject TypedObject(JsonNode value, JsonElement schema, string param)
    {
        if (value is not JsonObject given)
        {
            throw new StripeFaultException(StripeFault.Invalid(param, "object"));
        }

        var typed = new JsonObject();
        var isFree = schema.TryGetProperty("additionalProperties", out var free) && free.ValueKind == JsonValueKind.Object;
        foreach (var (name, inner) in given)
        {
            var path = param.Length == 0 ? name : $"{param}[{name}]";
            typed[name] = schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out var known)
                ? Typed(inner!, known, path)
                : isFree ? Typed(inner!, free, path)
                : throw new StripeFaultException(StripeFault.Unknown(path));
        }

        var missing = schema.TryGetProperty("required", out var required)
            ? required.EnumerateArray().Select(static one => one.GetString()!).FirstOrDefault(name => !typed.ContainsKey(name))
            : null;
        return missing is null
            ? typed
            : throw new StripeFaultException(StripeFault.Missing(param.Length == 0 ? missing : $"{param}[{missing}]"));
    }

    private static string Plain(JsonNode value, string param) =>
        value is JsonValue text ? text.GetValue<string>() : throw new StripeFaultException(StripeFault.Invalid(param, "value"));

    private static JsonValue Bounded(string text, JsonElement schema, string param) =>
        schema.TryGetProperty("maxLength", out var most) && text.Length > most.GetInt32()
            ? throw new StripeFaultException(StripeFault.Invalid(param, "string: too long"))
            : JsonValue.Create(text);
}

/// <summary>Reads form encoding: brackets become objects, even with indices.</summary>
internal static class StripeForms
{
    public static JsonObject Parse(string encoded)
    {
        var root = new JsonObject();
        foreach (var pair in encoded.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var split = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = split < 0 ? (pair, "") : (pair[..split], pair[(split + 1)..]);
            Put(root, Names(Plain(name)), Plain(value));
        }

        return root;
    }

    private static string Plain(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static List<string> Names(string name) => [.. name.Split('[').Select(static part => part.TrimEnd(']'))];

    private static void Put(JsonObject parent, List<string> names, string value)
    {
        for (var level = 0; level < names.Count - 1; level++)
        {
            var key = Index(parent, names[level]);
            parent = parent[key] as JsonObject ?? (JsonObject)(parent[key] = new JsonObject());
        }

        parent[Index(parent, names[^1])] = value;
    }

    /// <summary><c>expand[]</c> gets the next index.</summary>
    private static string Index(JsonObject parent, string name) =>
        name.Length == 0 ? parent.Count.ToString(CultureInfo.InvariantCulture) : name;
}
