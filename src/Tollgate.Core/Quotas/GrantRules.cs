using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// Burn order and rollover. The order: ascending priority, then earlier expiry, then rollovers before the plan's quota before given grants
/// before bought grants, then earlier creation. The plan's own quota has the default priority and expires at the end of the period.
/// </summary>
public static class GrantRules
{
    /// <summary>The rank of the plan's quota among the sources: after a rollover, before given and bought grants.</summary>
    private const int PlanRank = 1;

    internal static readonly Comparer<Grant> BurnOrder = Comparer<Grant>.Create((a, b) =>
    {
        var order = a.Priority.CompareTo(b.Priority);
        order = order != 0 ? order : a.ExpiresAt.CompareTo(b.ExpiresAt);
        order = order != 0 ? order : ((int)a.Source).CompareTo((int)b.Source);
        order = order != 0 ? order : a.CreatedAt.CompareTo(b.CreatedAt);
        return order != 0 ? order : a.Id.CompareTo(b.Id);
    });

    /// <summary>Returns the grants that are live at <paramref name="at"/>, sorted. An empty list costs nothing.</summary>
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

    /// <summary>True if the grants are sorted already. The account state keeps them in order, so decisions rarely sort.</summary>
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

    /// <summary>
    /// Returns the parts of <paramref name="amount"/> that each grant pays; leaves out the part that the plan's own quota pays.
    /// </summary>
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
    /// Returns the units of live grants that the customer cannot use: earlier facts exceeded the quota or every limit, and offset these
    /// units until the period ends. The grants that burn last come first. Grants that the result does not name are fully usable.
    /// </summary>
    /// <param name="inOrder">The live grants in burn order.</param>
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

    /// <summary>Returns the parts of a withdrawal: it takes from the grants in burn order, and never takes used units.</summary>
    /// <param name="inOrder">The live grants in burn order.</param>
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
    /// <param name="OfPlan">The units that burned the plan's quota. <paramref name="Held"/> are the units that open holds still
    /// take.</param>
    public readonly record struct EndedPeriod(Period Period, Quantity? Quota, Quantity OfPlan, Quantity Held, Quantity Carried)
    {
        public Quantity Unused => Quota is { } quota ? (quota - Carried - OfPlan - Held).FloorAtZero() : Quantity.Zero;

        /// <summary>
        /// The units beyond the quota, including the overage carried into the period: if that alone exceeds the quota, the rest carries on.
        /// </summary>
        public Quantity Overage => Quota is { } quota ? (OfPlan + Carried - quota).FloorAtZero() : Quantity.Zero;
    }

    /// <summary>
    /// Computes <c>rolled = min(max, unused)</c>, the units of an ended period that become a grant, and the cuts to older live rollovers
    /// that keep their sum within <c>max</c>, oldest first. Never negative.
    /// </summary>
    public static (Quantity Rolled, IReadOnlyList<Burn> Trimmed) Roll(RolloverPolicy policy, EndedPeriod ended,
        IReadOnlyList<Grant> liveRollovers)
    {
        var rolled = RolledOf(policy, ended);
        return (rolled, policy.Max is { } max ? Trim(max - rolled, liveRollovers) : []);
    }

    public static Quantity RolledOf(RolloverPolicy policy, EndedPeriod ended) =>
        policy.Max is { } most ? Quantity.Min(most, ended.Unused) : ended.Unused;

    /// <summary>Returns the cuts that bring the sum of live rollovers down to <paramref name="max"/>, oldest first.</summary>
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
