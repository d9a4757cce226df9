using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>What a quota period was rated by: it stays, so that a correction costs what the period cost.</summary>
public sealed record RatingBasis(Quantity Quota, OveragePrice Price);

/// <summary>How usage becomes something to bill (<c>SEMANTICS</c> 2 and 4).</summary>
public static class UsageRules
{
    /// <summary>
    /// What a quota period is rated by; null: nothing of it is billed. Under a hard cap what went beyond is an overshoot of facts, not
    /// a sale; overage that is carried into the next period is paid with that period's quota.
    /// </summary>
    /// <param name="quota">Of the period, after overrides and changes of the plan.</param>
    public static RatingBasis? BasisOf(Entitlement? entitlement, Quantity? quota, Currency currency) =>
        entitlement is { HardCap: false, Rollover: not { CarryOverage: true } } && quota is { } included && entitlement.OveragePriceIn(currency) is { } price
            ? new(included, price)
            : null;

    /// <param name="ofPlan">What burned the plan's own quota in the period.</param>
    public static UsageDue DueOf(Feature feature, Period period, Quantity ofPlan, RatingBasis basis, Quantity billedQuantity, MoneyAmount billed)
    {
        var beyond = ofPlan > basis.Quota ? ofPlan - basis.Quota : Quantity.Zero;
        return new(feature.Code, feature.Name, period, beyond, basis.Price, billedQuantity, billed);
    }
}
