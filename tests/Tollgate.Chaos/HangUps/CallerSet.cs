using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Fuzzing;

namespace Tollgate.Chaos.HangUps;

/// <summary>
/// A customer with objects of every kind that operations use: each operation gets a path and a body with which it has an effect.
/// </summary>
public sealed class CallerSet
{
    public const string Shop = """
        code: hangups
        name: Hang-ups
        currency: USD
        default_plan: free
        features:
          - { code: calls, name: Calls }
        packs:
          - { code: hundred, name: A hundred calls, feature: calls, quantity: 100, prices: [{ amount: 400 }] }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 1000000 }]
          - code: pro
            name: Pro
            prices: [{ interval: monthly, amount: 2900 }]
            entitlements: [{ feature: calls, quota: 2000000, hard_cap: false, overage_price: { mode: per_unit, tiers: [{ unit_price: 0.25 }] } }]
          - code: enterprise
            name: Enterprise
            prices: [{ interval: monthly, amount: 9900 }]
            entitlements: [{ feature: calls, quota: 3000000 }]
        """;

    private const string AnotherProject = "another";

    private static int _count;
    private static int _bodies;

    private readonly Dictionary<string, string> _things = [];
    private readonly string[] _invoices = new string[5];

    private CallerSet(string customer) => Customer = customer;

    public string Customer { get; }

    /// <summary>A customer token, for the doors that require one.</summary>
    public string Token => _things["token"];

    public static async Task<CallerSet> GatherAsync(GateClient gate)
    {
        var callers = new CallerSet(string.Create(CultureInfo.InvariantCulture, $"cust-{Interlocked.Increment(ref _count)}"));
        var id = callers.Customer;
        await Done(gate, "/v1/customers", $$"""{"id":"{{id}}"}""");
        callers._things["method"] = (await Done(gate, $"/v1/customers/{id}/payment-methods", """{"token":"pm_sandbox_visa"}""")).Id;
        for (var n = 0; n < callers._invoices.Length; n++)
        {
            var sold = await Done(gate, $"/v1/customers/{id}/packs", """{"pack":"hundred"}""");
            callers._invoices[n] = sold.Member("invoice").GetProperty("id").GetString()!;
        }

        foreach (var coupon in (string[])["coupon", "redeemed"])
        {
            callers._things[coupon] =
                (await Done(gate, "/v1/coupons", $$"""{"code":"{{coupon}}-{{id}}","percent_off":10,"duration":"forever"}""")).Member("code")
                    .GetString()!;
        }

        callers._things["payment"] = (await Done(gate, "/v1/payments", $$"""{"invoice":"{{callers._invoices[0]}}"}""")).Id;
        callers._things["subscription"] =
            (await Done(
                gate, "/v1/subscriptions",
                $$"""{"customer":"{{id}}","plan":"pro","period":"monthly","coupon":"{{callers._things["redeemed"]}}"}""")).Id;
        callers._things["grant"] = (await Done(gate, $"/v1/customers/{id}/grants", """{"feature":"calls","amount":5}""")).Id;
        callers._things["schedule"] =
            (await Done(gate, $"/v1/customers/{id}/grant-schedules", """{"feature":"calls","amount":5,"every":"month"}""")).Id;
        callers._things["member"] = (await Done(gate, $"/v1/customers/{id}/members", $$"""{"id":"{{id}}-m"}""")).Id;
        callers._things["hold"] = (await Done(gate, "/v1/reservations", $$"""{"customer":"{{id}}","feature":"calls","amount":1}""")).Id;
        callers._things["event"] = (await Done(gate, "/v1/consume", $$"""{"customer":"{{id}}","feature":"calls","id":"{{id}}-e"}""")).Id;
        callers._things["checkout"] =
            (await Done(
                gate, "/v1/checkouts",
                $$"""{"customer":"{{id}}","pack":"hundred","success_url":"https://a.example/x","cancel_url":"https://a.example/y"}""")).Id;
        var issued = await Done(gate, $"/v1/customers/{id}/tokens", """{"ttl_seconds":3600}""");
        (callers._things["token"], callers._things["token_id"]) =
            (issued.Member("token").GetString()!, (await Done(gate, $"/v1/customers/{id}/tokens", "{}")).Id);
        callers._things["session"] = (await Done(gate, "/v1/portal-sessions", $$"""{"customer":"{{id}}"}""")).Id;
        foreach (var rule in (string[])["rule", "deleted rule"])
        {
            callers._things[rule] = (await Done(gate, "/v1/alert-rules", """{"kind":"payment_failed"}""")).Id;
        }

        const string report = """{"kind":"segments","every":"monthly","recipients":["ops@example.com"]}""";
        foreach (var schedule in (string[])["report", "deleted report"])
        {
            callers._things[schedule] = (await Done(gate, "/v1/report-schedules", report)).Id;
        }

        callers._things["erased"] = (await Done(gate, "/v1/customers", $$"""{"id":"{{id}}-erased"}""")).Id;
        callers._things["key"] = (await Done(gate, "/v1/api-keys", """{"kind":"secret"}""")).Id;
        return callers;
    }

