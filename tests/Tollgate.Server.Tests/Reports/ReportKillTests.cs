using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Reports;

/// <summary>kill -9 of the server while it queues the mails of due schedules.</summary>
public sealed class ReportKillTests(TestPostgres postgres)
{
    private const int Schedules = 1_000;

    [Fact]
    public async Task A_server_killed_while_it_queues_reports_queues_the_rest_once_after_its_start()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using (var insert = new NpgsqlCommand(
            $$"""
            INSERT INTO report_schedules (id, project_id, kind, format, every, recipients, next_at)
            SELECT gen_random_uuid(), p.id, 'segments', 'json', 'daily', '{a@example.com,b@example.com}', now() - interval '90 days'
              FROM projects p, generate_series(1, {{Schedules}}) WHERE p.code = 'resume-ats'
            """, connection))
        {
            await insert.ExecuteNonQueryAsync();
        }

        await Eventually.UntilAsync(async () => await CountAsync(connection, "mails WHERE type = 'report'") > 0);
        await server.Kill9Async();
        var before = await CountAsync(connection, "mails WHERE type = 'report'");
        before.ShouldBeLessThan(2 * Schedules, "The test has to kill it earlier.");
        (before % 2).ShouldBe(0, "A transaction queues both mails of a schedule.");

        await server.StartAgainAsync();
        await Eventually.UntilAsync(async () => await CountAsync(connection, "report_schedules WHERE next_at < now()") == 0);
        (await CountAsync(connection, "mails WHERE type = 'report'")).ShouldBe(2 * Schedules);
        (await CountAsync(connection, "parked_work WHERE work = 'report_schedules'")).ShouldBe(0);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string from)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {from}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
