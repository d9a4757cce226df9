namespace Tollgate.Core.Catalog;

/// <summary>The functions that turn the events of a meter into units.</summary>
public enum MeterAggregate
{
    Count,
    Sum,
    Max,
    Unique,
    Latest,
    WeightedSum,
}

/// <summary>The source of a meter's value.</summary>
public enum MeterValue
{
    /// <summary>No value.</summary>
    None,

    /// <summary>A property, or the event's quantity if the meter names none.</summary>
    PropertyOrQuantity,

    /// <summary>A property, which the meter has to name.</summary>
    Property,
}

/// <summary>
/// The catalogue's questions about an aggregate: one exhaustive switch per question. <c>Metering.AggregateRules</c> has the questions about
/// counting.
/// </summary>
public static class MeterAggregates
{
    /// <summary>
    /// True if the usage of a period comes from reported values and is no sum of them: a peak, seats, stored gigabytes. A level burns no
    /// grants, and callers cannot consume it.
    /// </summary>
    public static bool IsLevel(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Max or MeterAggregate.Latest or MeterAggregate.WeightedSum => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => false,
    };

    /// <summary>
    /// True if a reported value is used for as long as it holds, also in later periods: the usage of a period is the mean of the value over
    /// time (<c>Metering.TimedLevel</c>).
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
    /// True if a second meter of the same aggregate in one feature may read the same event with another filter. With <c>latest</c>, neither
    /// of two values of one report is the last.
    /// </summary>
    public static bool MayReadTwice(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Max or MeterAggregate.Unique => true,
    };

    /// <summary>True if meters of both may feed one feature: their units add up.</summary>
    public static bool Combines(this MeterAggregate a, MeterAggregate b) => a == b || !(a.IsLevel() || b.IsLevel());

    /// <summary>True if meters of both may read one event for one feature: a void has to know which of them counted what.</summary>
    public static bool CombinesOnOneEvent(this MeterAggregate a, MeterAggregate b) => a == b || (a.KeepsNothing() && b.KeepsNothing());

    /// <summary>True if a void needs nothing of an event but its posting.</summary>
    public static bool KeepsNothing(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Count or MeterAggregate.Sum => true,
        MeterAggregate.Max or MeterAggregate.Unique or MeterAggregate.Latest or MeterAggregate.WeightedSum => false,
    };
}
