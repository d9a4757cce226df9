
namespace Tollgate.Core.Catalog;

/// <summary>What kind of thing a plan grants.</summary>
public enum FeatureKind
{
    /// <summary>Counted against a quota.</summary>
    Metered,

    /// <summary>On or off.</summary>
    Switch,

    /// <summary>A setting that is read, such as <c>data_retention_days</c>.</summary>
    Value,
}

/// <summary>What happens to an event whose period has been invoiced already. The accept window is the same for all: 35 days.</summary>
public enum LateEventPolicy
{
    /// <summary>The next invoice has a line for it, at the price of its period.</summary>
    NextInvoice,

    /// <summary>It is recorded and counts in its period, nobody is asked to pay for it, and it is listed.</summary>
    IgnoreAndReport,
}

/// <summary>
/// Turns events into units of a feature. A metered feature without meters of its own has the default one:
/// events whose type is the feature's code, sum of their quantity.
/// </summary>
/// <param name="EventType">The type of the events that it reads.</param>
/// <param name="Aggregate">How their values become units.</param>
/// <param name="ValueProperty">The property that holds the value; null means the event's quantity (for <c>unique</c> it is
/// required).</param>
/// <param name="Filters">All must match. Property name and the values (as text) that it may have.</param>
/// <param name="LateEvents">Policy for events that arrive after their period was invoiced.</param>
public sealed record Meter(
    string EventType,
    MeterAggregate Aggregate,
    string? ValueProperty,
    IReadOnlyList<MeterFilter> Filters,
    LateEventPolicy LateEvents);

public sealed record MeterFilter(string Property, IReadOnlyList<string> AnyOf);

/// <summary>Something a plan grants, identified by a code that is unique in its project.</summary>
public sealed record Feature
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public FeatureKind Kind { get; init; }

    public string? Description { get; init; }

    /// <summary>Which of the project's tax rates are for it; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>The name of an icon for the pricing page, for instance <c>file-text</c>.</summary>
    public string? Icon { get; init; }

    /// <summary>What one unit is called, for instance <c>scan</c>; an ISO currency such as <c>USD</c> marks a cost budget.</summary>
    public string? Unit { get; init; }

    /// <summary>
    /// True for a budget in money: its denial is <c>budget_exceeded</c> and its quantities are major units of <see cref="Unit"/>.
    /// </summary>
    public bool IsMoney { get; init; }

    public int SortOrder { get; init; }

    /// <summary>Empty means the default meter.</summary>
    public IReadOnlyList<Meter> Meters { get; init; } = [];

    /// <summary>Its usage is a reported value (<see cref="MeterAggregates.IsLevel"/>).</summary>
    public bool IsLevel => Level is not null;

    /// <summary>The aggregate that finds this value; null: no level. All meters of a level have the same one.</summary>
    public MeterAggregate? Level => Meters is [var first, ..] && first.Aggregate.IsLevel() ? first.Aggregate : null;

    /// <summary>What is used of it grows with time (<see cref="MeterAggregates.WeighsTime"/>).</summary>
    public bool WeighsTime => Level is { } level && level.WeighsTime();

    /// <summary>What is billed is the sum of all meters, so late events are ignored only where every meter says so.</summary>
    public LateEventPolicy LateEvents => Meters.Count > 0 && Meters.All(static meter => meter.LateEvents == LateEventPolicy.IgnoreAndReport)
        ? LateEventPolicy.IgnoreAndReport
        : LateEventPolicy.NextInvoice;
}
