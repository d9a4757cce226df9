using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>kill -9 of the server in the middle of a run of retention, in a live project.</summary>
public sealed class RetentionKillTests(TestPostgres postgres)
{
    private const int Events = 60_000;

    [Fact]
    public async Task A_server_killed_during_a_run_finishes_it_after_its_start_and_changes_nothing_twice()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(database.ConnectionString);
        var door = new Door(server.ClientFor("trendit"), null);
        (await door.PostAsync("/v1/consume", """{"customer": "ada", "feature": "api_call"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await Eventually.UntilAsync(async () =>
            await CountAsync(connection, "SELECT count(*) FROM retention_runs WHERE done_at IS NOT NULL AND customers = 1") == 1);
        await ExecuteAsync(
            connection,
            $$"""
            SELECT ensure_events_month((now() - interval '50 days')::date);
            INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
            SELECT now() - interval '50 days', e.period_start, gen_random_uuid(), e.account, 0, date_trunc('month', now() - interval '50 days')::date, e.partition, 1, 0,
                   '{"type": "x", "props": {"who": "zed-person"} }'
              FROM events e, generate_series(1, {{Events}});
            UPDATE retention_marks SET days = 36, next_days = NULL, next_at = NULL;
            DELETE FROM retention_runs;
            """);
        await Eventually.UntilAsync(async () => await CountAsync(connection, "SELECT count(*) FROM retention_runs WHERE place <> ''") == 1);
        await server.Kill9Async();
        var done = await CountAsync(connection, "SELECT events FROM retention_runs WHERE done_at IS NULL");
        done.ShouldBeInRange(1, Events - 1, "The test has to kill it earlier.");
        (await LeftAsync(connection)).ShouldBe(Events - done, "The log and the rows are of one transaction.");

        await server.StartAgainAsync();
        await Eventually.UntilAsync(async () => await CountAsync(connection, "SELECT count(*) FROM retention_runs WHERE done_at IS NOT NULL") == 1);
        (await LeftAsync(connection)).ShouldBe(0);
        (await CountAsync(connection, "SELECT events FROM retention_runs")).ShouldBe(Events);
    }

    private static Task<long> LeftAsync(NpgsqlConnection connection) =>
        CountAsync(connection, "SELECT count(*) FROM events WHERE data::text LIKE '%zed-person%'");

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
