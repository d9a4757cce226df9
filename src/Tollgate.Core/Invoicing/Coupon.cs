using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>On how many invoices a coupon takes something off.</summary>
public enum CouponDuration
{
    /// <summary>On the first invoice that asks for something. What an amount has left over is forfeited, unless it carries over.</summary>
    Once,

    /// <summary>On those of a number of months from the start of the paid time, or from its redemption.</summary>
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

    /// <summary>Of an amount that is taken off once: what one invoice leaves of it, the next ones have.</summary>
    public bool CarryOver { get; init; }

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

    /// <summary>The subscription has it, or had it.</summary>
    Redeemed,

    /// <summary>The subscription has had as many as it can have.</summary>
    TooMany,
}

public static class CouponRules
{
    public const int LargestMonths = 120;

    /// <summary>Of one subscription in all its life: years of campaigns, and a list that is shown whole.</summary>
    public const int MostOfSubscription = 100;

    /// <param name="redemptions">How often it was redeemed already.</param>
    /// <param name="isFirst">The customer never had another subscription.</param>
    /// <param name="had">Codes that the subscription has redeemed.</param>
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

    /// <summary>Of one that is named at the start or redeemed on trial. Months are counted on the calendar, as periods are.</summary>
    /// <param name="paidFrom">The start of the paid time: its first months have it.</param>
    public static Instant? EndOf(Coupon coupon, Instant paidFrom, TimeZoneInfo zone) =>
        coupon.Months is { } months ? BillingPeriods.Boundary(PriceInterval.Monthly, new(paidFrom), months, zone) : null;

    /// <summary>
    /// Of one that is redeemed later: so many months from then, and as many of the anchor's months that begin after it, neither fewer nor
    /// more (<c>SEMANTICS</c> 4). Days of the month alone would have it otherwise: from 28 February to 28 March no month of the 31st
    /// begins.
    /// </summary>
    public static Instant? EndOf(Coupon coupon, Anchor anchor, Instant redeemed, TimeZoneInfo zone)
    {
        if (EndOf(coupon, redeemed, zone) is not { } end)
        {
            return null;
        }

        // Anchors are whole seconds of one server's clock, and that of another may be behind.
        var last = BillingPeriods.At(PriceInterval.Monthly, anchor, redeemed < anchor.StartedAt ? anchor.StartedAt : redeemed, zone);
        for (var month = 0; month < coupon.Months; month++)
        {
            last = BillingPeriods.Next(PriceInterval.Monthly, anchor, last, zone);
        }

        return end <= last.Start ? last.Start.Plus(TimeSpan.FromSeconds(1)) : end > last.End ? last.End : end;
    }
}
