using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>Receivers that answer badly or late, endpoints that change meanwhile, and transactions that block.</summary>
[Collection(RunningServerTests.Webhooks)]
public sealed class WebhookFaultTests(RunningServer running)
{
    [Theory]
    [InlineData("HTTP/1.1 2\u000000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\na\u0000b: c\r\n\r\n")]
    [InlineData("nothing of HTTP\u0000\r\n\r\n")]
    [InlineData("")]
    public async Task An_attempt_without_a_valid_answer_fails_and_is_recorded(string answer)
    {
        await using var receiver = new RawReceiver(answer);
        await using var host = await WebhookHost.StartAsync(running, "quota.*");
        var endpoint = (await WebhookHost.AddAsync(host.Sandbox, receiver.Url, "subscription.*"))["id"].GetValue<string>();
        await host.SubscribeAsync(1);
        await UntilAsync(async () => await AttemptsAsync() >= 1, () => $"{receiver.Calls} calls, and no attempt was written down.");
        await host.HurryAsync();
        await UntilAsync(async () => await AttemptsAsync() >= 2, static () => "It was not tried again.");
        var delivery = (await host.DeliveriesAsync($"?endpoint={endpoint}")).ShouldHaveSingleItem()!;
        delivery["last_status"].ShouldBeNull();
        delivery["last_error"]!.GetValue<string>().ShouldNotBeEmpty();

        async Task<int> AttemptsAsync() =>
            (await host.DeliveriesAsync($"?endpoint={endpoint}")) is [{ } only] ? only["attempts"]!.GetValue<int>() : 0;
    }

