using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>One step of a price: so many units at one price, and a fee that is due once.</summary>
/// <param name="Units">Units, or packages where the price is per package.</param>
/// <param name="UnitPrice">Major units of the currency.</param>
/// <param name="FlatFee">Major units; zero for none.</param>
public readonly record struct RatedStep(Quantity Units, Quantity UnitPrice, Quantity FlatFee)
{
    /// <summary>Major units, exact.</summary>
    public decimal Amount => (Units.Value * UnitPrice.Value) + FlatFee.Value;
}

/// <summary>What a quantity costs, and how that came about. Not rounded: the line is, once.</summary>
/// <param name="Quantity">What was rated.</param>
public sealed record Rated(Quantity Quantity, Currency Currency, IReadOnlyList<RatedStep> Steps)
{
    /// <summary>Major units.</summary>
    public decimal Exact => Steps.Sum(static step => step.Amount);

    public MoneyAmount Amount => MoneyRounding.Round(Exact, Currency);
}
