using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Http;

/// <summary>Mistakes of newcomers. Each answer repeats the wrong value and, where one is near, names the right one.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class MistakeTests(RunningServer server) : IAsyncLifetime
{
    private const string Project = "mistakes";

    private const string Catalog =
        """
        code: mistakes
        name: Mistakes
        default_plan: free
        upgrade_url: "/upgrade?customer={customer}"
        features:
          - { code: ats_scan, name: ATS scans }
          - { code: cover_letter, name: Cover letters }
          - { code: export_csv, name: Export, kind: switch }
        add_ons:
          - { code: more_scans, name: More scans, prices: [{ interval: monthly, amount: 500 }], entitlements: [{ feature: ats_scan, quota: 10 }] }
        packs:
          - { code: ten_scans, name: Ten scans, feature: ats_scan, quantity: 10, prices: [{ amount: 900 }] }
        plans:
          - { code: free, name: Free, prices: [{ interval: monthly, amount: 0 }], entitlements: [{ feature: ats_scan, quota: 2 }] }
          - { code: professional, name: Pro, prices: [{ interval: monthly, amount: 1500 }], entitlements: [{ feature: ats_scan, quota: 20 }, { feature: export_csv, enabled: true }] }
          - { code: legacy_gold, name: Gold, active: false, prices: [{ interval: monthly, amount: 9900 }], entitlements: [{ feature: ats_scan, quota: 200 }] }
        """;

    public async ValueTask InitializeAsync()
    {
        var body = JsonSerializer.Serialize(
            new Dictionary<string, string> { ["code"] = Project, ["name"] = Project, ["mode"] = "sandbox", ["catalog"] = Catalog });
        var made = await server.SendAsync("POST", "/v1/projects", server.Admin, body);
        if ((int)made.Status == 201)
        {
            (await SendAsync("POST", "/v1/coupons", """{"code": "WELCOME20", "percent_off": 20, "duration": "once"}""")).ShouldBe(201);
            (await SendAsync(
                "POST", "/v1/subscriptions",
                """{"customer": "paid", "plan": "professional", "period": "monthly", "id": "sub-paid"}""")).ShouldBe(201);
        }
        else
        {
            made.ShouldBeProblem(409, "project_exists");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]

    // Names of the catalogue.
    [InlineData(
        "POST", "/v1/consume", """{"customer": "u", "feature": "atsscan"}""", 404, "feature_not_found", "Unknown feature 'atsscan'.",
        "ats_scan")]
    [InlineData(
        "POST", "/v1/consume", """{"customer": "u", "feature": "video_minutes"}""", 404, "feature_not_found",
        "Unknown feature 'video_minutes'.", null)]
    [InlineData(
        "POST", "/v1/check", """{"customer": "u", "feature": "ATS-scan"}""", 404, "feature_not_found", "Unknown feature 'ATS-scan'.",
        "ats_scan")]
    [InlineData(
        "POST", "/v1/reservations", """{"customer": "u", "feature": "coverletter"}""", 404, "feature_not_found",
        "Unknown feature 'coverletter'.", "cover_letter")]
    [InlineData(
        "POST", "/v1/reservations", """{"customer": "u", "amounts": {"ats_scan": 1, "cover_leter": 1}}""", 404, "feature_not_found",
        "Unknown feature 'cover_leter'.", "cover_letter")]
    [InlineData(
        "GET", "/v1/customers/paid/explain?feature=ats_scam", null, 404, "feature_not_found", "Unknown feature 'ats_scam'.", "ats_scan")]
    [InlineData("GET", "/v1/events?feature=atsscan", null, 422, "validation_failed", "Unknown feature 'atsscan'.", "ats_scan")]
    [InlineData(
        "POST", "/v1/llm-calls", """{"customer": "u", "feature": "cover_lettre", "model": "gpt-4o", "input_tokens": 1}""", 422,
        "validation_failed", "Unknown feature 'cover_lettre'.", "cover_letter")]
    [InlineData(
        "POST", "/v1/customers/u/grants", """{"feature": "ats_scn", "amount": 5}""", 422, "validation_failed", "Unknown feature 'ats_scn'.",
        "ats_scan")]
    [InlineData(
        "POST", "/v1/customers/u/grants", """{"feature": "ats_scn"}""", 422, "validation_failed", "Unknown feature 'ats_scn'.", "ats_scan")]
    [InlineData(
        "POST", "/v1/customers/u/grant-schedules", """{"feature": "ats_scn", "amount": 5, "every": "month"}""", 422, "validation_failed",
        "Unknown feature 'ats_scn'.", "ats_scan")]
    [InlineData(
        "POST", "/v1/customers/paid/withdrawals", """{"feature": "ats_scn", "amount": 5}""", 422, "validation_failed",
        "Unknown feature 'ats_scn'.", "ats_scan")]
    [InlineData(
        "PUT", "/v1/customers/u/overrides", """{"ats_scn": {"quota": 5}}""", 422, "validation_failed", "Unknown feature 'ats_scn'.",
        "ats_scan")]
    [InlineData(
        "PUT", "/v1/customers/u/plan", """{"plan": "profesional"}""", 404, "plan_not_found", "Unknown plan 'profesional'.", "professional")]
    [InlineData(
        "PUT", "/v1/customers/u/plan", """{"plan": "legacygold"}""", 404, "plan_not_found", "Unknown plan 'legacygold'.", "legacy_gold")]
    [InlineData("GET", "/v1/plans/profesional", null, 404, "plan_not_found", "Unknown plan 'profesional'.", "professional")]
    [InlineData("POST", "/v1/plans/profesional/migrate", "{}", 404, "plan_not_found", "Unknown plan 'profesional'.", "professional")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "Professional"}""", 404, "plan_not_found", "Unknown plan 'Professional'.",
        "professional")]
    [InlineData(
        "PATCH", "/v1/subscriptions/sub-paid", """{"plan": "profesionnal"}""", 404, "plan_not_found", "Unknown plan 'profesionnal'.",
        "professional")]
    [InlineData("POST", "/v1/checkouts",
        """{"customer": "u", "plan": "profesional", "success_url": "https://a.example/", "cancel_url": "https://a.example/"}""", 404,
        "plan_not_found", "Unknown plan 'profesional'.", "professional")]
    [InlineData("GET", "/v1/subscriptions?plan=profesional", null, 422, "validation_failed", "Unknown plan 'profesional'.", "professional")]
    [InlineData(
        "POST", "/v1/coupons", """{"code": "X", "percent_off": 5, "duration": "once", "plans": ["profesional"]}""", 422,
        "validation_failed", "Unknown plan 'profesional'.", "professional")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "period": "yearly"}""", 422, "price_not_found", "monthly",
        null)]
    [InlineData("POST", "/v1/subscriptions",
        """{"customer": "u", "plan": "professional", "add_ons": [{"code": "morescans", "quantity": 1}]}""", 422, "add_on_refused",
        "Unknown add-on 'morescans'.", "more_scans")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "coupon": "WELCOM20"}""", 422, "coupon_refused",
        "Unknown coupon 'WELCOM20'.", "WELCOME20")]
    [InlineData(
        "POST", "/v1/subscriptions/sub-paid/coupons", """{"code": "welcome20"}""", 422, "coupon_refused", "Unknown coupon 'welcome20'.",
        "WELCOME20")]
    [InlineData("GET", "/v1/coupons/WELCOME2", null, 404, "coupon_not_found", "Unknown coupon 'WELCOME2'.", "WELCOME20")]
    [InlineData("POST", "/v1/customers/u/packs", """{"pack": "tenscans"}""", 422, "pack_refused", "Unknown pack 'tenscans'.", "ten_scans")]

    // Fields and query parameters.
    [InlineData(
        "POST", "/v1/consume", """{"custmer": "u", "feature": "ats_scan"}""", 422, "unknown_field", "Unknown field 'custmer'.", "customer")]
    [InlineData(
        "POST", "/v1/consume", """{"customer": "u", "feature": "ats_scan", "Amount": 1}""", 422, "unknown_field", "Unknown field 'Amount'.",
        "amount")]
    [InlineData("POST", "/v1/customers", """{"id": "u", "mail": "a@b.example"}""", 422, "unknown_field", "Unknown field 'mail'.", "email")]
    [InlineData(
        "POST", "/v1/events", """{"customer": "u", "type": "ats_scan", "quantitiy": 1}""", 422, "unknown_field",
        "Unknown field 'quantitiy'.", "quantity")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "add_ons": [{"cod": "x", "quantity": 1}]}""", 422,
        "unknown_field", "Unknown field 'cod'.", "code")]
    [InlineData("GET", "/v1/customers?customr=u", null, 422, "unknown_parameter", "Unknown query parameter 'customr'.", null)]
    [InlineData("GET", "/v1/invoices?custmer=u", null, 422, "unknown_parameter", "Unknown query parameter 'custmer'.", "customer")]
    [InlineData("GET", "/v1/customers?limt=5", null, 422, "unknown_parameter", "Unknown query parameter 'limt'.", "limit")]
    [InlineData(
        "POST", "/v1/events?enforced=true", """{"customer": "u", "type": "ats_scan"}""", 422, "unknown_parameter",
        "Unknown query parameter 'enforced'.", "enforce")]
    [InlineData("PUT", "/v1/catalog?dryrun=true", "{}", 422, "unknown_parameter", "Unknown query parameter 'dryrun'.", "dry_run")]
    [InlineData("GET", "/v1/invoices?customer=a&customer=b", null, 422, "unknown_parameter", "appears more than once", null)]

    // Words of closed sets.
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "period": "month"}""", 422, "validation_failed",
        "Unknown value 'month'.", "monthly")]
    [InlineData("GET", "/v1/invoices?status=payed", null, 422, "validation_failed", "Unknown value 'payed'.", "paid")]
    [InlineData(
        "POST", "/v1/coupons", """{"code": "X", "percent_off": 5, "duration": "forevr"}""", 422, "validation_failed",
        "Unknown value 'forevr'.", "forever")]
    [InlineData(
        "POST", "/v1/api-keys", """{"kind": "restricted", "name": "x", "scopes": ["gate:wirte"]}""", 422, "validation_failed",
        "Unknown value 'gate:wirte'.", "gate:write")]
    [InlineData(
        "POST", "/v1/api-keys", """{"kind": "secrete", "name": "x"}""", 422, "validation_failed", "Unknown value 'secrete'.", "secret")]
    [InlineData(
        "POST", "/v1/webhook-endpoints", """{"url": "https://a.example/", "events": ["invoice.payed"]}""", 422, "validation_failed",
        "Unknown event type 'invoice.payed'.", "invoice.paid")]
    [InlineData(
        "POST", "/v1/customers/u/grant-schedules", """{"feature": "ats_scan", "amount": 5, "every": "mounth"}""", 422, "validation_failed",
        "Unknown value 'mounth'.", "month")]
    [InlineData(
        "POST", "/v1/customers/u/grants", """{"feature": "ats_scan", "amount": 5, "source": "top_up"}""", 422, "validation_failed",
        "Unknown value 'top_up'.", "topup")]
    [InlineData("GET", "/v1/analytics/models?group_by=modell", null, 422, "validation_failed", "Unknown value 'modell'.", "model")]

    // Names that the world defined.
    [InlineData("POST", "/v1/customers", """{"id": "u", "currency": "usd"}""", 422, "validation_failed", "Unknown currency 'usd'.", "USD")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "currency": "EURO"}""", 422, "validation_failed",
        "Unknown currency 'EURO'.", "EUR")]
    [InlineData(
        "POST", "/v1/customers", """{"id": "u", "time_zone": "Europe/Berln"}""", 422, "validation_failed",
        "Unknown time zone 'Europe/Berln'.", "Europe/Berlin")]
    [InlineData(
        "POST", "/v1/customers", """{"id": "u", "time_zone": "Berlin"}""", 422, "validation_failed", "Unknown time zone 'Berlin'.",
        "Europe/Berlin")]
    [InlineData(
        "POST", "/v1/customers", """{"id": "u", "country": "Germany"}""", 422, "validation_failed", "Unknown country 'Germany'.", "DE")]
    [InlineData("POST", "/v1/customers", """{"id": "u", "country": "UK"}""", 422, "validation_failed", "Unknown country 'UK'.", "GB")]
    [InlineData(
        "PUT", "/v1/tax-rates", """{"rates": [{"country": "DEU", "name": "VAT", "percent": 19}]}""", 422, "validation_failed",
        "Unknown country 'DEU'.", "DE")]
    [InlineData("PUT", "/v1/invoice-settings", """{"country": "Frnace"}""", 422, "validation_failed", "Unknown country 'Frnace'.", "FR")]
    [InlineData(
        "POST", "/v1/model-prices", """{"provider": "openai", "model": "x", "prices": {"imput": "1"}}""", 422, "validation_failed",
        "Unknown unit 'imput'.", "input")]

    [InlineData(
        "POST", "/v1/customers", """{"id": "u", "time_zone": "Europe/Kiew"}""", 422, "validation_failed",
        "Unknown time zone 'Europe/Kiew'.", "Europe/Kiev")]

    // Words of other products, and opposites, which are spelt alike.
    [InlineData("GET", "/v1/invoices?status=unpaid", null, 422, "validation_failed", "Unknown value 'unpaid'.", "open")]
    [InlineData(
        "POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "period": "annual"}""", 422, "validation_failed",
        "Unknown value 'annual'.", "yearly")]

    // Times, amounts of money and percentages.
    [InlineData(
        "POST", "/v1/coupons", """{"code": "X", "percent_off": 0.2, "duration": "once"}""", 422, "validation_failed",
        "send 20 for 20 percent; 0.2 was sent", null)]
    [InlineData(
        "POST", "/v1/test-clock", """{"advance_to": "2027-01-15"}""", 422, "invalid_type",
        "'2027-01-15' has no time of day: send 2027-01-15T00:00:00Z", null)]
    [InlineData(
        "POST", "/v1/test-clock", """{"advance_to": "2027-01-15 09:30:00"}""", 422, "invalid_type",
        "has neither Z nor an offset: send 2027-01-15T09:30:00Z", null)]
    [InlineData(
        "POST", "/v1/test-clock", """{"advance_to": "2027-02-30T00:00:00Z"}""", 422, "invalid_type",
        "'2027-02-30T00:00:00Z' is not a time.", null)]
    [InlineData("GET", "/v1/events?from=yesterday", null, 422, "validation_failed", "'yesterday' is not a time.", null)]
    [InlineData("POST", "/v1/subscriptions", """{"customer": "u", "plan": "professional", "amount": 12.5}""", 422, "invalid_type",
        "12.5 was sent. Amounts are in minor units of the currency: where it has cents, send 1250 for 12.5.", null)]

    // Ids, fields and bodies.
    [InlineData("GET", "/v1/customers/nobody", null, 404, "customer_not_found", "Unknown customer 'nobody'.", null)]
    [InlineData("GET", "/v1/subscriptions/sub-none", null, 404, "subscription_not_found", "Unknown subscription 'sub-none'.", null)]
    [InlineData(
        "GET", "/v1/invoices/M-000001", null, 404, "invoice_not_found",
        "Unknown invoice 'M-000001'. An invoice is found by its number with GET /v1/invoices?number=.", null)]
    [InlineData("POST", "/v1/customers", """{"id": "u", "surname": "Ada"}""", 422, "unknown_field", "Known fields: id, name, email", null)]
    [InlineData(
        "POST", "/v1/customers", """{"id": "u", "name": "Ada", "name": "Eva"}""", 422, "unknown_field", "The field 'name' appears twice.",
        null)]
    [InlineData("PATCH", "/v1/subscriptions/sub-paid", "{}", 422, "validation_failed", "Nothing to change: send plan, period,", null)]
    [InlineData("POST", "/v1/events", "{\"customer\": \"u\", \"type\": \"ats_scan\"}\n{\"customer\": \"u\", \"type\": \"ats_scan\"}", 400,
        "malformed_json", "send it as Content-Type: application/x-ndjson.", null)]
    [InlineData(
        "PUT", "/v1/catalog", "code: mistakes\nname: Mistakes", 400, "malformed_json",
        "If it is YAML, send Content-Type: application/yaml.", null)]
    [InlineData(
        "POST", "/v1/projects", """{"code": "typo", "name": "Typo", "mode": "sandbox", "catalog": "Trendit"}""", 422, "validation_failed",
        "Unknown catalogue 'Trendit'.", "trendit")]
    [InlineData(
        "POST", "/v1/projects", """{"code": "typo", "name": "Typo", "mode": "sandbox", "catalog": "resume_ats"}""", 422,
        "validation_failed", "Unknown catalogue 'resume_ats'.", "resume-ats")]

    [InlineData("POST", "/v1/subscriptions", """{"customer": "paid", "plan": "professional"}""", 409, "subscription_exists",
        "Change that one with PATCH /v1/subscriptions/sub-paid, or cancel it first.", null)]
    [InlineData(
        "PUT", "/v1/customers/paid/plan", """{"plan": "free"}""", 409, "subscription_exists",
        "The plan of customer 'paid' comes from its subscription.", null)]

    // Paths and methods.
    [InlineData("GET", "/v1/custmers", null, 404, "not_found", "No operation has the path '/v1/custmers'.", "/v1/customers")]
    [InlineData(
        "GET", "/v1/customer/u/usage", null, 404, "not_found", "No operation has the path '/v1/customer/u/usage'.",
        "/v1/customers/{id}/usage")]
    [InlineData(
        "GET", "/v1/customers/u/entitlement", null, 404, "not_found", "'/v1/customers/u/entitlement'.", "/v1/customers/{id}/entitlements")]
    [InlineData("POST", "/consume", "{}", 404, "not_found", "'/consume'.", "/v1/consume")]
    [InlineData("PUT", "/v1/consume", "{}", 405, "method_not_allowed", "PUT is not a method of this path. Methods: POST.", null)]
    public async Task The_answer_repeats_what_was_wrong_and_names_what_is_near(
        string method, string path, string? body, int status, string code, string echo, string? meant)
    {
        var reply = (await SendAsync(method, path, body)).ShouldBeProblem(status, code);
        var detail = reply.Json.GetProperty("detail").GetString()!;
        detail = reply.Json.TryGetProperty("errors", out var all)
            ? string.Join(' ', all.EnumerateArray().Select(static one => one.GetProperty("detail").GetString()))
            : detail;
        detail.ShouldContain(echo);
        (detail.Contains("Did you mean", StringComparison.Ordinal) ? detail : null).ShouldBe(meant is null ? null : detail, detail);
        detail.ShouldContain(meant is null ? "" : $"Did you mean '{meant}'?");
        Encoding.UTF8.GetString(reply.Body).ShouldNotContain("\\u00");
    }

    /// <summary>A key of one project with the name of another: the intention is unclear, and the wrong project would change.</summary>
    [Fact]
    public async Task A_request_that_names_another_project_than_its_key_is_refused()
    {
        var key = server.Secret("resume-ats");
        (await server.SendAsync("GET", "/v1/customers", key, null, ("X-Project", "resume-ats"))).ShouldBe(200);
        (await server.SendAsync("GET", "/v1/customers", key, null, ("X-Project", Project))).ShouldBeProblem(400, "malformed_request")
            .Json.GetProperty("detail").GetString().ShouldStartWith("X-Project names 'mistakes', but the key belongs to 'resume-ats'.");
    }

    [Theory]
    [InlineData("/v1/customers", "Basic dG9rZW4=", 401, "Authorization has the scheme 'Basic'")]
    [InlineData("/v1/customers", "Bearer ", 401, "Authorization: Bearer is not followed by a key")]
    [InlineData("/v1/customers", "tg_sk_0", 401, "Authorization has a key without the word Bearer before it.")]
    [InlineData("/v1/customers", null, 401, "The request has no API key or token. Send Authorization: Bearer <key>")]
    [InlineData("/v1/customers", "admin", 400, "Add the header X-Project with the project's code")]
    [InlineData("/v1/test-clock", "live", 409, "tollgate projects create shop-test --sandbox")]
    public async Task A_refusal_at_the_door_names_the_next_step(string path, string? authorization, int status, string words)
    {
        var header =
            authorization switch { null => null, "admin" => "Bearer " + server.Admin, "live" => "Bearer " + server.Secret("resume-ats"),
                _ => authorization };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }

        using var answer = await server.Server.Http.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(status);
        JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString()!.ShouldContain(words);
    }

    [Theory]
    [InlineData(
        "POST", "/v1/customers", "application/x-www-form-urlencoded",
        "application/json is expected; application/x-www-form-urlencoded was sent. curl sends a form unless")]
    [InlineData("POST", "/v1/events", "text/plain", "application/x-ndjson")]
    [InlineData("PUT", "/v1/catalog", "text/plain", "application/yaml")]
    public async Task A_wrong_content_type_is_named_beside_the_right_ones(string method, string path, string type, string words) =>
        (await server.SendAsync(method, path, server.Admin, "x=1", ("X-Project", Project), ("Content-Type", type))).ShouldBeProblem(
            415, "unsupported_media_type")
            .Json.GetProperty("detail").GetString()!.ShouldContain(words);

    [Fact]
    public async Task Faults_of_a_catalogue_have_their_line_and_a_project_without_one_says_so()
    {
        foreach (var (text, code, words) in (IEnumerable<(string, string, string)>)
        [
            ("code: x\nplans:\n  - code: free\n\tname: Free\n", "malformed_request",
                "Line 4, column 1: This is not YAML: the indentation has a tab."),
            ("code: x\nname: [1\n", "malformed_request", "Line "),
            (Catalog.Replace("amount: 1500", "amount: 15.00", StringComparison.Ordinal), "catalog_invalid",
                "where the currency has cents, write 1500 for 15.00."),
        ])
        {
            (await server.SendAsync(
                "PUT", "/v1/catalog?dry_run=true", server.Admin, text, ("X-Project", Project),
                ("Content-Type", "application/yaml"))).ShouldBeProblem(code == "catalog_invalid" ? 422 : 400, code)
                .Json.GetProperty("detail").GetString()!.ShouldContain(words);
        }

        await server.SendAsync("POST", "/v1/projects", server.Admin, """{"code": "bare", "name": "Bare", "mode": "sandbox"}""");
        foreach (var (path, body) in (IEnumerable<(string, string)>)[("/v1/consume", """{"customer": "u", "feature": "scan"}"""),
            ("/v1/subscriptions", """{"customer": "u", "plan": "pro"}""")])
        {
            (await server.SendAsync("POST", path, server.Admin, body, ("X-Project", "bare"))).Json.GetProperty("detail")
                .GetString()!.ShouldContain("tollgate catalog apply");
        }
    }

    [Fact]
    public async Task An_id_that_was_used_for_something_else_is_named()
    {
        (await SendAsync("POST", "/v1/consume", """{"customer": "again", "feature": "ats_scan", "id": "scan-1"}""")).ShouldBe(200);
        (await DetailAsync(
            "POST", "/v1/consume", server.Admin, """{"customer": "again", "feature": "ats_scan", "id": "scan-1", "amount": 2}"""))
            .ShouldStartWith("The id 'scan-1' was accepted before with different content. Use a new key");
    }

    [Fact]
    public async Task An_unknown_project_of_the_admin_key_is_named_and_none_of_another_key()
    {
        (await server.SendAsync("GET", "/v1/plans", server.Admin, null, ("X-Project", "mistake"))).ShouldBeProblem(404, "project_not_found")
            .Json.GetProperty("detail").GetString().ShouldBe("Unknown project 'mistake'. Did you mean 'mistakes'?");
        (await server.SendAsync("GET", "/v1/projects/mistake", server.Admin)).ShouldBeProblem(404, "project_not_found")
            .Json.GetProperty("detail").GetString().ShouldBe("Unknown project 'mistake'. Did you mean 'mistakes'?");
        (await server.SendAsync("GET", "/v1/projects/mistake", server.Secret("resume-ats"))).ShouldBeProblem(404, "project_not_found")
            .Json.GetProperty("detail").GetString().ShouldBe("Unknown project 'mistake'.");
    }

    /// <summary>
    /// Customers, and keys without the right to read the catalogue, must not see retired plans; coupons are worth money.
    /// </summary>
    [Fact]
    public async Task A_suggestion_shows_nothing_that_the_key_does_not_open()
    {
        var billing = await KeyAsync("""{"kind": "restricted", "name": "billing", "scopes": ["billing:write", "customers:write"]}""");
        var reader = await KeyAsync(
            """{"kind": "restricted", "name": "reader", "scopes": ["catalog:read", "billing:read", "billing:write"]}""");
        var open = await KeyAsync("""{"kind": "public", "name": "page"}""");
        var token = (await SendAsync("POST", "/v1/customers/paid/tokens", "{}")).ShouldBe(201).Json.GetProperty("token").GetString()!;

        (await DetailAsync("GET", "/v1/plans/legacygold", open)).ShouldBe("Unknown plan 'legacygold'. Known plans: free, professional.");
        (await DetailAsync("GET", "/v1/plans/legacygold", token)).ShouldBe("Unknown plan 'legacygold'. Known plans: free, professional.");
        (await DetailAsync("GET", "/v1/plans/profesional", token)).ShouldBe("Unknown plan 'profesional'. Did you mean 'professional'?");
        (await DetailAsync("GET", "/v1/plans/legacygold", reader)).ShouldBe("Unknown plan 'legacygold'. Did you mean 'legacy_gold'?");
        (await DetailAsync("PUT", "/v1/customers/u/plan", billing, """{"plan": "legacygold"}""")).ShouldBe(
            "Unknown plan 'legacygold'. Known plans: free, professional.");
        (await DetailAsync(
            "POST", "/v1/subscriptions", billing, """{"customer": "u", "plan": "professional", "coupon": "WELCOM20"}""")).ShouldBe(
            "Unknown coupon 'WELCOM20'.");
        (await DetailAsync("POST", "/v1/subscriptions", reader, """{"customer": "u", "plan": "professional", "coupon": "WELCOM20"}"""))
            .ShouldBe("Unknown coupon 'WELCOM20'. Did you mean 'WELCOME20'?");
    }

    [Fact]
    public async Task A_long_or_hostile_value_is_cut_and_shown()
    {
        var detail = await DetailAsync(
            "POST", "/v1/consume", server.Admin, $$"""{"customer": "u", "feature": "{{new string('a', 5_000)}}"}""");
        detail.ShouldBe($"Unknown feature '{new string('a', 99)}…'. Known features: ats_scan, cover_letter, export_csv.");
        (await DetailAsync("POST", "/v1/consume", server.Admin, """{"customer": "u", "feature": "a\n\u0007\u202eb"}""")).ShouldBe(
            "Unknown feature 'a\\u000A\\u0007\\u202Eb'. Known features: ats_scan, cover_letter, export_csv.");
        var name = new string('x', 50_000);
        var reply = (await SendAsync("POST", "/v1/consume", $$"""{"{{name}}": 1}""")).ShouldBeProblem(422, "unknown_field");
        reply.Body.Length.ShouldBeLessThan(1_000);
        (await SendAsync("GET", "/v1/customers?" + name[..3_000] + "=1", null)).ShouldBeProblem(
            422, "unknown_parameter").Body.Length.ShouldBeLessThan(1_200);
    }

    /// <summary>A 402 has the amount requested, the amount left, and an absolute link to where more is sold.</summary>
    [Fact]
    public async Task A_402_says_what_was_asked_for_and_what_is_left_with_an_absolute_link()
    {
        var problem =
            (await SendAsync("POST", "/v1/consume", """{"customer": "a b", "feature": "ats_scan", "amount": 3}""")).ShouldBeProblem(
                402, "quota_exceeded").Json;
        problem.GetProperty("detail").GetString().ShouldStartWith("ATS scans: 3 requested, 0 of 2 used, 2 left until ");
        problem.GetProperty("requested").GetDecimal().ShouldBe(3);
        problem.GetProperty("remaining").GetDecimal().ShouldBe(2);
        problem.GetProperty("upgrade_url").GetString().ShouldBe(new Uri(server.Server.Url, "/upgrade?customer=a%20b").AbsoluteUri);
        problem.GetProperty("suggested_plan").GetString().ShouldBe("professional");
    }

    private async Task<string> DetailAsync(string method, string path, string key, string? body = null)
    {
        var reply = key == server.Admin ? await SendAsync(method, path, body) : await server.SendAsync(method, path, key, body);
        ((int)reply.Status).ShouldBeInRange(400, 499, Encoding.UTF8.GetString(reply.Body));
        return reply.Json.GetProperty("detail").GetString()!;
    }

    private async Task<string> KeyAsync(string body) =>
        (await SendAsync("POST", "/v1/api-keys", body)).ShouldBe(201).Json.GetProperty("key").GetString()!;

    private Task<Reply> SendAsync(string method, string path, string? body) =>
        server.SendAsync(method, path, server.Admin, body, ("X-Project", Project));
}
