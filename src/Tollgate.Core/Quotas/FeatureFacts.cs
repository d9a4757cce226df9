using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;

namespace Tollgate.Core.Quotas;

/// <summary>The facts on which a decision about one feature rests.</summary>
/// <param name="Entitlement">The entitlement after overrides; null if the plan does not name the feature.</param>
/// <param name="Quota">The plan's own quota for the period, proration included; null is unlimited.</param>
/// <param name="Grants">The live grants in burn order (<see cref="GrantRules.InBurnOrder"/>).</param>
public readonly record struct FeatureFacts(
    FeatureEntry Feature, Entitlement? Entitlement, Quantity? Quota, Balance Balance, IReadOnlyList<Grant> Grants)
{
    /// <summary>
    /// The units granted in this period: the plan's quota less carried overage, plus the units that grants and pools have paid for, plus
    /// the remaining units of live grants. Null is unlimited.
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

    /// <summary>The unused part of the plan's own quota; meaningless when unlimited.</summary>
    public Quantity PlanRemaining => ((Quota ?? Quantity.Zero) - Balance.Carried - Balance.OfPlan).FloorAtZero();

    public Standing Standing =>
        new(Feature.Key, Limit, Balance.Used, Balance.Held, Available, Balance.Period)
        {
            Carried = Balance.Carried, UsedAtEnd = Balance.Timed?.AtEnd,
        };
}
