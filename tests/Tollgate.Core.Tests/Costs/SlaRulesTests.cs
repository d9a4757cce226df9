using Tollgate.Core.Costs;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Costs;

public sealed class SlaRulesTests
{
    private static readonly SlaTarget[] Targets =
    [
        new("openai", null, null, Of(2_000), null, Of(0.01m)), new("openai", "gpt-4o", Of(500), null, Of(9_000), null),
        new("mistral", "large", null, Of(100), null, null),
    ];

    [Theory]
    [InlineData("openai", null, "openai")]
    [InlineData("openai", "gpt-4o", "openai gpt-4o")]
    [InlineData("openai", "o9", "openai")]
    [InlineData("mistral", "large", "mistral large")]
    [InlineData("mistral", null, null)]
    [InlineData("mistral", "small", null)]
    [InlineData("", "gpt-4o", null)]
    [InlineData(null, null, null)]
    public void A_line_is_compared_with_the_target_of_its_model_else_of_its_provider(string? provider, string? model, string? found) =>
        (SlaRules.Find(Targets, provider, model) is { } one ? $"{one.Provider} {one.Model}".Trim() : null).ShouldBe(found);

    /// <summary>All percentiles are the value of bucket 72, and 1 call of 100 failed. The limits are higher by the amounts.</summary>
    [Theory]
    [InlineData(0, 0, 0, 0, true, "")]
    [InlineData(1, 100, 50, 0.5, true, "")]
    [InlineData(0, -0.001, 0, 0, false, "P95Ms")]
    [InlineData(0, 0, 0, -0.000001, false, "ErrorRate")]
    [InlineData(-1, -1, -1, -0.01, false, "P50Ms P95Ms P99Ms ErrorRate")]
    public void A_figure_equal_to_its_limit_meets_it(double p50, double p95, double p99, double rate, bool met, string missed)
    {
        var latency = new LatencyHistogram();
        latency.Add(72, 100);
        var shown = LatencyHistogram.ValueOf(72).Value;
        var target = new SlaTarget(
            "p", null, Of(shown + (decimal)p50), Of(shown + (decimal)p95), Of(shown + (decimal)p99), Of(0.01m + (decimal)rate));
        var verdict = SlaRules.Judge(target, CallTotals.Zero with { Calls = 100, Errors = 1 }, latency);
        (verdict.IsMet, string.Join(' ', verdict.Missed)).ShouldBe((met, missed));
    }

    [Fact]
    public void An_unknown_figure_leaves_the_answer_open_unless_another_one_exceeds_its_limit()
    {
        var target = new SlaTarget("p", null, null, Of(100), null, Of(0.5m));
        SlaRules.Judge(target, CallTotals.Zero with { Calls = 2, Errors = 1 }, null).IsMet.ShouldBeNull("No call has a latency.");
        SlaRules.Judge(target, CallTotals.Zero with { Calls = 2, Errors = 1 }, new()).IsMet.ShouldBeNull();
        SlaRules.Judge(target, CallTotals.Zero with { Calls = 2, Errors = 2 }, null).IsMet.ShouldBe(false);
        SlaRules.Judge(target with { P95 = null }, CallTotals.Zero, null).IsMet.ShouldBeNull("There are no calls.");
        SlaRules.Judge(target with { P95 = null }, CallTotals.Zero with { Calls = 2, Errors = 1 }, null).IsMet.ShouldBe(true);
    }

    private static Quantity Of(decimal value) => Quantity.Of(value);
}
