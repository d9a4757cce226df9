using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <param name="AmountMinor">The price of one unit of the add-on for one period, in minor units.</param>
public sealed record AddOnPrice(PriceInterval Interval, string Currency, long AmountMinor)
{
    /// <inheritdoc cref="PlanPrice.Discount"/>
    public LineDiscount? Discount { get; init; }
}

/// <summary>The benefits of one unit of an add-on in addition to the plan.</summary>
/// <param name="Quota">For a metered feature: units per period of the plan's entitlement; null is unlimited.</param>
/// <param name="Enabled">True to turn a switch on; false for a metered feature.</param>
public sealed record AddOnEntitlement(string Feature, Quantity? Quota, bool Enabled);

/// <summary>An extra sold in addition to a plan, for the same periods: more units, a switch, a service.</summary>
public sealed record AddOn
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The category that selects the project's tax rates; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>False: no longer offered; customers who have it keep it.</summary>
    public bool Active { get; init; } = true;

    /// <summary>One price for each interval and currency. A subscription uses the price of its own interval and currency.</summary>
    public IReadOnlyList<AddOnPrice> Prices { get; init; } = [];

    public IReadOnlyList<AddOnEntitlement> Entitlements { get; init; } = [];

    /// <summary>The codes of the plans that allow the add-on; null: all plans.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>The most units for one subscription; null: no limit except <see cref="CatalogLimits.AddOnQuantity"/>.</summary>
    public long? MaxQuantity { get; init; }

    public bool FitsPlan(string plan) => Plans is null || Plans.Contains(plan, StringComparer.Ordinal);

    /// <summary>Returns null if it is not sold for this interval in this currency.</summary>
    public AddOnPrice? PriceFor(PriceInterval interval, Currency currency) =>
        Prices.FirstOrDefault(price => price.Interval == interval && price.Currency == currency.Code);
}

/// <param name="AmountMinor">The price of one pack, in minor units.</param>
public sealed record PackPrice(string Currency, long AmountMinor)
{
    /// <inheritdoc cref="PlanPrice.Discount"/>
    public LineDiscount? Discount { get; init; }

    /// <summary>The price of one pack after the discount, in whole minor units: two packs cost exactly twice as much as one.</summary>
    public MoneyAmount Each => Discount?.Of(Listed).Rounded() ?? Listed;

    public MoneyAmount Listed => new(AmountMinor, Money.Currency.Of(Currency));
}

/// <summary>Units of a feature that customers buy once and use up, in addition to any plan: a top-up.</summary>
public sealed record CreditPack
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The category that selects the project's tax rates; null: those without a category.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>False: no longer offered. Purchases stay valid.</summary>
    public bool Active { get; init; } = true;

    /// <summary>The code of the metered feature.</summary>
    public required string Feature { get; init; }

    /// <summary>The units that a pack grants.</summary>
    public required Quantity Quantity { get; init; }

    /// <summary>One price for each currency.</summary>
    public IReadOnlyList<PackPrice> Prices { get; init; } = [];

    /// <summary>Days of the project's calendar from the payment; null: the units never expire.</summary>
    public int? ExpiresAfterDays { get; init; }

    /// <summary>The priority in the burn order, lowest first; null: that of top-ups.</summary>
    public int? Priority { get; init; }

    /// <summary>The codes of the plans whose customers may buy it; null: all plans.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    public bool FitsPlan(string plan) => Plans is null || Plans.Contains(plan, StringComparer.Ordinal);

    /// <summary>Returns null if it is not sold in this currency.</summary>
    public PackPrice? PriceIn(Currency currency) => Prices.FirstOrDefault(price => price.Currency == currency.Code);
}
