using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>Every commit takes 2 ms longer, as on a slow disk: batches should grow, and throughput should not fall.</summary>
internal static class S14SlowDisk
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        try
        {
            var wide = await session.CompareAsync(Slow(session, 256), Fast(session, 256));
            var narrow = await session.CompareAsync(Slow(session, 64), Fast(session, 64));
            await session.CheckAsync();
            return
            [
                Ratio.Higher("S14", "consume at 256 connections, 2 ms more per commit ÷ without", wide, goal: 0.8),
                new Figure("S14", "consume at 64 connections, 2 ms more per commit ÷ without", narrow.Ratio, null, null, Better.Higher, "",
                    $"{Figure.Text(narrow.A.Median)} ÷ {Figure.Text(narrow.B.Median)}/s"),
            ];
        }
        finally
        {
            await DelayAsync(session, 0, CancellationToken.None);
        }
    }

    private static Peer Slow(Session session, int connections) => Delayed(session, $"slow disk c={connections}", connections, 2000);

    private static Peer Fast(Session session, int connections) => Delayed(session, $"this disk c={connections}", connections, 0);

    private static Peer Delayed(Session session, string name, int connections, int microseconds) => new(name, async cancel =>
    {
        await DelayAsync(session, microseconds, cancel);
        return await session.Wrk.Consume(connections).RunAsync(cancel);
    });

    private static async Task DelayAsync(Session session, int microseconds, CancellationToken cancel)
    {
        await using var connection = await session.Server.Postgres.OpenAsync("postgres", cancel);
        await PeersDatabase.ExecuteAsync(connection, $"ALTER SYSTEM SET commit_delay = {microseconds}", cancel);
        await PeersDatabase.ExecuteAsync(connection, "ALTER SYSTEM SET commit_siblings = 0", cancel);
        await PeersDatabase.ExecuteAsync(connection, "SELECT pg_reload_conf()", cancel);
        await Task.Delay(200, cancel);
    }
}
