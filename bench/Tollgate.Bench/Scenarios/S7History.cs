using Npgsql;
using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The same load on two servers, each with its own PostgreSQL: one with millions of earlier events of the same customers, one with none.
/// They take turns, so that the machine's drift affects both.
/// </summary>
internal static class S7History
{
    /// <summary>Eleven months with a share each, and this one with the rest.</summary>
    private const int EarlierMonths = 11;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        await using var laden = await SideAsync(session, "laden");
        await using var empty = await SideAsync(session, "empty");
        var loaded = await LoadAsync(session, laden);
        Workbench.Tell($"  history: {loaded:N0} events");

        // The servers' memory of the customers is older than the history now. Both restart and read each customer once, so that neither
        // pays for the loading.
        foreach (var side in new[] { laden, empty })
        {
            await side.Server.RestartAsync(session.Cancel);
            await FirstEventsAsync(side, session.Cancel);
        }

        var writes = await session.CompareAsync(laden.Wrk.Consume(64), empty.Wrk.Consume(64));
        var usage = await session.CompareAsync(
            laden.Wrk.Read("usage, laden", "/v1/customers/{customer}/usage", 16),
            empty.Wrk.Read("usage, empty", "/v1/customers/{customer}/usage", 16));
        foreach (var side in new[] { laden, empty })
        {
            Workbench.Tell("  checked: " + await side.Books.CheckAsync(session.Cancel));
        }

        return
        [
            Cost("consume, time per decision", writes, goal: 1.05, loaded),
            Cost("usage of a customer, time per read", usage, goal: 1.2, loaded),
        ];
    }

    /// <summary>A goal for the cost is one for the inverse of the throughput.</summary>
    private static Figure Cost(string name, Comparison compared, double goal, long events) => new(
        "S7", $"{name}, with {events:N0} events ÷ with none", Spread.Of(compared.Pairs.Select(pair => 1 / pair.Ratio)), goal, null,
        Better.Lower, "",
        $"{Figure.Text(compared.A.Median)}/s with, {Figure.Text(compared.B.Median)}/s without; processors: "
            + $"[{compared.MiddleA.CpuText}] with, [{compared.MiddleB.CpuText}] without")
        {
            Disturbed = compared.Disturbed,
        };

    private static async Task<Side> SideAsync(Session session, string name)
    {
        var server = await TollgateServer.StartAsync(session.Bench, name, session.Cancel);
        var books = new Books(server);
        var side = new Side(server, books, new Wrk(session.Bench, server, books));

        // The server itself creates every customer's rows; the history is inserted afterwards.
        await FirstEventsAsync(side, session.Cancel);
        return side;
    }

    private static Task<LoadResult> FirstEventsAsync(Side side, CancellationToken cancel) =>
        side.Wrk.One("first events", "/v1/consume", 64, turn: Turn.Each, records: true, seconds: 5).RunAsync(cancel);

    /// <summary>
    /// Set-based and in the order of time, like the events of real months: each customer in turn, repeatedly. It also changes the balances
    /// of the earlier months and of this one, and their version, so that the server notices.
    /// </summary>
    private static async Task<long> LoadAsync(Session session, Side side)
    {
        await using var connection = await side.Server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
        var balances = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM balances WHERE used > 0", session.Cancel);
        var perCustomer = session.Options.HistoryEvents / (int)balances;
        var perMonth = perCustomer * 8 / 100;
        var total = 0L;
        for (var back = EarlierMonths; back >= 0; back--)
        {
            var turns = back == 0 ? perCustomer - perMonth * EarlierMonths : perMonth;
            total += await LoadMonthAsync(connection, back, turns, session.Cancel);
        }

        await PeersDatabase.ExecuteAsync(connection, "VACUUM ANALYZE events, balances", session.Cancel);
        await PeersDatabase.ExecuteAsync(connection, "CHECKPOINT", session.Cancel);
        side.Books.Loaded(total);
        return total;
    }

    private static async Task<int> LoadMonthAsync(NpgsqlConnection connection, int back, int turns, CancellationToken cancel)
    {
        var start = $"(SELECT max(period_start) - interval '{back} months' FROM balances)";
        await PeersDatabase.ExecuteAsync(connection, $"SELECT ensure_events_month({start}::date)", cancel);
        var end = back == 0 ? "now()" : $"({start} + interval '1 month')";
        var rows = await PeersDatabase.ExecuteAsync(connection, $"""
            WITH live AS MATERIALIZED (
                SELECT partition, account, feature, used
                  FROM balances WHERE used > 0 AND period_start = (SELECT max(period_start) FROM balances)
            ), moment AS MATERIALIZED (
                SELECT turn, {start} + ({end} - {start}) * (turn / {turns + 1}.0) AS at FROM generate_series(1, {turns}) AS turn
            )
            INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after)
            SELECT moment.at, {start},
                   (lpad(to_hex((extract(epoch FROM moment.at) * 1000)::bigint), 12, '0') || '7'
                    || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid,
                   live.account, live.feature, date_trunc('month', moment.at)::date, live.partition, 1, moment.turn
              FROM moment CROSS JOIN live ORDER BY moment.turn
            """, cancel);
        await PeersDatabase.ExecuteAsync(connection, back == 0
            ? $"UPDATE balances SET used = used + {turns}, version = version + 1 WHERE used > 0 AND period_start = {start}"
            : $"""
               INSERT INTO balances (partition, account, feature, period_start, period_end, used, quota)
               SELECT partition, account, feature, {start}, {start} + interval '1 month', {turns}, quota
                 FROM balances WHERE used > 0 AND period_start = (SELECT max(period_start) FROM balances)
               """, cancel);
        return rows;
    }

    private sealed record Side(TollgateServer Server, Books Books, Wrk Wrk) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
