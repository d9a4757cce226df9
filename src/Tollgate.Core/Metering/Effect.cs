using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>The effect of one request or event on one feature.</summary>
/// <param name="Amount">The units; for a level (<see cref="MeterAggregates.IsLevel"/>) the reported value.</param>
/// <param name="Value">For <see cref="MeterAggregate.Unique"/>: the hash of the value seen.</param>
public readonly record struct Effect(FeatureEntry Feature, Quantity Amount, MeterAggregate Aggregate, Guid Value)
{
    /// <summary>Returns an effect of units that the request itself names, without a meter.</summary>
    public static Effect OfUnits(FeatureEntry feature, Quantity amount) => new(feature, amount, MeterAggregate.Sum, default);
}

/// <summary>A change of a balance that an event caused. A void reverses it, and verify adds it up.</summary>
/// <param name="Used">Negative if a level fell, and for a void.</param>
/// <param name="Drawn">The part of <paramref name="Used"/> that grants or a pool paid for.</param>
public readonly record struct Posting(int FeatureKey, Instant PeriodStart, Quantity Used, Quantity Drawn);
