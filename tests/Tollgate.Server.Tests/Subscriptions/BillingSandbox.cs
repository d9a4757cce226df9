using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>A new sandbox project with a clock that the test moves. The catalogue has a soft cap on <c>calls</c>.</summary>
public sealed class BillingSandbox
{
    public const string Catalog =
        """
        code: billing
        name: Billing
        currency: USD
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: calls, name: Calls, unit: call }
          - { code: exports, name: Exports, unit: export }
        plans:
          - code: free
            name: Free
            entitlements:
              - { feature: calls, quota: 10 }
              - { feature: exports, quota: 0 }
          - code: pro
            name: Pro
            prices:
              - { interval: monthly, amount: 2900, trial_days: 14 }
              - { interval: yearly, amount: 29000 }
              - { interval: monthly, amount: 3000, currency: JPY }
            entitlements:
              - feature: calls
                quota: 100
                hard_cap: false
                overage_price: [{ mode: per_unit, tiers: [{ unit_price: 0.02 }] }, { mode: per_unit, currency: JPY, tiers: [{ unit_price: 3 }] }]
              - { feature: exports, quota: 10 }
          - code: enterprise
            name: Enterprise
            prices:
              - { interval: monthly, amount: 29900 }
            entitlements:
              - { feature: calls, quota: 1000, hard_cap: false, overage_price: { mode: per_unit, tiers: [{ unit_price: 0.01 }] } }
              - { feature: exports, quota: 100 }
          - code: team
            name: Team
            prices:
              - { interval: monthly, amount: 5000, seats: { included: 3, price: 10.00 } }
            entitlements:
              - { feature: calls, quota: unlimited }
        """;

    private static int _count;

    private readonly HttpClient _client;

    private BillingSandbox(HttpClient client, string code) => (_client, Door, Code) = (client, new(client, null), code);

    public Door Door { get; }

    public string Code { get; }

    /// <param name="now">The initial time of its clock.</param>
    public static async Task<BillingSandbox> StartAsync(
        RunningServer running, string now, string? catalog = null, string zone = "Etc/UTC")
    {
        var code = string.Create(CultureInfo.InvariantCulture, $"billing-{Interlocked.Increment(ref _count)}");
        var body =
            new JsonObject
            {
                ["code"] = code, ["name"] = "Billing", ["mode"] = "sandbox", ["currency"] = "USD", ["time_zone"] = zone,
                ["catalog"] = (catalog ?? Catalog).Replace("time_zone: Etc/UTC", $"time_zone: {zone}", StringComparison.Ordinal),
            };
        var made = await running.DoorWith(running.Server.AdminKey).PostAsync("/v1/projects", body.ToJsonString());
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var sandbox = new BillingSandbox(running.Server.NewClient(made["secret_key"].GetValue<string>()), code);
        await sandbox.AdvanceAsync(now);
        return sandbox;
    }

    public async Task<Came> AdvanceAsync(string to)
    {
        var came = await Door.PostAsync("/v1/test-clock", $$"""{"advance_to": "{{to}}"}""");
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came;
    }

    public async Task<HttpStatusCode> PutCatalogAsync(HttpContent catalog) =>
        (await _client.PutAsync(new Uri("/v1/catalog", UriKind.Relative), catalog)).StatusCode;

    /// <summary>Publishes the catalogue, or only previews it.</summary>
    public async Task<JsonNode> PutCatalogAsync(string yaml, bool dryRun)
    {
        using var catalog = new StringContent(yaml, System.Text.Encoding.UTF8, "application/yaml");
        using var answer = await _client.PutAsync(new Uri("/v1/catalog" + (dryRun ? "?dry_run=true" : ""), UriKind.Relative), catalog);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>For answers that are not JSON.</summary>
    public Task<HttpResponseMessage> FetchAsync(string path) => _client.GetAsync(new Uri(path, UriKind.Relative));

    /// <summary>For bodies that are not JSON.</summary>
    public async Task<JsonNode> PostAsync(string path, HttpContent content, HttpStatusCode expected)
    {
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(expected, text);
        return JsonNode.Parse(text)!;
    }

    public async Task<string> SubscribeAsync(string json)
    {
        var came = await Door.PostAsync("/v1/subscriptions", json);
        came.Status.ShouldBe(HttpStatusCode.Created, came.Json?.ToJsonString());
        return came["id"].GetValue<string>();
    }

    public async Task UseAsync(string customer, string feature, decimal quantity, string? at = null, string? id = null)
    {
        var occurred = at is null ? "" : $$""", "occurred_at": "{{at}}" """;
        var came = await Door.PostAsync(
            "/v1/events",
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"id": "{{id ?? Guid.CreateVersion7().ToString()}}", "customer": "{{customer}}", "type": "{{feature}}", "quantity": {{quantity}}{{occurred}}}"""));
        came["accepted"].GetValue<int>().ShouldBe(1, came.Json!.ToJsonString());
    }

    /// <summary>Each invoice as a line: <c>000001 start 2900 = subscription 2900</c>, oldest first.</summary>
    public async Task<string[]> InvoicesAsync(string customer)
    {
        var came = await Door.GetAsync($"/v1/invoices?customer={customer}&order=asc&limit=100");
        return [.. came["data"].AsArray().Select(invoice => Told(invoice!))];
    }

    public static string Told(JsonNode invoice)
    {
        var number = invoice["number"]?.GetValue<string>() is { } text ? text[^6..] + " " : "";
        var lines = invoice["lines"]!.AsArray().Select(line => $"{line!["kind"]!.GetValue<string>()} {line["amount"]!.GetValue<long>()}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{number}{invoice["kind"]!.GetValue<string>()} {invoice["total"]!.GetValue<long>()} = {string.Join(", ", lines)}");
    }
}
