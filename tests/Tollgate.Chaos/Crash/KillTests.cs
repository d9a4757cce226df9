using System.Diagnostics;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Crash;

/// <summary>
/// QUALITY R1, R2, R11: kill -9 of the server, of PostgreSQL and of one of its backends, and a PostgreSQL that stops responding, all under
/// load. Nothing acknowledged is lost, nothing counts twice, no hold leaks, and service returns automatically.
/// </summary>
public sealed class KillTests(ChaosServers servers)
{
    private const int Callers = 48;
    private const int CallsBetweenBlows = 400;

    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public Task The_server_is_killed_under_load() => UnderBlows(Form.Of(rounds: 4), async (chaos, gate, _) =>
    {
        await chaos.Server.Kill9Async();
        await chaos.Server.StartAgainAsync();
        await ChaosServer.UntilServingAsync(gate, BackWithin);
    });

    [Fact]
    public Task PostgreSQL_is_killed_under_load() => UnderBlows(Form.Of(rounds: 3), async (chaos, gate, _) =>
    {
        var killed = Postmaster(chaos);
        Signal.KillHard(killed);
        await NextPostmasterAsync(chaos, killed);
        await ChaosServer.UntilServingAsync(gate, BackWithin);
    });

    [Fact]
    public Task A_backend_of_PostgreSQL_is_killed_under_load() => UnderBlows(Form.Of(rounds: 3), async (chaos, gate, random) =>
    {
        var backends = Signal.ChildrenOf(Postmaster(chaos)).Where(child => child.Title.Contains("[local]", StringComparison.Ordinal))
            .ToList();
        backends.ShouldNotBeEmpty();
        Signal.KillHard(backends[random.Next(backends.Count)].Process);
        await BackAsync(gate);
    });

    [Fact]
    public Task PostgreSQL_stands_still_for_three_seconds_under_load() => UnderBlows(Form.Of(rounds: 1), async (chaos, gate, _) =>
    {
        var postmaster = Postmaster(chaos);
        int[] all = [postmaster, .. Signal.ChildrenOf(postmaster).Select(child => child.Process)];
        try
        {
            Array.ForEach(all, Signal.Freeze);
            await Task.Delay(TimeSpan.FromSeconds(3));
        }
        finally
        {
            Array.ForEach(all, Signal.Thaw);
        }

        await ChaosServer.UntilServingAsync(gate, BackWithin);
    });

    /// <summary>Runs load from the first blow to the last, then checks the totals and runs the checker.</summary>
    private async Task UnderBlows(Form form, Func<ChaosServer, GateClient, Random, Task> blow)
    {
        var chaos = await servers.PrivatePostgresAsync();
        using var project = await chaos.ProjectAsync("kill");
        var load = new Load(project, form.FirstSeed);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(Callers, stop.Token);
        try
        {
            await form.EachAsync(async seed =>
            {
                var random = new Random(seed);
                await load.UntilMoreAsync(random.Next(CallsBetweenBlows / 2, CallsBetweenBlows * 2));
                await blow(chaos, project.Gate, random);
            });
            await load.UntilMoreAsync(CallsBetweenBlows);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
            chaos.SayErrors();
        }

        await load.ShouldAddUpAsync();
        await chaos.ShouldVerifyAsync();
    }

    // The return can be measured only after the blow has an effect: answers may still come from the old process.
    private static async Task BackAsync(GateClient gate)
    {
        await Task.Delay(50);
        await ChaosServer.UntilServingAsync(gate, BackWithin);
    }

    private static async Task NextPostmasterAsync(ChaosServer chaos, int killed)
    {
        var waiting = Stopwatch.StartNew();
        while (PostmasterOrNone(chaos) is not { } next || next == killed)
        {
            waiting.Elapsed.ShouldBeLessThan(BackWithin, $"The server does not start PostgreSQL again:\n{chaos.Server.Log}");
            await Task.Delay(20);
        }
    }

    // Between two lives, the file that names it is missing or incomplete for a moment.
    private static int? PostmasterOrNone(ChaosServer chaos)
    {
        try
        {
            return chaos.Server.PostgresProcessId;
        }
        catch (Exception between) when (between is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    private static int Postmaster(ChaosServer chaos) =>
        chaos.Server.PostgresProcessId ?? throw new InvalidOperationException("The server runs no PostgreSQL of its own.");
}
