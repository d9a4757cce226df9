using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>Where a subscription stands (<c>SEMANTICS</c> 4). The last two are final.</summary>
public enum SubscriptionStatus
{
    /// <summary>Waits for its first payment. Gives nothing yet.</summary>
    Incomplete,
    Trialing,
    Active,

    /// <summary>A payment failed; benefits are kept during the grace.</summary>
    PastDue,
    Paused,
    Canceled,

    /// <summary>The trial ended and nothing was paid.</summary>
    Expired,
}

/// <summary>What a subscription is for: a version of a plan, how often it is paid, and how many of it.</summary>
/// <param name="Quantity">Times the plan's price, or its number of seats where these have a price of their own; at least 1.</param>
public sealed record SubscriptionTerms(PlanVersion Plan, PriceInterval Interval, Currency Currency, long Quantity)
{
    /// <summary>
    /// Minor units for one period beyond which nobody subscribes: a hundred billion dollars. A sum of many such still fits 64 bits.
    /// </summary>
    public const long LargestAmount = 10_000_000_000_000;

    /// <summary>Sold beside the plan. Each is kept as it was bought: a catalogue may change it or drop it.</summary>
    public IReadOnlyList<HeldAddOn> AddOns { get; init; } = [];

    /// <summary>Agreed with this customer instead of the plan's price, in minor units; null: the plan's.</summary>
    public long? CustomAmount { get; init; }

    /// <summary>Agreed with this customer for the plan's price; null: what the catalogue says of it.</summary>
    public LineDiscount? AgreedDiscount { get; init; }

    /// <summary>Comes off the plan's price before coupons; of an amount that was agreed only what was agreed as well.</summary>
    public LineDiscount? Discount => AgreedDiscount ?? (CustomAmount is null ? Price?.Discount : null);

    /// <summary>Add-ons are the same by code and quantity: each is kept as it was bought.</summary>
    public bool Equals(SubscriptionTerms? other) => other is not null
        && (Plan, Interval, Currency, Quantity, CustomAmount, AgreedDiscount) == (other.Plan, other.Interval, other.Currency,
            other.Quantity, other.CustomAmount, other.AgreedDiscount)
        && AddOns.Select(static held => (held.AddOn.Code, held.Quantity))
            .SequenceEqual(other.AddOns.Select(static held => (held.AddOn.Code, held.Quantity)));

    public override int GetHashCode() => HashCode.Combine(Plan, Interval, Currency, Quantity, CustomAmount, AddOns.Count);

    /// <summary>Null: the version has no price for this interval in this currency.</summary>
    public PlanPrice? Price => Plan.Plan.Prices.FirstOrDefault(price => price.Interval == Interval && price.Currency == Currency.Code);

    /// <summary>The plan's price for one whole period: once where seats have a price of their own, else for each of the quantity.</summary>
    public MoneyAmount Base => new ExactMoney(UnitPrice.Major * (Price?.Seats is null ? Quantity : 1), Currency).Rounded();

    /// <summary>The plan's price for one, less the discount of the line.</summary>
    public ExactMoney UnitPrice => Discount?.Of(Each) ?? ExactMoney.Of(Each);

    /// <summary>The plan's price for one, before anything is taken off.</summary>
    public MoneyAmount Each => new(CustomAmount ?? Price?.AmountMinor ?? 0, Currency);

    /// <summary>How the seats beyond the included ones come to their price; empty without a price of seats.</summary>
    public IReadOnlyList<PricedStep> SeatSteps => Price?.Seats?.StepsOf(Quantity, Currency) ?? [];

    /// <summary>For the seats beyond the included ones, one whole period.</summary>
    public MoneyAmount Seats => TierRules.Sum(SeatSteps, Currency);

    /// <summary>Who may share it: the seats that are paid for, or included. Null: seats have no price, so nothing counts them.</summary>
    public long? SeatCount => Price?.Seats is { } seats ? Math.Max(Quantity, seats.Included) : null;

