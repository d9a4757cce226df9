using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;

namespace Tollgate.Core.Quotas;

/// <summary>Everything that a decision about one feature rests on.</summary>
/// <param name="Entitlement">After overrides; null when the plan does not name the feature.</param>
/// <param name="Quota">The plan's own quota for the period, proration included; null is unlimited.</param>
/// <param name="Grants">Live ones beside the plan's quota, in burn order (<see cref="GrantRules.InBurnOrder"/>).</param>
public readonly record struct FeatureFacts(
    FeatureEntry Feature, Entitlement? Entitlement, Quantity? Quota, Balance Balance, IReadOnlyList<Grant> Grants)
{
    /// <summary>
    /// What is granted in this period: the plan's quota less carried overage, plus what grants and pools have paid
    /// already, plus what live grants still have. Null is unlimited.
    /// </summary>
    public Quantity? Limit
    {
        get
        {
            if (Quota is not { } quota)
            {
                return null;
            }

            var limit = (quota - Balance.Carried).FloorAtZero() + Balance.Drawn;
            for (var i = 0; i < Grants.Count; i++)
            {
                limit += Grants[i].Remaining;
            }

            return limit;
        }
    }

    /// <summary>granted − used − held, never negative; null is unlimited.</summary>
    public Quantity? Available => Limit is { } limit ? (limit - Balance.Used - Balance.Held).FloorAtZero() : null;

    /// <summary>The plan's own quota that is not burned yet; meaningless when unlimited.</summary>
    public Quantity PlanRemaining => ((Quota ?? Quantity.Zero) - Balance.Carried - Balance.OfPlan).FloorAtZero();

    public Standing Standing =>
        new(Feature.Key, Limit, Balance.Used, Balance.Held, Available, Balance.Period)
        {
            Carried = Balance.Carried, UsedAtEnd = Balance.Timed?.AtEnd,
        };
}
