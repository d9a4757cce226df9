using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Metering;

/// <summary>
/// The properties of an event that meters read. A value that the server computed replaces the caller's. For a value that the server does
/// not know, meters use an assumed one: <c>assumed_cost_usd</c> beside a <c>cost_usd</c> of null.
/// </summary>
/// <param name="quantity">The event's own, for meters that name no property.</param>
internal readonly struct EventFacts(Quantity quantity, JsonElement? properties, JsonElement? computed)
{
    private const string Assumed = "assumed_";

    /// <summary>The server looked for it and does not know it: nothing is counted, and nothing is wrong.</summary>
    public bool IsUnknown(string? name) =>
        name is not null && computed is { } own && own.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null
        && !own.TryGetProperty(Assumed + name, out _);

    /// <summary>As it is written; null where it is missing, null, or a list or an object.</summary>
    public string? Text(string name) =>
        TextIn(computed, name) ?? (computed is null ? null : TextIn(computed, Assumed + name)) ?? TextIn(properties, name);

    /// <summary>The meter's value; null: the property is missing, not a number, negative or too exact.</summary>
    public Quantity? ValueOf(Meter meter) => meter.ValueProperty is { } name ? NumberOf(name) : quantity;

    public Quantity? NumberOf(string name) =>
        Text(name) is { } text
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && Quantity.TryCreate(value, out var number) && !number.IsNegative
            ? number
            : null;

    /// <summary>All filters of the meter match.</summary>
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
