using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Subscriptions;

public enum ChangeTime
{
    Now,
    PeriodEnd,
}

/// <summary>The direction of a change of the monthly cost.</summary>
public enum ChangeDirection
{
    Up,
    Down,
}

/// <summary>A change of terms. Terms that are null do not change.</summary>
/// <param name="AddOns">The complete list from then on; null: the present ones.</param>
/// <param name="CustomAmount">
/// An agreed amount instead of the plan's price, in minor units for one period; null: an agreed amount remains, unless plan or interval
/// change.
/// </param>
/// <param name="When">Null: now if the monthly cost increases, otherwise at the end of the period.</param>
/// <param name="Only">The direction that the change must have, else it is refused; null: either.</param>
public sealed record ChangeOrder(
    string? Plan, PriceInterval? Interval, long? Quantity, ChangeTime? When, Proration Proration,
    IReadOnlyList<(string Code, long Quantity)>? AddOns = null,
    long? CustomAmount = null, ChangeDirection? Only = null)
{
    /// <summary>An agreed discount of the plan's price; null: an agreed discount remains, unless plan or interval change.</summary>
    public LineDiscount? Discount { get; init; }
}

/// <summary>The terms of a cancellation.</summary>
/// <param name="When">Null: at the end of the period.</param>
/// <param name="GivesBack">True to end it now and to credit the customer for the unused time.</param>
/// <param name="Reason">A short code; null: the previous one remains.</param>
/// <param name="Comment">In the customer's words.</param>
public sealed record CancelOrder(ChangeTime? When, string? Reason, string? Comment = null, bool GivesBack = false);

/// <summary>The subscriptions of a plan to move to its newest version.</summary>
/// <param name="FromVersion">Null: from every older one.</param>
/// <param name="DryRun">True to change nothing.</param>
/// <param name="Most">The maximum number of subscriptions in one call.</param>
/// <param name="After">The last subscription of the previous call; null: start with the first.</param>
public sealed record MigrationOrder(
    string Plan, int? FromVersion, ChangeTime When, Proration Proration, bool DryRun, int Most, Guid? After);
