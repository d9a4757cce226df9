using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// A reduction of a customer's invoices before tax: a coupon of a subscription, or promotional credit of the customer (<c>SEMANTICS</c> 4).
/// Both are in one order, that of their redemption.
/// </summary>
/// <param name="Sequence">The position in that order.</param>
/// <param name="Coupon">Null: promotional credit.</param>
/// <param name="EndsAt">The time from which it reduces nothing. Null: never.</param>
/// <param name="Used">The number of invoices that it reduced.</param>
/// <param name="Left">The rest of an amount that lasts until it is used up; null: the coupon's terms apply to each invoice in full.</param>
public sealed record Redemption(long Sequence, Coupon? Coupon, Instant? EndsAt, int Used, MoneyAmount? Left)
{
    /// <summary>
    /// The amount that the coupon took off other invoices of the billing period. A recurring amount applies once for each period, however
    /// many invoices that has. Null: none of them used it, or the coupon is not a recurring amount.
    /// </summary>
    public MoneyAmount? TakenInPeriod { get; init; }

    public bool IsSpent => Left?.IsZero ?? (Coupon is { Duration: CouponDuration.Once } && Used > 0);

    /// <summary>
    /// True for an amount that reduces each billing period: it belongs to the period's price, and a credit of the period leaves out its
    /// share.
    /// </summary>
    public bool ComesAgain => Left is null && Coupon is { AmountOff: not null, Duration: not CouponDuration.Once };

    public Reduction Reduction => new(Coupon is null ? "Promotional credit" : $"Coupon {Coupon.Code}", Coupon?.PercentOff, Amount);

    private MoneyAmount? Amount => Left ?? (Coupon?.AmountOff - TakenInPeriod is { } left ? left.FloorAtZero() : Coupon?.AmountOff);

    public bool AppliesTo(string plan, Currency currency, Instant at) =>
        !IsSpent && (Coupon?.IsFor(plan) ?? true) && (EndsAt is not { } end || at < end)
            && (Amount is not { } amount || amount.Currency == currency);

    /// <summary>Returns the redemption after it reduced an invoice.</summary>
    public Redemption Took(MoneyAmount taken) => this with { Used = Used + 1, Left = Left - taken };
}
