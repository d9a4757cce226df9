using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Metering;

/// <summary>An event as meters see it.</summary>
/// <param name="PropertiesJson">A JSON object as the caller sent it, or null.</param>
/// <param name="ComputedJson">What the server found out about it, such as its cost; null for most.</param>
public readonly record struct MeteredEvent(string Type, Quantity Quantity, string? PropertiesJson, string? ComputedJson = null)
{
    /// <summary>
    /// A feature that the event uses once, beside those whose meters read it. One that is not metered is not counted, nor is a level.
    /// </summary>
    public string? Feature { get; init; }

    /// <summary>No meter reads it: a call that failed and used nothing.</summary>
    public bool MovesNothing { get; init; }
}

/// <summary>Which features an event touches and by how much: its type's meters, filtered, applied to its properties.</summary>
public static class MeteringRules
{
    /// <summary>The corrected part of a call's cost, and the cost itself, which only meters that add it up follow.</summary>
    private const string Moved = "moved_usd", Cost = "cost_usd";

    /// <returns>Null: a property that a meter needs is missing, not a number, negative or too exact.</returns>
    public static IReadOnlyList<Effect>? EffectsOf(PublishedCatalog catalog, in MeteredEvent happened)
    {
        if (happened.MovesNothing)
        {
            return [];
        }

        if (happened is { Type: CallEvents.Adjustment, ComputedJson: { } adjustment })
        {
            return EffectsOfAdjustment(catalog, happened.PropertiesJson, adjustment);
        }

        var effects = OfMeters(catalog, happened);
        return effects is null || happened.Feature is not { } code || effects.Any(e => e.Feature.Code == code)
            || !IsCounted(catalog.Features[code].Feature)
            ? effects
            : [Effect.OfUnits(catalog.Features[code], Quantity.One), .. effects];
    }

    /// <summary>
    /// A consume names its feature; other features whose meters read events of that type are touched too. The consumed
    /// feature comes first.
    /// </summary>
    /// <returns>As <see cref="EffectsOf"/>.</returns>
    public static IReadOnlyList<Effect>? EffectsOfConsume(
        PublishedCatalog catalog, FeatureEntry feature, Quantity amount, string? propertiesJson)
    {
        var own = Effect.OfUnits(feature, amount);
        if (!catalog.MetersByEventType.TryGetValue(feature.Code, out var targets)
            || (targets.Count == 1 && targets[0].Feature.Key == feature.Key))
        {
            return [own];
        }

        return OfMeters(catalog, new(feature.Code, amount, propertiesJson)) is { } all
            ? [own, .. all.Where(e => e.Feature.Key != feature.Key)]
            : null;
    }

    /// <summary>No meter reads events of that type. A call is priced and listed, whether or not a meter reads it.</summary>
    public static bool IsUnmatched(PublishedCatalog catalog, in MeteredEvent happened) =>
        happened is { MovesNothing: false, ComputedJson: null, Feature: null } && !catalog.MetersByEventType.ContainsKey(happened.Type);

    private static bool IsCounted(Feature feature) => feature is { Kind: FeatureKind.Metered, IsLevel: false };

    private static IReadOnlyList<Effect>? OfMeters(PublishedCatalog catalog, in MeteredEvent happened)
    {
        if (!catalog.MetersByEventType.TryGetValue(happened.Type, out var targets))
        {
            return [];
        }

        // Nearly every event: nothing of it has to be parsed.
        if (targets.Count == 1 && targets[0].Meter is { ValueProperty: null, Filters.Count: 0 } plain
            && AggregateRules.AddsQuantity(plain.Aggregate))
        {
            return [Effect.OfUnits(targets[0].Feature, happened.Quantity)];
        }

        using var properties = happened.PropertiesJson is null ? null : JsonDocument.Parse(happened.PropertiesJson);
        using var computed = happened.ComputedJson is null ? null : JsonDocument.Parse(happened.ComputedJson);
        var facts = new EventFacts(happened.Quantity, properties?.RootElement, computed?.RootElement);
        var effects = new List<Effect>(targets.Count);
        foreach (var target in targets)
        {
            if (!facts.Match(target.Meter) || facts.IsUnknown(target.Meter.ValueProperty))
            {
                continue;
            }

            if (AggregateRules.EffectOf(target, facts) is not { } effect)
            {
                return null;
            }

            effects.Add(effect);
        }

        return effects;
    }

    /// <summary>A corrected cost moves what adds up the cost of the call itself, by <c>moved_usd</c>.</summary>
    private static List<Effect> EffectsOfAdjustment(PublishedCatalog catalog, string? propertiesJson, string adjustmentJson)
    {
        using var properties = propertiesJson is null ? null : JsonDocument.Parse(propertiesJson);
        using var computed = JsonDocument.Parse(adjustmentJson);
        var facts = new EventFacts(Quantity.One, properties?.RootElement, computed.RootElement);
        if (facts.NumberOf(Moved) is not { } moved)
        {
            return [];
        }

        var effects = new List<Effect>();
        foreach (var target in catalog.MetersByEventType.GetValueOrDefault(CallEvents.Call, []))
        {
            if (target.Meter.ValueProperty == Cost && AggregateRules.AddsQuantity(target.Meter.Aggregate) && facts.Match(target.Meter))
            {
                effects.Add(Effect.OfUnits(target.Feature, moved));
            }
        }

        return effects;
    }
}
