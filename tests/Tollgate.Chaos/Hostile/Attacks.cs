using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Servers;
using static Tollgate.Chaos.Hostile.HostileTenant;

namespace Tollgate.Chaos.Hostile;

/// <summary>An action that a hostile tenant repeats.</summary>
/// <param name="Callers">The number of simultaneous callers, each on its own connection.</param>
internal sealed record Attack(string Name, int Callers, Func<HostileTenant, Random, CancellationToken, Task> Once);

/// <summary>The attacks that a tenant can make with its keys, all at the same time.</summary>
internal static class Attacks
{
    private const string Hot = "hot-customer";

    private static readonly string[] Analyses = ["customers", "features", "models", "providers", "revenue-vs-cost"];

    private const int LargeCallBytes = 30 * 1024 * 1024;

    /// <summary>The body of a call to a model, in small messages: the worst to parse.</summary>
    private static readonly Lazy<byte[]> LargeCall = new(static () =>
    {
        const string Message =
            """{"role":"user","content":"Is there anything that a tenant can say to a model which slows its neighbour down?"}""";
        var text = new StringBuilder("""{"model":"mistral-large-latest","max_tokens":1,"messages":[""", LargeCallBytes + Message.Length);
        for (text.Append(Message); text.Length < LargeCallBytes; text.Append(',').Append(Message))
        {
            // Until it is large enough.
        }

        return Encoding.ASCII.GetBytes(text.Append("]}").ToString());
    });

    private static readonly string[] Lists =
    [
        "/v1/customers", "/v1/invoices", "/v1/subscriptions", "/v1/events", "/v1/llm-calls", "/v1/payments", "/v1/webhook-events",
        "/v1/deliveries", "/v1/api-keys",
        "/v1/coupons", "/v1/checkouts", "/v1/provider-events", "/v1/mails",
    ];

    private static readonly string[] Exports =
        ["/v1/events.csv", "/v1/invoices.csv", "/v1/analytics/customers.csv", "/v1/customers/payer-0/statement.csv",
            "/v1/billing/late-usage.csv"];

    public static readonly IReadOnlyList<Attack> All =
    [
        new("hot customer", 200,
            static (tenant, _, cancel) =>
                tenant.PostAsync(
                    "hot customer", "/v1/consume", new JsonObject { ["customer"] = Hot, ["feature"] = HostileCatalogue.Hot }, cancel)),
        new("catalogues", 3, CatalogueAsync),
        new("batches", 4,
            static (tenant, random, cancel) =>
                tenant.SendEventsAsync(
                    "batches", $"payer-{At(random.Next(Payers))}", 10_000, HostileCatalogue.Metered, manyCustomers: false, cancel)),
        new("customers in batches", 2,
            static (tenant, _, cancel) => tenant.SendEventsAsync("customers in batches", "crowd", 5_000, 1, manyCustomers: true, cancel)),
        new("customers", 8,
            static (tenant, _, cancel) =>
                tenant.PostAsync(
                    "customers", "/v1/customers",
                    new JsonObject { ["id"] = $"one-of-many-{At(tenant.Next())}", ["name"] = new string('n', 200) }, cancel)),
        new("streams", 2, StreamAsync),
        new("analyses", 6, static (tenant, random, cancel) => tenant.GetAsync("analyses", AnalysisOf(random), cancel)),
        new("clock", 2, ClockAsync),
        new("exports", 6, static (tenant, random, cancel) => tenant.GetAsync("exports", Exports[random.Next(Exports.Length)], cancel)),
        new("papers", 4,
            static (tenant, random, cancel) =>
                tenant.GetAsync(
                    "papers",
                    random.Next(
                        3) switch { 0 =>
                            "/v1/customers/payer-0/statement.pdf", 1 =>
                                $"/v1/invoices/{tenant.Invoice}.html", _ => $"/v1/invoices/{tenant.Invoice}.pdf" }, cancel)),
        new("lists", 6, ListAsync),
        new("makers", 8, MakeAsync),
        new("runs", 4, static (tenant, random, cancel) => RunAsync(tenant, random, cancel)),
        new("settings", 1, PoisonAsync),
        new("pages", 8,
            static (tenant, random, cancel) => tenant.GetAsync("pages", random.Next(2) == 0 ? tenant.Portal : "/openapi/v1.json", cancel)),
        new("token", 12,
            static (tenant, random, cancel) =>
                tenant.GetAsync("token", random.Next(2) == 0 ? "/me/usage" : "/api/usage/limits", cancel, tenant.Token)),
        new("operations", 6, Walk.StepAsync),
        new("gateway bodies", 16, GatewayBodyAsync),
        new("slow readers", 12, SlowReadAsync),
        new("hang-ups", 6, HangUpAsync),
        new("half requests", 24, DribbleAsync),
    ];

