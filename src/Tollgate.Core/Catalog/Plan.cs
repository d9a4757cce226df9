using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>A discount on one price before coupons: a percentage, or an amount off the unit price.</summary>
/// <param name="Percent">0 to 100; null: an amount.</param>
/// <param name="AmountMinor">Minor units; never more than the price.</param>
public sealed record LineDiscount(Percent? Percent, long? AmountMinor)
{
    /// <summary>Returns the unit price after the discount.</summary>
    public ExactMoney Of(MoneyAmount each) => Percent is { } percent
        ? new(each.Major * (1m - (percent.Value / 100m)), each.Currency)
        : ExactMoney.Of(new(Math.Max(0, each.Minor - AmountMinor!.Value), each.Currency));

    /// <summary>True if the discount fits the price: 0 to 100 percent, or an amount, that leaves at least this many minor units.</summary>
    internal bool Fits(long price, long left = 0) => Percent is { } percent
        ? percent.Value is >= 0 and <= 100 && Of(new(price, Currency.Usd)).Rounded().Minor >= left
        : AmountMinor >= 0 && price - AmountMinor >= left;

    /// <summary>Returns the text for an invoice.</summary>
    public string In(Currency currency) => Percent?.ToString() ?? new MoneyAmount(AmountMinor!.Value, currency).ToString();
}

/// <summary>Plan × billing interval × currency.</summary>
/// <param name="AmountMinor">Minor units of <see cref="Currency"/>, for instance cents.</param>
/// <param name="TrialDays">0: no trial.</param>
public sealed record PlanPrice(PriceInterval Interval, string Currency, long AmountMinor, int TrialDays)
{
    /// <summary>
    /// The price of seats. If set, a subscription's quantity is its number of seats: the amount is charged once, and seats beyond the
    /// included ones have their own price. Null: the amount is charged for each unit of the quantity.
    /// </summary>
    public SeatPrice? Seats { get; init; }

    /// <summary>A discount on the amount, which the invoice shows. Null: none.</summary>
    public LineDiscount? Discount { get; init; }

    /// <summary>The minimum for a period, plan and usage together before discounts, in minor units; null: no minimum.</summary>
    public long? MinimumMinor { get; init; }
}

/// <summary>One plan of a catalogue. Its publication creates an immutable version; a changed plan gets a new version.</summary>
public sealed record Plan
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The category that selects the project's tax rates; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    public string? Tagline { get; init; }

    /// <summary>The lines with check marks on the pricing page.</summary>
    public IReadOnlyList<string> Bullets { get; init; } = [];

    public string? Icon { get; init; }

    /// <summary>True if the pricing page marks it as popular.</summary>
    public bool Highlighted { get; init; }

    public int SortOrder { get; init; }

    /// <summary>False: no longer offered; customers who have it keep it.</summary>
    public bool Active { get; init; } = true;

    public IReadOnlyList<PlanPrice> Prices { get; init; } = [];

    public IReadOnlyList<Entitlement> Entitlements { get; init; } = [];
}

/// <summary>
/// The policy for customers whose subscription ended, is paused or is unpaid. A customer that never had a subscription is on the default
/// plan under either policy.
/// </summary>
public enum WithoutSubscription
{
    /// <summary>The customer is on the default plan.</summary>
    DefaultPlan,

    /// <summary>Tollgate refuses every decision: <c>subscription_inactive</c>.</summary>
    Inactive,
}

/// <summary>The status of a refusal because a quota or a budget is used up.</summary>
public enum OverLimit
{
    /// <summary>402: the customer can pay for more.</summary>
    PaymentRequired,

    /// <summary>429, as some products specify: the customer can wait for the next period.</summary>
    TooManyRequests,
}

/// <summary>The policy for events of a type that no meter reads.</summary>
public enum UnmatchedEvents
{
    /// <summary>Record and flag the event.</summary>
    Accept,
    Refuse,
}

/// <summary>Everything that a project sells: the body of <c>PUT /v1/catalog</c>, and the output of <c>catalog export</c>.</summary>
public sealed record CatalogDocument
{
    /// <summary>The catalogue's own name, for instance <c>resume-ats</c>.</summary>
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string Currency { get; init; } = "USD";

    public string TimeZone { get; init; } = "Etc/UTC";

    /// <summary>The plan of a customer without an active subscription.</summary>
    public required string DefaultPlan { get; init; }

    /// <summary>
    /// The address to which a refusal sends the customer; may contain <c>{customer}</c>, <c>{feature}</c> and <c>{plan}</c>.
    /// </summary>
    public string UpgradeUrl { get; init; } = "/pricing";

    public WithoutSubscription WithoutSubscription { get; init; }

    public UnmatchedEvents UnmatchedEvents { get; init; }

    public OverLimit OverLimit { get; init; }

    public IReadOnlyList<Feature> Features { get; init; } = [];

    public IReadOnlyList<Plan> Plans { get; init; } = [];

    public IReadOnlyList<AddOn> AddOns { get; init; } = [];

    public IReadOnlyList<CreditPack> Packs { get; init; } = [];

    public PricingPage PricingPage { get; init; } = PricingPage.Plain;

    /// <summary>The codes of the currencies in which an active plan or pack has a price, in alphabetical order.</summary>
    public IReadOnlyList<string> CurrenciesSold =>
    [
        .. Plans.Where(static plan => plan.Active).SelectMany(static plan => plan.Prices, static (_, price) => price.Currency)
            .Concat(Packs.Where(static pack => pack.Active).SelectMany(static pack => pack.Prices, static (_, price) => price.Currency))
            .Distinct().Order(StringComparer.Ordinal),
    ];
}
