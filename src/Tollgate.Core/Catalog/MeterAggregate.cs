namespace Tollgate.Core.Catalog;

/// <summary>How the events that match a meter become units.</summary>
public enum MeterAggregate
{
    Count,
    Sum,
    Max,
    Unique,
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

/// <summary>What the catalogue asks of an aggregate: one exhaustive switch per question. How an event counts is asked in <c>Metering.AggregateRules</c>.</summary>
public static class MeterAggregates
{
    /// <summary>What is used of a period is one reported value and no sum: a peak. It burns nothing and cannot be consumed, only reported.</summary>
    public static bool IsLevel(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Max => true,
        MeterAggregate.Count or MeterAggregate.Sum or MeterAggregate.Unique => false,
    };

    public static MeterValue Value(this MeterAggregate aggregate) => aggregate switch
    {
        MeterAggregate.Count => MeterValue.None,
        MeterAggregate.Sum or MeterAggregate.Max => MeterValue.PropertyOrQuantity,
        MeterAggregate.Unique => MeterValue.Property,
    };
}
