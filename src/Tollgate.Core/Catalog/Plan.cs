using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>What is taken off one price before coupons: a percentage, or an amount of the price for one.</summary>
/// <param name="Percent">0 to 100; null: an amount.</param>
/// <param name="AmountMinor">Minor units; never more than the price.</param>
public sealed record LineDiscount(Percent? Percent, long? AmountMinor)
{
    /// <summary>The price for one after it.</summary>
    public ExactMoney Of(MoneyAmount each) => Percent is { } percent
        ? new(each.Major * (1m - (percent.Value / 100m)), each.Currency)
        : ExactMoney.Of(new(Math.Max(0, each.Minor - AmountMinor!.Value), each.Currency));

    /// <summary>A discount of this price: 0 to 100 percent, or at most so much that this many minor units are left.</summary>
    internal bool Fits(long price, long left = 0) => Percent is { } percent
        ? percent.Value is >= 0 and <= 100 && Of(new(price, Currency.Usd)).Rounded().Minor >= left
        : AmountMinor >= 0 && price - AmountMinor >= left;

    /// <summary>As on an invoice.</summary>
    public string In(Currency currency) => Percent?.ToString() ?? new MoneyAmount(AmountMinor!.Value, currency).ToString();
}

/// <summary>Plan × billing interval × currency.</summary>
/// <param name="AmountMinor">Minor units of <see cref="Currency"/>, for instance cents.</param>
/// <param name="TrialDays">0 for no trial.</param>
public sealed record PlanPrice(PriceInterval Interval, string Currency, long AmountMinor, int TrialDays)
{
    /// <summary>
    /// Then a subscription's quantity is its number of seats: the amount is due once, and the seats beyond the included ones have
    /// their own price. Null: the amount is due for each of the quantity.
    /// </summary>
    public SeatPrice? Seats { get; init; }

    /// <summary>Comes off the amount, and stands on the invoice beside it. Null: none.</summary>
    public LineDiscount? Discount { get; init; }

    /// <summary>What a period costs at least, plan and usage together before discounts, in minor units; null for no minimum.</summary>
    public long? MinimumMinor { get; init; }
}

/// <summary>
/// One plan as it stands in a catalogue. Once published it becomes an immutable version; a changed plan is a new version.
/// </summary>
public sealed record Plan
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Which of the project's tax rates are for it; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    public string? Tagline { get; init; }

    /// <summary>The lines with check marks on the pricing page.</summary>
    public IReadOnlyList<string> Bullets { get; init; } = [];

    public string? Icon { get; init; }

    /// <summary>Marked as the popular one.</summary>
    public bool Highlighted { get; init; }

    public int SortOrder { get; init; }

    /// <summary>False: kept for those who have it, no longer offered.</summary>
    public bool Active { get; init; } = true;

    public IReadOnlyList<PlanPrice> Prices { get; init; } = [];

    public IReadOnlyList<Entitlement> Entitlements { get; init; } = [];
}

/// <summary>
/// The policy for customers whose subscription ended, is paused or is unpaid. A customer that never had one is on the default plan either
/// way.
/// </summary>
public enum WithoutSubscription
{
    /// <summary>What the default plan gives.</summary>
    DefaultPlan,

    /// <summary>Nothing that is decided: <c>subscription_inactive</c>.</summary>
    Inactive,
}

/// <summary>What becomes of an event of a type that no meter reads.</summary>
public enum UnmatchedEvents
{
    /// <summary>It is recorded and flagged.</summary>
    Accept,
    Refuse,
}

/// <summary>Everything that a project sells: what <c>PUT /v1/catalog</c> takes and <c>catalog export</c> gives back.</summary>
public sealed record CatalogDocument
{
    /// <summary>The catalogue's own name, for instance <c>resume-ats</c>.</summary>
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string Currency { get; init; } = "USD";

    public string TimeZone { get; init; } = "Etc/UTC";

    /// <summary>The plan of a customer without an active subscription.</summary>
    public required string DefaultPlan { get; init; }

    /// <summary>Where a denial sends the customer; may hold <c>{customer}</c>, <c>{feature}</c> and <c>{plan}</c>.</summary>
    public string UpgradeUrl { get; init; } = "/pricing";

    public WithoutSubscription WithoutSubscription { get; init; }

    public UnmatchedEvents UnmatchedEvents { get; init; }

    public IReadOnlyList<Feature> Features { get; init; } = [];

    public IReadOnlyList<Plan> Plans { get; init; } = [];

    public IReadOnlyList<AddOn> AddOns { get; init; } = [];

    public IReadOnlyList<CreditPack> Packs { get; init; } = [];

    /// <summary>Codes of the currencies in which an active plan or pack has a price, in the order of the alphabet.</summary>
    public IReadOnlyList<string> CurrenciesSold =>
    [
        .. Plans.Where(static plan => plan.Active).SelectMany(static plan => plan.Prices, static (_, price) => price.Currency)
            .Concat(Packs.Where(static pack => pack.Active).SelectMany(static pack => pack.Prices, static (_, price) => price.Currency))
            .Distinct().Order(StringComparer.Ordinal),
    ];
}