    /// <summary>For one whole period.</summary>
    public MoneyAmount Amount => AddOns.Aggregate(Base + Seats, (sum, held) => sum + AmountOf(held));

    /// <summary>For one whole period, before the discounts of the prices themselves.</summary>
    public MoneyAmount Listed => AddOns.Aggregate(ListedBase + ListedSeats, (sum, held) => sum + ListedOf(held));

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedBase => Each * (Price?.Seats is null ? Quantity : 1);

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedSeats =>
        Price?.Seats is { } seats
            ? TierRules.Sum((seats with { Discount = null }).StepsOf(Quantity, Currency), Currency)
            : MoneyAmount.Zero(Currency);

    /// <summary>What stands on invoices under names of its own: the plan with its seats (null), and each add-on.</summary>
    public IReadOnlyList<(HeldAddOn? AddOn, MoneyAmount Amount)> Items =>
        [(null, Base + Seats), .. AddOns.Select(held => ((HeldAddOn?)held, AmountOf(held)))];

    /// <summary>What an add-on costs for one whole period.</summary>
    public MoneyAmount AmountOf(HeldAddOn held) =>
        UnitPriceOf(held) is var each ? (each with { Major = each.Major * held.Quantity }).Rounded() : default;

    /// <summary>What one unit of an add-on costs, less the discount of its price.</summary>
    public ExactMoney UnitPriceOf(HeldAddOn held) => DiscountOf(held)?.Of(EachOf(held)) ?? ExactMoney.Of(EachOf(held));

    /// <summary>What one unit of an add-on costs, before anything is taken off.</summary>
    public MoneyAmount EachOf(HeldAddOn held) => new(held.AddOn.PriceFor(Interval, Currency)?.AmountMinor ?? 0, Currency);

    /// <inheritdoc cref="Listed"/>
    public MoneyAmount ListedOf(HeldAddOn held) => EachOf(held) * held.Quantity;

    public LineDiscount? DiscountOf(HeldAddOn held) => held.AddOn.PriceFor(Interval, Currency)?.Discount;

    /// <summary>
    /// <see cref="Amount"/> is not beyond <see cref="LargestAmount"/>. To be asked first: a price times a quantity may not even fit.
    /// </summary>
    public bool IsPayable =>
        ((decimal)Each.Minor * (Price?.Seats is null ? Quantity : 1))
            + (TierRules.Exact(SeatSteps, Currency).Major * Currency.MinorPerMajor)
        + AddOns.Sum(held => (decimal)EachOf(held).Minor * held.Quantity) <= LargestAmount;

    /// <summary>
    /// What usage has to come to in a part of a period, so that together with the plan's price it makes up the agreed minimum.
    /// Negative where the price alone is more; zero without a minimum.
    /// </summary>
    public MoneyAmount MinimumBeyondPrice(Fraction share) => Price?.MinimumMinor is { } minimum
        ? share.Of(new(minimum, Currency)) - share.Of(Amount)
        : MoneyAmount.Zero(Currency);

    /// <summary>The plan and all add-ons are sold for this interval in this currency.</summary>
    public bool AreSold => Price is not null && AddOns.All(held => held.AddOn.PriceFor(Interval, Currency) is not null);

    /// <summary>For comparing terms of different intervals.</summary>
    public ExactMoney PerMonth => InAMonth(Amount);

    /// <summary>A month's share of an amount for one period (<c>SEMANTICS</c> 5: year ÷ 12, week × 52 ÷ 12).</summary>
    public ExactMoney InAMonth(MoneyAmount amount) => ExactMoney.Of(amount) with
    {
        Major = Interval switch { PriceInterval.Weekly => amount.Major * 52m / 12m, PriceInterval.Yearly => amount.Major / 12m,
            _ => amount.Major },
    };
}

/// <summary>Which plan a customer has from when to when, and what happens next.</summary>
public sealed record Subscription
{
    private readonly MoneyAmount? _amountOff;

