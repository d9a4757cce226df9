using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Money;

public sealed class MoneyPartsTests
{
    [Theory]
    [InlineData("USD", "0.005", 1)]
    [InlineData("USD", "-0.005", -1)]
    [InlineData("USD", "0.0049999999", 0)]
    [InlineData("JPY", "10.5", 11)]
    [InlineData("KWD", "1.2345", 1235)]
    public void Half_goes_away_from_zero(string currency, string major, long minor) =>
        new ExactMoney(decimal.Parse(major, System.Globalization.CultureInfo.InvariantCulture), Currency.Of(currency)).Rounded().Minor
            .ShouldBe(minor);

    [Theory]
    [InlineData(2900, 14, 28, 1450)]
    [InlineData(100, 1, 3, 33)]
    [InlineData(-100, 1, 6, -17)]
    [InlineData(999, 1, 1, 999)]
    [InlineData(999, 0, 1, 0)]
    public void A_share_is_rounded_once(long amount, long part, long whole, long share) =>
        MoneyParts.Share(new(amount, Currency.Usd), part, whole).Minor.ShouldBe(share);

    [Fact]
    public void Spreading_loses_nothing_and_gives_nobody_a_unit_too_many() => Prop.ForAll<long, int[]>((amount, sizes) =>
    {
        var weights = sizes.Select(size => (long)Math.Abs(size % 10_000)).Append(1).ToArray();
        var money = new MoneyAmount(amount % 1_000_000_000, Currency.Usd);
        var parts = MoneyParts.Spread(money, weights);
        var sum = (decimal)weights.Sum();
        return parts.Sum(part => part.Minor) == money.Minor
            && parts.Zip(weights).All(pair => Math.Abs(pair.First.Minor - (money.Minor * pair.Second / sum)) < 1);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_part_without_weight_gets_nothing_and_equal_remainders_go_in_order()
    {
        MoneyParts.Spread(new(10, Currency.Usd), [1, 0, 1, 1]).Select(part => part.Minor).ShouldBe([4, 0, 3, 3]);
        MoneyParts.Spread(new(-10, Currency.Usd), [1, 1, 1]).Select(part => part.Minor).ShouldBe([-4, -3, -3]);
        MoneyParts.Spread(new(7, Currency.Usd), [0, 0]).Select(part => part.Minor).ShouldBe([7, 0]);
    }
}
