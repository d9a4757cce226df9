using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>How the tiers of a price become an amount.</summary>
public enum TierMode
{
    /// <summary>One price for each unit.</summary>
    PerUnit,

    /// <summary>Each unit at the price of the tier that it falls into.</summary>
    Graduated,

    /// <summary>All units at the price of the tier that the last one falls into.</summary>
    Volume,

    /// <summary>One price for each package that was begun.</summary>
    Package,

    /// <summary>A share of an amount of money, graduated. Only for features that count money.</summary>
    Percentage,
}

/// <summary>When the first tier's flat fee is due. That of a later tier is due when a unit falls into the tier.</summary>
public enum FirstFlatFee
{
    Always,

    /// <summary>Only when there is a unit at all.</summary>
    OnUse,
}

/// <summary>One step of a price by tiers.</summary>
/// <param name="UpTo">Inclusive upper bound in units; null for the last tier.</param>
/// <param name="UnitPrice">Major currency units for one unit (or one package).</param>
/// <param name="FlatFee">Major currency units, charged when a unit falls into the tier.</param>
public sealed record PriceTier(Quantity? UpTo, UnitPrice UnitPrice, UnitPrice? FlatFee)
{
    /// <summary>Instead of the unit price, for <see cref="TierMode.Percentage"/>; null in the other modes.</summary>
    public Percent? Percent { get; init; }
}

/// <summary>What units beyond a soft cap cost in one currency.</summary>
/// <param name="PackageSize">Units in a package, for <see cref="TierMode.Package"/>.</param>
public sealed record OveragePrice(TierMode Mode, string Currency, IReadOnlyList<PriceTier> Tiers, Quantity? PackageSize)
{
    public FirstFlatFee FirstFlatFee { get; init; }

    /// <summary>Comes off unit prices and flat fees before coupons, and stands on the invoice beside them. Null: none.</summary>
    public Percent? Discount { get; init; }
}

/// <summary>
/// What seats beyond the included ones cost for one period. The currency is that of the plan's price which it belongs to.
/// </summary>
/// <param name="Included">Seats that the plan's amount pays for.</param>
/// <param name="Mode">Per unit, graduated or volume.</param>
/// <param name="Tiers">Counted from the first seat beyond the included ones.</param>
public sealed record SeatPrice(long Included, TierMode Mode, IReadOnlyList<PriceTier> Tiers)
{
    public FirstFlatFee FirstFlatFee { get; init; }

    /// <inheritdoc cref="OveragePrice.Discount"/>
    public Percent? Discount { get; init; }

    /// <summary>The seats of so many that are charged.</summary>
    public Quantity Charged(long seats) => Quantity.Of(Math.Max(0, seats - Included));

    /// <summary>What so many seats cost, the included ones among them.</summary>
    public IReadOnlyList<PricedStep> StepsOf(long seats, Currency currency) =>
        TierRules.StepsOf(new(Mode, currency.Code, Tiers, null) { FirstFlatFee = FirstFlatFee, Discount = Discount }, Charged(seats));
}
