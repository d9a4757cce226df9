using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>What a quantity costs, and how that came about. Not rounded: the line is, once.</summary>
/// <param name="Quantity">What was rated.</param>
public sealed record Rated(Quantity Quantity, Currency Currency, IReadOnlyList<PricedStep> Steps)
{
    public ExactMoney Exact => TierRules.Exact(Steps, Currency);

    public MoneyAmount Amount => Exact.Rounded();
}
