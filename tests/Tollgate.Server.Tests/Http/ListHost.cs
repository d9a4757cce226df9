using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using CustomersServer = Tollgate.Server.Tests.Customers.RunningServer;

namespace Tollgate.Server.Tests.Http;

/// <summary>A server with two sandbox projects in which nearly every list has a few rows, and the lists of its document.</summary>
public sealed class ListHost(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly string Catalog = BillingSandbox.Catalog.Replace(
        "plans:\n", """
        packs:
          - { code: hundred, name: A hundred calls, feature: calls, quantity: 100, prices: [{ amount: 400 }] }
        plans:

        """,
        StringComparison.Ordinal);

    private readonly CustomersServer _running = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_ALLOW_LOCAL_WEBHOOKS"] = "true" },
    };

    private string _subscription = "";

    internal BillingSandbox First { get; private set; } = null!;

    internal BillingSandbox Second { get; private set; } = null!;

    public IReadOnlyList<ListOperation> Lists { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await _running.InitializeAsync();
        First = await FilledAsync();
        Second = await FilledAsync();
        _subscription = (await First.Door.GetAsync("/v1/subscriptions?customer=c-1"))["data"][0]!["id"]!.GetValue<string>();
        Lists = Read((await _running.DoorWith(null).GetAsync("/openapi/v1.json")).Json!);
        foreach (var path in (string[])["/v1/alerts", "/v1/customers/c-1/alerts", "/v1/mails", "/v1/deliveries",
            "/v1/webhook-events", "/v1/provider-events", "/v1/disputes"])
        {
            await SettleAsync(First, path);
            await SettleAsync(Second, path);
        }
    }

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    public Task<Came> GetAsync(ListOperation list, string query) => GetAsync(list, First, query);

    /// <summary>The places of all rows, in their order.</summary>
    public async Task<IReadOnlyList<string>> AllAsync(ListOperation list, BillingSandbox sandbox)
    {
        var came = await GetAsync(list, sandbox, "limit=100");
        came.Status.ShouldBe(HttpStatusCode.OK, $"{list.Path}: {came.Json?.ToJsonString()}");
        came["has_more"].GetValue<bool>().ShouldBeFalse(list.Path);
        return [.. came["data"].AsArray().Select(list.PlaceOf)];
    }

    private async Task<Came> GetAsync(ListOperation list, BillingSandbox sandbox, string query)
    {
        var path = list.Path.StartsWith("/v1/subscriptions/", StringComparison.Ordinal)
            ? list.Path.Replace("{id}", await SubscriptionOfAsync(sandbox), StringComparison.Ordinal)
            : list.Path.Replace("{id}", "c-1", StringComparison.Ordinal);

        // The shared prices are 2,292 rows.
        var own = list.Path == "/v1/model-prices" && !query.Contains("scope=", StringComparison.Ordinal) ? "&scope=project" : "";
        var door = list.Path == "/v1/projects" ? _running.DoorWith(_running.Server.AdminKey) : sandbox.Door;
        return await door.GetAsync($"{path}?{query}{own}");
    }

    private async Task<string> SubscriptionOfAsync(BillingSandbox sandbox) => sandbox == First
        ? _subscription
        : (await sandbox.Door.GetAsync("/v1/subscriptions?customer=c-1"))["data"][0]!["id"]!.GetValue<string>();

    private static List<ListOperation> Read(JsonNode document)
    {
        List<ListOperation> lists = [];
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            var query = (operations!["get"]?["parameters"]?.AsArray() ?? []).Where(static one => one!["in"]!.GetValue<string>() == "query")
                .ToList();
            if (path.StartsWith("/v1/", StringComparison.Ordinal)
                && query.Any(static one => one!["name"]!.GetValue<string>() == "starting_after"))
            {
                lists.Add(new(
                    path,
                    [.. from one in query
                        where one["schema"]?["enum"] is not null
                        select (one["name"]!.GetValue<string>(), LongestOf(one["schema"]!["enum"]!.AsArray()))]));
            }
        }

        return lists;
    }

    private static string LongestOf(JsonArray words) =>
        words.Select(static word => word!.GetValue<string>()).MaxBy(static word => word.Length)!;

    /// <summary>Waits until background work adds no more rows.</summary>
    private static async Task SettleAsync(BillingSandbox sandbox, string path)
    {
        for (var (before, same, round) = (-1, 0, 0); same < 3; round++)
        {
            var rows = (await sandbox.Door.GetAsync(path + "?limit=100"))["data"].AsArray().Count;
            same = rows == before && rows > 1 ? same + 1 : 0;
            before = rows;
            round.ShouldBeLessThan(240, $"{path} has {rows} rows and does not settle.");
            await Task.Delay(250);
        }
    }

    private async Task<BillingSandbox> FilledAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z", Catalog);
        foreach (var n in Enumerable.Range(1, 2))
        {
            await MadeAsync(
                sandbox, "/v1/report-schedules", $$"""{"kind": "churn", "every": "weekly", "recipients": ["r{{n}}@example.com"]}""");
            await MadeAsync(sandbox, "/v1/webhook-endpoints", $$"""{"url": "http://127.0.0.1:9/{{n}}", "events": ["*"]}""");
        }

        foreach (var n in Enumerable.Range(1, 4))
        {
            await SubscribeAsync(sandbox, n);
        }

        foreach (var n in Enumerable.Range(1, 3))
        {
            await UseAsync(sandbox, n);
            await AddAsync(sandbox, n);
        }

        // Two thresholds, and so two alerts.
        await sandbox.UseAsync("c-1", "exports", 9, id: "x-1");

        await sandbox.AdvanceAsync("2027-02-28T00:00:00Z");
        foreach (var n in Enumerable.Range(4, 3))
        {
            await UseAsync(sandbox, n);
        }

        await ParkAsync(sandbox);
        foreach (var n in Enumerable.Range(1, 3))
        {
            await MadeAsync(sandbox, "/v1/customers", $$"""{"id": "gone-{{n}}"}""");
            (await sandbox.Door.PostAsync($"/v1/customers/gone-{n}/erase")).Status.ShouldBe(HttpStatusCode.OK);
        }

        return sandbox;
    }

    /// <summary>
    /// Parks two subscriptions at the same instant, as a run does whose invoices look impossible; and adds three
    /// imports and runs of retention.
    /// </summary>
    private async Task ParkAsync(BillingSandbox sandbox)
    {
        await using var connection = new NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var park = new NpgsqlCommand(
            """
            UPDATE subscriptions s
               SET parked_at = now(), parked_reason = 'Too large.'
              FROM customers c
              JOIN projects p ON p.id = c.project_id
             WHERE c.partition = s.partition AND c.account = s.account AND p.code = $1 AND c.id IN ('c-1', 'c-2')
            """, connection)
        {
            Parameters = { new() { Value = sandbox.Code } },
        };
        (await park.ExecuteNonQueryAsync()).ShouldBe(2);
        await using var import = new NpgsqlCommand(
            """
            INSERT INTO imports (id, project_id, format, is_dry_run, status, actor, created_at)
            SELECT gen_random_uuid(), p.id, 'ndjson', false, 'finished', 'test', now()
              FROM projects p, generate_series(1, 3)
             WHERE p.code = $1
            """, connection)
        {
            Parameters = { new() { Value = sandbox.Code } },
        };
        (await import.ExecuteNonQueryAsync()).ShouldBe(3);
        await using var retention = new NpgsqlCommand(
            """
            INSERT INTO retention_runs (id, project_id, day, imports, done_at)
            SELECT gen_random_uuid(), p.id, '2027-01-31'::date + n, 0, now()
              FROM projects p, generate_series(1, 3) AS n
             WHERE p.code = $1
            """, connection)
        {
            Parameters = { new() { Value = sandbox.Code } },
        };
        (await retention.ExecuteNonQueryAsync()).ShouldBe(3);
    }

    /// <summary>A customer with a subscription: the first two pay and dispute the payment, the cards of the others are declined.</summary>
    private static async Task SubscribeAsync(BillingSandbox sandbox, int n)
    {
        await MadeAsync(
            sandbox, "/v1/customers", $$"""{"id": "c-{{n}}", "name": "Customer {{n}}", "email": "c{{n}}@example.com"}""");
        await sandbox.SubscribeAsync($$"""{"customer": "c-{{n}}", "plan": "pro", "trial": false}""");
        var card = n <= 2 ? "pm_sandbox_visa" : "pm_sandbox_declined";
        await MadeAsync(sandbox, $"/v1/customers/c-{n}/payment-methods", $$"""{"token": "{{card}}"}""");
        var invoices = await sandbox.Door.GetAsync($"/v1/invoices?customer=c-{n}");
        var payment = await MadeAsync(sandbox, "/v1/payments", PaymentSteps.Body(invoices["data"][0]!["id"]!.GetValue<string>()));
        if (n <= 2)
        {
            await PaymentSteps.HappenAsync(sandbox, "dispute.opened", payment["id"].GetValue<string>());
        }
    }

    private static async Task AddAsync(BillingSandbox sandbox, int n)
    {
        await MadeAsync(sandbox, "/v1/coupons", $$"""{"code": "C{{n}}", "percent_off": 10, "duration": "once"}""");
        await MadeAsync(sandbox, "/v1/api-keys", $$"""{"kind": "public", "name": "k{{n}}"}""");
        await MadeAsync(sandbox, "/v1/customers/c-1/tokens", """{"ttl_seconds": 600}""");
        await MadeAsync(sandbox, "/v1/portal-sessions", """{"customer": "c-1"}""");
        await MadeAsync(
            sandbox, "/v1/checkouts",
            $$"""{"customer": "new-{{n}}", "plan": "pro", "success_url": "https://a.example/", "cancel_url": "https://a.example/"}""");
        await MadeAsync(sandbox, "/v1/analytics/spend", """{"amount": 100}""");
        (await sandbox.Door.PutAsync(
            "/v1/exchange-rates", $$"""{"currency": "EUR", "rate": "1.{{n}}", "valid_from": "2027-01-01"}""")).Status
            .ShouldBe(HttpStatusCode.OK);
        await MadeAsync(sandbox, "/v1/customers/c-1/members", $$"""{"id": "m-{{n}}"}""");
        await MadeAsync(sandbox, "/v1/customers/c-1/credits", """{"kind": "promotional", "amount": 100, "currency": "USD"}""");
        await MadeAsync(sandbox, "/v1/customers/c-1/packs", """{"pack": "hundred"}""");
        await MadeAsync(sandbox, "/v1/customers/c-1/grants", """{"feature": "calls", "amount": 5}""");
        await MadeAsync(sandbox, "/v1/model-prices", $$"""{"provider": "own", "model": "m{{n}}", "prices": {"input": "1"} }""");
    }

    private static async Task UseAsync(BillingSandbox sandbox, int n)
    {
        await sandbox.UseAsync("c-1", "calls", n, id: $"e-{n}");
        await sandbox.Door.PostAsync("/v1/events", $$"""{"id": "u-{{n}}", "customer": "c-2", "type": "unknown_{{n}}"}""");
        await MadeAsync(
            sandbox, "/v1/llm-calls",
            $$"""{"id": "l-{{n}}", "customer": "c-1", "provider": "own", "model": "x{{n}}", "input_tokens": 1}""");
    }

    private static async Task<Came> MadeAsync(BillingSandbox sandbox, string path, string json)
    {
        var came = await sandbox.Door.PostAsync(path, json);
        ((int)came.Status).ShouldBeInRange(200, 299, $"{path} {json}: {came.Json?.ToJsonString()}");
        return came;
    }
}
