using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>
/// What usage costs (<c>SEMANTICS</c> 4). The same quantity under the same price gives the same amount on any day and any machine.
/// </summary>
public static class RatingRules
{
    /// <param name="quantity">Units beyond what the plan includes; not negative.</param>
    public static Rated Rate(OveragePrice price, Quantity quantity) =>
        new(quantity, Currency.Of(price.Currency), TierRules.StepsOf(price, quantity));

    /// <summary>A whole period: each of its prices once. Of several prices those that ask for nothing are not told.</summary>
    public static Rated Rate(IReadOnlyList<UsagePart> parts, Currency currency)
    {
        var prices = PricesOf(parts);
        return new(
            prices.Aggregate(Quantity.Zero, static (sum, one) => sum + one.Quantity), currency,
            [.. prices.SelectMany(static one => TierRules.StepsOf(one.Price, one.Quantity))
                .Where(step => prices.Count == 1 || step.Amount.Major != 0)]);
    }

    /// <summary>
    /// Each price of the parts once, and the units that all of them have at it: tiers go on, and a first flat fee is due once. Where it is
    /// always due under one of them, it is due without use.
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
