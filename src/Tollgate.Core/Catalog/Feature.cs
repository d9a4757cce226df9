
namespace Tollgate.Core.Catalog;

/// <summary>The kind of a feature.</summary>
public enum FeatureKind
{
    /// <summary>Counted against a quota.</summary>
    Metered,

    /// <summary>On or off.</summary>
    Switch,

    /// <summary>A setting that apps read, such as <c>data_retention_days</c>.</summary>
    Value,
}

/// <summary>The policy for an event whose period is already invoiced. Every feature accepts late events for 35 days.</summary>
public enum LateEventPolicy
{
    /// <summary>The next invoice bills it on its own line, at the price of its period.</summary>
    NextInvoice,

    /// <summary>It is recorded, counts in its period and is listed, but no invoice bills it.</summary>
    IgnoreAndReport,
}

/// <summary>
/// A rule that turns events into units of a feature. A metered feature without meters has the default one: events whose type is the
/// feature's code, sum of their quantity.
/// </summary>
/// <param name="EventType">The type of the events that the meter reads.</param>
/// <param name="Aggregate">The aggregate that turns their values into units.</param>
/// <param name="ValueProperty">The property that contains the value; null: the event's quantity (<c>unique</c> requires a
/// property).</param>
/// <param name="Filters">The conditions, all of which must match: the name of a property and its accepted values (as text).</param>
/// <param name="LateEvents">The policy for events that arrive after their period was invoiced.</param>
public sealed record Meter(
    string EventType,
    MeterAggregate Aggregate,
    string? ValueProperty,
    IReadOnlyList<MeterFilter> Filters,
    LateEventPolicy LateEvents);

public sealed record MeterFilter(string Property, IReadOnlyList<string> AnyOf);

/// <summary>A capability that a plan grants, identified by a code that is unique in its project.</summary>
public sealed record Feature
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public FeatureKind Kind { get; init; }

    public string? Description { get; init; }

    /// <summary>The category that selects the project's tax rates; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>The name of an icon for the pricing page, for instance <c>file-text</c>.</summary>
    public string? Icon { get; init; }

    /// <summary>The name of one unit, for instance <c>scan</c>; an ISO currency such as <c>USD</c> marks a cost budget.</summary>
    public string? Unit { get; init; }

    /// <summary>
    /// True for a budget in money: its refusal is <c>budget_exceeded</c> and its quantities are major units of <see cref="Unit"/>.
    /// </summary>
    public bool IsMoney { get; init; }

    public int SortOrder { get; init; }

    /// <summary>Empty means the default meter.</summary>
    public IReadOnlyList<Meter> Meters { get; init; } = [];

    /// <summary>True if its usage is a reported value (<see cref="MeterAggregates.IsLevel"/>).</summary>
    public bool IsLevel => Level is not null;

    /// <summary>The aggregate that selects this value; null: not a level. All meters of a level have the same one.</summary>
    public MeterAggregate? Level => Meters is [var first, ..] && first.Aggregate.IsLevel() ? first.Aggregate : null;

    /// <summary>True if its usage grows with time (<see cref="MeterAggregates.WeighsTime"/>).</summary>
    public bool WeighsTime => Level is { } level && level.WeighsTime();

    /// <summary>
    /// The policy for late events. Invoices bill the sum of all meters, so Tollgate ignores late events only if every meter says so.
    /// </summary>
    public LateEventPolicy LateEvents => Meters.Count > 0 && Meters.All(static meter => meter.LateEvents == LateEventPolicy.IgnoreAndReport)
        ? LateEventPolicy.IgnoreAndReport
        : LateEventPolicy.NextInvoice;
}
