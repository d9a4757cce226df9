using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>The modes by which the tiers of a price give an amount.</summary>
public enum TierMode
{
    /// <summary>One price for each unit.</summary>
    PerUnit,

    /// <summary>Each unit at the price of its own tier.</summary>
    Graduated,

    /// <summary>All units at the price of the last unit's tier.</summary>
    Volume,

    /// <summary>One price for each package, including a partly used one.</summary>
    Package,

    /// <summary>A share of an amount of money, graduated. Only for features that count money.</summary>
    Percentage,
}

/// <summary>The rule for the first tier's flat fee. The fee of a later tier is due when a unit falls into that tier.</summary>
public enum FirstFlatFee
{
    Always,

    /// <summary>Due only if there is any unit.</summary>
    OnUse,
}

/// <summary>One tier of a price.</summary>
/// <param name="UpTo">Inclusive upper bound in units; null for the last tier.</param>
/// <param name="UnitPrice">The price of one unit (or one package) in major currency units.</param>
/// <param name="FlatFee">The fee in major currency units, charged when a unit falls into the tier.</param>
public sealed record PriceTier(Quantity? UpTo, UnitPrice UnitPrice, UnitPrice? FlatFee)
{
    /// <summary>The percentage that replaces the unit price in <see cref="TierMode.Percentage"/>; null in the other modes.</summary>
    public Percent? Percent { get; init; }
}

/// <summary>The price of units beyond a soft cap in one currency.</summary>
/// <param name="PackageSize">The units in a package, for <see cref="TierMode.Package"/>.</param>
public sealed record OveragePrice(TierMode Mode, string Currency, IReadOnlyList<PriceTier> Tiers, Quantity? PackageSize)
{
    public FirstFlatFee FirstFlatFee { get; init; }

    /// <summary>A discount on unit prices and flat fees before coupons, which the invoice shows. Null: none.</summary>
    public Percent? Discount { get; init; }
}

/// <summary>The price of seats beyond the included ones for one period, in the currency of its plan's price.</summary>
/// <param name="Included">The number of seats that the plan's amount includes.</param>
/// <param name="Mode">Per unit, graduated or volume.</param>
/// <param name="Tiers">The tiers, counted from the first seat beyond the included ones.</param>
public sealed record SeatPrice(long Included, TierMode Mode, IReadOnlyList<PriceTier> Tiers)
{
    public FirstFlatFee FirstFlatFee { get; init; }

    /// <inheritdoc cref="OveragePrice.Discount"/>
    public Percent? Discount { get; init; }

    /// <summary>Returns the charged seats of a total.</summary>
    public Quantity Charged(long seats) => Quantity.Of(Math.Max(0, seats - Included));

    /// <summary>Returns the price steps of a total of seats, including the included ones.</summary>
    public IReadOnlyList<PricedStep> StepsOf(long seats, Currency currency) =>
        TierRules.StepsOf(new(Mode, currency.Code, Tiers, null) { FirstFlatFee = FirstFlatFee, Discount = Discount }, Charged(seats));
}
