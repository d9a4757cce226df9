using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>What one request or event means for one feature.</summary>
/// <param name="Amount">Units; for a level (<see cref="MeterAggregates.IsLevel"/>) the value that was reported.</param>
/// <param name="Value">For <see cref="MeterAggregate.Unique"/>: the hash of the value seen.</param>
public readonly record struct Effect(FeatureEntry Feature, Quantity Amount, MeterAggregate Aggregate, Guid Value)
{
    /// <summary>Units that a request names itself: no meter has read them off an event.</summary>
    public static Effect OfUnits(FeatureEntry feature, Quantity amount) => new(feature, amount, MeterAggregate.Sum, default);
}

/// <summary>A change of a balance that an event caused: what a void reverses and what verify adds up.</summary>
/// <param name="Used">Negative where a level fell, and of a void.</param>
/// <param name="Drawn">The part of <paramref name="Used"/> that grants or a pool paid for.</param>
public readonly record struct Posting(int FeatureKey, Instant PeriodStart, Quantity Used, Quantity Drawn);
