using System.Diagnostics;
using Npgsql;
using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// Ingestion of facts, 100 per request, compared with PostgreSQL on one backend with the very same rows, tables and indexes: one INSERT …
/// SELECT, without HTTP, JSON or balances.
/// </summary>
internal static class S6Events
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var events = session.Wrk.Events(16);
        await session.WarmAsync(events);
        var peers = await session.PeersAsync();
        await CopyRowsAsync(session, peers);
        var compared = await session.CompareAsync(events, InsertSelect(peers));
        var wide = await session.Wrk.Events(64).RunAsync(session.Cancel);
        await session.CheckAsync();
        return
        [
            Ratio.Higher(
                "S6", "events/s, 100 a request, 16 connections ÷ INSERT … SELECT of the same rows", compared, goal: 0.9, floor: 0.6),
            new Figure(
                "S6", "events a second, 16 connections", compared.A, 200_000, null, Better.Higher, "/s",
                $"p50 {compared.MiddleA.P50:0.0} ms, p99 {compared.MiddleA.P99:0.0} ms a request"),
            Figure.Context("S6", "events a second, 64 connections", wide.PerSecond, "/s", $"p99 {wide.P99:0.0} ms a request"),
        ];
    }

    /// <summary>
    /// Copies the newest rows of the server, in the order in which it wrote them, into a plain table of the peers' database.
    /// </summary>
    private static async Task CopyRowsAsync(Session session, PeersDatabase peers)
    {
        var rows = session.Options.Quick ? 200_000 : 500_000;
        await peers.AddOwnSchemaAsync(session.Cancel);
        await using var from = await session.Server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
        await using var to = await peers.OpenAsync(session.Cancel);
        await PeersDatabase.ExecuteAsync(to, "CREATE TABLE rows (LIKE events)", session.Cancel);
        await using (var read = await from.BeginRawBinaryCopyAsync(
            $"COPY (SELECT * FROM events WHERE feature <> 0 LIMIT {rows}) TO STDOUT (FORMAT binary)", session.Cancel))
        await using (var write = await to.BeginRawBinaryCopyAsync("COPY rows FROM STDIN (FORMAT binary)", session.Cancel))
        {
            await read.CopyToAsync(write, session.Cancel);
        }

        await PeersDatabase.ExecuteAsync(
            to, "SELECT ensure_events_month(month) FROM (SELECT DISTINCT month FROM rows) AS months", session.Cancel);
        await PeersDatabase.ExecuteAsync(to, "VACUUM ANALYZE rows", session.Cancel);
    }

    private static Peer InsertSelect(PeersDatabase peers) => new("INSERT … SELECT", async cancel =>
    {
        await using var connection = await peers.OpenAsync(cancel);
        await PeersDatabase.ExecuteAsync(connection, "TRUNCATE events", cancel);
        await PeersDatabase.ExecuteAsync(connection, "CHECKPOINT", cancel);
        var start = Stopwatch.GetTimestamp();
        var rows = await PeersDatabase.ExecuteAsync(connection, "INSERT INTO events SELECT * FROM rows ON CONFLICT DO NOTHING", cancel);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new LoadResult(rows / seconds, 0, 0, 0, 0) { Done = rows };
    });
}
