using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;

namespace Tollgate.Core.Tests.Rating;

/// <summary>
/// Properties of any price and any quantity. Most quantities are at, just above or just below the bounds of tiers. Failing cases print
/// their seed and shrink.
/// </summary>
public sealed class RatingProperties
{
    /// <summary>The smallest quantity.</summary>
    private static readonly Quantity Nano = Quantity.Of(0.000000001m);

    /// <summary>A price with two quantities, the first not more than the second.</summary>
    public sealed record Sample(OveragePrice Price, Quantity Less, Quantity More);

    [Fact]
    public void Graduated_is_the_sum_of_its_tiers_rated_alone() => Always([TierMode.Graduated, TierMode.Percentage], static sample =>
    {
        var (sum, below) = (0m, Quantity.Zero);
        for (var i = 0; i < sample.Price.Tiers.Count && (i == 0 || sample.More > below); i++)
        {
            var tier = sample.Price.Tiers[i];
            var units = (tier.UpTo is { } bound ? Quantity.Min(bound, sample.More) : sample.More) - below;
            var alone =
                sample.Price with
                {
                    Tiers = [tier with { UpTo = null }], FirstFlatFee = i == 0 ? sample.Price.FirstFlatFee : FirstFlatFee.Always,
                };
            sum += RatingRules.Rate(alone, units).Exact.Major;
            below = tier.UpTo ?? below;
        }

        return RatingRules.Rate(sample.Price, sample.More).Exact.Major == sum;
    });

    [Fact]
    public void Steps_hold_all_units_and_nothing_else() =>
        Always([TierMode.PerUnit, TierMode.Graduated, TierMode.Volume, TierMode.Percentage], static sample =>
            RatingRules.Rate(sample.Price, sample.More).Steps.Sum(step => step.Units.Value) == sample.More.Value);

    [Fact]
    public void Without_tiers_two_quantities_cost_what_both_cost_together() => Always([TierMode.PerUnit], static sample =>
    {
        var free = sample.Price with { Tiers = [sample.Price.Tiers[0] with { FlatFee = null }] };
        decimal Cost(Quantity quantity) => RatingRules.Rate(free, quantity).Exact.Major;
        return Cost(sample.Less) + Cost(sample.More) == Cost(sample.Less + sample.More);
    });

    /// <summary>
    /// Across the bounds of tiers too, and in the rounding. Volume is left out: there one more unit may lower the price of all.
    /// </summary>
    [Fact]
    public void More_never_costs_less() =>
        Always([TierMode.PerUnit, TierMode.Graduated, TierMode.Package, TierMode.Percentage], static sample =>
    {
        var (less, more) = (RatingRules.Rate(sample.Price, sample.Less), RatingRules.Rate(sample.Price, sample.More));
        return less.Exact.Major <= more.Exact.Major && less.Amount <= more.Amount && less.Exact.Major >= 0;
    });

    [Fact]
    public void A_bound_belongs_to_its_own_tier_and_the_least_fraction_above_it_to_the_next() =>
        Always([TierMode.Graduated, TierMode.Volume, TierMode.Percentage], static sample =>
    {
        for (var i = 0; i < sample.Price.Tiers.Count - 1; i++)
        {
            var bound = sample.Price.Tiers[i].UpTo!.Value;
            var (at, above) = (RatingRules.Rate(sample.Price, bound).Steps[^1], RatingRules.Rate(sample.Price, bound + Nano).Steps[^1]);
            if (!IsOf(at, sample.Price.Tiers[i]) || !IsOf(above, sample.Price.Tiers[i + 1]))
            {
                return false;
            }

            // Graduated: only the fraction itself is in the next tier. Volume: everything is.
            if (above.Units != (sample.Price.Mode == TierMode.Volume ? bound + Nano : Nano))
            {
                return false;
            }
        }

        return true;
    });

    [Fact]
    public void In_volume_the_tier_that_is_reached_prices_every_unit() => Always([TierMode.Volume], static sample =>
    {
        var reached = sample.Price.Tiers[sample.Price.Tiers.Count(tier => tier.UpTo is { } bound && bound < sample.More)];
        var waits = sample.More.IsZero && sample.Price.FirstFlatFee == FirstFlatFee.OnUse;
        return RatingRules.Rate(sample.Price, sample.More).Exact.Major
            == (sample.More.Value * reached.UnitPrice.Value) + (waits ? 0 : reached.FlatFee?.Value ?? 0);
    });

    [Fact]
    public void A_package_that_was_begun_is_paid_whole() => Always([TierMode.Package], static sample =>
    {
        var (size, packages) = (sample.Price.PackageSize!.Value, RatingRules.Rate(sample.Price, sample.More).Steps.Single().Units.Value);
        var holds = packages * size.Value;
        return packages == decimal.Truncate(packages) && holds >= sample.More.Value
            && (packages == 0 ? sample.More.IsZero : holds - size.Value < sample.More.Value);
    });

