using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// Burn order and rollover. Order: priority ascending, then earlier expiry, then rollover before plan before what was given before what was
/// bought, then earlier creation. The plan's own quota takes part with the default priority and the period's end as its expiry.
/// </summary>
public static class GrantRules
{
    /// <summary>The plan's place among the sources: after a rollover, before what was given or bought.</summary>
    private const int PlanRank = 1;

    internal static readonly Comparer<Grant> BurnOrder = Comparer<Grant>.Create((a, b) =>
    {
        var order = a.Priority.CompareTo(b.Priority);
        order = order != 0 ? order : a.ExpiresAt.CompareTo(b.ExpiresAt);
        order = order != 0 ? order : ((int)a.Source).CompareTo((int)b.Source);
        order = order != 0 ? order : a.CreatedAt.CompareTo(b.CreatedAt);
        return order != 0 ? order : a.Id.CompareTo(b.Id);
    });

    /// <summary>The grants that are live at <paramref name="at"/>, sorted; the empty list costs nothing.</summary>
    public static IReadOnlyList<Grant> InBurnOrder(IReadOnlyList<Grant> grants, Instant at)
    {
        if (grants.Count == 0)
        {
            return [];
        }

        var live = new List<Grant>(grants.Count);
        foreach (var grant in grants)
        {
            if (grant.IsLive(at))
            {
                live.Add(grant);
            }
        }

        if (!IsInOrder(live))
        {
            live.Sort(BurnOrder);
        }

        return live;
    }

    /// <summary>A book keeps its grants in order, so that decisions need not sort them.</summary>
    private static bool IsInOrder(List<Grant> grants)
    {
        for (var i = 1; i < grants.Count; i++)
        {
            if (BurnOrder.Compare(grants[i - 1], grants[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How <paramref name="amount"/> is taken from the grants; what the plan's own quota takes is left out.</summary>
    public static IReadOnlyList<Burn> Burns(in FeatureFacts facts, Quantity amount)
    {
        var burns = new List<Burn>();
        var left = amount;
        var plan = facts.PlanRemaining;
        var planAsked = false;
        foreach (var grant in facts.Grants)
        {
            if (!planAsked && !BurnsBeforePlan(grant, facts.Balance.Period.End))
            {
                left -= Quantity.Min(plan, left);
                planAsked = true;
            }

            var taken = Quantity.Min(grant.Remaining, left);
            if (taken.IsPositive)
            {
                burns.Add(new(grant.Id, taken));
                left -= taken;
            }
        }

        return burns;
    }

    /// <summary>
    /// What of live grants nobody can use: facts went beyond the quota before, or beyond everything, and stand in their way as long as the
    /// period lasts. The grants that burn last wait for it. Grants that are not named lose nothing.
    /// </summary>
    /// <param name="inOrder">Live ones, in burn order.</param>
    public static IReadOnlyList<Burn> HeldBack(Standing standing, IReadOnlyList<Grant> inOrder)
    {
        if (standing.Limit is not { } limit || inOrder.Count == 0)
        {
            return [];
        }

        var beyond = (standing.Used + inOrder.Aggregate(Quantity.Zero, static (sum, grant) => sum + grant.Remaining) - limit).FloorAtZero();
        var held = new List<Burn>();
        for (var i = inOrder.Count - 1; i >= 0 && beyond.IsPositive; i--)
        {
            var part = Quantity.Min(beyond, inOrder[i].Remaining);
            if (part.IsPositive)
            {
                held.Add(new(inOrder[i].Id, part));
                beyond -= part;
            }
        }

        return held;
    }

    /// <summary>How an amount is taken back out of grants: the first to burn loses first, and none loses what was burned of it.</summary>
    /// <param name="inOrder">Live ones, in burn order.</param>
    public static IReadOnlyList<Burn> Withdrawn(IReadOnlyList<Grant> inOrder, Quantity amount)
    {
        var parts = new List<Burn>();
        foreach (var grant in inOrder)
        {
            var part = Quantity.Min(grant.Remaining, amount);
            if (part.IsPositive)
            {
                parts.Add(new(grant.Id, part));
                amount -= part;
            }
        }

        return parts;
    }

    private static bool BurnsBeforePlan(Grant grant, Instant planExpiry)
    {
        var order = grant.Priority.CompareTo(Grant.DefaultPriority);
        order = order != 0 ? order : grant.ExpiresAt.CompareTo(planExpiry);
        return (order != 0 ? order : ((int)grant.Source).CompareTo(PlanRank)) < 0;
    }

    /// <summary>A period that has ended, for the rollover into the next one.</summary>
    /// <param name="Quota">The plan's own quota in it; null is unlimited and rolls nothing.</param>
    /// <param name="OfPlan">What burned the plan's quota, and <paramref name="Held"/> what open holds still take.</param>
    public readonly record struct EndedPeriod(Period Period, Quantity? Quota, Quantity OfPlan, Quantity Held, Quantity Carried)
    {
        public Quantity Unused => Quota is { } quota ? (quota - Carried - OfPlan - Held).FloorAtZero() : Quantity.Zero;

        /// <summary>
        /// What went beyond the quota, with what was carried into the period: where that alone is more than the quota, the rest is carried
        /// on.
        /// </summary>
        public Quantity Overage => Quota is { } quota ? (OfPlan + Carried - quota).FloorAtZero() : Quantity.Zero;
    }

    /// <summary>
    /// <c>rolled = min(max, unused)</c>: how much of an ended period becomes a grant, and by how much older live
    /// rollovers are trimmed so that their sum stays within <c>max</c>, oldest first. Never negative.
    /// </summary>
    public static (Quantity Rolled, IReadOnlyList<Burn> Trimmed) Roll(RolloverPolicy policy, EndedPeriod ended,
        IReadOnlyList<Grant> liveRollovers)
    {
        var rolled = RolledOf(policy, ended);
        return (rolled, policy.Max is { } max ? Trim(max - rolled, liveRollovers) : []);
    }

    public static Quantity RolledOf(RolloverPolicy policy, EndedPeriod ended) =>
        policy.Max is { } most ? Quantity.Min(most, ended.Unused) : ended.Unused;

    /// <summary>By how much live rollovers are cut so that their sum is at most <paramref name="max"/>, the oldest first.</summary>
    public static IReadOnlyList<Burn> Trim(Quantity max, IReadOnlyList<Grant> liveRollovers)
    {
        var total = Quantity.Zero;
        foreach (var grant in liveRollovers)
        {
            total += grant.Remaining;
        }

        var excess = (total - max).FloorAtZero();
        var trimmed = new List<Burn>();
        foreach (var grant in liveRollovers.OrderBy(g => g.ExpiresAt).ThenBy(g => g.CreatedAt))
        {
            var cut = Quantity.Min(excess, grant.Remaining);
            if (cut.IsPositive)
            {
                trimmed.Add(new(grant.Id, cut));
                excess -= cut;
            }
        }

        return trimmed;
    }
}
