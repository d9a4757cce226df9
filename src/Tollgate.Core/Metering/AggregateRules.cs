using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>
/// How an event counts, by the aggregate of the meter that reads it: one exhaustive switch per question, so that the compiler names each
/// question that a new aggregate has not answered (CS8509). Those of the catalogue are in <see cref="MeterAggregates"/>.
/// </summary>
public static class AggregateRules
{
    /// <summary>What the meter makes of an event. Null: the property that it needs is missing or no number.</summary>
    internal static Effect? EffectOf(MeterTarget target, in EventFacts facts) => target.Meter.Aggregate switch
    {
        MeterAggregate.Count => new(target.Feature, Quantity.One, target.Meter.Aggregate, default),
        MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum =>
            facts.ValueOf(target.Meter) is { } value ? new(target.Feature, value, target.Meter.Aggregate, default) : null,
        MeterAggregate.Unique => facts.Text(target.Meter.ValueProperty!) is { } seen
            ? new(target.Feature, Quantity.One, target.Meter.Aggregate, ValueHash.Of(seen))
            : null,
    };

    /// <summary>Units of the event are units of the feature: nothing else of it, or of the period, is asked.</summary>
    public static bool AddsQuantity(MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Sum => true,
        MeterAggregate.Count or MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };

    /// <summary>An event counts nothing when an earlier one of the period has the same value, which the period has to remember.</summary>
    public static bool CountsValueOnce(MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Unique => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };

    /// <summary>
    /// By how much an event changes what is used of the period. Only a level falls (<see cref="MeterAggregates.IsLevel"/>). Of a level that
    /// time weighs an event uses nothing: time does (<see cref="TimedLevel"/>).
    /// </summary>
    /// <param name="effect">Of a value that was seen before (<see cref="CountsValueOnce"/>): with an amount of zero.</param>
    /// <param name="used">Before it.</param>
    /// <param name="reports">Before it; null: none was recorded yet.</param>
    /// <param name="at">When it happened.</param>
    public static Quantity ChangeOf(in Effect effect, Quantity used, LatestReport? reports, Instant at) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => effect.Amount,
        MeterAggregate.Max => (effect.Amount - used).FloorAtZero(),
        MeterAggregate.Latest => at < reports?.At ? Quantity.Zero : effect.Amount - used,
        MeterAggregate.WeightedSum => Quantity.Zero,
    };

    /// <summary>
    /// Which report counts after an event; null: the balance keeps none. Of two reports of one instant, the one that was recorded last
    /// counts.
    /// </summary>
    public static LatestReport? ReportsAfter(in Effect effect, LatestReport? before, Instant at) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.WeightedSum => before,
        MeterAggregate.Latest => new(at < before?.At ? before.At : at, (before?.Count ?? 0) + 1),
    };

    /// <summary>
    /// A report of what is so now is recorded under an enforced cap unless it goes further beyond it: nothing refuses to use less.
    /// </summary>
    public static bool MayBeRefused(in Effect effect, Quantity change) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => true,
        MeterAggregate.Max or MeterAggregate.Latest => change.IsPositive,
        MeterAggregate.WeightedSum => false,
    };

    /// <summary>Its posting does not say all that a void has to know: the event keeps a <see cref="Reading"/>.</summary>
    public static bool KeepsReading(MeterAggregate aggregate) => !aggregate.KeepsNothing();

    /// <summary>What the event keeps for a void; null: its posting says it.</summary>
    /// <param name="reports">Of its balance, after it; of a level that time weighs those of its instant.</param>
    public static Reading? ReadingOf(in Effect effect, LatestReport? reports) => effect.Aggregate switch
    {
        MeterAggregate.Latest => Reading.Latest(effect.Feature.Key, effect.Amount, reports!.Count),
        MeterAggregate.WeightedSum => Reading.Timed(effect.Feature.Key, effect.Amount, reports!.Count),
        MeterAggregate.Count or MeterAggregate.Sum => null,
        MeterAggregate.Max => Reading.Highest(effect.Feature.Key, effect.Amount),
        MeterAggregate.Unique => Reading.Seen(effect.Feature.Key, effect.Value),
    };

    /// <summary>What is held for an event that is expected: units that it will add for certain. Null: nothing.</summary>
    /// <param name="grows">More of an event that holds something already: its amounts are held, its occurrence is not held again.</param>
    public static Effect? HeldFor(in Effect effect, bool grows) => effect.Aggregate switch
    {
        MeterAggregate.Count => grows ? null : Effect.OfUnits(effect.Feature, effect.Amount),
        MeterAggregate.Sum => grows && !effect.Amount.IsPositive ? null : effect,
        MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => null,
    };
}
