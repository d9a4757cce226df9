using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Tests;

public sealed class AlternationTests
{
    [Fact]
    public async Task Neighbours_are_compared_so_that_a_drift_cancels_out()
    {
        // The machine becomes slower all the time; B is always half of A.
        var speed = 1000.0;
        var order = new List<string>();
        var compared = await RunAsync(rounds: 3, a: () => Quiet(order, "A", speed *= 0.8), b: () => Quiet(order, "B", speed / 2));
        order.ShouldBe(["A", "B", "A", "B", "A", "B"]);
        compared.Ratio.Median.ShouldBe(2, 1e-9);
        compared.Disturbed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_disturbed_pair_is_measured_again_and_does_not_count()
    {
        var round = 0;
        var compared = await RunAsync(rounds: 2, a: () => ++round == 1 ? Busy(1) : Quiet([], "A", 300), b: () => Quiet([], "B", 100));
        round.ShouldBe(3);
        (compared.Pairs.Count, compared.Discarded, compared.Ratio.Median).ShouldBe((2, 1, 3));
    }

    [Fact]
    public async Task Without_quiet_rounds_the_disturbed_ones_count_and_say_so()
    {
        var round = 0;
        var compared = await RunAsync(rounds: 2, a: () => Busy(++round), b: () => Quiet([], "B", 1));
        (round, compared.Pairs.Count, compared.Disturbed).ShouldBe((4, 4, true));
    }

    private static Task<Comparison> RunAsync(int rounds, Func<LoadResult> a, Func<LoadResult> b) =>
        new Alternation(rounds, TestContext.Current.CancellationToken).RunAsync(
            new Peer("A", _ => Task.FromResult(a())), new Peer("B", _ => Task.FromResult(b())), run => run.PerSecond, _ => { });

    private static LoadResult Quiet(List<string> order, string name, double perSecond)
    {
        order.Add(name);
        return new LoadResult(perSecond, 0, 0, 0, 0);
    }

    private static LoadResult Busy(double perSecond) =>
        new(perSecond, 0, 0, 0, 0) { Cpu = CpuShare.None with { Unrelated = 0.5, Stranger = "somebody" } };
}