    /// <summary>
    /// Compares with whole numbers of 10^-21, in which quantity × price is exact, in currencies of no, two and three decimals.
    /// </summary>
    [Fact]
    public void An_amount_is_the_exact_sum_rounded_once_half_away_from_zero() => Always(Enum.GetValues<TierMode>(), static sample =>
        RatingRules.Rate(sample.Price, sample.More).Amount == new MoneyAmount(NaiveMinor(sample.Price, sample.More),
            Currency.Of(sample.Price.Currency)), tests: 2000);

    /// <summary>Half a minor unit and the least above or below it.</summary>
    [Theory]
    [InlineData("JPY", "0.5", 1)]
    [InlineData("JPY", "0.499999999999", 0)]
    [InlineData("JPY", "1.5", 2)]
    [InlineData("USD", "0.005", 1)]
    [InlineData("USD", "0.004999999999", 0)]
    [InlineData("USD", "0.015", 2)]
    [InlineData("USD", "0.025", 3)]
    [InlineData("KWD", "0.0005", 1)]
    [InlineData("KWD", "0.000499999999", 0)]
    [InlineData("KWD", "1.2345", 1235)]
    public void Halves_are_rounded_away_from_zero_in_the_decimals_of_the_currency(string currency, string each, long minor) =>
        RatingRules.Rate(
            new(TierMode.PerUnit, currency, [new(null, UnitPrice.Of(decimal.Parse(each, CultureInfo.InvariantCulture)), null)], null),
            Quantity.One)
            .Amount.ShouldBe(new(minor, Currency.Of(currency)));

    [Fact]
    public void A_unit_more_can_make_a_volume_cheaper()
    {
        var price = new OveragePrice(
            TierMode.Volume, "USD", [new(Quantity.Of(10), UnitPrice.Of(1), null), new(null, UnitPrice.Of(0.5m), null)], null);
        RatingRules.Rate(price, Quantity.Of(10)).Amount.Minor.ShouldBe(1000);
        RatingRules.Rate(price, Quantity.Of(10.000000001m)).Amount.Minor.ShouldBe(500);
        RatingRules.Rate(price, Quantity.Of(11)).Amount.Minor.ShouldBe(550);
    }

    /// <summary>On another thread, under another culture, after other ratings: the same steps.</summary>
    [Fact]
    public async Task The_same_quantity_and_price_give_the_same_amount_anywhere()
    {
        var samples = Gen.Sample(SampleOf(Enum.GetValues<TierMode>()), 200, 30).ToArray();
        string[] Rated(IEnumerable<Sample> all) =>
            [.. all.Select(
                sample =>
                    $"{RatingRules.Rate(sample.Price, sample.More).Amount}: "
                        + $"{string.Join(" | ", RatingRules.Rate(sample.Price, sample.More).Steps)}")];

        var here = Rated(samples);
        var there = await Task.Run(() =>
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("ar-EG");
            return Rated(samples.Reverse()).Reverse().ToArray();
        });

