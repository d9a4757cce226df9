using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Metering;

/// <summary>An event as meters see it.</summary>
/// <param name="PropertiesJson">A JSON object as the caller sent it, or null.</param>
/// <param name="ComputedJson">The properties that the server computed, such as the cost; null for most events.</param>
public readonly record struct MeteredEvent(string Type, Quantity Quantity, string? PropertiesJson, string? ComputedJson = null)
{
    /// <summary>
    /// A feature that the event uses once, in addition to the features whose meters read it. It counts only if it is metered and not a
    /// level.
    /// </summary>
    public string? Feature { get; init; }

    /// <summary>True if no meter reads the event: a call that failed and used nothing.</summary>
    public bool MovesNothing { get; init; }
}

/// <summary>The features and amounts that an event affects: the meters of its type, filtered, applied to its properties.</summary>
public static class MeteringRules
{
    /// <summary>The corrected part of a call's cost, and the cost itself. Only meters that sum the cost follow a correction.</summary>
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
    /// Returns the effects of a consume. A consume names its feature, and other features whose meters read events of that type are affected
    /// too. The consumed feature comes first.
    /// </summary>
    /// <returns>The same as <see cref="EffectsOf"/>.</returns>
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

    /// <summary>
    /// True if nothing reads events of that type. Tollgate prices and lists a call even if no meter reads it, and reports read signals.
    /// </summary>
    public static bool IsUnmatched(PublishedCatalog catalog, in MeteredEvent happened) =>
        happened is { MovesNothing: false, ComputedJson: null, Feature: null } && !catalog.MetersByEventType.ContainsKey(happened.Type)
        && SignalRules.KindOf(happened.Type) is null;

    private static bool IsCounted(Feature feature) => feature is { Kind: FeatureKind.Metered, IsLevel: false };

    private static IReadOnlyList<Effect>? OfMeters(PublishedCatalog catalog, in MeteredEvent happened)
    {
        if (!catalog.MetersByEventType.TryGetValue(happened.Type, out var targets))
        {
            return [];
        }

        // Nearly every event: nothing in it needs parsing.
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

    /// <summary>Returns the effects of a corrected cost: it changes the meters that sum the cost of calls, by <c>moved_usd</c>.</summary>
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
