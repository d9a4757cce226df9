using Tollgate.Core.Analytics;

namespace Tollgate.Core.Tests.Analytics;

/// <summary>Lines and intervals, compared with figures computed by hand.</summary>
public sealed class GrowthRulesTests
{
    [Fact]
    public void A_straight_line_goes_on_without_doubt() => GrowthRules.Of([10, 20, 30, 40], 2)!.Ahead.ShouldBe(
        [new Expectation(50, 50, 50), new Expectation(60, 60, 60)]);

    [Fact]
    public void The_interval_is_that_of_least_squares()
    {
        // x̄ 2, ȳ 108, slope 100 ÷ 10; residuals 12, −18, 2, 2, 2 → s² = 480 ÷ 3 = 160.
        var growth = GrowthRules.Of([100, 80, 110, 120, 130], 2)!;
        growth.Change.ShouldBe(10);

        // t(0.95, 3) = 2.353; the widths are 2.353 × √(160 × (1 + 1/5 + 9/10)) and … 16/10.
        growth.Ahead.ShouldBe([new Expectation(138, 95, 181), new Expectation(148, 98, 198)]);
    }

    [Fact]
    public void Nothing_falls_below_zero() =>
        GrowthRules.Of([300, 200, 95], 3)!.Ahead.ShouldAllBe(static one => one.Value == 0 && one.Low == 0 && one.High >= 0);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Two_months_have_no_line(int months) => GrowthRules.Of([.. Enumerable.Repeat(5L, months)], 3).ShouldBeNull();

    [Fact]
    public void Three_years_of_large_amounts_neither_overflow_nor_lose_the_line()
    {
        var growth = GrowthRules.Of(
            [.. Enumerable.Range(0, 36).Select(static x => 900_000_000_000L + (x * 1_000_000_000L) + (x % 2))], 12)!;
        growth.Change.ShouldBe(1_000_000_000);
        growth.Ahead[11].Value.ShouldBeInRange(946_999_999_999, 947_000_000_001);
        (growth.Ahead[11].High - growth.Ahead[11].Low).ShouldBeInRange(1, 4);
    }
}
