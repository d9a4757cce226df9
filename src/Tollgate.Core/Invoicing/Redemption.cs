using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// What takes something off a customer's invoices before tax: a coupon that a subscription has, or promotional credit of the
/// customer (<c>SEMANTICS</c> 4). Both stand in one order, that of their redemption.
/// </summary>
/// <param name="Sequence">Its place in that order.</param>
/// <param name="Coupon">Null: promotional credit.</param>
/// <param name="EndsAt">It takes nothing off from then on. Null: never.</param>
/// <param name="Used">From how many invoices it took something off.</param>
/// <param name="Left">Of an amount that lasts until it is used up; null: the coupon's terms apply to each invoice anew.</param>
public sealed record Redemption(long Sequence, Coupon? Coupon, Instant? EndsAt, int Used, MoneyAmount? Left)
{
    /// <summary>
    /// What the coupon took off other invoices of the billing period. An amount that comes again comes off a period once, however many
    /// invoices this has. Null: none of them had it, or the coupon is no such amount.
    /// </summary>
    public MoneyAmount? TakenInPeriod { get; init; }

    public bool IsSpent => Left?.IsZero ?? (Coupon is { Duration: CouponDuration.Once } && Used > 0);

    /// <summary>An amount that comes off each billing period: it belongs to the period's price, and goes back with it.</summary>
    public bool ComesAgain => Left is null && Coupon is { AmountOff: not null, Duration: not CouponDuration.Once };

    public Reduction Reduction => new(Coupon is null ? "Promotional credit" : $"Coupon {Coupon.Code}", Coupon?.PercentOff, Amount);

    private MoneyAmount? Amount => Left ?? (Coupon?.AmountOff - TakenInPeriod is { } left ? Positive(left) : Coupon?.AmountOff);

    public bool AppliesTo(string plan, Currency currency, Instant at) =>
        !IsSpent && (Coupon?.IsFor(plan) ?? true) && (EndsAt is not { } end || at < end)
            && (Amount is not { } amount || amount.Currency == currency);

    private static MoneyAmount Positive(MoneyAmount amount) => amount.IsNegative ? MoneyAmount.Zero(amount.Currency) : amount;

    /// <summary>As an invoice leaves it that it took something off.</summary>
    public Redemption Took(MoneyAmount taken) => this with { Used = Used + 1, Left = Left - taken };
}
