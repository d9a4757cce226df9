using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>The state of a subscription (<c>SEMANTICS</c> 4). The last two are final.</summary>
public enum SubscriptionStatus
{
    /// <summary>Waits for its first payment and gives no plan yet.</summary>
    Incomplete,
    Trialing,
    Active,

    /// <summary>A payment failed. The customer keeps the plan while Tollgate, or the provider, tries to collect it.</summary>
    PastDue,
    Paused,
    Canceled,

    /// <summary>The trial ended without a payment.</summary>
    Expired,
}

/// <summary>The terms of a subscription: a plan version, the billing interval and the quantity.</summary>
/// <param name="Quantity">The multiplier of the plan's price, or the number of seats if these have a price of their own; at least
/// 1.</param>
public sealed record SubscriptionTerms(PlanVersion Plan, PriceInterval Interval, Currency Currency, long Quantity)
{
    /// <summary>
    /// The largest amount of a subscription for one period, in minor units: a hundred billion dollars. The sum of many such amounts still
    /// fits 64 bits.
    /// </summary>
    public const long LargestAmount = 10_000_000_000_000;

    /// <summary>The add-ons. Each keeps the state at its purchase: the catalogue may change or drop it later.</summary>
    public IReadOnlyList<HeldAddOn> AddOns { get; init; } = [];

    /// <summary>The price agreed with this customer in place of the plan's, in minor units; null: the plan's price.</summary>
    public long? CustomAmount { get; init; }

    /// <summary>The discount agreed with this customer on the plan's price; null: the catalogue's discount.</summary>
    public LineDiscount? AgreedDiscount { get; init; }

    /// <summary>The discount on the plan's price before coupons. A custom amount has only an agreed discount.</summary>
    public LineDiscount? Discount => AgreedDiscount ?? (CustomAmount is null ? Price?.Discount : null);

    /// <summary>Compares add-ons by code and quantity only: each keeps the state at its purchase.</summary>
    public bool Equals(SubscriptionTerms? other) => other is not null
        && (Plan, Interval, Currency, Quantity, CustomAmount, AgreedDiscount) == (other.Plan, other.Interval, other.Currency,
            other.Quantity, other.CustomAmount, other.AgreedDiscount)
        && AddOns.Select(static held => (held.AddOn.Code, held.Quantity))
            .SequenceEqual(other.AddOns.Select(static held => (held.AddOn.Code, held.Quantity)));

    public override int GetHashCode() => HashCode.Combine(Plan, Interval, Currency, Quantity, CustomAmount, AddOns.Count);

    /// <summary>The plan's price; null: the version has none for this interval in this currency.</summary>
    public PlanPrice? Price => Plan.Plan.Prices.FirstOrDefault(price => price.Interval == Interval && price.Currency == Currency.Code);

    /// <summary>The plan's price for one whole period: charged once if seats have a price of their own, else times the quantity.</summary>
    public MoneyAmount Base => new ExactMoney(UnitPrice.Major * (Price?.Seats is null ? Quantity : 1), Currency).Rounded();

    /// <summary>The unit price of the plan, less the discount of the line.</summary>
    public ExactMoney UnitPrice => Discount?.Of(Each) ?? ExactMoney.Of(Each);

    /// <summary>The unit price of the plan before discounts.</summary>
    public MoneyAmount Each => new(CustomAmount ?? Price?.AmountMinor ?? 0, Currency);

    /// <summary>The computation of the price of seats beyond the included ones; empty without a price for seats.</summary>
    public IReadOnlyList<PricedStep> SeatSteps => Price?.Seats?.StepsOf(Quantity, Currency) ?? [];

    /// <summary>The price of the seats beyond the included ones for one whole period.</summary>
    public MoneyAmount Seats => TierRules.Sum(SeatSteps, Currency);

    /// <summary>
    /// The number of members who may share the subscription: the paid or included seats. Null: seats have no price, so there is no limit.
    /// </summary>
    public long? SeatCount => Price?.Seats is { } seats ? Math.Max(Quantity, seats.Included) : null;

