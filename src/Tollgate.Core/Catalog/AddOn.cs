using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <param name="AmountMinor">For one unit of the add-on and one period, in minor units.</param>
public sealed record AddOnPrice(PriceInterval Interval, string Currency, long AmountMinor)
{
    /// <inheritdoc cref="PlanPrice.Discount"/>
    public LineDiscount? Discount { get; init; }
}

/// <summary>What one unit of an add-on gives beside the plan.</summary>
/// <param name="Quota">Of a metered feature: units per period of the plan's entitlement; null is unlimited.</param>
/// <param name="Enabled">True for a switch, which is on then; false for a metered feature.</param>
public sealed record AddOnEntitlement(string Feature, Quantity? Quota, bool Enabled);

/// <summary>Something that is sold beside a plan, for the same periods: more units, a switch, a service.</summary>
public sealed record AddOn
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Which of the project's tax rates are for it; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>False: kept by those who have it, no longer offered.</summary>
    public bool Active { get; init; } = true;

    /// <summary>One for each interval and currency. A subscription takes the one of its own interval and currency.</summary>
    public IReadOnlyList<AddOnPrice> Prices { get; init; } = [];

    public IReadOnlyList<AddOnEntitlement> Entitlements { get; init; } = [];

    /// <summary>Codes of the plans that it may be added to; null for all.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>Units that one subscription may have; null for no bound but <see cref="CatalogLimits.AddOnQuantity"/>.</summary>
    public long? MaxQuantity { get; init; }

    public bool FitsPlan(string plan) => Plans is null || Plans.Contains(plan, StringComparer.Ordinal);

    /// <summary>Null: it is not sold for this interval in this currency.</summary>
    public AddOnPrice? PriceFor(PriceInterval interval, Currency currency) =>
        Prices.FirstOrDefault(price => price.Interval == interval && price.Currency == currency.Code);
}

/// <param name="AmountMinor">For one pack, in minor units.</param>
public sealed record PackPrice(string Currency, long AmountMinor)
{
    /// <inheritdoc cref="PlanPrice.Discount"/>
    public LineDiscount? Discount { get; init; }

    /// <summary>One pack after the discount, in whole minor units: what one pays for two packs is twice what one pays for one.</summary>
    public MoneyAmount Each => Discount?.Of(Listed).Rounded() ?? Listed;

    public MoneyAmount Listed => new(AmountMinor, Money.Currency.Of(Currency));
}

/// <summary>Units of a feature that are bought once and used up, beside any plan: a top-up.</summary>
public sealed record CreditPack
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Which of the project's tax rates are for it; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>False: no longer offered. What was bought stays.</summary>
    public bool Active { get; init; } = true;

    /// <summary>The metered feature's code.</summary>
    public required string Feature { get; init; }

    /// <summary>Units that a pack grants.</summary>
    public required Quantity Quantity { get; init; }

    /// <summary>One for each currency.</summary>
    public IReadOnlyList<PackPrice> Prices { get; init; } = [];

    /// <summary>Days of the project's calendar from the payment on; null: the units never expire.</summary>
    public int? ExpiresAfterDays { get; init; }

    /// <summary>Place in the burn order, the lowest first; null: that of top-ups.</summary>
    public int? Priority { get; init; }

    /// <summary>Codes of the plans whose customers may buy it; null for all.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    public bool FitsPlan(string plan) => Plans is null || Plans.Contains(plan, StringComparer.Ordinal);

    /// <summary>Null: it is not sold in this currency.</summary>
    public PackPrice? PriceIn(Currency currency) => Prices.FirstOrDefault(price => price.Currency == currency.Code);
}
