using Npgsql;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Clocks;

/// <summary>Loops whose one statement takes rows of all projects: no row may make that statement fail.</summary>
public sealed class ImpossibleRowTests(RunningServer running) : IClassFixture<RunningServer>, IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(running.ConnectionString);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Rows_whose_attempts_or_results_no_column_holds_stop_no_loop()
    {
        var (bad, good) = (await ProjectAsync(), await ProjectAsync());
        await ExecuteAsync(
            """
            CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'It is too long for an index.'; END$$;
            CREATE TRIGGER refusing BEFORE UPDATE ON provider_events
               FOR EACH ROW WHEN (NEW.id = 'evt_long' AND NEW.state = 'ignored') EXECUTE FUNCTION refused()
            """);
        await ExecuteAsync($"""
            INSERT INTO mails (project_id, customer, type, cause, data, at, due_at, attempts)
                 VALUES ({bad}, 'nobody', 'plan_changed', 'a', '[]', now(), now(), 32767),
                        ({bad}, 'nobody', 'plan_changed', 'b', '[]', now(), now(), -9),
                        ({good}, 'nobody', 'plan_changed', 'c', '[]', now(), now(), 0)
            """);
        await ExecuteAsync($"""
            INSERT INTO provider_events (project_id, provider, id, type, body, attempts)
                 VALUES ({bad}, 'sandbox', 'evt_most', 'nothing', '{EventOf("evt_most")}', 2147483647),
                        ({bad}, 'newer', 'evt_least', 'nothing', '', -9),
                        ({bad}, 'sandbox', 'evt_long', 'nothing', '{EventOf("evt_long")}', 0),
                        ({good}, 'sandbox', 'evt_short', 'nothing', '{EventOf("evt_short")}', 0)
            """);
        await Eventually.UntilAsync(
            () => IsAsync($"SELECT count(*) = 1 FROM mails WHERE project_id = {good} AND state = 'skipped'"),
            () => $"The mail of the other project waits:\n{running.Server.Log}");
        await Eventually.UntilAsync(
            () => IsAsync("SELECT count(*) = 2 FROM provider_events WHERE id IN ('evt_most', 'evt_short') AND state = 'ignored'"),
            () => $"The events wait:\n{running.Server.Log}");
        await Eventually.UntilAsync(
            () => IsAsync("SELECT count(*) = 2 FROM provider_events WHERE id IN ('evt_least', 'evt_long') AND reason IS NOT NULL"),
            () => $"The events are not put off:\n{running.Server.Log}");

        await ExecuteAsync("DROP TRIGGER refusing ON provider_events");
        await ExecuteAsync("DELETE FROM provider_events WHERE id = 'evt_least'");
        await Eventually.UntilAsync(() => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_long' AND state = 'ignored'"));
    }

    [Fact]
    public async Task A_server_starts_although_parked_work_waits_for_ever()
    {
        await ExecuteAsync($"""
            INSERT INTO parked_work (id, work, project_id, subject, attempts, error_type, error, next_attempt_at)
                 VALUES (gen_random_uuid(), 'refunds', {await ProjectAsync()}, 'for ever', 1, 'TimeoutException', 'Too late.', 'infinity')
            """);
        await using (await TestServer.StartAsync(running.ConnectionString))
        {
            var listed = await running.DoorWith(running.Server.AdminKey).GetAsync("/v1/parked?work=refunds");
            listed["data"][0]!["next_attempt_at"].ShouldBeNull();
            await ExecuteAsync("DELETE FROM parked_work WHERE subject = 'for ever'");
        }
    }

    private async Task<int> ProjectAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        return await ScalarAsync<int>($"SELECT id FROM projects WHERE code = '{sandbox.Code}'");
    }

    private static string EventOf(string id) => new SandboxEvent
    {
        Id = id, Type = "nothing", Created = DateTimeOffset.UtcNow, Data = new("ref", Guid.CreateVersion7(), null, "ch_1", 100, "USD"),
    }.Write();

    private Task<bool> IsAsync(string sql) => ScalarAsync<bool>(sql);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
