using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Quotas;

/// <summary>Which features an event touches and by how much: its type's meters, filtered, applied to its properties.</summary>
internal static class Effects
{
    /// <summary>Null: a property that a meter needs is missing, not a number, negative or too exact.</summary>
    public static IReadOnlyList<Effect>? Of(PublishedCatalog catalog, string type, Quantity quantity, string? propertiesJson)
    {
        if (!catalog.MetersByEventType.TryGetValue(type, out var targets))
        {
            return [];
        }

        if (targets.Count == 1 && IsPlain(targets[0].Meter))
        {
            return [new(targets[0].Feature, quantity, MeterAggregate.Sum, default)];
        }

        using var document = propertiesJson is null ? null : JsonDocument.Parse(propertiesJson);
        var effects = new List<Effect>(targets.Count);
        foreach (var target in targets)
        {
            if (!Matches(target.Meter, document?.RootElement))
            {
                continue;
            }

            if (OfMeter(target, quantity, document?.RootElement) is not { } effect)
            {
                return null;
            }

            effects.Add(effect);
        }

        return effects;
    }

    /// <summary>
    /// A consume names its feature; other features whose meters read events of that type are touched too. The consumed
    /// feature comes first.
    /// </summary>
    public static IReadOnlyList<Effect>? OfConsume(PublishedCatalog catalog, FeatureEntry feature, Quantity amount, string? propertiesJson)
    {
        var own = new Effect(feature, amount, MeterAggregate.Sum, default);
        if (!catalog.MetersByEventType.TryGetValue(feature.Code, out var targets) || (targets.Count == 1 && targets[0].Feature.Key == feature.Key))
        {
            return [own];
        }

        return Of(catalog, feature.Code, amount, propertiesJson) is { } all
            ? [own, .. all.Where(e => e.Feature.Key != feature.Key)]
            : null;
    }

    private static bool IsPlain(Meter meter) =>
        meter is { Aggregate: MeterAggregate.Sum, ValueProperty: null, Filters.Count: 0 };

    private static Effect? OfMeter(MeterTarget target, Quantity quantity, JsonElement? properties)
    {
        var meter = target.Meter;
        switch (meter.Aggregate)
        {
            case MeterAggregate.Count:
                return new(target.Feature, Quantity.One, meter.Aggregate, default);
            case MeterAggregate.Unique:
                return TextOf(properties, meter.ValueProperty!) is { } seen
                    ? new(target.Feature, Quantity.One, meter.Aggregate, EventKey.HashOf(seen))
                    : null;
            default:
                return meter.ValueProperty is null ? new(target.Feature, quantity, meter.Aggregate, default)
                    : NumberOf(properties, meter.ValueProperty) is { } value ? new(target.Feature, value, meter.Aggregate, default)
                    : null;
        }
    }

    private static bool Matches(Meter meter, JsonElement? properties)
    {
        foreach (var filter in meter.Filters)
        {
            if (TextOf(properties, filter.Property) is not { } text || !filter.AnyOf.Contains(text, StringComparer.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string? TextOf(JsonElement? properties, string name) =>
        properties is { } all && all.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                _ => null,
            }
            : null;

    private static Quantity? NumberOf(JsonElement? properties, string name) =>
        TextOf(properties, name) is { } text
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && Quantity.TryCreate(value, out var quantity) && !quantity.IsNegative
            ? quantity
            : null;
}