        there.ShouldBe(here);
    }

    [Fact]
    public void Seats_beyond_the_included_ones_cost_what_as_many_units_cost() =>
        Always([TierMode.PerUnit, TierMode.Graduated, TierMode.Volume], static sample =>
    {
        var (included, seats) = ((long)sample.Less.Value % 50, (long)sample.More.Value % 2000);
        var price = new SeatPrice(included, sample.Price.Mode, sample.Price.Tiers) { FirstFlatFee = sample.Price.FirstFlatFee };
        return price.StepsOf(seats, Currency.Of(sample.Price.Currency))
            .SequenceEqual(RatingRules.Rate(sample.Price, Quantity.Of(Math.Max(0, seats - included))).Steps);
    });

    private static bool IsOf(PricedStep step, PriceTier tier) =>
        step.FlatFee.Major == (tier.FlatFee?.Value ?? 0)
            && (step.Percent, step.Percent is null ? step.UnitPrice.Major : 0) == (tier.Percent, tier.UnitPrice.Value);

    /// <summary>An independent rating in whole numbers, written from SEMANTICS 4.</summary>
    private static long NaiveMinor(OveragePrice price, Quantity quantity)
    {
        var units = Scaled(quantity.Value, 9);
        var bounds = price.Tiers.Select(tier => tier.UpTo is { } bound ? Scaled(bound.Value, 9) : Scaled(1_000_000_000m, 9)).ToArray();
        BigInteger EachOf(PriceTier tier) => tier.Percent is { } percent ? Scaled(percent.Value, 10) : Scaled(tier.UnitPrice.Value, 12);
        BigInteger FeeOf(int i) =>
            i == 0 && units.IsZero && price.FirstFlatFee == FirstFlatFee.OnUse ? 0 : Scaled(price.Tiers[i].FlatFee?.Value ?? 0, 21);

        var (total, reached) = (BigInteger.Zero, bounds.Count(bound => bound < units));
        switch (price.Mode)
        {
            case TierMode.Graduated or TierMode.Percentage:
                for (var i = 0; i <= reached; i++)
                {
                    total += ((BigInteger.Min(units, bounds[i]) - (i == 0 ? 0 : bounds[i - 1])) * EachOf(price.Tiers[i])) + FeeOf(i);
                }

                break;
            case TierMode.Package:
                var size = Scaled(price.PackageSize!.Value.Value, 9);
                total = ((units + size - 1) / size * BigInteger.Pow(10, 9) * EachOf(price.Tiers[0])) + FeeOf(0);
                break;
            default:
                total = (units * EachOf(price.Tiers[reached])) + FeeOf(reached);
                break;
        }

        var perMinor = BigInteger.Pow(10, 21) / Currency.Of(price.Currency).MinorPerMajor;
        return (long)(((2 * total) + perMinor) / (2 * perMinor));
    }

    private static BigInteger Scaled(decimal value, int digits)
    {
        var (whole, fraction) = (decimal.Truncate(value), value - decimal.Truncate(value));
        return ((BigInteger)whole * BigInteger.Pow(10, digits))
            + ((BigInteger)(fraction * 1_000_000_000_000m) * BigInteger.Pow(10, digits) / BigInteger.Pow(10, 12));
    }

    private static void Always(TierMode[] modes, Func<Sample, bool> holds, int tests = 500) =>
        Prop.ForAll(SampleOf(modes).ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));

    private static Gen<Sample> SampleOf(TierMode[] modes) =>
        from price in PriceOf(modes)
        from a in QuantityNear(price)
        from b in QuantityNear(price)
        select new Sample(price, Quantity.Min(a, b), Quantity.Max(a, b));

    private static Gen<OveragePrice> PriceOf(TierMode[] modes) =>
        from mode in Gen.Elements(modes)
        from currency in Gen.Elements("USD", "JPY", "KWD")
        from count in mode is TierMode.PerUnit or TierMode.Package ? Gen.Constant(1) : Gen.Choose(1, 5)
        from steps in Gen.ListOf(Small, count)
        from prices in Gen.ListOf(Each, count)
        from percents in Gen.ListOf(Gen.Choose(0, 20_000_000), count)
        from fees in Gen.ListOf(Gen.OneOf(Gen.Constant((decimal?)null), Each.Select(static fee => (decimal?)fee)), count)
        from size in Small
        from first in Gen.Elements(FirstFlatFee.Always, FirstFlatFee.OnUse)
        select new OveragePrice(mode, currency, [.. Enumerable.Range(0, count).Select(i => new PriceTier(
            i == count - 1 ? null : Quantity.Of(steps.Take(i + 1).Sum()),
            mode == TierMode.Percentage ? UnitPrice.Free : UnitPrice.Of(prices.ElementAt(i)),
            fees.ElementAt(i) is { } fee ? UnitPrice.Of(fee) : null)
            {
                Percent = mode == TierMode.Percentage ? new(percents.ElementAt(i) / 1_000_000m) : null,
            })],
            mode == TierMode.Package ? Quantity.Of(size) : null) { FirstFlatFee = first };

    /// <summary>More than 0, whole or with nine decimals.</summary>
    private static Gen<decimal> Small =>
        from whole in Gen.Choose(1, 2000)
        from fraction in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 999_999_999))
        select whole + (fraction / 1_000_000_000m);

    /// <summary>A price with as many as twelve decimals; products with a <see cref="Small"/> quantity fit 28 digits.</summary>
    private static Gen<decimal> Each =>
        from whole in Gen.Choose(0, 40)
        from high in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 999_999))
        from low in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 999_999))
        select whole + (high / 1_000_000m) + (low / 1_000_000_000_000m);

    private static Gen<Quantity> QuantityNear(OveragePrice price)
    {
        var bounds = price.Tiers.Select(static tier => tier.UpTo).Append(price.PackageSize).OfType<Quantity>().DefaultIfEmpty(Quantity.One)
            .ToArray();
        return Gen.OneOf(
            Gen.Constant(Quantity.Zero),
            Gen.Elements(bounds),
            Gen.Elements(bounds).Select(static bound => bound + Nano),
            Gen.Elements(bounds).Select(static bound => bound - Nano),
            Small.Select(static value => Quantity.Of(value * 5)));
    }
}
