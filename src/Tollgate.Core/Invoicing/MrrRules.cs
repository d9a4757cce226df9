using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A change of the recurring revenue of a customer (<c>SEMANTICS</c> 5).</summary>
public enum MrrMovement
{
    /// <summary>The customer pays for the first time.</summary>
    New,
    Expansion,
    Contraction,

    /// <summary>The subscription ended or is paused.</summary>
    Churn,

    /// <summary>A customer that paid before pays again.</summary>
    Reactivation,

    /// <summary>
    /// The revenue of a customer passes from an imported subscription to the one that continues it: one movement takes it from the first,
    /// another gives it to the second, and their sum is 0.
    /// </summary>
    Move,
}

/// <summary>
/// The recurring revenue of a subscription, and its movements. The unit is minor units per year (12 × MRR), which are whole numbers for
/// every billing interval: a year's price, 12 × a month's, 52 × a week's.
/// </summary>
public static class MrrRules
{
    /// <summary>
    /// The time in which a customer may move to Tollgate from another system: its imported revenue counts for so long. The gate accepts
    /// usage of the same age.
    /// </summary>
    public static readonly TimeSpan MovingTime = TimeSpan.FromDays(35);

    /// <summary>
    /// Returns the recurring revenue per year: the price of a period after line discounts and recurring coupons, times the periods of a
    /// year. Only active and past-due subscriptions have any; trials have none.
    /// </summary>
    /// <param name="redemptions">The coupons of the subscription and credits of the customer, in the order of redemption.</param>
    public static long PerYear(Subscription subscription, IReadOnlyList<Redemption> redemptions, Instant at)
    {
        if (subscription.Status is not (SubscriptionStatus.Active or SubscriptionStatus.PastDue))
        {
            return 0;
        }

        var terms = subscription.Terms;
        var price = terms.Amount;
        foreach (var one in redemptions)
        {
            if (Recurs(one) && one.AppliesTo(terms.Plan.Code, terms.Currency, at))
            {
                var off = one.Coupon!.PercentOff is { } percent
                    ? ExactMoney.Of(price).Times(percent).Rounded()
                    : one.Coupon.AmountOff!.Value;
                price = off < price ? price - off : MoneyAmount.Zero(terms.Currency);
            }
        }

        return checked(price.Minor * PeriodsPerYear(terms.Interval));
    }

    /// <summary>Returns the movement from one recurring revenue to another; null: nothing moves.</summary>
    /// <param name="hasPaid">True if the customer had recurring revenue at any time before.</param>
    public static MrrMovement? Between(long before, long after, bool hasPaid)
    {
        Invariant.That(before >= 0 && after >= 0, $"Recurring revenue is not negative: {before} → {after}.");
        return (before, after) switch
        {
            _ when before == after => null,
            (0, _) => hasPaid ? MrrMovement.Reactivation : MrrMovement.New,
            (_, 0) => MrrMovement.Churn,
            _ => after > before ? MrrMovement.Expansion : MrrMovement.Contraction,
        };
    }

    public static int PeriodsPerYear(PriceInterval interval) => interval switch
    {
        PriceInterval.Weekly => 52,
        PriceInterval.Yearly => 1,
        _ => 12,
    };

    /// <summary>A coupon that reduces one invoice only, and a credit of the customer, are no recurring discounts.</summary>
    private static bool Recurs(Redemption one) => one is { Left: null, Coupon.Duration: not CouponDuration.Once };
}