    /// <summary>The amount for one whole period.</summary>
    public MoneyAmount Amount => AddOns.Aggregate(Base + Seats, (sum, held) => sum + AmountOf(held));

    /// <summary>The amount for one whole period, before the discounts of the prices themselves.</summary>
    public MoneyAmount Listed => AddOns.Aggregate(ListedBase + ListedSeats, (sum, held) => sum + ListedOf(held));

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedBase => Each * (Price?.Seats is null ? Quantity : 1);

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedSeats =>
        Price?.Seats is { } seats
            ? TierRules.Sum((seats with { Discount = null }).StepsOf(Quantity, Currency), Currency)
            : MoneyAmount.Zero(Currency);

    /// <summary>The parts that invoices name: the plan with its seats (null), and each add-on.</summary>
    public IReadOnlyList<(HeldAddOn? AddOn, MoneyAmount Amount)> Items =>
        [(null, Base + Seats), .. AddOns.Select(held => ((HeldAddOn?)held, AmountOf(held)))];

    /// <summary>Returns the price of an add-on for one whole period.</summary>
    public MoneyAmount AmountOf(HeldAddOn held) =>
        UnitPriceOf(held) is var each ? (each with { Major = each.Major * held.Quantity }).Rounded() : default;

    /// <summary>Returns the unit price of an add-on, less the discount of its price.</summary>
    public ExactMoney UnitPriceOf(HeldAddOn held) => DiscountOf(held)?.Of(EachOf(held)) ?? ExactMoney.Of(EachOf(held));

    /// <summary>Returns the unit price of an add-on before discounts.</summary>
    public MoneyAmount EachOf(HeldAddOn held) => new(held.AddOn.PriceFor(Interval, Currency)?.AmountMinor ?? 0, Currency);

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedOf(HeldAddOn held) => EachOf(held) * held.Quantity;

    public LineDiscount? DiscountOf(HeldAddOn held) => held.AddOn.PriceFor(Interval, Currency)?.Discount;

    /// <summary>
    /// True if <see cref="Amount"/> does not exceed <see cref="LargestAmount"/>. Check it first: a price times a quantity may not even fit.
    /// </summary>
    public bool IsPayable =>
        ((decimal)Each.Minor * (Price?.Seats is null ? Quantity : 1))
            + (TierRules.Exact(SeatSteps, Currency).Major * Currency.MinorPerMajor)
        + AddOns.Sum(held => (decimal)EachOf(held).Minor * held.Quantity) <= LargestAmount;

    /// <summary>
    /// Returns the usage that, together with the plan's price, makes up the agreed minimum in a part of a period. Negative if the price
    /// alone exceeds the minimum; zero without a minimum.
    /// </summary>
    public MoneyAmount MinimumBeyondPrice(Fraction share) => Price?.MinimumMinor is { } minimum
        ? share.Of(new(minimum, Currency)) - share.Of(Amount)
        : MoneyAmount.Zero(Currency);

    /// <summary>True if the plan and all add-ons have a price for this interval in this currency.</summary>
    public bool AreSold => Price is not null && AddOns.All(held => held.AddOn.PriceFor(Interval, Currency) is not null);

    /// <summary>The amount for one month, to compare terms of different intervals.</summary>
    public ExactMoney PerMonth => InAMonth(Amount);

    /// <summary>Returns a month's share of an amount for one period (<c>SEMANTICS</c> 5: year ÷ 12, week × 52 ÷ 12).</summary>
    public ExactMoney InAMonth(MoneyAmount amount) => ExactMoney.Of(amount) with
    {
        Major = Interval switch { PriceInterval.Weekly => amount.Major * 52m / 12m, PriceInterval.Yearly => amount.Major / 12m,
            _ => amount.Major },
    };
}

