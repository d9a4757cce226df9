using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The invoices that a coupon reduces.</summary>
public enum CouponDuration
{
    /// <summary>The first invoice that charges something. An unused part of an amount is forfeited, unless it carries over.</summary>
    Once,

    /// <summary>The invoices of a number of months from the start of the paid time, or from the redemption.</summary>
    Repeating,
    Forever,
}

/// <summary>A code that takes a percentage or an amount off. Its terms never change.</summary>
public sealed record Coupon
{
    public required string Code { get; init; }

    /// <summary>More than 0, at most 100; null for a coupon of an amount.</summary>
    public Percent? PercentOff { get; init; }

    public MoneyAmount? AmountOff { get; init; }

    public CouponDuration Duration { get; init; }

    /// <summary>True if later invoices use the rest that one invoice leaves of an amount taken off once.</summary>
    public bool CarryOver { get; init; }

    /// <summary>The number of months of a <see cref="CouponDuration.Repeating"/> coupon.</summary>
    public int? Months { get; init; }

    /// <summary>Null: no limit.</summary>
    public int? MaxRedemptions { get; init; }

    /// <summary>True if only customers without any earlier subscription may redeem it.</summary>
    public bool FirstTimeOnly { get; init; }

    /// <summary>The codes of its plans; null: all plans.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>The end of redemption; existing redemptions continue.</summary>
    public Instant? ExpiresAt { get; init; }

    public bool IsFor(string plan) => Plans is null || Plans.Contains(plan);
}

public enum CouponVerdict
{
    Redeemable,
    Unknown,
    Ended,
    Expired,
    UsedUp,
    NotForPlan,
    NotFirstTime,
    OtherCurrency,

    /// <summary>The subscription has, or had, the coupon.</summary>
    Redeemed,

    /// <summary>The subscription has redeemed the most coupons that it can have.</summary>
    TooMany,
}

public static class CouponRules
{
    public const int LargestMonths = 120;

    /// <summary>
    /// The most coupons that one subscription can redeem in its life: enough for years of campaigns, and few enough to list in full.
    /// </summary>
    public const int MostOfSubscription = 100;

    /// <param name="redemptions">The number of redemptions so far.</param>
    /// <param name="isFirst">True if the customer never had another subscription.</param>
    /// <param name="had">The codes that the subscription has redeemed.</param>
    public static CouponVerdict Judge(
        Coupon coupon, bool isActive, int redemptions, string plan, Currency currency, bool isFirst, IReadOnlyCollection<string> had,
        Instant now) => coupon switch
    {
        _ when had.Contains(coupon.Code) => CouponVerdict.Redeemed,
        _ when !isActive => CouponVerdict.Ended,
        { ExpiresAt: { } end } when end <= now => CouponVerdict.Expired,
        { MaxRedemptions: { } most } when redemptions >= most => CouponVerdict.UsedUp,
        _ when !coupon.IsFor(plan) => CouponVerdict.NotForPlan,
        { FirstTimeOnly: true } when !isFirst => CouponVerdict.NotFirstTime,
        { AmountOff: { } amount } when amount.Currency != currency => CouponVerdict.OtherCurrency,
        _ when had.Count >= MostOfSubscription => CouponVerdict.TooMany,
        _ => CouponVerdict.Redeemable,
    };

    /// <summary>
    /// Returns the end of a coupon that is named at the start or redeemed in a trial. Months count by the calendar, as periods do.
    /// </summary>
    /// <param name="paidFrom">The start of the paid time, whose first months the coupon reduces.</param>
    public static Instant? EndOf(Coupon coupon, Instant paidFrom, TimeZoneInfo zone) =>
        coupon.Months is { } months ? BillingPeriods.Boundary(PriceInterval.Monthly, new(paidFrom), months, zone) : null;

    /// <summary>
    /// Returns the end of a coupon that is redeemed later: so many months from then, and exactly as many of the anchor's months that begin
    /// after it (<c>SEMANTICS</c> 4). The day of the month alone would be wrong: from 28 February to 28 March no month of the 31st begins.
    /// </summary>
    public static Instant? EndOf(Coupon coupon, Anchor anchor, Instant redeemed, TimeZoneInfo zone)
    {
        if (EndOf(coupon, redeemed, zone) is not { } end)
        {
            return null;
        }

        // Anchors are whole seconds of one server's clock; another server's clock may be behind.
        var last = BillingPeriods.At(PriceInterval.Monthly, anchor, redeemed < anchor.StartedAt ? anchor.StartedAt : redeemed, zone);
        for (var month = 0; month < coupon.Months; month++)
        {
            last = BillingPeriods.Next(PriceInterval.Monthly, anchor, last, zone);
        }

        return end <= last.Start ? last.Start.Plus(TimeSpan.FromSeconds(1)) : end > last.End ? last.End : end;
    }
}