    private static Task CatalogueAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var text = random.Next(4) switch
        {
            0 => HostileCatalogue.Largest(tenant.Next(), tooMany: false),
            1 => HostileCatalogue.Largest(tenant.Next(), tooMany: true),
            _ => HostileCatalogue.Bombs[random.Next(HostileCatalogue.Bombs.Count)],
        };
        var path = random.Next(2) == 0 ? "/v1/catalog" : "/v1/catalog?dry_run=true";
        return tenant.SendAsync("catalogues", tenant.Gate, HttpMethod.Put, path, Client.GateClient.Raw(text, "application/yaml"), cancel);
    }

    private static Task StreamAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var lines = new StringBuilder();
        for (var at = 0; at < 30_000; at++)
        {
            lines.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $$"""{"customer":"payer-{{random.Next(Payers)}}","type":"f{{at % HostileCatalogue.Metered}}"}""").Append('\n');
        }

        return tenant.SendAsync(
            "streams", tenant.Gate, HttpMethod.Post, "/v1/events", Client.GateClient.Raw(lines.ToString(), "application/x-ndjson"), cancel);
    }

    /// <summary>A century if that is refused, else three years.</summary>
    private static string AnalysisOf(Random random)
    {
        var name = Analyses[random.Next(Analyses.Length)] + (random.Next(2) == 0 ? ".csv" : "");
        var range = random.Next(3) switch { 0 => "from=1990-01-01&to=2090-01-01", 1 => "days=1100", _ => "days=36500" };
        return $"/v1/analytics/{name}?{range}";
    }

    /// <summary>Advances the clock from now to its limit, in steps of years and of a month.</summary>
    private static async Task ClockAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var now = await tenant.GetAsync("clock", "/v1/test-clock", cancel);
        if (now.Status != 200)
        {
            return;
        }

        var to = now.Moment("now").AddDays(random.Next(3) == 0 ? 36_500 : random.Next(2) == 0 ? 3_650 : 31);
        await tenant.PostAsync("clock", "/v1/test-clock", new JsonObject { ["advance_to"] = to.UtcDateTime.ToString("o") }, cancel);
    }

    /// <summary>Lists to the last page, 100 at a time.</summary>
    private static async Task ListAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var (list, after) = (Lists[random.Next(Lists.Length)], "");
        for (var page = 0; page < 50; page++)
        {
            var answer = await tenant.GetAsync("lists", $"{list}?limit=100{after}", cancel);
            if (answer.Status != 200 || answer.Member("data") is not { ValueKind: System.Text.Json.JsonValueKind.Array } data
                || data.GetArrayLength() == 0
                || !data[data.GetArrayLength() - 1].TryGetProperty("id", out var last))
            {
                return;
            }

            after = $"&starting_after={Uri.EscapeDataString(last.ToString())}";
        }
    }

    private static Task MakeAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var number = At(tenant.Next());
        var (path, body) = random.Next(7) switch
        {
            0 => ("/v1/api-keys", new JsonObject { ["kind"] = "secret", ["name"] = number }),
            1 => ("/v1/coupons", new JsonObject { ["code"] = $"c{number}", ["percent_off"] = 10, ["duration"] = "once" }),
            2 => ("/v1/customers/payer-1/tokens", new JsonObject { ["ttl_seconds"] = 3_600 }),
            3 => ("/v1/portal-sessions", new JsonObject { ["customer"] = "payer-1" }),
            4 => ("/v1/checkouts",
                new JsonObject
                {
                    ["customer"] = $"buyer-{number}", ["plan"] = "pro", ["period"] = "monthly", ["success_url"] = "https://example.org/yes",
                    ["cancel_url"] = "https://example.org/no",
                }),
            5 => ("/v1/webhook-endpoints", new JsonObject { ["url"] = "http://127.0.0.1:9/", ["events"] = new JsonArray("*") }),
            _ => ($"/v1/customers/payer-{At(random.Next(Payers))}/grants", new JsonObject { ["feature"] = "f1", ["amount"] = 1 }),
        };
        return tenant.PostAsync($"makers {path.Split('/')[^1]}", path, body, cancel);
    }

    private static async Task RunAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var (path, body) = random.Next(4) switch
        {
            0 => ("/v1/verify", new JsonObject()),
            1 => ("/v1/billing/run", new JsonObject()),
            2 => ("/v1/model-prices/rerate", new JsonObject { ["all"] = true }),
            _ => ("/v1/plans/pro/migrate", new JsonObject()),
        };
        await tenant.PostAsync($"runs {path}", path, body, cancel);
    }

    /// <summary>Changes its own settings, so that background loops meet unexpected rows.</summary>
    private static async Task PoisonAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        await tenant.SendAsync(
            "settings", tenant.Gate, HttpMethod.Put, "/v1/payment-settings",
            Client.GateClient.Json(new JsonObject { ["provider"] = "sandbox", ["credentials"] = new JsonObject() }), cancel);
        await tenant.PostAsync("settings", "/v1/sandbox/webhook-behavior", new JsonObject { ["copies"] = 2 }, cancel);
        await tenant.PostAsync(
            "settings", $"/v1/customers/payer-{At(random.Next(Payers))}/payment-methods", new JsonObject { ["token"] = "pm_sandbox_visa" },
            cancel);
        await tenant.PostAsync("settings", "/v1/payments", new JsonObject { ["invoice"] = tenant.Invoice }, cancel);
        await tenant.SendAsync("settings", tenant.Gate, HttpMethod.Put, "/v1/upstreams/openai",
            Client.GateClient.Json(
                new JsonObject { ["base_url"] = $"{tenant.Gate.Server}gateway/openai", ["api_key"] = tenant.Project.SecretKey }), cancel);
        await tenant.GetAsync("settings", "/gateway/openai/models", cancel);
        await Task.Delay(200, cancel);
    }

    /// <summary>
    /// A call of 30 MB, which the gateway reads whole before it decides. Nothing listens at the upstream's address: the attack is on the
    /// server.
    /// </summary>
    private static async Task GatewayBodyAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var body = new ByteArrayContent(LargeCall.Value);
        body.Headers.ContentType = new("application/json");
        body.Headers.Add("X-Tollgate-Customer", $"payer-{At(random.Next(Payers))}");
        await tenant.SendAsync("gateway bodies", tenant.Gate, HttpMethod.Post, "/gateway/mistral/v1/chat/completions", body, cancel);
    }

    private static async Task SlowReadAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        using var socket = await tenant.ConnectAsync($"GET {Exports[random.Next(Exports.Length)]}", cancel);
        await socket.SendAsync("\r\n"u8.ToArray(), cancel);
        var one = new byte[1];
        for (var read = 0; read < 30; read++)
        {
            if (await socket.ReceiveAsync(one, cancel) == 0)
            {
                return;
            }

            await Task.Delay(500, cancel);
        }
    }

    private static async Task HangUpAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var body = Encoding.UTF8.GetBytes(
            new JsonObject { ["customer"] = $"payer-{At(random.Next(Payers))}", ["plan"] = "pro", ["period"] = "monthly" }.ToJsonString());
        var path = random.Next(
            4) switch { 0 =>
                "POST /v1/subscriptions", 1 =>
                    "POST /v1/payments", 2 =>
                        $"POST /v1/subscriptions/{tenant.Subscription}/preview", _ => "GET /v1/analytics/customers?days=1100" };
        using var socket = await tenant.ConnectAsync(path, cancel);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"Content-Type: application/json\r\nContent-Length: {At(body.Length)}\r\n\r\n"), cancel);
        await socket.SendAsync(body, cancel);
        await Task.Delay(random.Next(20), cancel);
        socket.Close(timeout: 0);
    }

    /// <summary>A head, or half of a body, and then a byte a second.</summary>
    private static async Task DribbleAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        const string Head = "Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n";
        using var socket = await tenant.ConnectAsync(random.Next(2) == 0 ? "POST /v1/customers" : "PUT /v1/catalog", cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Head[..random.Next(Head.Length / 2, Head.Length + 1)]), cancel);
        for (var sent = 0; sent < 20; sent++)
        {
            await socket.SendAsync("x"u8.ToArray(), cancel);
            await Task.Delay(1_000, cancel);
        }
    }
}
