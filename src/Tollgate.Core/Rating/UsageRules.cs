using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
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
    /// <param name="isInvoiced">The period was rated before, or ended before <see cref="InvoicedUntil"/>.</param>
    public static LateUsage? IgnoredOf(Feature feature, UsageDue due, bool isInvoiced) =>
        isInvoiced && feature.LateEvents == LateEventPolicy.IgnoreAndReport && due.Quantity > due.BilledQuantity
            ? new(due.Quantity - due.BilledQuantity, due.Rated().Amount - due.Billed)
            : null;

    /// <summary>
    /// Quota periods that ended until then have had their invoice before a step, also those that asked for nothing: the running
    /// billing period began with it, and under yearly billing each month of quotas.
    /// </summary>
    /// <param name="before">The subscription as the step finds it.</param>
    public static Instant InvoicedUntil(Subscription before, Instant at, TimeZoneInfo zone)
    {
        var (start, until) = (before.Current.Start, before.PausedAt ?? at);
        if (before.Terms.Interval != PriceInterval.Yearly || until <= start)
        {
            return start;
        }

        var month = QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, new(until.UnixMicroseconds - 1), zone, before.Anchor, null);
        return month.Start > start ? month.Start : start;
    }
}