    /// <summary>A project may have few webhook endpoints, so all share one.</summary>
    public static async Task<string> EndpointAsync(GateClient gate) =>
        (await Done(gate, "/v1/webhook-endpoints", """{"url":"http://127.0.0.1:9/hooks","events":["*"]}""")).Id;

    /// <param name="clock">The new time of a test clock.</param>
    public RawRequest RequestOf(Operation operation, string key, string endpoint, DateTime clock, string? idempotencyKey)
    {
        var body = BodyOf(operation, clock);
        return new(
            operation.Method.ToUpperInvariant(), operation.PathWith(name => PathValue(name, operation, endpoint)), key, body,
            operation.Name switch
            {
                "PUT /v1/catalog" => "application/yaml", "POST /v1/imports" => "application/x-ndjson", _ => "application/json",
            },
            idempotencyKey);
    }

    private string PathValue(string name, Operation operation, string endpoint) =>
        (operation.Path.Split('/') is ["", "v1", var room, ..] ? room : "", name) switch
    {
        (_, "grant" or "schedule" or "member" or "method" or "token_id") => _things[name],
        ("customers", "kind") => "usage",
        (_, "kind") => "segments",
        ("report-schedules", _) => _things[
            operation.Method.Equals("delete", StringComparison.OrdinalIgnoreCase) ? "deleted report" : "report"],
        ("portal-sessions", _) => _things["session"],
        ("customers", _) => operation.Path.EndsWith("/erase", StringComparison.Ordinal) ? _things["erased"] : Customer,
        ("invoices", _) => InvoiceFor(operation),
        ("payments", _) => _things["payment"],
        ("subscriptions", "code") => _things["redeemed"],
        ("coupons", _) => _things["coupon"],
        ("subscriptions", _) => _things["subscription"],
        ("checkouts", _) => _things["checkout"],
        ("reservations", _) => _things["hold"],
        ("events", _) => _things["event"],
        ("api-keys", _) => _things["key"],
        ("webhook-endpoints", _) => endpoint,
        ("alert-rules", _) => _things[operation.Method.Equals("delete", StringComparison.OrdinalIgnoreCase) ? "deleted rule" : "rule"],
        ("plans", _) => "pro",
        ("projects", _) => AnotherProject,
        ("payment-settings", _) => "paymob",
        (_, "provider") => "openai",
        _ => Customer,
    };

    /// <summary>An invoice is voided or paid once: each operation that ends one has its own.</summary>
    private string InvoiceFor(Operation operation) => operation.Path.Split('/')[^1] switch
    {
        "credit-notes" => _invoices[0],
        "pay" => _invoices[1],
        "void" => _invoices[2],
        "mark-uncollectible" => _invoices[3],
        _ => _invoices[4],
    };

