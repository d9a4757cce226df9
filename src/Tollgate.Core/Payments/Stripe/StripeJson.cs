using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>Access to members of Stripe's objects. A member that is absent, null or of another type than expected is null.</summary>
public static class StripeJson
{
    public static JsonElement? Child(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static JsonElement? Child(this JsonElement parent, string name, string inner) => parent.Child(name)?.Child(inner);

    public static string? Text(this JsonElement parent, string name) =>
        parent.Child(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static long? Number(this JsonElement parent, string name) =>
        parent.Child(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    public static bool Flag(this JsonElement parent, string name) => parent.Child(name) is { ValueKind: JsonValueKind.True };

    /// <summary>Reads Unix seconds.</summary>
    public static Instant? Moment(this JsonElement parent, string name) =>
        parent.Number(name) is { } seconds and >= 0 and < 253_402_300_800 ? Instant.FromUnixSeconds(seconds) : null;

    /// <summary>Returns the id of another object, which may be expanded.</summary>
    public static string? Reference(this JsonElement parent, string name) => parent.Text(name) ?? parent.Child(name)?.Text("id");

    /// <summary>Returns the objects of an array, or of a list object's <c>data</c>.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement parent, string name) => parent.Child(name) switch
    {
        { ValueKind: JsonValueKind.Array } array => array.EnumerateArray(),
        { ValueKind: JsonValueKind.Object } list when list.Child("data") is { ValueKind: JsonValueKind.Array } data =>
            data.EnumerateArray(),
        _ => [],
    };

    public static IReadOnlyDictionary<string, string> Metadata(this JsonElement parent, string name = "metadata") =>
        parent.Child(name) is { ValueKind: JsonValueKind.Object } metadata
            ? metadata.EnumerateObject().Where(static entry => entry.Value.ValueKind == JsonValueKind.String)
                .GroupBy(static entry => entry.Name, StringComparer.Ordinal)
                .ToDictionary(static entry => entry.Key, static entry => entry.Last().Value.GetString()!, StringComparer.Ordinal)
            : new Dictionary<string, string>();
}
