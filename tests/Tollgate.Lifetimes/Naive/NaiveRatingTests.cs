namespace Tollgate.Lifetimes.Naive;

using Tollgate.Lifetimes.Stories;

/// <summary>Tests the check itself, with numbers that anyone can verify.</summary>
public sealed class NaiveRatingTests
{
    private static readonly Tier[] Tiers = [new(100, 0.10m), new(1000, 0.05m, 3), new(null, 0.01m)];

    // 1,200 units: 100 × 10 cents, 900 × 5 cents and $3, 200 × 1 cent.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    [InlineData(100, 1000)]
    [InlineData(101, 1000 + 300 + 5)]
    [InlineData(1000, 1000 + 300 + 4500)]
    [InlineData(1200, 1000 + 300 + 4500 + 200)]
    public void Graduated_units_cost_what_their_own_tier_says(int units, long cents) =>
        NaiveRating.Rate(new Overage(Rate.Graduated, Tiers), units, 2).ShouldBe(cents);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 1000)]
    [InlineData(101, 505 + 300)]
    [InlineData(1001, 1001)]
    public void Volume_units_all_cost_what_the_last_one_says(int units, long cents) =>
        NaiveRating.Rate(new Overage(Rate.Volume, Tiers), units, 2).ShouldBe(cents);

    [Theory]
    [InlineData(1, 400)]
    [InlineData(50, 400)]
    [InlineData(51, 800)]
    public void A_begun_package_is_a_package(int units, long cents) => NaiveRating.Rate(Overage.Package(50, 4), units, 2).ShouldBe(cents);

    [Theory]
    [InlineData("0.005", 2, 1)]
    [InlineData("0.0049", 2, 0)]
    [InlineData("0.5", 0, 1)]
    [InlineData("0.0005", 3, 1)]
    public void Half_a_unit_of_money_is_rounded_away_from_zero(string price, int digits, long amount) =>
        NaiveRating.Rate(Overage.PerUnit(decimal.Parse(price, System.Globalization.CultureInfo.InvariantCulture)), 1, digits)
            .ShouldBe(amount);

    [Theory]
    [InlineData(1000, 1, 3, 333)]
    [InlineData(1000, 2, 3, 667)]
    [InlineData(1, 1, 2, 1)]
    [InlineData(-1, 1, 2, -1)]
    [InlineData(-1000, 1, 3, -333)]
    [InlineData(3000, 0, 30, 0)]
    [InlineData(3000, 30, 30, 3000)]
    public void A_share_is_rounded_half_away_from_zero(long amount, long part, long whole, long share) =>
        NaiveRating.Share(amount, part, whole).ShouldBe(share);
}
