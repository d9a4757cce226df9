using System.Diagnostics.Metrics;
using Tollgate.Server.Hosting;
using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Hosting;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Counters_gauges_and_histograms_are_printed_as_Prometheus_reads_them()
    {
        using var metrics = new PrometheusText(new RequestTimes());
        using var meter = new Meter("Tollgate");
        var counter = meter.CreateCounter<long>("test.decisions", null, "Decisions.");
        var histogram = meter.CreateHistogram<double>("test.commit", "s", "Commits.");
        meter.CreateObservableGauge("test.depth", () => 7);

        counter.Add(2, new KeyValuePair<string, object?>("outcome", "allowed"));
        counter.Add(3, new KeyValuePair<string, object?>("outcome", "allowed"));
        counter.Add(1, new KeyValuePair<string, object?>("outcome", "a \"quoted\"\nline"));
        histogram.Record(0.0009);
        histogram.Record(0.2);
        histogram.Record(60);
        var text = metrics.Scrape();

        text.ShouldContain("# HELP test_decisions_total Decisions.\n# TYPE test_decisions_total counter\n");
        text.ShouldContain("test_decisions_total{outcome=\"allowed\"} 5\n");
        text.ShouldContain("test_decisions_total{outcome=\"a \\\"quoted\\\"\\nline\"} 1\n");
        text.ShouldContain("test_depth 7\n");
        text.ShouldContain("test_commit_seconds_bucket{le=\"0.0005\"} 0\n");
        text.ShouldContain("test_commit_seconds_bucket{le=\"0.001\"} 1\n");
        text.ShouldContain("test_commit_seconds_bucket{le=\"0.25\"} 2\n");
        text.ShouldContain("test_commit_seconds_bucket{le=\"+Inf\"} 3\n");
        text.ShouldContain("test_commit_seconds_count 3\n");
    }

    [Fact]
    public void Labels_without_bound_do_not_fill_the_memory()
    {
        using var metrics = new PrometheusText(new RequestTimes());
        using var meter = new Meter("Tollgate");
        var counter = meter.CreateCounter<long>("test.unbounded");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("customer", i));
        }

        var lines = metrics.Scrape().Split('\n').Where(line => line.StartsWith("test_unbounded_total{", StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBe(1001);
        lines.ShouldContain("test_unbounded_total{overflow=\"true\"} 4000");
    }

    [Fact]
    public void Meters_of_others_are_not_listened_to()
    {
        using var metrics = new PrometheusText(new RequestTimes());
        using var meter = new Meter("Somebody.Else");
        meter.CreateCounter<long>("test.foreign").Add(1);

        metrics.Scrape().ShouldNotContain("test_foreign");
    }
}
