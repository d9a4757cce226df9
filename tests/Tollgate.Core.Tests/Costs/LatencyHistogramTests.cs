using Tollgate.Core.Costs;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Costs;

public sealed class LatencyHistogramTests
{
    /// <summary>The bucket by its definition: the first whose upper bound 1.1^b is not below the milliseconds.</summary>
    private static int BucketOf(int milliseconds)
    {
        var (bucket, bound) = (0, 1m);
        while (bound < milliseconds)
        {
            (bucket, bound) = (bucket + 1, bound * 1.1m);
        }

        return milliseconds == 0 ? LatencyHistogram.Instant : bucket;
    }

    [Fact]
    public void Every_latency_is_shown_within_five_percent()
    {
        foreach (var milliseconds in Enumerable.Range(1, 50_000).Append(1_000_000).Append(86_400_000))
        {
            var shown = LatencyHistogram.ValueOf(BucketOf(milliseconds)).Value;
            (Math.Abs(shown - milliseconds) / milliseconds).ShouldBeLessThanOrEqualTo(0.05m, $"{milliseconds} ms are shown as {shown}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(2026)]
    public void Percentiles_are_within_five_percent_of_the_nearest_rank(int seed)
    {
        var random = new Random(seed);
        var latencies = Enumerable.Range(0, 1_237).Select(_ => (int)Math.Exp(random.NextDouble() * 11)).Order().ToArray();
        var histogram = new LatencyHistogram();
        foreach (var latency in latencies)
        {
            histogram.Add(BucketOf(latency), 1);
        }

        foreach (var percent in (int[])[1, 50, 95, 99, 100])
        {
            var exact = latencies[(int)Math.Ceiling(latencies.Length * percent / 100m) - 1];
            (Math.Abs(histogram.Percentile(percent)!.Value.Value - exact) / exact).ShouldBeLessThanOrEqualTo(0.05m, $"p{percent}");
        }
    }

    [Fact]
    public void Without_calls_there_is_no_percentile_and_what_was_taken_back_is_gone()
    {
        var histogram = new LatencyHistogram();
        histogram.Percentile(50).ShouldBeNull();
        histogram.Add(40, 1);
        histogram.Add(80, 1);
        histogram.Add(40, -1);
        histogram.Percentile(1).ShouldBe(LatencyHistogram.ValueOf(80));
        histogram.Add(80, -1);
        histogram.Percentile(99).ShouldBeNull();
        histogram.Add(LatencyHistogram.Instant, 1);
        histogram.Percentile(99).ShouldBe(Quantity.Zero);
    }
}
