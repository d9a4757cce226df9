using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>
/// The rules by which an event counts, for each aggregate: one exhaustive switch per question, so that the compiler reports each question
/// that a new aggregate leaves open (CS8509). <see cref="MeterAggregates"/> has the questions of the catalogue.
/// </summary>
public static class AggregateRules
{
    /// <summary>Returns the effect of an event by the meter. Null: the property that the meter needs is missing or not a number.</summary>
    internal static Effect? EffectOf(MeterTarget target, in EventFacts facts) => target.Meter.Aggregate switch
    {
        MeterAggregate.Count => new(target.Feature, Quantity.One, target.Meter.Aggregate, default),
        MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum =>
            facts.ValueOf(target.Meter) is { } value ? new(target.Feature, value, target.Meter.Aggregate, default) : null,
        MeterAggregate.Unique => facts.Text(target.Meter.ValueProperty!) is { } seen
            ? new(target.Feature, Quantity.One, target.Meter.Aggregate, ValueHash.Of(seen))
            : null,
    };

    /// <summary>True if the units of the event are the units of the feature, and nothing else in the event or the period matters.</summary>
    public static bool AddsQuantity(MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Sum => true,
        MeterAggregate.Count or MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };

    /// <summary>
    /// True if an event counts nothing when an earlier one of the period has the same value. The period remembers these values.
    /// </summary>
    public static bool CountsValueOnce(MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Unique => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };

    /// <summary>
    /// Returns the amount by which an event changes the usage of the period. Only a level falls (<see cref="MeterAggregates.IsLevel"/>).
    /// A report of a time-weighted level uses nothing: time does (<see cref="TimedLevel"/>).
    /// </summary>
    /// <param name="effect">For a value that was seen before (<see cref="CountsValueOnce"/>): an effect with an amount of zero.</param>
    /// <param name="used">The usage before the event.</param>
    /// <param name="reports">The report that counts before the event; null: none is recorded.</param>
    /// <param name="at">The time of the event.</param>
    public static Quantity ChangeOf(in Effect effect, Quantity used, LatestReport? reports, Instant at) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => effect.Amount,
        MeterAggregate.Max => (effect.Amount - used).FloorAtZero(),
        MeterAggregate.Latest => at < reports?.At ? Quantity.Zero : effect.Amount - used,
        MeterAggregate.WeightedSum => Quantity.Zero,
    };

    /// <summary>
    /// Returns the report that counts after an event; null: the balance keeps none. If two reports have the same time, the one
    /// recorded last counts.
    /// </summary>
    public static LatestReport? ReportsAfter(in Effect effect, LatestReport? before, Instant at) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.WeightedSum => before,
        MeterAggregate.Latest => new(at < before?.At ? before.At : at, (before?.Count ?? 0) + 1),
    };

    /// <summary>True if an enforced cap may refuse the change. A report of a current value passes unless it increases the usage.</summary>
    public static bool MayBeRefused(in Effect effect, Quantity change) => effect.Aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => true,
        MeterAggregate.Max or MeterAggregate.Latest => change.IsPositive,
        MeterAggregate.WeightedSum => false,
    };

    /// <summary>True if a void needs more than the posting, so that the event keeps a <see cref="Reading"/>.</summary>
    public static bool KeepsReading(MeterAggregate aggregate) => !aggregate.KeepsNothing();

    /// <summary>Returns the reading that the event keeps for a void; null: its posting is enough.</summary>
    /// <param name="reports">The reports of its balance after the event; for a time-weighted level those of its instant.</param>
    public static Reading? ReadingOf(in Effect effect, LatestReport? reports) => effect.Aggregate switch
    {
        MeterAggregate.Latest => Reading.Latest(effect.Feature.Key, effect.Amount, reports!.Count),
        MeterAggregate.WeightedSum => Reading.Timed(effect.Feature.Key, effect.Amount, reports!.Count),
        MeterAggregate.Count or MeterAggregate.Sum => null,
        MeterAggregate.Max => Reading.Highest(effect.Feature.Key, effect.Amount),
        MeterAggregate.Unique => Reading.Seen(effect.Feature.Key, effect.Value),
    };

    /// <summary>Returns the units to hold for an expected event: those that it certainly adds. Null: none.</summary>
    /// <param name="grows">True to extend an existing hold: it adds amounts, but does not hold the occurrence again.</param>
    public static Effect? HeldFor(in Effect effect, bool grows) => effect.Aggregate switch
    {
        MeterAggregate.Count => grows ? null : Effect.OfUnits(effect.Feature, effect.Amount),
        MeterAggregate.Sum => grows && !effect.Amount.IsPositive ? null : effect,
        MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => null,
    };
}
