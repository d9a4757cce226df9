using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>Recurring revenue (<c>SEMANTICS</c> 5).</summary>
public static class RevenueRules
{
    /// <summary>
    /// What a subscription brings in a month: plan, seats and add-ons, less the coupons that come again, a year divided by 12. Nothing
    /// unless it is paid for: a trial, a pause. Neither usage nor a minimum is in it, nor what is taken off once, such as a gift.
    /// </summary>
    /// <param name="redemptions">Of the subscription, in their order.</param>
    /// <param name="at">Coupons that have ended by then take nothing off.</param>
    public static ExactMoney PerMonth(SubscriptionStatus status, SubscriptionTerms terms, IReadOnlyList<Redemption> redemptions, Instant at)
    {
        if (status is not (SubscriptionStatus.Active or SubscriptionStatus.PastDue))
        {
            return new(0, terms.Currency);
        }

        var reductions = redemptions
            .Where(one => one.Coupon is { Duration: not CouponDuration.Once } && one.AppliesTo(terms.Plan.Code, terms.Currency, at))
            .Select(static one => one.Reduction)
            .ToArray();

        // As the invoice of a period computes it, so that the figure is what is asked for.
        var sums = InvoiceMath.Compute([terms.Amount], reductions, [], MoneyAmount.Zero(terms.Currency));
        return terms.InAMonth(sums.Subtotal - sums.Discount);
    }
}
