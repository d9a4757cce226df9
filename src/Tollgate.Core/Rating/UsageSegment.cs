using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>From when to when a subscription sold: it was active or past due, not on trial, paused or over.</summary>
public readonly record struct SellingSpan(Period Period, Currency Currency);

/// <summary>A stretch of a quota period in which one quota was in force and one price, or none.</summary>
/// <param name="Plan">Null: the period was rated by a version of Tollgate that kept no plan with it.</param>
/// <param name="Quota">Of the whole period, as it was in force in the stretch; null: unlimited.</param>
/// <param name="Price">Of units beyond the quota; null: nobody sold them.</param>
public sealed record UsageSegment(Period Period, PlanVersion? Plan, Quantity? Quota, OveragePrice? Price)
{
    /// <summary>
    /// The terms count over other periods, which hold the same time: a calendar month that an earlier plan left open. Nothing is used of it
    /// in the stretch, and no fee is due for it, unless a subscription was entered later as of an earlier day.
    /// </summary>
    public bool IsForeign { get; init; }

    public bool IsSold => Price is not null;
}

/// <summary>A stretch, and what is billed of it.</summary>
/// <param name="Used">What burned the plan's own quota in it; null: nobody had to know, because nothing of the period is beyond.</param>
/// <param name="Beyond">Units that its price is asked for; zero where nobody sold them.</param>
public sealed record UsagePart(UsageSegment Segment, Quantity? Used, Quantity Beyond);
