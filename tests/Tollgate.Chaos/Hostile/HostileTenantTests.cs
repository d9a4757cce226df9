using System.Globalization;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;
using Tollgate.Testing;

namespace Tollgate.Chaos.Hostile;

/// <summary>
/// QUALITY R18: a tenant does its worst with a secret key and a customer token, on every operation at the same time, while its neighbour's
/// consumes, reads and health keep answering: no 5xx, and p99 within ten times its value before the attack in the same run.
/// </summary>
/// <remarks>
/// Measured on two cores that the attackers share with the server: health and reads from memory 3 to 10 ms before and 20 to 35 under
/// attack, lists of events 10 to 20 and 60 to 130, consumes 6 to 12 and 75 to 115 (two minutes on a loaded machine: 9.5 and 108). A garbage
/// collection (20 to 30 ms) and one transaction of a lane with a part of a batch (20 to 50 ms) remain. Neither shrinks with the quiet
/// value, so that a quiet machine with 5 ms sees 17 times for consumes: hence a floor in addition to the ten times.
/// </remarks>
[Trait("Runs", "alone")]
public sealed class HostileTenantTests
{
    private const double Factor = 10;

    /// <summary>
    /// The floor of the short form, which other tests' processes slow down. A lane that waited for a tenant's locks stopped for ten
    /// seconds, and one that decided its batches again and again for five to thirteen.
    /// </summary>
    private const double ShortFormMilliseconds = 1_000;

    /// <summary>The floor of the long form: one garbage collection and two transactions of a lane, on cores that are all busy.</summary>
    private const double FloorMilliseconds = 120;

    /// <summary>The factor by which the short form has fewer callers, because it shares its cores with other tests.</summary>
    private const int FewerInShort = 4;

    /// <summary>The time in which each kind of attack has happened once, so that the compiler is not measured.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    private const long MostGrowth = 1024L * 1024 * 1024;

    private static readonly TimeSpan ShortQuiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ShortAttack = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task A_tenant_that_does_its_worst_slows_nobody_else_down()
    {
        var form = Form.Of(rounds: 1);
        // The test does not wait for the attack's last requests.
        await using var chaos = await ChaosServer.WithPrivatePostgresAsync(
            new Dictionary<string, string> { ["TOLLGATE_DRAIN_SECONDS"] = "1" });
        using var good = await chaos.ProjectAsync("neighbour");
        using var tenant = await HostileTenant.SettleInAsync(chaos);
        await Neighbour.SettleInAsync(good);
        using var neighbour = NeighbourProcess.Start(good);
        await neighbour.MeasureAsync(TimeSpan.FromSeconds(2));
        var quiet = await neighbour.MeasureAsync(form.Long is { } whole ? whole / 10 : ShortQuiet);
        var before = Signal.ResidentBytes(chaos.Server.ProcessId);

        var garbage = await GarbageAsync(chaos.Server);
        var (attacked, most) = await AttackAsync(chaos.Server, tenant, neighbour, form);
        Form.Say($"garbage before: {garbage}; after: {await GarbageAsync(chaos.Server)}");

        Say(quiet, attacked, tenant, before, most);
        var faults = Judge(quiet, attacked, form.IsLong ? FloorMilliseconds : ShortFormMilliseconds).Concat(tenant.Broken).ToList();
        faults.ShouldBeEmpty(string.Join('\n', faults));
        (most - before).ShouldBeLessThan(MostGrowth, "The server's memory grew by more than a gibibyte.");
        (await ChaosServer.UntilServingAsync(tenant.Gate, "after", HostileCatalogue.Hot, TimeSpan.FromSeconds(60))).ShouldBeLessThan(
            TimeSpan.FromSeconds(60));
    }

    /// <summary>The runtime's counters of the garbage collection: the reason of many a pause.</summary>
    private static async Task<string> GarbageAsync(TestServer server)
    {
        using var client = server.NewClient(server.AdminKey);
        var metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return string.Join(
            ", ",
            metrics.Split('\n').Where(static line => line.StartsWith("dotnet_gc_collections", StringComparison.Ordinal)
                || line.StartsWith("dotnet_gc_pause_time", StringComparison.Ordinal)
                || line.StartsWith("dotnet_gc_heap_total_allocated", StringComparison.Ordinal)));
    }

    /// <summary>Runs all attacks at the same time until the neighbour has measured enough.</summary>
    private static async Task<(IReadOnlyList<Times> Times, long MostMemory)> AttackAsync(TestServer server, HostileTenant tenant,
        NeighbourProcess neighbour, Form form)
    {
        using var stop = new CancellationTokenSource();
        var seed = form.FirstSeed;
        var only = Environment.GetEnvironmentVariable("TOLLGATE_CHAOS_ATTACKS")?.Split(',', StringSplitOptions.TrimEntries);
        var chosen = Attacks.All.Where(attack => only is null || only.Contains(attack.Name, StringComparer.Ordinal));
        var fewer = form.IsLong ? 1 : FewerInShort;
        var callers = chosen.SelectMany(attack => Enumerable.Repeat(attack, Math.Max(1, attack.Callers / fewer)))
            .Select((attack, number) => Task.Run(() => RepeatAsync(attack, tenant, Form.ChanceOf(seed, number), stop.Token))).ToList();
        var memory = Task.Run(() => WatchAsync(server, stop.Token));
        await Task.Delay(WarmUp, CancellationToken.None);
        var times = await neighbour.MeasureAsync(form.Long ?? ShortAttack);
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        var most = await memory;
        Signal.NicePool(0);
        return (times, most);
    }

    private static async Task RepeatAsync(Attack attack, HostileTenant tenant, Random random, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await attack.Once(tenant, random, cancel);
            }
            catch (Exception e) when (e is OperationCanceledException or System.Net.Sockets.SocketException)
            {
                // The attack is over, or the server has closed the connection, which it may.
            }
        }
    }

    private static async Task<long> WatchAsync(TestServer server, CancellationToken cancel)
    {
        var most = 0L;
        while (!cancel.IsCancellationRequested)
        {
            // Real attackers have their own machines: here they get the time that the server leaves.
            Signal.NicePool(19);
            most = Math.Max(most, Signal.ResidentBytes(server.ProcessId));
            await Task.Delay(200, CancellationToken.None);
        }

        return most;
    }

    /// <param name="least">The floor in milliseconds, below which no latency is a fault.</param>
    private static IEnumerable<string> Judge(IReadOnlyList<Times> quiet, IReadOnlyList<Times> attacked, double least)
    {
        foreach (var (before, during) in quiet.Zip(attacked))
        {
            var most = Math.Max(before.P99 * Factor, least);
            if (during.P99 > most)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{during.Kind}: p99 {during.P99:0} ms under attack, {before.P99:0.0} ms before it; at most {most:0} ms");
            }

            if (during.Failures.Count > 0)
            {
                yield return $"{during.Kind}: {during.Failures.Count} of {during.Milliseconds.Count} calls failed: "
                    + $"{string.Join(", ", during.Failures.GroupBy(static status => status).Select(static group => $"{group.Key} × {group.Count()}"))}";
            }
        }
    }

    private static void Say(IReadOnlyList<Times> quiet, IReadOnlyList<Times> attacked, HostileTenant tenant, long before, long most)
    {
        foreach (var (was, times) in quiet.Zip(attacked))
        {
            Form.Say($"quiet  {was}");
            Form.Say($"attack {times}");
        }

        Form.Say($"memory {before / 1024 / 1024} MiB before, {most / 1024 / 1024} MiB at most");
        foreach (var answers in tenant.Answers)
        {
            Form.Say(answers);
        }
    }
}
