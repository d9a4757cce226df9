namespace Tollgate.Core.Catalog;

/// <summary>How the events that match a meter become units.</summary>
public enum MeterAggregate
{
    Count,
    Sum,
    Max,
    Unique,
    Latest,
    WeightedSum,
}

/// <summary>Where a meter may read its value.</summary>
public enum MeterValue
{
    /// <summary>It reads none.</summary>
    None,

    /// <summary>In a property, or where it names none in the event's quantity.</summary>
    PropertyOrQuantity,

    /// <summary>In a property, which it has to name.</summary>
    Property,
}

/// <summary>
/// What the catalogue asks of an aggregate: one exhaustive switch per question. How an event counts is asked in
/// <c>Metering.AggregateRules</c>.
/// </summary>
public static class MeterAggregates
{
    /// <summary>
    /// The usage of a period is what reported values say and no sum of them: a peak, seats, stored gigabytes. It burns nothing, and nobody
    /// can consume it.
    /// </summary>
    public static bool IsLevel(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => false,
    };

    /// <summary>
    /// A reported value is used for as long as it holds, into the periods after its own: the usage of a period is its mean over time
    /// (<c>Metering.TimedLevel</c>).
    /// </summary>
    public static bool WeighsTime(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.WeightedSum => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest => false,
    };

    public static MeterValue Value(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Count => MeterValue.None,
        MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum => MeterValue.PropertyOrQuantity,
        MeterAggregate.Unique => MeterValue.Property,
    };

    /// <summary>
    /// A second meter of the same aggregate in one feature may read the same event, by another filter. Neither of two values of one report
    /// is the last.
    /// </summary>
    public static bool MayReadTwice(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Unique => true,
    };

    /// <summary>Meters of both may feed one feature: what they count is added up.</summary>
    public static bool Combines(this MeterAggregate a, MeterAggregate b) => a == b || !(a.IsLevel() || b.IsLevel());

    /// <summary>Meters of both may read one event for one feature: a void has to know which of them had counted what.</summary>
    public static bool CombinesOnOneEvent(this MeterAggregate a, MeterAggregate b) => a == b || (a.KeepsNothing() && b.KeepsNothing());

    /// <summary>A void has to know no more of an event than its posting.</summary>
    public static bool KeepsNothing(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum => true,
        MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };
}
