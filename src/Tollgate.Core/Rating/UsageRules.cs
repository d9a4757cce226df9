using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>What a quota period was rated by: it stays, so that a correction costs what the period cost.</summary>
public sealed record RatingBasis(Quantity Quota, OveragePrice Price);

/// <summary>Usage that came when its period was invoiced already, and that nobody is asked to pay for.</summary>
/// <param name="Quantity">Beyond what was billed; more than zero.</param>
/// <param name="Amount">What it would have been. Not more than zero where more units make all of them cheaper.</param>
public sealed record LateUsage(Quantity Quantity, MoneyAmount Amount);

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

    /// <summary>Of a period in which an override took the price or the cap away: nothing is beyond, and late usage of it is not either.</summary>
    public static RatingBasis NothingBilled(OveragePrice price) => new(Quantity.Of(Quantity.Largest), price);

    /// <summary>
    /// What a running period is to be rated by when it ends, decided where a step changes the plan inside of it: what was used beyond a
    /// plan that sold it stays sold, unless the next one includes it, and what was had under one that did not sell, a trial or a smaller
    /// plan, is never billed by the next.
    /// </summary>
    /// <param name="before">Until the step; null: nothing was sold.</param>
    /// <param name="after">From the step on.</param>
    /// <param name="included">What the plan includes from the step on; null: everything.</param>
    /// <param name="ofPlan">What burned the plan's own quota until the step.</param>
    /// <returns>Null: nothing has to be decided, the plan at the period's end rates all of it.</returns>
    public static RatingBasis? Pin(RatingBasis? before, RatingBasis? after, Quantity? included, Quantity ofPlan) => (before, after) switch
    {
        ({ } sold, null) when ofPlan > sold.Quota && included is { } quota && ofPlan > quota => sold,
        (null, { } sells) when ofPlan > sells.Quota => sells with { Quota = ofPlan },
        _ => null,
    };

    /// <param name="ofPlan">What burned the plan's own quota in the period.</param>
    public static UsageDue DueOf(Feature feature, Period period, Quantity ofPlan, RatingBasis basis, Quantity billedQuantity, MoneyAmount billed)
    {
        var beyond = ofPlan > basis.Quota ? ofPlan - basis.Quota : Quantity.Zero;
        return new(feature.Code, feature.Name, period, beyond, basis.Price, billedQuantity, billed);
    }

    /// <summary>
    /// What of a period is ignored by the feature's policy; null: nothing, the difference is billed or given back. Only what came is
    /// late: what was voided below what was billed is given back under either policy.
    /// </summary>
    /// <param name="isInvoiced">The period was rated before, or ended before usage was billed last.</param>
    public static LateUsage? IgnoredOf(Feature feature, UsageDue due, bool isInvoiced) =>
        isInvoiced && feature.LateEvents == LateEventPolicy.IgnoreAndReport && due.Quantity > due.BilledQuantity
            ? new(due.Quantity - due.BilledQuantity, due.Rated().Amount - due.Billed)
            : null;
}
