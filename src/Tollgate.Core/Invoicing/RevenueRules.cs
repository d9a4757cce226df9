using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>Recurring revenue (<c>SEMANTICS</c> 5).</summary>
public static class RevenueRules
{
    /// <summary>
    /// Returns the monthly revenue of a subscription: plan, seats and add-ons, less recurring coupons, a year divided by 12. Zero unless
    /// the subscription is active or past due. It leaves out usage, minimums and one-off reductions, such as a gift.
    /// </summary>
    /// <param name="redemptions">The redemptions of the subscription in their order.</param>
    /// <param name="at">The time at which coupons must not have ended.</param>
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

        // Computed as the invoice of a period, so that both have the same amount.
        var sums = InvoiceMath.Compute([terms.Amount], reductions, [], MoneyAmount.Zero(terms.Currency));
        return terms.InAMonth(sums.Subtotal - sums.Discount);
    }
}