    /// <summary>127.0.0.1 is listed on this server, and 127.0.0.2 is not.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret", 200)]
    [InlineData("SSH-2.0 secret\r\n\r\n", null)]
    public async Task Answers_from_an_unlisted_network_are_not_shown_to_a_sandbox(string answer, int? status)
    {
        await using var receiver = new RawReceiver(answer, address: IPAddress.Parse("127.0.0.2"));
        await using var host = await WebhookHost.StartAsync(running, "quota.*");
        var endpoint = (await WebhookHost.AddAsync(host.Sandbox, receiver.Url, "subscription.created"))["id"].GetValue<string>();
        await host.SubscribeAsync(1);
        await UntilAsync(
            async () => (await host.DeliveriesAsync($"?endpoint={endpoint}")) is [{ } only] && only["attempts"]!.GetValue<int>() > 0,
            static () => "It was not tried.");
        var delivery = (await host.DeliveriesAsync($"?endpoint={endpoint}")).ShouldHaveSingleItem()!;
        var detail = await host.Door.GetAsync($"/v1/deliveries/{delivery["id"]}");
        (delivery["last_status"]?.GetValue<int>(), receiver.Calls).ShouldBe((status, 1));
        detail["history"][0]!["response"].ShouldBeNull();
        detail.Json!.ToJsonString().ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_body_that_breaks_off_or_stalls_changes_nothing_of_the_status()
    {
        await using var broken = new RawReceiver("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        await using var stalled = new RawReceiver("HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", hangs: true);
        await using var busy = new RawReceiver("HTTP/1.1 429 Slow\r\nretry-after: 3600\r\ncontent-length: 100\r\n\r\nhalf");
        await using var gone = new RawReceiver("HTTP/1.1 410 Gone\r\ncontent-length: 100\r\n\r\nhalf");
        await using var host = await WebhookHost.StartAsync(running, "quota.*");
        var ids = new List<string>();
        foreach (var receiver in new[] { broken, stalled, busy, gone })
        {
            ids.Add((await WebhookHost.AddAsync(host.Sandbox, receiver.Url, "subscription.*"))["id"].GetValue<string>());
        }

        await host.SubscribeAsync(1);
        await UntilAsync(
            async () => (await host.DeliveriesAsync()) is { Count: 4 } all && all.All(static one => one!["attempts"]!.GetValue<int>() > 0),
            static () => "Not all were tried.");
        var deliveries = await host.DeliveriesAsync();
        ids.Select(id => deliveries.Single(one => one!["endpoint"]!.GetValue<string>() == id)!)
            .Select(static one =>
                (one["status"]!.GetValue<string>(), one["attempts"]!.GetValue<int>(), one["last_status"]?.GetValue<int>()))
            .ShouldBe([("delivered", 1, 200), ("delivered", 1, 202), ("waiting", 1, 429), ("waiting", 1, 410)]);
        new[] { broken.Calls, stalled.Calls }.ShouldBe([1, 1]);
        var detail = await host.Door.GetAsync(
            $"/v1/deliveries/{deliveries.Single(one => one!["endpoint"]!.GetValue<string>() == ids[0])!["id"]}");
        detail["history"][0]!["response"]!.GetValue<string>().ShouldBe("half");
        (await EndpointAsync(host, ids[2]))["paused_until"]!.GetValue<DateTimeOffset>()
            .ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(50));
        (await EndpointAsync(host, ids[3]))["disabled_reason"]!.GetValue<string>().ShouldBe("gone");
    }

    [Fact]
    public async Task Answers_of_an_address_do_not_count_for_its_replacement()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        await using var moved = await FakeUpstream.StartAsync();
        moved.AnswersWith("taken");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Receiver.Answer = async (context, _) =>
        {
            await release.Task;
            context.Response.StatusCode = 410;
        };
        await host.SubscribeAsync(1);
        await host.TakenAsync(1);
        (await host.Door.PatchAsync($"/v1/webhook-endpoints/{host.Endpoint}", $$"""{"url": "{{moved.Url}}/new"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        release.SetResult();
        await WebhookHost.TakenAsync(moved, 1);
        await host.SettledAsync();
        var endpoint = await EndpointAsync(host, host.Endpoint);
        (endpoint["status"]!.GetValue<string>(), endpoint["failures"]!.GetValue<int>()).ShouldBe(("enabled", 0));
    }

    [Fact]
    public async Task A_pause_that_was_asked_for_lasts_though_another_request_is_taken()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Receiver.Answer = async (context, seen) =>
        {
            if (seen.Text.Contains("\"id\":\"c0\"", StringComparison.Ordinal))
            {
                await release.Task;
                return;
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
        };
        await host.SubscribeAsync(2);
        await UntilAsync(
            async () => (await EndpointAsync(host, host.Endpoint))["paused_until"] is not null, static () => "It was not paused.");
        release.SetResult();
        await UntilAsync(async () => (await host.DeliveriesAsync("?status=delivered")).Count == 1, static () => "The other was not taken.");
        var endpoint = await EndpointAsync(host, host.Endpoint);
        endpoint["failures"]!.GetValue<int>().ShouldBe(0);
        endpoint["paused_until"]!.GetValue<DateTimeOffset>().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(50));
    }

    [Fact]
    public async Task A_delivery_that_another_server_claims_stays_with_it()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        await ExecuteAsync(host, $"UPDATE webhook_endpoints SET not_before = now() + interval '1 hour' WHERE id = '{host.Endpoint}'");
        await host.SubscribeAsync(1);
        await UntilAsync(async () => (await host.DeliveriesAsync()).Count == 1, static () => "It was not published.");

        // The other server has claimed it, and has not committed when this one reads.
        await using var other = await host.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var take = new NpgsqlCommand(
            $"UPDATE webhook_deliveries SET leased_until = now() + interval '1 minute' WHERE endpoint = '{host.Endpoint}'", other))
        {
            (await take.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
        }

        await ExecuteAsync(host, $"UPDATE webhook_endpoints SET not_before = NULL WHERE id = '{host.Endpoint}'");
        await UntilAsync(
            async () =>
                await AskAsync(
                    host, $"SELECT count(*) FROM pg_locks WHERE NOT granted AND {other.ProcessID} = ANY (pg_blocking_pids(pid))") > 0,
            static () => "The server did not look.");
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await Task.Delay(2500, TestContext.Current.CancellationToken);
        host.Receiver.Calls.ShouldBeEmpty();
        (await AskAsync(
            host,
            $"SELECT count(*) FROM webhook_deliveries WHERE endpoint = '{host.Endpoint}' AND leased_until > now() + interval '30 seconds'"))
            .ShouldBe(1);
    }

    [Fact]
    public async Task An_endpoint_that_somebody_holds_keeps_no_other_projects_events()
    {
        await using var held = await WebhookHost.StartAsync(running, "subscription.*");
        await using var free = await WebhookHost.StartAsync(running, "subscription.*");
        await using var holder = await held.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);

        // The holder of a row is a running transaction, and later facts wait for it everywhere: the facts of both are older than it.
        await OnAsync(
            holder, $"SELECT pg_advisory_lock(7234006, id) FROM projects WHERE code IN ('{held.Sandbox.Code}', '{free.Sandbox.Code}')");
        await held.SubscribeAsync(1);
        await free.SubscribeAsync(1);
        await OnAsync(holder, $"BEGIN; SELECT FROM webhook_endpoints WHERE id = '{held.Endpoint}' FOR UPDATE");
        var waiting = Stopwatch.StartNew();
        await OnAsync(holder, "SELECT pg_advisory_unlock_all()");
        await free.TakenAsync(1);
        waiting.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        held.Receiver.Calls.ShouldBeEmpty();
        await OnAsync(holder, "ROLLBACK");
        await held.TakenAsync(1);
    }

    [Fact]
    public async Task All_that_is_old_is_forgotten_however_much_it_is()
    {
        await using var host = await WebhookHost.StartAsync(running);
        await host.SubscribeAsync(1);
        await host.SettledAsync();
        await ExecuteAsync(host,
            $"""
            INSERT INTO webhook_events (id, project_id, type, object_type, object, sequence, occurred_at, payload, published_at)
            SELECT gen_random_uuid(), p.id, 'invoice.paid', 'invoice', 'old', n, now(), '{"{}"}', now() - interval '100 days'
              FROM projects p, generate_series(1, 25) AS n
             WHERE p.code = '{host.Sandbox.Code}'
            """);
        (await new SendQueue(host.Database).ForgetOldAsync(90, 10, TestContext.Current.CancellationToken)).ShouldBe(25);
        (await host.EventsAsync()).Count.ShouldBe(2);
    }

    private static async Task<JsonNode> EndpointAsync(WebhookHost host, string id) =>
        (await host.Door.GetAsync($"/v1/webhook-endpoints/{id}")).Json!;

    private static async Task OnAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task ExecuteAsync(WebhookHost host, string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<long> AskAsync(WebhookHost host, string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
