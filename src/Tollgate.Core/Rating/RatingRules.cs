using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>
/// What usage costs (<c>SEMANTICS</c> 4). The same quantity under the same price gives the same amount on any day and any machine.
/// </summary>
public static class RatingRules
{
    /// <param name="quantity">Units beyond what the plan includes; not negative.</param>
    public static Rated Rate(OveragePrice price, Quantity quantity) => new(quantity, Currency.Of(price.Currency), TierRules.StepsOf(price, quantity));
}
