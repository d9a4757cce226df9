using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>kill -9 of the server in the middle of an erasure.</summary>
public sealed class ErasureKillTests(TestPostgres postgres)
{
    private const int Events = 60_000;

    [Fact]
    public async Task A_server_killed_during_an_erasure_finishes_it_after_its_start()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(database.ConnectionString);
        var door = new Door(server.ClientFor("resume-ats"), null);
        (await door.PostAsync("/v1/consume", """{"customer": "zed-person", "feature": "ats_scan"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(
            connection,
            $$"""
            INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
            SELECT e.occurred_at, e.period_start, gen_random_uuid(), e.account, 0, e.month, e.partition, 1, 0, '{"type": "x", "props": {"who": "zed-person"} }'
              FROM events e JOIN customers c USING (partition, account), generate_series(1, {{Events}}) WHERE c.id = 'zed-person'
            """);

        var erasing = door.PostAsync("/v1/customers/zed-person/erase");
        await Eventually.UntilAsync(async () => await CountAsync(connection, "SELECT count(*) FROM erasures WHERE place <> ''") == 1);
        await server.Kill9Async();
        await Should.ThrowAsync<HttpRequestException>(erasing);
        (await CountAsync(connection, "SELECT count(*) FROM erasures WHERE done_at IS NULL")).ShouldBe(
            1, "The test has to kill it earlier.");
        (await LeftAsync(connection)).ShouldBeGreaterThan(0);

        await server.StartAgainAsync();
        await Eventually.UntilAsync(
            async () => await CountAsync(connection, "SELECT count(*) FROM erasures WHERE done_at IS NOT NULL") == 1);
        (await LeftAsync(connection)).ShouldBe(0);
        var again = await new Door(server.ClientFor("resume-ats"), null).PostAsync("/v1/customers/zed-person/erase");
        again["status"].GetValue<string>().ShouldBe("done");
        again["changes"]["events"]!.GetValue<long>().ShouldBe(Events);
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
