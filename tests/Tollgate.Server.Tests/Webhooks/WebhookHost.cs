using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>A sandbox project with a receiver on this machine that accepts everything, until the test changes that.</summary>
public sealed class WebhookHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NpgsqlDataSource _database;

    private WebhookHost(BillingSandbox sandbox, FakeUpstream receiver, string id, string secret, NpgsqlDataSource database) =>
        (Sandbox, Receiver, Endpoint, Secret, _database) = (sandbox, receiver, id, secret, database);

    public BillingSandbox Sandbox { get; }

    public Door Door => Sandbox.Door;

    public FakeUpstream Receiver { get; }

    public string Endpoint { get; }

    public string Secret { get; }

    /// <summary>For state that no answer shows, and for transactions that block the server.</summary>
    public NpgsqlDataSource Database => _database;

    public static async Task<WebhookHost> StartAsync(RunningServer running, string events = "*")
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        var receiver = await FakeUpstream.StartAsync();
        receiver.AnswersWith("taken");
        var made = await AddAsync(sandbox, receiver, events);
        return new(
            sandbox, receiver, made["id"].GetValue<string>(), made["secret"].GetValue<string>(),
            NpgsqlDataSource.Create(running.ConnectionString));
    }

    public static Task<Came> AddAsync(BillingSandbox sandbox, FakeUpstream receiver, string events = "*") =>
        AddAsync(sandbox, receiver.Url + "/hooks", events);

    public static async Task<Came> AddAsync(BillingSandbox sandbox, string url, string events = "*")
    {
        var made = await sandbox.Door.PostAsync("/v1/webhook-endpoints", $$"""{"url": "{{url}}", "events": ["{{events}}"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await Receiver.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Subscribes customers to a plan without a trial: each has two events.</summary>
    public async Task SubscribeAsync(int customers, string prefix = "c")
    {
        for (var number = 0; number < customers; number++)
        {
            await Sandbox.SubscribeAsync($$"""{"customer": "{{prefix}}{{number}}", "plan": "pro", "trial": false}""");
        }
    }

    public Task<IReadOnlyList<Message>> TakenAsync(int count) => TakenAsync(Receiver, count);

    /// <summary>Returns the first messages, once <paramref name="count"/> have arrived.</summary>
    public static async Task<IReadOnlyList<Message>> TakenAsync(FakeUpstream receiver, int count)
    {
        await UntilAsync(() => Task.FromResult(receiver.Calls.Count >= count), () => $"{receiver.Calls.Count} of {count} messages came.");
        return [.. receiver.Calls.Select(static seen => new Message(seen))];
    }

    /// <summary>Waits until no delivery is in progress; with <paramref name="hurry"/> retries do not wait for their time.</summary>
    public Task SettledAsync(bool hurry = false) => UntilAsync(
        async () =>
        {
            await (hurry ? HurryAsync() : Task.CompletedTask);
            return await PublishedAsync() && (await DeliveriesAsync("?status=waiting")).Count == 0;
        },
        () => "Deliveries still wait.");

    /// <summary>Makes deliveries that wait for a retry due now.</summary>
    public async Task HurryAsync()
    {
        await using var command = _database.CreateCommand(
            """
            UPDATE webhook_deliveries d
               SET due_at = now()
              FROM webhook_endpoints e
             WHERE e.id = d.endpoint AND e.project_id = (SELECT id FROM projects WHERE code = $1) AND d.due_at > now()
               AND d.leased_until IS NULL
            """);
        command.Parameters.Add(new() { Value = Sandbox.Code });
        await command.ExecuteNonQueryAsync();
        await using var pause = _database.CreateCommand(
            "UPDATE webhook_endpoints SET not_before = NULL WHERE project_id = (SELECT id FROM projects WHERE code = $1)");
        pause.Parameters.Add(new() { Value = Sandbox.Code });
        await pause.ExecuteNonQueryAsync();
    }

    /// <summary>Moves the beginning of the endpoint's failures and of its open deliveries back in time.</summary>
    public async Task FailForAsync(TimeSpan time)
    {
        await using var command = _database.CreateCommand("UPDATE webhook_endpoints SET failing_since = now() - $2 WHERE id = $1");
        command.Parameters.Add(new() { Value = Guid.Parse(Endpoint) });
        command.Parameters.Add(new() { Value = time });
        await command.ExecuteNonQueryAsync();
        await using var age = _database.CreateCommand(
            "UPDATE webhook_deliveries SET first_due_at = now() - $2 WHERE endpoint = $1 AND state = 'waiting'");
        age.Parameters.Add(new() { Value = Guid.Parse(Endpoint) });
        age.Parameters.Add(new() { Value = time });
        await age.ExecuteNonQueryAsync();
    }

    public async Task<JsonArray> DeliveriesAsync(string query = "")
    {
        var came = await Door.GetAsync("/v1/deliveries" + query);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came["data"].AsArray();
    }

    public async Task<JsonArray> EventsAsync(string query = "?limit=100") =>
        (await Door.GetAsync("/v1/webhook-events" + query))["data"].AsArray();

    /// <summary>True if every fact of the project has become an event: other databases' transactions may delay this for a moment.</summary>
    private async Task<bool> PublishedAsync()
    {
        await using var command = _database.CreateCommand(
            """
            SELECT NOT EXISTS (SELECT FROM subscription_facts f JOIN customers c ON c.partition = f.partition AND c.account = f.account
                   AND c.project_id = w.project_id
                                WHERE f.xid >= w.published_below)
               AND NOT EXISTS (SELECT FROM invoice_facts f JOIN customers c ON c.partition = f.partition AND c.account = f.account
                   AND c.project_id = w.project_id
                                WHERE f.xid >= w.published_below)
               AND NOT EXISTS (SELECT FROM payment_facts f JOIN customers c ON c.partition = f.partition AND c.account = f.account
                   AND c.project_id = w.project_id
                                WHERE f.xid >= w.published_below)
              FROM webhook_projects w
             WHERE w.project_id = (SELECT id FROM projects WHERE code = $1)
            """);
        command.Parameters.Add(new() { Value = Sandbox.Code });
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>A received webhook.</summary>
public sealed record Message(Seen Seen)
{
    public string Id => Seen.Headers["webhook-id"];

    public string Signature => Seen.Headers["webhook-signature"];

    public JsonNode Body { get; } = JsonNode.Parse(Seen.Text)!;

    public string Type => Body["type"]!.GetValue<string>();

    public long Sequence => Body["sequence"]!.GetValue<long>();

    /// <summary>The object of the event.</summary>
    public string Subject =>
        Body["data"]!["subscription"]?["id"]?.GetValue<string>() ?? Body["data"]!["payment"]?["id"]?.GetValue<string>()
            ?? Body["data"]!["invoice"]?["id"]?.GetValue<string>()
        ?? $"{Body["data"]!["customer"]!["id"]}/{Body["data"]!["quota"]!["feature"]}";
}