    public required Guid Id { get; init; }

    public required SubscriptionStatus Status { get; init; }

    /// <summary>
    /// The payment provider that renews and bills it, and whose word on it Tollgate follows: <c>stripe</c>. Null: Tollgate does.
    /// </summary>
    public string? ManagedBy { get; init; }

    public required SubscriptionTerms Terms { get; init; }

    public required Instant StartedAt { get; init; }

    /// <summary>What all periods hang on. A trial's end and a change of the interval set it anew.</summary>
    public required Anchor Anchor { get; init; }

    /// <summary>The running period; a trial is one. Of an ended subscription: the last, cut at its end.</summary>
    public required Period Current { get; init; }

    /// <summary>Billed for the running period, less what was given back and what coupons took off.</summary>
    public required MoneyAmount Billed { get; init; }

    /// <summary>
    /// The percentage that coupons took off the price of the terms in force, for the running period: a proration credit leaves it out.
    /// </summary>
    public Percent Reduced { get; init; }

    /// <summary>
    /// The amount that coupons, which come off each billing period, took off the price of the terms in force, for the rest of the running
    /// period. If that period ends early, the proration credit leaves its share out, because the next period has the coupon again.
    /// </summary>
    public MoneyAmount AmountOff
    {
        get => _amountOff ?? MoneyAmount.Zero(Terms.Currency);
        init => _amountOff = value;
    }

    /// <summary>Since when the terms are in force in the running period: its start, or the last change in it.</summary>
    public required Instant TermsSince { get; init; }

    /// <summary>
    /// What usage of the running period has to come to for minimums of terms that were in force in it before
    /// <see cref="TermsSince"/>, each for its share of the time.
    /// </summary>
    public required MoneyAmount Committed { get; init; }

    /// <summary>
    /// Usage of quota periods that ended until then was billed, or never will be: that of a trial, and of the time before.
    /// </summary>
    public required Instant UsageFrom { get; init; }

    /// <summary>
    /// The next end of a month of quotas inside of a longer billing period, when usage beyond the plan is billed; null where the
    /// renewal does that.
    /// </summary>
    public Instant? UsageDueAt { get; init; }

    public Instant? TrialEnd { get; init; }

    /// <summary>
    /// Whether the trial becomes a paid subscription at its end; false ends it. For a provider-managed one, false means that the provider
    /// ends or pauses it if the customer has no payment method then.
    /// </summary>
    public bool ConvertsTrial { get; init; } = true;

    public Instant? CancelAt { get; init; }

    /// <summary>In force from the next period on.</summary>
    public SubscriptionTerms? Scheduled { get; init; }

    public Instant? PausedAt { get; init; }

    public Instant? ResumeAt { get; init; }

    public Instant? EndedAt { get; init; }

    public string? CancelReason { get; init; }

    /// <summary>A minimum was agreed for some of the running period.</summary>
    public bool HasMinimum => Terms.Price?.MinimumMinor is not null || !Committed.IsZero;

    public bool IsEnded => Status is SubscriptionStatus.Canceled or SubscriptionStatus.Expired;

    /// <summary>Its plan is what the customer may use.</summary>
    public bool GivesPlan => Status is SubscriptionStatus.Trialing or SubscriptionStatus.Active or SubscriptionStatus.PastDue;

    /// <summary>When something happens by itself; null: never, or it is told.</summary>
    public Instant? DueAt => Status switch
    {
        _ when ManagedBy is not null => null,
        SubscriptionStatus.Canceled or SubscriptionStatus.Expired or SubscriptionStatus.Incomplete => null,
        SubscriptionStatus.Paused => Earlier(ResumeAt, CancelAt),
        _ => Earlier(Earlier(Current.End, CancelAt), UsageDueAt),
    };

    private static Instant? Earlier(Instant? a, Instant? b) => a is { } some && b is { } other ? (some < other ? some : other) : a ?? b;
}
