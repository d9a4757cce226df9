using System.Collections.Concurrent;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Oversell;

/// <summary>Ten thousand parallel consumes against a quota of 1,000 allow exactly 1,000, even if the server is killed.</summary>
public sealed class TenThousandTests(ChaosServers servers)
{
    private const int Calls = 10_000;
    private const int AtOnce = 512;
    private const int Quota = 1_000;

    [Fact]
    public async Task Ten_thousand_parallel_consumes_against_a_thousand_allow_a_thousand()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("ten-thousand");
        var granted = 0;
        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (call, _) =>
        {
            var answer = await project.Gates[call % 2].ConsumeAsync("many", Catalogue.Thousand, 1);
            answer.Fate.ShouldBeOneOf([Fate.Granted, Fate.Denied], answer.ToString());
            Interlocked.Add(ref granted, answer.Fate == Fate.Granted ? 1 : 0);
        });

        granted.ShouldBe(Quota);
        var usage = await Usage.OfAsync(project.Gate, "many", Catalogue.Thousand);
        usage.ShouldBe(new Usage(Quota, Quota, 0, 0));
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task Ten_thousand_allow_a_thousand_also_when_the_server_is_killed_in_the_middle()
    {
        var chaos = await servers.PrivatePostgresAsync();
        using var project = await chaos.ProjectAsync("ten-thousand");
        var fates = new ConcurrentDictionary<int, Fate>();
        var grantedBeforeTheKill = new TaskCompletionSource();

        var all = Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (call, _) =>
        {
            fates[call] = (await project.Gate.ConsumeAsync("many", Catalogue.Thousand, 1, $"call-{call}")).Fate;
            if (fates.Count >= Quota / 2)
            {
                grantedBeforeTheKill.TrySetResult();
            }
        });
        await grantedBeforeTheKill.Task;
        await chaos.Server.Kill9Async();
        await chaos.Server.StartAgainAsync();
        await all;

        var before = fates.Values.Count(fate => fate == Fate.Granted);
        var lost = fates.Where(call => call.Value is Fate.Unknown or Fate.Refused).Select(call => call.Key).ToList();
        lost.ShouldNotBeEmpty("The kill met no call in flight, so nothing was tested.");
        await Parallel.ForEachAsync(lost, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (call, _) =>
            fates[call] = (await project.Gate.ConsumeAsync("many", Catalogue.Thousand, 1, $"call-{call}")).Fate);

        fates.Values.Distinct().ShouldBeSubsetOf([Fate.Granted, Fate.Denied]);
        fates.Values.Count(fate => fate == Fate.Granted)
            .ShouldBe(Quota, $"{before} were granted before the retries of {lost.Count} lost calls");
        (await Usage.OfAsync(project.Gate, "many", Catalogue.Thousand)).ShouldBe(new Usage(Quota, Quota, 0, 0));
        await ShouldReplayAsync(project, [.. fates.Where(call => call.Value == Fate.Granted).Select(call => call.Key)]);
        await chaos.ShouldVerifyAsync();
    }

    // A consume acknowledged before or after the kill replays, and a repeat uses nothing.
    private static async Task ShouldReplayAsync(Project project, IReadOnlyList<int> calls)
    {
        await Parallel.ForEachAsync(calls, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (call, _) =>
        {
            var again = await project.Gate.ConsumeAsync("many", Catalogue.Thousand, 1, $"call-{call}");
            (again.Fate == Fate.Granted && again.Replayed).ShouldBeTrue($"call-{call} was acknowledged: {again}");
        });
        var fresh = await project.Gate.ConsumeAsync("many", Catalogue.Thousand, 1, "one-more");
        fresh.Code.ShouldBe("quota_exceeded", fresh.ToString());
    }
}