/// <summary>A customer's plan over time, and its next changes.</summary>
public sealed record Subscription
{
    private readonly MoneyAmount? _amountOff;

    public required Guid Id { get; init; }

    public required SubscriptionStatus Status { get; init; }

    /// <summary>
    /// The payment provider that renews and bills the subscription, and whose state Tollgate follows: <c>stripe</c>. Null: Tollgate renews
    /// and bills it.
    /// </summary>
    public string? ManagedBy { get; init; }

    public required SubscriptionTerms Terms { get; init; }

    public required Instant StartedAt { get; init; }

    /// <summary>The start of the count of all periods. A trial's end and a change of the interval set a new one.</summary>
    public required Anchor Anchor { get; init; }

    /// <summary>The running period, which may be a trial. After the subscription's end: the last period, cut at that end.</summary>
    public required Period Current { get; init; }

    /// <summary>The amount billed for the running period, less credits and the reductions of coupons.</summary>
    public required MoneyAmount Billed { get; init; }

    /// <summary>
    /// The percentage that coupons took off the price of the current terms, for the running period. A proration credit leaves it out.
    /// </summary>
    public Percent Reduced { get; init; }

    /// <summary>
    /// The amount that coupons, which apply to each billing period, took off the price of the current terms for the rest of the running
    /// period. If that period ends early, the proration credit leaves its share out, because the coupon applies to the next period again.
    /// </summary>
    public MoneyAmount AmountOff
    {
        get => _amountOff ?? MoneyAmount.Zero(Terms.Currency);
        init => _amountOff = value;
    }

    /// <summary>The start of the current terms within the running period: its start, or the last change in it.</summary>
    public required Instant TermsSince { get; init; }

    /// <summary>
    /// The usage that the running period needs to meet the minimums of terms that were in force in it before <see cref="TermsSince"/>, each
    /// for its share of the time.
    /// </summary>
    public required MoneyAmount Committed { get; init; }

    /// <summary>
    /// The time until which usage needs no bill: usage of quota periods that ended by then is billed already, or never will be, such as
    /// that of a trial and earlier.
    /// </summary>
    public required Instant UsageFrom { get; init; }

    /// <summary>
    /// The next end of a billing month within a longer billing period, when Tollgate bills overage; null if the renewal does that.
    /// </summary>
    public Instant? UsageDueAt { get; init; }

    public Instant? TrialEnd { get; init; }

    /// <summary>
    /// True if the trial becomes a paid subscription at its end; false ends it. For a provider-managed one, false means that the provider
    /// ends or pauses it if the customer has no payment method then.
    /// </summary>
    public bool ConvertsTrial { get; init; } = true;

    public Instant? CancelAt { get; init; }

    /// <summary>The terms in force from the next period on.</summary>
    public SubscriptionTerms? Scheduled { get; init; }

    public Instant? PausedAt { get; init; }

    public Instant? ResumeAt { get; init; }

    public Instant? EndedAt { get; init; }

    public string? CancelReason { get; init; }

    /// <summary>True if a minimum applies to any part of the running period.</summary>
    public bool HasMinimum => Terms.Price?.MinimumMinor is not null || !Committed.IsZero;

    public bool IsEnded => Status is SubscriptionStatus.Canceled or SubscriptionStatus.Expired;

    /// <summary>True if the customer may use the plan.</summary>
    public bool GivesPlan => Status is SubscriptionStatus.Trialing or SubscriptionStatus.Active or SubscriptionStatus.PastDue;

    /// <summary>The time of the next automatic step; null: never, or the provider reports it.</summary>
    public Instant? DueAt => Status switch
    {
        _ when ManagedBy is not null => null,
        SubscriptionStatus.Canceled or SubscriptionStatus.Expired or SubscriptionStatus.Incomplete => null,
        SubscriptionStatus.Paused => Instant.Earlier(ResumeAt, CancelAt),
        _ => Instant.Earlier(Instant.Earlier(Current.End, CancelAt), UsageDueAt),
    };
}
