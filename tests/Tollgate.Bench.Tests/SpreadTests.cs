using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Tests;

public sealed class SpreadTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 1.0, 2.0 }, 1.5, 1.25, 1.75)]
    [InlineData(new[] { 5.0, 1.0, 3.0, 2.0, 4.0 }, 3, 2, 4)]
    [InlineData(new[] { 10.0, 0.0, 0.0, 0.0 }, 0, 0, 2.5)]
    public void The_median_and_the_quartiles_are_interpolated_in_order(double[] measured, double median, double lower, double upper)
    {
        var spread = Spread.Of(measured);
        (spread.Median, spread.LowerQuartile, spread.UpperQuartile).ShouldBe((median, lower, upper));
    }

    [Fact]
    public void Nothing_measured_is_a_fault() => Should.Throw<ArgumentException>(() => Spread.Of([]));
}
