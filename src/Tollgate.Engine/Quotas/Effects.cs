using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Quotas;

/// <summary>Which features an event touches and by how much: its type's meters, filtered, applied to its properties.</summary>
internal static class Effects
{
    /// <summary>Null: a property that a meter needs is missing, not a number, negative or too exact.</summary>
    public static IReadOnlyList<Effect>? Of(PublishedCatalog catalog, EventOrder order)
    {
        if (order.MovesNothing)
        {
            return [];
        }

        if (order is { Type: LlmCall.AdjustmentType, ComputedJson: { } adjustment })
        {
            return OfAdjustment(catalog, order.PropertiesJson, adjustment);
        }

        var effects = Of(catalog, order.Type, order.Quantity, order.PropertiesJson, order.ComputedJson);
        return effects is null || order.Feature is not { } code || effects.Any(e => e.Feature.Code == code)
                || catalog.Features[code].Feature.Kind != FeatureKind.Metered
            ? effects
            : [new(catalog.Features[code], Quantity.One, MeterAggregate.Sum, default), .. effects];
    }

    /// <summary>No meter reads events of that type. A call is priced and listed, whether or not a meter reads it.</summary>
    public static bool AreNever(PublishedCatalog catalog, EventOrder order) =>
        order is { MovesNothing: false, ComputedJson: null, Feature: null } && !catalog.MetersByEventType.ContainsKey(order.Type);

    /// <summary>A corrected cost moves what the cost of the call itself moves, by <c>moved_usd</c>.</summary>
    private static List<Effect> OfAdjustment(PublishedCatalog catalog, string? propertiesJson, string adjustmentJson)
    {
        using var properties = propertiesJson is null ? null : JsonDocument.Parse(propertiesJson);
        using var computed = JsonDocument.Parse(adjustmentJson);
        var facts = new Facts(properties?.RootElement, computed.RootElement);
        return NumberOf(facts.Text("moved_usd")) is not { } moved
            ? []
            :
            [
                .. catalog.MetersByEventType.GetValueOrDefault(LlmCall.EventType, [])
                    .Where(target => target.Meter is { Aggregate: MeterAggregate.Sum, ValueProperty: "cost_usd" } && Matches(target.Meter, facts))
                    .Select(target => new Effect(target.Feature, moved, MeterAggregate.Sum, default)),
            ];
    }

    private static IReadOnlyList<Effect>? Of(
        PublishedCatalog catalog, string type, Quantity quantity, string? propertiesJson, string? computedJson = null)
    {
        if (!catalog.MetersByEventType.TryGetValue(type, out var targets))
        {
            return [];
        }

        if (targets.Count == 1 && IsPlain(targets[0].Meter))
        {
            return [new(targets[0].Feature, quantity, MeterAggregate.Sum, default)];
        }

        using var properties = propertiesJson is null ? null : JsonDocument.Parse(propertiesJson);
        using var computed = computedJson is null ? null : JsonDocument.Parse(computedJson);
        var facts = new Facts(properties?.RootElement, computed?.RootElement);
        var effects = new List<Effect>(targets.Count);
        foreach (var target in targets)
        {
            if (!Matches(target.Meter, facts) || facts.IsUnknown(target.Meter.ValueProperty))
            {
                continue;
            }

            if (OfMeter(target, quantity, facts) is not { } effect)
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

    private static Effect? OfMeter(MeterTarget target, Quantity quantity, Facts facts)
    {
        var meter = target.Meter;
        switch (meter.Aggregate)
        {
            case MeterAggregate.Count:
                return new(target.Feature, Quantity.One, meter.Aggregate, default);
            case MeterAggregate.Unique:
                return facts.Text(meter.ValueProperty!) is { } seen
                    ? new(target.Feature, Quantity.One, meter.Aggregate, EventKey.HashOf(seen))
                    : null;
            default:
                return meter.ValueProperty is null ? new(target.Feature, quantity, meter.Aggregate, default)
                    : NumberOf(facts.Text(meter.ValueProperty)) is { } value ? new(target.Feature, value, meter.Aggregate, default)
                    : null;
        }
    }

    private static bool Matches(Meter meter, Facts facts)
    {
        foreach (var filter in meter.Filters)
        {
            if (facts.Text(filter.Property) is not { } text || !filter.AnyOf.Contains(text, StringComparer.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static Quantity? NumberOf(string? text) =>
        text is not null
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && Quantity.TryCreate(value, out var quantity) && !quantity.IsNegative
            ? quantity
            : null;

    /// <summary>
    /// What meters read: what the server computed, else what the caller sent. What it does not know may have a figure by which
    /// meters move all the same: <c>assumed_cost_usd</c> beside a <c>cost_usd</c> of null.
    /// </summary>
    private readonly struct Facts(JsonElement? properties, JsonElement? computed)
    {
        private const string Assumed = "assumed_";

        /// <summary>The server looked for it and does not know it: nothing is counted, and nothing is wrong.</summary>
        public bool IsUnknown(string? name) =>
            name is not null && computed is { } own && own.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null
            && !own.TryGetProperty(Assumed + name, out _);

        public string? Text(string name) =>
            TextIn(computed, name) ?? (computed is null ? null : TextIn(computed, Assumed + name)) ?? TextIn(properties, name);

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
}
