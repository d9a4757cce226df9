using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Subscriptions;

public enum ChangeTime
{
    Now,
    PeriodEnd,
}

/// <summary>Whether other terms cost more each month than those in force, or less.</summary>
public enum ChangeDirection
{
    Up,
    Down,
}

/// <summary>Other terms. What is null stays.</summary>
/// <param name="AddOns">All of them from then on; null: those that it has.</param>
/// <param name="CustomAmount">
/// Agreed instead of the plan's price, in minor units for one period; null: what was agreed stays, unless plan or interval change.
/// </param>
/// <param name="When">Null: now if it costs more each month than before, otherwise at the end of the period.</param>
/// <param name="Only">The change is refused when it would go the other way; null: either way.</param>
public sealed record ChangeOrder(
    string? Plan, PriceInterval? Interval, long? Quantity, ChangeTime? When, Proration Proration,
    IReadOnlyList<(string Code, long Quantity)>? AddOns = null,
    long? CustomAmount = null, ChangeDirection? Only = null)
{
    /// <summary>Agreed for the plan's price; null: what was agreed stays, unless plan or interval change.</summary>
    public LineDiscount? Discount { get; init; }
}

/// <summary>How a subscription is to end.</summary>
/// <param name="When">Null: at the end of the period.</param>
/// <param name="GivesBack">Now, and what was paid for the unused time becomes the customer's credit.</param>
/// <param name="Reason">A short code; null: the one that was given before.</param>
/// <param name="Comment">In the customer's words.</param>
public sealed record CancelOrder(ChangeTime? When, string? Reason, string? Comment = null, bool GivesBack = false);

/// <summary>Which subscriptions of a plan are moved to its newest version.</summary>
/// <param name="FromVersion">Null: from every older one.</param>
/// <param name="DryRun">Only look.</param>
/// <param name="Most">At most so many are looked at in one call.</param>
/// <param name="After">The last one of the call before; null: from the first on.</param>
public sealed record MigrationOrder(
    string Plan, int? FromVersion, ChangeTime When, Proration Proration, bool DryRun, int Most, Guid? After);
