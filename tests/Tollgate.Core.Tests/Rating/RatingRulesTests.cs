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

    private static PriceTier Share(decimal? upTo, decimal percent, decimal? fee = null) =>
        Tier(upTo, 0, fee) with { Percent = new(percent) };

    private static OveragePrice Price(TierMode mode, decimal? package, params PriceTier[] tiers) =>
        new(mode, "USD", tiers, package is { } size ? Q(size) : null);

    private static readonly OveragePrice Stairs = Price(TierMode.Graduated, null, Tier(10, 1m, 5m), Tier(100, 0.5m, 2m), Tier(null, 0.1m));
    private static readonly OveragePrice Volume = Price(TierMode.Volume, null, Tier(10, 1m, 5m), Tier(100, 0.5m, 2m), Tier(null, 0.1m));

    // 8 units under one plan and 7 under the next: 10 × 1 + 5, and 5 × 0.5 + 2, no matter which of them charges the first fee without use.
    [Theory]
    [InlineData(FirstFlatFee.Always, FirstFlatFee.OnUse, 8, 7, "19.5")]
    [InlineData(FirstFlatFee.OnUse, FirstFlatFee.OnUse, 8, 7, "19.5")]
    [InlineData(FirstFlatFee.OnUse, FirstFlatFee.Always, 0, 0, "5")]
    [InlineData(FirstFlatFee.OnUse, FirstFlatFee.OnUse, 0, 0, "0")]
    public void Plans_with_the_same_tiers_go_on_in_them(FirstFlatFee first, FirstFlatFee then, int before, int after, string amount)
    {
        var noFee = Stairs with { Tiers = [.. Stairs.Tiers.Select(static tier => tier with { FlatFee = tier.FlatFee ?? UnitPrice.Free })] };

        RatingRules.Rate(
            [Part(Stairs with { FirstFlatFee = first }, before), Part(noFee with { FirstFlatFee = then }, after)],
            Currency.Usd).Exact.Major.ShouldBe(D(amount));
    }

    // Another price is separate: each has its own tiers and its own first fee.
    [Fact]
    public void Prices_that_differ_are_rated_apart() =>
        RatingRules.Rate([Part(Stairs, 8), Part(Volume, 7)], Currency.Usd).Exact.Major.ShouldBe((8m + 5m) + (7m + 5m));

    private static UsagePart Part(OveragePrice price, decimal beyond) =>
        new(new(new(Time.QuotaPeriodsTests.Utc("2026-04-01T00:00:00Z"), Time.QuotaPeriodsTests.Utc("2026-05-01T00:00:00Z")), null,
            Quantity.Zero, price), null, Q(beyond));

    [Theory]
    [InlineData(TierMode.PerUnit, "0", "0")]
    [InlineData(TierMode.PerUnit, "3", "0.06")]
    [InlineData(TierMode.PerUnit, "1000000.5", "20000.01")]
    [InlineData(TierMode.Package, "0", "0")]
    [InlineData(TierMode.Package, "1", "7")]
    [InlineData(TierMode.Package, "1000", "7")]
    [InlineData(TierMode.Package, "1000.000000001", "14")]
    public void Units_and_packages(TierMode mode, string quantity, string amount) =>
        RatingRules.Rate(
            mode == TierMode.PerUnit ? Price(mode, null, Tier(null, 0.02m)) : Price(mode, 1000, Tier(null, 7m)),
            Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    // The first tier's fee is always due; a fraction above a bound is in the next tier.
    [InlineData("0", "5")]
    [InlineData("10", "15")]
    [InlineData("10.5", "17.25")]
    [InlineData("11", "17.5")]
    [InlineData("100", "62")]
    [InlineData("101", "62.1")]
    public void Graduated_tiers_each_take_their_own_units(string quantity, string amount) =>
        RatingRules.Rate(Stairs, Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    [InlineData("0", "5")]
    [InlineData("10", "15")]
    [InlineData("10.5", "7.25")]
    [InlineData("100", "52")]
    [InlineData("101", "10.1")]
    public void In_volume_all_units_have_the_price_of_the_last(string quantity, string amount) =>
        RatingRules.Rate(Volume, Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    // 2.5 % up to 100 dollars with a fee of 5, 1.2 % of what is above with a fee of 2.
    [InlineData("0", "5")]
    [InlineData("40", "6")]
    [InlineData("100", "7.5")]
    [InlineData("100.000000001", "9.500000000012")]
    [InlineData("1100", "21.5")]
    public void A_percentage_is_graduated_over_the_amount(string quantity, string amount) =>
        RatingRules.Rate(Price(TierMode.Percentage, null, Share(100, 2.5m, 5), Share(null, 1.2m, 2)),
            Q(D(quantity))).Exact.Major.ShouldBe(D(amount));

    [Theory]
    [InlineData(TierMode.PerUnit, "0", "0")]
    [InlineData(TierMode.PerUnit, "0.000000001", "5.000000001")]
    [InlineData(TierMode.Graduated, "0", "0")]
    [InlineData(TierMode.Graduated, "1", "6")]
    [InlineData(TierMode.Volume, "0", "0")]
    [InlineData(TierMode.Volume, "1", "6")]
    [InlineData(TierMode.Package, "0", "0")]
    [InlineData(TierMode.Package, "1", "6")]
    [InlineData(TierMode.Percentage, "0", "0")]
    [InlineData(TierMode.Percentage, "1", "6")]
    public void The_first_flat_fee_can_wait_for_use(TierMode mode, string quantity, string amount)
    {
        var tier = mode == TierMode.Percentage ? Share(null, 100, 5) : Tier(null, 1, 5);
        var price = Price(mode, mode == TierMode.Package ? 10 : null, tier) with { FirstFlatFee = FirstFlatFee.OnUse };
        RatingRules.Rate(price, Q(D(quantity))).Exact.Major.ShouldBe(D(amount));
        RatingRules.Rate(price with { FirstFlatFee = FirstFlatFee.Always }, Quantity.Zero).Exact.Major.ShouldBe(5);
    }

    [Fact]
    public void Steps_explain_themselves()
    {
        string Told(OveragePrice price, decimal quantity) => string.Join(" | ", RatingRules.Rate(price, Q(quantity)).Steps);
        Told(Stairs, 11).ShouldBe("10 units × 1 USD + 5 USD = 15 USD | 1 units × 0.5 USD + 2 USD = 2.5 USD");
        Told(Price(TierMode.Package, 1000, Tier(null, 7)), 1001).ShouldBe("2 packages × 7 USD = 14 USD");
        Told(Price(TierMode.Percentage, null, Share(100, 2.5m), Share(null, 1.2m, 2)), 1100)
            .ShouldBe("2.5 % of 100 USD = 2.5 USD | 1.2 % of 1000 USD + 2 USD = 14 USD");
    }

    private static decimal D(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void Steps_add_up_to_the_quantity_and_more_units_never_cost_less() => Prop.ForAll<int, int>((a, b) =>
    {
        var (less, more) =
            (Q(Math.Min(Math.Abs(a % 100_000), Math.Abs(b % 100_000)) / 8m),
                Q(Math.Max(Math.Abs(a % 100_000), Math.Abs(b % 100_000)) / 8m));
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
        RatingRules.Rate(new(TierMode.PerUnit, "JPY", [Tier(null, 0.5m)], null), Q(3)).Amount
            .ShouldBe(new MoneyAmount(2, Currency.Of("JPY")));
}
