using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>On how many invoices a coupon takes something off.</summary>
public enum CouponDuration
{
    /// <summary>On the first invoice that asks for something. What an amount has left over is forfeited.</summary>
    Once,

    /// <summary>On those of a number of months from the start of the paid time on.</summary>
    Repeating,
    Forever,
}

/// <summary>A code that takes a percentage or an amount off. Its terms never change.</summary>
public sealed record Coupon
{
    public required string Code { get; init; }

    /// <summary>More than 0, at most 100; null for an amount.</summary>
    public Percent? PercentOff { get; init; }

    public MoneyAmount? AmountOff { get; init; }

    public CouponDuration Duration { get; init; }

    /// <summary>For <see cref="CouponDuration.Repeating"/>.</summary>
    public int? Months { get; init; }

    /// <summary>Null for no bound.</summary>
    public int? MaxRedemptions { get; init; }

    /// <summary>Only for customers who never had a subscription.</summary>
    public bool FirstTimeOnly { get; init; }

    /// <summary>Codes; null for all plans.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>It cannot be redeemed from then on; what was redeemed goes on.</summary>
    public Instant? ExpiresAt { get; init; }

    public bool IsFor(string plan) => Plans is null || Plans.Contains(plan);
}

/// <summary>A coupon that a subscription has.</summary>
/// <param name="EndsAt">Null: never.</param>
/// <param name="Used">On how many invoices it took something off.</param>
public sealed record CouponRedemption(Coupon Coupon, Instant RedeemedAt, Instant? EndsAt, int Used)
{
    public bool IsSpent => Coupon.Duration == CouponDuration.Once && Used > 0;

    public bool AppliesTo(string plan, Currency currency, Instant at) =>
        !IsSpent && Coupon.IsFor(plan) && (EndsAt is not { } end || at < end) && (Coupon.AmountOff is not { } amount || amount.Currency == currency);

    public Reduction Reduction => new($"Coupon {Coupon.Code}", Coupon.PercentOff, Coupon.AmountOff);
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
}

public static class CouponRules
{
    public const int LargestMonths = 120;

    /// <param name="redemptions">How often it was redeemed already.</param>
    /// <param name="isFirst">The customer never had a subscription.</param>
    public static CouponVerdict Judge(Coupon coupon, bool isActive, int redemptions, string plan, Currency currency, bool isFirst, Instant now) => coupon switch
    {
        _ when !isActive => CouponVerdict.Ended,
        { ExpiresAt: { } end } when end <= now => CouponVerdict.Expired,
        { MaxRedemptions: { } most } when redemptions >= most => CouponVerdict.UsedUp,
        _ when !coupon.IsFor(plan) => CouponVerdict.NotForPlan,
        { FirstTimeOnly: true } when !isFirst => CouponVerdict.NotFirstTime,
        { AmountOff: { } amount } when amount.Currency != currency => CouponVerdict.OtherCurrency,
        _ => CouponVerdict.Redeemable,
    };

    /// <summary>Months are counted from the start of the paid time on its calendar, as periods are.</summary>
    public static Instant? EndOf(Coupon coupon, Instant paidFrom, TimeZoneInfo zone) =>
        coupon.Months is { } months ? BillingPeriods.Boundary(PriceInterval.Monthly, new(paidFrom), months, zone) : null;
}
