using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;

namespace Tollgate.Core.Tests.Rating;

public sealed class RatingRulesTests
{
    private static Quantity Q(decimal value) => Quantity.Of(value);

    private static PriceTier Tier(decimal? upTo, decimal price, decimal? fee = null) =>
        new(upTo is { } bound ? Q(bound) : null, UnitPrice.Of(price), fee is { } flat ? UnitPrice.Of(flat) : null);

    private static OveragePrice Price(TierMode mode, decimal? package, params PriceTier[] tiers) =>
        new(mode, "USD", tiers, package is { } size ? Q(size) : null);

    private static readonly OveragePrice Stairs = Price(TierMode.Graduated, null, Tier(10, 1m, 5m), Tier(100, 0.5m, 2m), Tier(null, 0.1m));
    private static readonly OveragePrice Volume = Price(TierMode.Volume, null, Tier(10, 1m, 5m), Tier(100, 0.5m, 2m), Tier(null, 0.1m));

    [Theory]
    [InlineData(TierMode.PerUnit, "0", "0")]
    [InlineData(TierMode.PerUnit, "3", "0.06")]
    [InlineData(TierMode.PerUnit, "1000000.5", "20000.01")]
    [InlineData(TierMode.Package, "0", "0")]
    [InlineData(TierMode.Package, "1", "7")]
    [InlineData(TierMode.Package, "1000", "7")]
    [InlineData(TierMode.Package, "1000.000000001", "14")]
    public void Units_and_packages(TierMode mode, string quantity, string amount) =>
        RatingRules.Rate(mode == TierMode.PerUnit ? Price(mode, null, Tier(null, 0.02m)) : Price(mode, 1000, Tier(null, 7m)), Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    // The first tier's fee is always due; a fraction above a bound is in the next tier.
    [InlineData("0", "5")]
    [InlineData("10", "15")]
    [InlineData("10.5", "17.25")]
    [InlineData("11", "17.5")]
    [InlineData("100", "62")]
    [InlineData("101", "62.1")]
    public void Graduated_tiers_each_take_their_own_units(string quantity, string amount) => RatingRules.Rate(Stairs, Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    [InlineData("0", "5")]
    [InlineData("10", "15")]
    [InlineData("10.5", "7.25")]
    [InlineData("100", "52")]
    [InlineData("101", "10.1")]
    public void In_volume_all_units_have_the_price_of_the_last(string quantity, string amount) => RatingRules.Rate(Volume, Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    private static decimal D(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void Steps_add_up_to_the_quantity_and_more_units_never_cost_less() => Prop.ForAll<int, int>((a, b) =>
    {
        var (less, more) = (Q(Math.Min(Math.Abs(a % 100_000), Math.Abs(b % 100_000)) / 8m), Q(Math.Max(Math.Abs(a % 100_000), Math.Abs(b % 100_000)) / 8m));
        var rated = RatingRules.Rate(Stairs, more);
        return rated.Steps.Sum(step => step.Units.Value) == more.Value && RatingRules.Rate(Stairs, less).Exact.Major <= rated.Exact.Major;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_sum_is_rounded_once_and_not_by_the_step()
    {
        // 0.004 + 0.004 are less than a cent and together round up to one.
        var price = Price(TierMode.Graduated, null, Tier(1, 0.004m), Tier(null, 0.004m));
        RatingRules.Rate(price, Q(2)).Amount.Minor.ShouldBe(1);
    }

    [Fact]
    public void A_price_rates_in_its_own_currency() =>
        RatingRules.Rate(new(TierMode.PerUnit, "JPY", [Tier(null, 0.5m)], null), Q(3)).Amount.ShouldBe(new MoneyAmount(2, Currency.Of("JPY")));
}
