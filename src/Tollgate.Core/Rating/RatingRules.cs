using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>
/// Rating of usage (<c>SEMANTICS</c> 4). The same quantity under the same price gives the same amount on any day and any machine.
/// </summary>
public static class RatingRules
{
    /// <param name="quantity">Units beyond the plan's quota; not negative.</param>
    public static Rated Rate(OveragePrice price, Quantity quantity) =>
        new(quantity, Currency.Of(price.Currency), TierRules.StepsOf(price, quantity));

    /// <summary>
    /// Rates a whole period: each of its prices once. With several prices, the steps leave out those that amount to zero.
    /// </summary>
    public static Rated Rate(IReadOnlyList<UsagePart> parts, Currency currency)
    {
        var prices = PricesOf(parts);
        return new(
            prices.Aggregate(Quantity.Zero, static (sum, one) => sum + one.Quantity), currency,
            [.. prices.SelectMany(static one => TierRules.StepsOf(one.Price, one.Quantity))
                .Where(step => prices.Count == 1 || step.Amount.Major != 0)]);
    }

    /// <summary>
    /// Returns each price of the parts once, with the units of all parts at it: tiers continue across parts, and a first flat fee is due
    /// once. If one of them always charges the fee, it is due without usage.
    /// </summary>
    public static IReadOnlyList<(OveragePrice Price, Quantity Quantity)> PricesOf(IReadOnlyList<UsagePart> parts)
    {
        var prices = new List<(OveragePrice Price, Quantity Quantity)>(1);
        foreach (var part in parts)
        {
            if (part.Segment.Price is not { } price)
            {
                continue;
            }

            var known = prices.FindIndex(one => SegmentRules.AreSame(one.Price, price with { FirstFlatFee = one.Price.FirstFlatFee }));
            if (known < 0)
            {
                prices.Add((price, part.Beyond));
            }
            else
            {
                var always = prices[known].Price.FirstFlatFee == FirstFlatFee.Always ? prices[known].Price : price;
                prices[known] = (always, prices[known].Quantity + part.Beyond);
            }
        }

        return prices;
    }
}
