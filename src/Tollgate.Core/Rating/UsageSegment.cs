using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>A span in which a subscription sold: it was active or past due, not on trial, paused or ended.</summary>
public readonly record struct SellingSpan(Period Period, Currency Currency);

/// <summary>A stretch of a quota period with one quota and one price, or none.</summary>
/// <param name="Plan">Null: it was read back without its plan, for a computation that needs only prices.</param>
/// <param name="Quota">The quota of the whole period under the terms of the stretch; null: unlimited.</param>
/// <param name="Price">The price of units beyond the quota; null: no subscription sold them.</param>
public sealed record UsageSegment(Period Period, PlanVersion? Plan, Quantity? Quota, OveragePrice? Price)
{
    /// <summary>
    /// True if the terms count over other periods at the same time, so that this one is a calendar month that an earlier plan left open.
    /// The stretch has no usage of it and no fee for it, unless a caller later creates a subscription with an earlier start.
    /// </summary>
    public bool IsForeign { get; init; }

    public bool IsSold => Price is not null;
}

/// <summary>A stretch with its billed units.</summary>
/// <param name="Used">The units that burned the plan's own quota in it; null: not computed, because the period has no overage.</param>
/// <param name="Beyond">The units billed at its price; zero if no subscription sold them.</param>
public sealed record UsagePart(UsageSegment Segment, Quantity? Used, Quantity Beyond);
