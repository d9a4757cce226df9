using System.Text.Json;

namespace Tollgate.Chaos.Strangers;

/// <summary>
/// Holds an answer against the schema that the document promises: the types of its members, and members that it does not know. That a
/// member is missing is no fault here: a view leaves out what its place says already (the feature's code under its own name).
/// </summary>
public static class AnswerShape
{
    /// <summary>Of a list; the others look alike.</summary>
    private const int Looked = 5;

    /// <returns>Null: it is as promised, or nothing is promised.</returns>
    public static string? FaultOf(Operation operation, JsonElement schema, JsonElement value, string path = "$")
    {
        var promised = operation.Resolve(schema);
        if (promised.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var choice in (string[])["oneOf", "anyOf"])
        {
            if (promised.TryGetProperty(choice, out var choices))
            {
                return choices.EnumerateArray().Any(one => FaultOf(operation, one, value, path) is null) ? null : $"{path} is none of {choice}";
            }
        }

        return promised.TryGetProperty("type", out var type) && !IsOf(type, value) ? $"{path} is {value.ValueKind}, promised is {type}"
            : value.ValueKind == JsonValueKind.Object ? FaultOfObject(operation, promised, value, path)
            : value.ValueKind == JsonValueKind.Array && promised.TryGetProperty("items", out var items)
                ? value.EnumerateArray().Take(Looked).Select((one, at) => FaultOf(operation, items, one, $"{path}[{at}]")).FirstOrDefault(static fault => fault is not null)
            : null;
    }

    private static string? FaultOfObject(Operation operation, JsonElement promised, JsonElement value, string path)
    {
        var hasMore = promised.TryGetProperty("additionalProperties", out var more);
        if (!promised.TryGetProperty("properties", out var properties))
        {
            return hasMore ? value.EnumerateObject().Take(Looked).Select(one => FaultOf(operation, more, one.Value, $"{path}.{one.Name}")).FirstOrDefault(static fault => fault is not null) : null;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (!properties.TryGetProperty(member.Name, out var known))
            {
                if (!hasMore)
                {
                    return $"{path}.{member.Name} is not promised";
                }
            }
            else if (FaultOf(operation, known, member.Value, $"{path}.{member.Name}") is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static bool IsOf(JsonElement type, JsonElement value) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(one => IsOf(one, value)) : type.GetString() switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            _ => value.ValueKind == JsonValueKind.Number,
        };
}
