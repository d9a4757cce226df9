using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Server.Tests.Webhooks;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Alerts;

/// <summary>Alerts on two servers, under kill -9, and beside receivers that hang.</summary>
public sealed class AlertEnemiesTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _database!.DisposeAsync();

    private const string Slack = """{"kind": "usage_threshold", "threshold": 80, "channels": ["slack", "webhook", "mail"], "mail_to": ["ops@example.com"]}""";

    [Fact]
    public async Task A_burst_of_crossings_at_two_servers_gives_each_customer_one_alert_and_a_kill_loses_and_doubles_none()
    {
        const int customers = 60;
        await using var first = await TestServer.StartAsync(Database.ConnectionString);
        await using var second = await TestServer.StartAsync(Database.ConnectionString);
        var (code, key) = await ProjectAsync(first);
        Door[] doors = [new(first.NewClient(key), null), new(second.NewClient(key), null)];
        await UntilAsync(async () => (await doors[1].GetAsync("/v1/alerts")).Status == HttpStatusCode.OK);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, customers), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (n, _) => await ConsumeAsync(doors[n % 2], $"c{n}", 8));
        await UntilAsync(async () => await CountAsync(code) >= customers);
        (await CountAsync(code)).ShouldBe(customers);

        // The facts are written while nobody may derive alerts, and both servers die before one can.
        await using (await HoldAsync("SELECT pg_advisory_lock(7234011, 0)"))
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, customers), new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (n, _) => await ConsumeAsync(doors[n % 2], $"killed{n}", 9));
            await Task.WhenAll(first.Kill9Async(), second.Kill9Async());
            (await CountAsync(code)).ShouldBe(customers);
        }

        await Task.WhenAll(first.StartAgainAsync(), second.StartAgainAsync());
        await UntilAsync(async () => await CountAsync(code) >= 3 * customers);
        await Task.Delay(2_500);
        (await CountAsync(code)).ShouldBe(3 * customers, "Each of the killed has crossed 80 and 90.");
        (await Database.ScalarAsync<long>(
            "SELECT count(*) FROM (SELECT FROM alerts GROUP BY rule, subject, occasion HAVING count(*) > 1) AS twice")).ShouldBe(0);
    }

    [Fact]
    public async Task A_server_killed_between_an_alert_and_its_delivery_delivers_it_after_its_start_under_the_same_id()
    {
        await using var hook = await FakeUpstream.StartAsync();
        await using var server = await TestServer.StartAsync(Database.ConnectionString);
        var (code, key) = await ProjectAsync(server);
        var door = new Door(server.NewClient(key), null);
        await EndpointAsync(door, hook.Url + "/h");
        await EndpointAsync(door, hook.Url + "/s", "slack");
        (await door.PostAsync("/v1/alert-rules", Slack)).Status.ShouldBe(HttpStatusCode.Created);
        hook.AnswersWith("ok");

        // Nobody may publish: the alert is there, and its delivery is not.
        await using (await HoldAsync($"SELECT pg_advisory_lock(7234006, id) FROM projects WHERE code = '{code}'"))
        {
            await ConsumeAsync(door, "acme", 8);
            await UntilAsync(async () => await CountAsync(code, "AND pushed IS NOT NULL AND 'slack' = ANY (a.channels)") == 1);
            await server.Kill9Async();
            hook.Calls.ShouldBeEmpty();
        }

        await server.StartAgainAsync();
        await WebhookHost.TakenAsync(hook, 2);
        await UntilAsync(async () => (await door.GetAsync("/v1/mails?type=alert"))["data"].AsArray().Count == 1);
        await Task.Delay(2_500);
        hook.Calls.Select(static call => call.Target).Order(StringComparer.Ordinal).ShouldBe(["/h", "/s"]);
        (await door.GetAsync("/v1/mails?type=alert"))["data"].AsArray().Count.ShouldBe(1);
        (await CountAsync(code)).ShouldBe(2, "The first rule of the project, and this one.");
    }

    [Fact]
    public async Task A_Slack_receiver_that_hangs_or_drips_delays_no_other_channel_and_no_other_project()
    {
        await using var hook = await FakeUpstream.StartAsync();
        hook.AnswersWith("ok");
        await using var drips = await FakeUpstream.StartAsync();
        drips.Answer = static async (context, _) =>
        {
            while (true)
            {
                await context.Response.WriteAsync("o", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(1_000, context.RequestAborted);
            }
        };
        await using var silent = await FakeUpstream.StartAsync();
        silent.Answer = static (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var server = await TestServer.StartAsync(Database.ConnectionString);
        var (_, bad) = await ProjectAsync(server);
        var (_, good) = await ProjectAsync(server);
        var (mine, other) = (new Door(server.NewClient(bad), null), new Door(server.NewClient(good), null));
        foreach (var url in (string[])[drips.Url, silent.Url])
        {
            await EndpointAsync(mine, url + "/s", "slack");
        }

        await EndpointAsync(mine, hook.Url + "/mine");
        await EndpointAsync(other, hook.Url + "/other", "slack");
        foreach (var door in (Door[])[mine, other])
        {
            (await door.PostAsync("/v1/alert-rules", Slack)).Status.ShouldBe(HttpStatusCode.Created);
        }

        for (var n = 0; n < 10; n++)
        {
            await ConsumeAsync(mine, $"c{n}", 8);
        }

        await UntilAsync(() => Task.FromResult(!silent.Calls.IsEmpty && !drips.Calls.IsEmpty));
        var began = DateTime.UtcNow;
        await ConsumeAsync(other, "late", 8);
        await UntilAsync(() => Task.FromResult(
            hook.Calls.Count(static call => call.Target == "/mine") == 10 && hook.Calls.Any(static call => call.Target == "/other")));
        await UntilAsync(async () => (await mine.GetAsync("/v1/mails?type=alert&limit=100"))["data"].AsArray().Count == 10);
        (DateTime.UtcNow - began).ShouldBeLessThan(TimeSpan.FromSeconds(12), "A request to a receiver has a limit of 15 seconds.");
    }

    [Fact]
    public async Task Refusals_pace_and_margins_fire_within_seconds_of_the_fact_and_not_of_the_next_look()
    {
        await using var server = await TestServer.StartAsync(Database.ConnectionString);
        var (code, key) = await ProjectAsync(server);
        var door = new Door(server.NewClient(key), null);
        (await door.PostAsync("/v1/alert-rules", """{"kind": "decisions_refused", "threshold": 1}""")).Status
            .ShouldBe(HttpStatusCode.Created);
        (await door.PostAsync("/v1/alert-rules", """{"kind": "margin_below", "threshold": 0}""")).Status.ShouldBe(HttpStatusCode.Created);
        await UntilAsync(async () => await Database.ScalarAsync<long>(
            $"SELECT count(*) FROM alert_looks l JOIN projects p ON p.id = l.project_id WHERE p.code = '{code}'") == 2);
        await ConsumeAsync(door, "full", 10);
        (await door.PostAsync("/v1/consume", """{"customer": "full", "feature": "calls", "amount": 1}""")).Status
            .ShouldBe(HttpStatusCode.PaymentRequired);
        (await door.PostAsync(
            "/v1/llm-calls", """{"id": "c1", "customer": "full", "provider": "openai", "model": "gpt-4o", "output_tokens": 900000}""")).Status
            .ShouldBe(HttpStatusCode.OK);
        var began = DateTime.UtcNow;

        await UntilAsync(async () => await CountAsync(code, "AND a.kind IN ('decisions_refused', 'margin_below')") == 2);
        (DateTime.UtcNow - began).ShouldBeLessThan(TimeSpan.FromSeconds(15), "Five seconds, on a machine that has nothing else to do.");
    }

    private static int _projects;

    private static async Task<(string Code, string Key)> ProjectAsync(TestServer server)
    {
        var code = string.Create(CultureInfo.InvariantCulture, $"enemies-{Interlocked.Increment(ref _projects)}");
        var made = await new Door(server.NewClient(server.AdminKey), null).PostAsync(
            "/v1/projects",
            new JsonObject
            {
                ["code"] = code, ["name"] = "Enemies", ["mode"] = "sandbox", ["currency"] = "USD", ["time_zone"] = "Etc/UTC",
                ["catalog"] = BillingSandbox.Catalog,
            }.ToJsonString());
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return (code, made["secret_key"].GetValue<string>());
    }

    private static async Task EndpointAsync(Door door, string url, string format = "tollgate") =>
        (await door.PostAsync("/v1/webhook-endpoints", $$"""{"url": "{{url}}", "events": ["alert.fired"], "format": "{{format}}"}""")).Status
            .ShouldBe(HttpStatusCode.Created);

    private static async Task ConsumeAsync(Door door, string customer, int amount) =>
        (await door.PostAsync("/v1/consume", $$"""{"customer": "{{customer}}", "feature": "calls", "amount": {{amount}}}""")).Status
            .ShouldBe(HttpStatusCode.OK);

    /// <summary>Takes a lock of a loop, until the connection is disposed.</summary>
    private async Task<IAsyncDisposable> HoldAsync(string sql)
    {
        var connection = new NpgsqlConnection(Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand(sql, connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    private const string Crossings = "AND a.kind = 'usage_threshold' AND a.customer IS NOT NULL";

    private Task<long> CountAsync(string project, string and = Crossings) => Database.ScalarAsync<long>(
        $"SELECT count(*) FROM alerts a JOIN projects p ON p.id = a.project_id WHERE p.code = '{project}' {and}");
}
