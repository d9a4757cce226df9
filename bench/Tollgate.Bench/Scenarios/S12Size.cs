using System.Globalization;
using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;
using Tollgate.Core.Customers;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The memory of a server with 1 M customers in its database that has decided for many of them, and the size of one usage event on disk
/// with its index, after a real run.
/// </summary>
internal static class S12Size
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var server = await TollgateServer.StartAsync(session.Bench, "many", session.Cancel);
        await using var _ = server;
        var books = new Books(server);
        var wrk = new Wrk(session.Bench, server, books);
        var customers = BenchOptions.ManyCustomers;
        await AddCustomersAsync(server, customers, session.Cancel);
        var before = server.ResidentMb();

        // Touches the customers in turn, for about as long as it takes to reach them all; the note shows the number reached.
        var touch = wrk.One("touch", "/v1/consume", 256, customers: customers, prefix: "m", turn: Turn.Each, records: true,
            seconds: session.Options.Quick ? 10 : 60);
        var touched = (await touch.RunAsync(session.Cancel)).Done;
        var after = server.ResidentMb();
        Workbench.Tell("  checked: " + await books.CheckAsync(session.Cancel));
        return
        [
            new Figure("S12", "memory of the server with 1 M customers, MB", Spread.Of([after]), 400, null, Better.Lower, "MB",
                $"{Math.Min(touched, customers):N0} of them decided on just now; {before.ToString("0", CultureInfo.InvariantCulture)} MB "
                    + "before that; without PostgreSQL"),
            await BytesPerEventAsync(session),
        ];
    }

    private static async Task AddCustomersAsync(TollgateServer server, int count, CancellationToken cancel)
    {
        await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, cancel);
        var project = await PeersDatabase.ScalarAsync<int>(
            connection, $"SELECT id FROM projects WHERE code = '{BenchProject.Code}'", cancel);
        var first = await PeersDatabase.ScalarAsync<int>(connection, $"SELECT coalesce(max(account), 0) + 1 FROM customers", cancel);
        await using (var copy = await connection.BeginTextImportAsync(
            "COPY customers (partition, account, project_id, id) FROM STDIN", cancel))
        {
            for (var n = 0; n < count; n++)
            {
                var id = $"m{n:000000}";
                await copy.WriteAsync($"{CustomerPlace.PartitionOf(project, id)}\t{first + n}\t{project}\t{id}\n");
            }
        }

        await PeersDatabase.ExecuteAsync(connection, $"SELECT setval('account_numbers', {first + count})", cancel);
        await PeersDatabase.ExecuteAsync(connection, "VACUUM ANALYZE customers", cancel);
    }

    /// <summary>On the session's own server, with the events of earlier scenarios; without any it makes some first.</summary>
    private static async Task<Figure> BytesPerEventAsync(Session session)
    {
        await session.Wrk.Consume(256).RunAsync(session.Cancel);
        await using var connection = await session.Server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
        var events = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM events", session.Cancel);
        var (heap, total) = (await SizeAsync("pg_relation_size"), await SizeAsync("pg_total_relation_size"));
        return new Figure(
            "S12", "bytes on disk per usage event, with indexes", Spread.Of([(double)total / events]), 160, null, Better.Lower, "B",
            $"{events:N0} events: {(double)heap / events:0} B table, {(double)(total - heap) / events:0} B indexes");

        Task<long> SizeAsync(string function) => PeersDatabase.ScalarAsync<long>(connection,
            $"SELECT sum({function}(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'events'::regclass", session.Cancel);
    }
}
