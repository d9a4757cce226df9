using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>The price of a quantity with its computation. Not rounded: the line rounds it once.</summary>
/// <param name="Quantity">The rated quantity.</param>
public sealed record Rated(Quantity Quantity, Currency Currency, IReadOnlyList<PricedStep> Steps)
{
    public ExactMoney Exact => TierRules.Exact(Steps, Currency);

    public MoneyAmount Amount => Exact.Rounded();
}