    private string? BodyOf(Operation operation, DateTime clock) => operation.Name switch
    {
        "PUT /v1/catalog" => Shop,
        "POST /v1/test-clock" => string.Create(CultureInfo.InvariantCulture, $$"""{"advance_to":"{{clock:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}"""),
        "POST /v1/payments" => $$"""{"invoice":"{{_invoices[4]}}"}""",
        "POST /v1/payments/{id}/refunds" => """{"amount":1}""",
        "POST /v1/invoices/{id}/credit-notes" => """{"amount":1,"reason":"Outage"}""",
        "POST /v1/customers/{id}/packs" => """{"pack":"hundred"}""",
        "POST /v1/customers/{id}/credits" => """{"kind":"prepaid","amount":100}""",
        "POST /v1/customers/{id}/grants" => """{"feature":"calls","amount":1}""",
        "POST /v1/customers/{id}/grant-schedules" => """{"feature":"calls","amount":1,"every":"month"}""",
        "POST /v1/customers/{id}/withdrawals" => """{"feature":"calls","amount":1,"up_to":true}""",
        "PUT /v1/customers/{id}/overrides" => """{"calls":{"quota":500}}""",
        "POST /v1/customers/{id}/members" => $$"""{"id":"{{Customer}}-{{Next()}}"}""",
        "POST /v1/customers" => $$"""{"id":"new-{{Next()}}"}""",
        "POST /v1/coupons" => $$"""{"code":"N-{{Next()}}","percent_off":10,"duration":"once"}""",
        "POST /v1/check" or "POST /v1/consume" or "POST /v1/reservations" =>
            $$"""{"customer":"{{Customer}}","feature":"calls","amount":1}""",
        "POST /v1/events" => $$"""{"id":"e-{{Next()}}","customer":"{{Customer}}","type":"calls"}""",
        "POST /v1/events/{id}/void" => $$"""{"customer":"{{Customer}}"}""",
        "POST /v1/report-schedules" or "PUT /v1/report-schedules/{id}" =>
            """{"kind":"segments","every":"monthly","recipients":["ops@example.com"]}""",
        "POST /v1/imports" =>
            $$"""{"kind":"usage","id":"i-{{Next()}}","customer":"{{Customer}}","feature":"calls","occurred_at":"2024-03-05T10:00:00Z"}""",
        "POST /v1/llm-calls" => $$"""{"customer":"{{Customer}}","provider":"openai","model":"gpt-4o","input_tokens":1,"output_tokens":1}""",
        "POST /v1/subscriptions" => $$"""{"customer":"{{Customer}}-m","plan":"pro","period":"monthly"}""",
        "POST /v1/subscriptions/{id}/cancel" => """{"at":"period_end"}""",
        "POST /v1/subscriptions/{id}/pause" => "{}",
        "POST /v1/subscriptions/{id}/coupons" => $$"""{"code":"{{_things["coupon"]}}"}""",
        "POST /v1/checkouts" =>
            $$"""{"customer":"{{Customer}}","pack":"hundred","success_url":"https://a.example/x","cancel_url":"https://a.example/y"}""",
        "POST /v1/sandbox/events" => $$"""{"type":"dispute.opened","payment":"{{_things["payment"]}}","amount":1,"reason":"fraudulent"}""",
        "POST /v1/sandbox/webhook-behavior" => """{"copies":1}""",
        "PUT /v1/upstreams/{provider}" => """{"api_key":"sk-1","base_url":"https://api.openai.com"}""",
        "POST /v1/projects" => $$"""{"code":"{{AnotherProject}}","name":"Again","mode":"sandbox","catalog":"resume-ats"}""",
        "POST /v1/model-prices/rerate" => """{"provider":"openai","model":"gpt-4o"}""",
        _ => Example(operation),
    };

    private string? Example(Operation operation)
    {
        if (operation.BodyExample is not { } example)
        {
            return null;
        }

        var body = JsonNode.Parse(example.GetRawText())!;
        foreach (var name in (string[])["customer", "user_id"])
        {
            if (body is JsonObject members && members.ContainsKey(name))
            {
                members[name] = Customer;
            }
        }

        return body.ToJsonString();
    }

    private static string Next() => Interlocked.Increment(ref _bodies).ToString(CultureInfo.InvariantCulture);

    private static async Task<Answer> Done(GateClient gate, string path, string body)
    {
        Answer answer;
        var tries = 0;
        do
        {
            using var content = GateClient.Raw(body, "application/json");
            answer = await gate.SendAsync(HttpMethod.Post, path, content, patience: TimeSpan.FromSeconds(60));
        }
        while (answer.Fate == Fate.Refused && ++tries < 20);

        answer.Fate.ShouldBe(Fate.Granted, $"POST {path} {body}: {answer}");
        return answer;
    }
}
