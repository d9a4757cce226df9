using System.Numerics;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>The price of units and the share of a price: in minor units, rounded once, half away from zero.</summary>
internal static class NaiveRating
{
    /// <summary>The price of all units beyond the quota.</summary>
    public static long Rate(Overage price, decimal units, int digits) => Rate([(price, units)], digits);

    /// <summary>Rates units beyond the quota at several prices: one line.</summary>
    public static long Rate(IEnumerable<(Overage Price, decimal Units)> parts, int digits)
    {
        var minor = parts.Sum(part => Major(part.Price, part.Units));
        for (var digit = 0; digit < digits; digit++)
        {
            minor *= 10;
        }

        return (long)decimal.Round(minor, 0, MidpointRounding.AwayFromZero);
    }

    /// <summary>Rates a whole quota period: each price once, for all units beyond the quota at it.</summary>
    public static long Rate(IEnumerable<Stretch> stretches, int digits)
    {
        var prices = new List<(Overage Price, decimal Units)>();
        foreach (var stretch in stretches)
        {
            if (stretch.Price is not { } price)
            {
                continue;
            }

            var at = prices.FindIndex(one => one.Price.IsTheSame(price));
            if (at < 0)
            {
                prices.Add((price, stretch.Beyond));
            }
            else
            {
                prices[at] = (price, prices[at].Units + stretch.Beyond);
            }
        }

        return Rate(prices, digits);
    }

    /// <summary>
    /// Spreads an amount in the ratio of weights: rounded towards zero, and the rest goes to those that lost most, a unit each.
    /// </summary>
    public static long[] Spread(long amount, IReadOnlyList<long> weights)
    {
        var sum = weights.Sum(weight => (decimal)weight);
        var exact = weights.Select(weight => sum == 0 ? 0 : amount * weight / sum).ToArray();
        var parts = exact.Select(share => (long)decimal.Truncate(share)).ToArray();
        foreach (var at in Enumerable.Range(0, parts.Length).OrderByDescending(at => exact[at] - parts[at])
            .Take((int)(amount - parts.Sum())))
        {
            parts[at]++;
        }

        return parts;
    }

    /// <summary>The first tier's fee is due without any use, unless the price excludes that.</summary>
    private static decimal Major(Overage price, decimal units)
    {
        if (units <= 0)
        {
            return price.FirstFlatFee == "on_use" ? 0 : price.Tiers[0].FlatFee;
        }

        return price.Rate switch
        {
            Stories.Rate.PerUnit => (units * price.Tiers[0].UnitPrice) + price.Tiers[0].FlatFee,
            Stories.Rate.Package => (decimal.Ceiling(units / price.PackageSize) * price.Tiers[0].UnitPrice) + price.Tiers[0].FlatFee,
            Stories.Rate.Volume => Volume(price.Tiers, units),
            Stories.Rate.Graduated => Graduated(price.Tiers, units),
            _ => throw new InvalidOperationException($"No such rate: {price.Rate}"),
        };
    }

    /// <summary><paramref name="amount"/> × <paramref name="part"/> / <paramref name="whole"/>.</summary>
    public static long Share(long amount, long part, long whole)
    {
        var doubled = (new BigInteger(amount) * part * 2) + (amount < 0 ? -whole : whole);
        return (long)BigInteger.Divide(doubled, 2 * (BigInteger)whole);
    }

    /// <summary><paramref name="percent"/> percent of an amount.</summary>
    public static long Percent(long amount, decimal percent) =>
        (long)decimal.Round(amount * percent / 100m, 0, MidpointRounding.AwayFromZero);

    /// <summary>All units at the price of the last unit's tier.</summary>
    private static decimal Volume(Tier[] tiers, decimal units)
    {
        var tier = tiers.First(tier => tier.UpTo is null || units <= tier.UpTo);
        return (units * tier.UnitPrice) + tier.FlatFee;
    }

    /// <summary>Each unit at the price of its own tier.</summary>
    private static decimal Graduated(Tier[] tiers, decimal units)
    {
        var sum = 0m;
        var below = 0m;
        foreach (var tier in tiers)
        {
            var inTier = Math.Min(units, tier.UpTo ?? units) - below;
            if (inTier > 0)
            {
                sum += (inTier * tier.UnitPrice) + tier.FlatFee;
            }

            below = tier.UpTo ?? units;
        }

        return sum;
    }
}
