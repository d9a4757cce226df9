using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Metering;

/// <summary>
/// The properties of an event that meters read. A value that the server computed replaces the caller's. For a value that the server does
/// not know, meters use an assumed one: <c>assumed_cost_usd</c> replaces a <c>cost_usd</c> of null.
/// </summary>
/// <param name="quantity">The event's own quantity, for meters that name no property.</param>
internal readonly struct EventFacts(Quantity quantity, JsonElement? properties, JsonElement? computed)
{
    private const string Assumed = "assumed_";

    /// <summary>True if the server tried to compute the value and does not know it: the event counts nothing, and is valid.</summary>
    public bool IsUnknown(string? name) =>
        name is not null && computed is { } own && own.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null
        && !own.TryGetProperty(Assumed + name, out _);

    /// <summary>Returns the value as written; null if it is missing, null, a list or an object.</summary>
    public string? Text(string name) =>
        TextIn(computed, name) ?? (computed is null ? null : TextIn(computed, Assumed + name)) ?? TextIn(properties, name);

    /// <summary>Returns the meter's value; null: the property is missing, not a number, negative or too exact.</summary>
    public Quantity? ValueOf(Meter meter) => meter.ValueProperty is { } name ? NumberOf(name) : quantity;

    public Quantity? NumberOf(string name) =>
        Text(name) is { } text
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && Quantity.TryCreate(value, out var number) && !number.IsNegative
            ? number
            : null;

    /// <summary>True if all filters of the meter match.</summary>
    public bool Match(Meter meter)
    {
        foreach (var filter in meter.Filters)
        {
            if (Text(filter.Property) is not { } text || !filter.AnyOf.Contains(text, StringComparer.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string? TextIn(JsonElement? all, string name) =>
        all is { } some && some.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                _ => null,
            }
            : null;
}
