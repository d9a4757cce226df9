using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>One step of a price: so many units at one price, and a fee that is due once.</summary>
/// <param name="Units">Units, or packages where the price is per package.</param>
public readonly record struct RatedStep(Quantity Units, ExactMoney UnitPrice, ExactMoney FlatFee)
{
    public ExactMoney Amount => UnitPrice with { Major = (Units.Value * UnitPrice.Major) + FlatFee.Major };
}

/// <summary>What a quantity costs, and how that came about. Not rounded: the line is, once.</summary>
/// <param name="Quantity">What was rated.</param>
public sealed record Rated(Quantity Quantity, Currency Currency, IReadOnlyList<RatedStep> Steps)
{
    public ExactMoney Exact => new(Steps.Sum(static step => step.Amount.Major), Currency);

    public MoneyAmount Amount => Exact.Rounded();
}
