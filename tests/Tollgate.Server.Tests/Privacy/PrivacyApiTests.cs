using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>Exports and erasures over HTTP: what a database has about a person, and what is left of it.</summary>
[Collection(RunningServerTests.Others)]
public sealed class PrivacyApiTests(RunningServer running)
{
    /// <summary>In every text that a caller chooses for a customer.</summary>
    private const string Mark = "Zmarkerz";

    private const string Id = "Zid/ada@example.com";
    private const string Mail = "zmail.ada@example.com";
    private const string Name = "Zname ليلى O'Neill";
    private const string StripeId = "cus_Zstripe42";

    private const string Shop = """
        code: CODE
        name: Shop
        currency: USD
        default_plan: free
        features:
          - { code: calls, name: Calls }
          - code: seats
            name: Seats
            meters: [{event_type: login, aggregate: unique, value_property: user}]
        packs:
          - { code: hundred, name: A hundred calls, feature: calls, quantity: 100, prices: [{ amount: 400 }] }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 20 }, { feature: seats, quota: 10 }]
          - code: pro
            name: Pro
            prices: [{ interval: monthly, amount: 2900 }]
            entitlements: [{ feature: calls, quota: 2000 }, { feature: seats, quota: 100 }]
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_erased_customer_is_nowhere_in_the_database_but_on_its_invoices_and_a_repeat_changes_nothing(bool encrypts)
    {
        var (project, door) = await ShopAsync(encrypts ? "privacy-z" : "privacy-a");
        await Done(door.PutAsync("/v1/privacy-settings", $$"""{"encrypt_usage": {{(encrypts ? "true" : "false")}} }"""));
        await LiveAsync(project, door);
        await VerifyAsync(project);

        var erased = await door.PostAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/erase");
        erased.Status.ShouldBe(HttpStatusCode.OK, erased.Json?.ToJsonString());
        erased["status"].GetValue<string>().ShouldBe("done");
        erased["customer"].GetValue<string>().ShouldStartWith("erased_");

        await ShouldBeGoneAsync();
        await VerifyAsync(project);
        (await CountAsync($"SELECT count(*) FROM provider_events WHERE object IS NULL AND project_id = {await ProjectAsync(project)}"))
            .ShouldBe(2, "evt_3 is about somebody else.");
        (await CountAsync($"SELECT count(*) FROM customers WHERE id = '{erased["customer"]}' AND name IS NULL")).ShouldBe(1);
        var again = await door.PostAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/erase");
        JsonNode.DeepEquals(again.Json, erased.Json).ShouldBeTrue(again.Json!.ToJsonString());
        var byPseudonym = await door.PostAsync($"/v1/customers/{erased["customer"]}/erase");
        JsonNode.DeepEquals(byPseudonym.Json, erased.Json).ShouldBeTrue(byPseudonym.Json!.ToJsonString());
        (await door.GetAsync("/v1/erasures"))["data"].AsArray().Select(static one => one!["id"]!.GetValue<string>())
            .ShouldBe([erased["id"].GetValue<string>()]);

        // The former id is refused everywhere, until somebody creates the customer on purpose.
        var use = await door.PostAsync("/v1/consume", $$"""{"customer": "{{Id}}", "feature": "calls"}""");
        (use.Status, use["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Gone, "customer_erased"));
        (await door.PostAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/grants", """{"feature": "calls", "amount": 1}"""))
            .Status.ShouldBe(HttpStatusCode.Gone);
        (await door.GetAsync($"/v1/customers/{Uri.EscapeDataString(Id)}")).Status.ShouldBe(HttpStatusCode.NotFound);
        await ShouldBeGoneAsync();

        // The last sweep ends the erasure, and its words go.
        await ExecuteAsync("UPDATE erasures SET due_at = now() WHERE due_at IS NOT NULL");
        await Eventually.UntilAsync(
            async () => await CountAsync("SELECT count(*) FROM erasures WHERE due_at IS NOT NULL OR terms IS NOT NULL") == 0);
        await ShouldBeGoneAsync();
        await ShouldBeGoneFromADumpAsync();
        (await door.PostAsync("/v1/customers", $$"""{"id": "{{Id}}"}""")).Status.ShouldBe(HttpStatusCode.Created);
        (await door.PostAsync("/v1/consume", $$"""{"customer": "{{Id}}", "feature": "calls"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await door.PostAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/erase"))["customer"].GetValue<string>()
            .ShouldNotBe(erased["customer"].GetValue<string>());
        await ShouldBeGoneAsync();
        await VerifyAsync(project);
    }

    [Fact]
    public async Task An_export_has_every_table_of_the_customer_as_json_and_csv_and_no_secret()
    {
        var (project, door) = await ShopAsync("privacy-b");
        await LiveAsync(project, door);
        using var client = running.Server.NewClient(Secret(project));
        using var zip = new ZipArchive(
            await client.GetStreamAsync(new Uri($"/v1/customers/{Uri.EscapeDataString(Id)}/export", UriKind.Relative)),
            ZipArchiveMode.Read);
        var manifest = JsonNode.Parse(await TextAsync(zip, "manifest.json"))!;
        manifest["customer"]!.GetValue<string>().ShouldBe(Id);
        var files = manifest["files"]!.AsArray().ToDictionary(static file => file!["json"]!.GetValue<string>(), static file => file!);
        zip.Entries.Select(static entry => entry.FullName).Order(StringComparer.Ordinal)
            .ShouldBe(files.Values.SelectMany(static file => new[] { file["json"]!.GetValue<string>(), file["csv"]!.GetValue<string>() })
                .Append("manifest.json").Order(StringComparer.Ordinal));
        foreach (var (name, file) in files)
        {
            var rows = JsonNode.Parse(await TextAsync(zip, name))!.AsArray();
            rows.Count.ShouldBe((int)file["rows"]!.GetValue<long>(), name);
            (await TextAsync(zip, file["csv"]!.GetValue<string>())).ShouldEndWith("\r\n");
        }

        foreach (var name in (string[])[
            "customers", "events", "invoices", "payments", "subscriptions", "subscription_facts", "grants", "balances",
            "mails", "alerts", "customer_tokens", "checkouts", "webhook_events", "redemptions", "payment_methods", "past_members"])
        {
            files[name + ".json"]["rows"]!.GetValue<long>().ShouldBeGreaterThan(0, name);
        }

        (await TextAsync(zip, "customers.json")).ShouldContain(Name);
        (await TextAsync(zip, "events.json")).ShouldContain("\"feature\": \"calls\"");
        (await TextAsync(zip, "grant_withdrawals.csv")).ShouldContain($"'={Mark}");
        var all = string.Concat(
            await Task.WhenAll(zip.Entries.Select(entry => entry.FullName).ToArray().Select(name => TextAsync(zip, name))));
        all.ShouldNotContain("pm_sandbox_visa");
        all.ShouldNotContain("s1.");
        (await door.GetAsync("/v1/customers/nobody/export")).Status.ShouldBe(HttpStatusCode.NotFound);

        // Another test searches the database of all tests for the same texts.
        await Done(door.PostAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/erase"));
        (await door.GetAsync($"/v1/customers/{Uri.EscapeDataString(Id)}/export")).Status.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stored_answers_of_any_content_are_searched_and_those_of_the_customer_deleted()
    {
        var (project, door) = await ShopAsync("privacy-answers");
        await Done(door.PostAsync("/v1/customers", """{"id": "ada"}"""));
        await ExecuteAsync(
            $"""
            INSERT INTO idempotency_keys (project_id, key, operation, body_hash, claim, lease_until, status, content_type, body)
            SELECT p.id, a.key, 'POST /v1/events', decode('00', 'hex'), gen_random_uuid(), now(), 200, a.type, a.body
              FROM projects p,
                   (VALUES ('empty', 'application/json', ''::bytea), ('nothing', NULL, ''),
                           ('lines', 'application/x-ndjson', convert_to('{One("ada")}' || chr(10) || '{One("eve")}', 'UTF8')),
                           ('others', 'application/x-ndjson', convert_to('{One("adam")}' || chr(10) || '{One("eve")}', 'UTF8')),
                           ('broken', 'application/json', decode('ff7b', 'hex')),
                           ('hers', 'application/json', convert_to('{One("ada")}', 'UTF8'))) AS a (key, type, body)
             WHERE p.code = '{project}'
            """);

        var erased = await door.PostAsync("/v1/customers/ada/erase");

        erased.Status.ShouldBe(HttpStatusCode.OK, erased.Json?.ToJsonString());
        var left = $"SELECT count(*) FROM idempotency_keys k JOIN projects p ON p.id = k.project_id WHERE p.code = '{project}' AND k.key ";
        (await CountAsync(left + "IN ('empty', 'nothing', 'others', 'broken')"), await CountAsync(left + "IN ('lines', 'hers')"))
            .ShouldBe((4, 0));

        static string One(string customer) => $$"""{"customer": "{{customer}}"}""";
    }

    [Fact]
    public async Task An_erasure_waits_for_the_end_of_business_and_says_which()
    {
        var (_, door) = await ShopAsync("privacy-c");
        await door.PostAsync("/v1/subscriptions", """{"customer": "busy", "plan": "pro", "period": "monthly", "id": "s-1"}""");
        await door.PostAsync("/v1/customers/busy/members", """{"id": "m-1"}""");
        var refused = await door.PostAsync("/v1/customers/busy/erase");
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "customer_in_business"));
        foreach (var word in (string[])["subscription 's-1'", "invoice '", "member 'm-1'"])
        {
            refused["detail"].GetValue<string>().ShouldContain(word);
        }

        (await door.GetAsync("/v1/customers/busy"))["id"].GetValue<string>().ShouldBe("busy");
        (await door.PostAsync("/v1/customers/nobody/erase"))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task A_member_that_is_erased_leaves_its_owner_and_its_owners_events()
    {
        var (project, door) = await ShopAsync("privacy-e");
        await Done(door.PostAsync("/v1/customers/team/members", """{"id": "zmember-7", "name": "Zmember Seven"}"""));
        await Done(door.PostAsync("/v1/consume", Use("zmember-7")));
        await Done(door.PostAsync("/v1/events", Use("zmember-7", "events")));
        await Done(door.PostAsync("/v1/reservations", Use("zmember-7")));
        await Done(door.PostAsync("/v1/consume", Use("team")));

        (await Done(door.PostAsync("/v1/customers/zmember-7/erase")))["status"].GetValue<string>().ShouldBe("done");
        (await FindAsync("zmember")).ShouldBeEmpty();
        (await door.GetAsync("/v1/customers/team/members"))["data"].AsArray().ShouldBeEmpty();
        (await door.GetAsync("/v1/events?customer=team"))["data"].AsArray().Count.ShouldBe(3, "The owner's usage stays.");
        (await door.PostAsync("/v1/consume", Use("zmember-7"))).Status.ShouldBe(HttpStatusCode.Gone);
        await Done(door.PostAsync("/v1/consume", Use("team")));
        await VerifyAsync(project);
    }

    [Fact]
    public async Task Signals_of_an_erased_member_stay_its_owners_until_they_are_voided()
    {
        var (project, door) = await ShopAsync("privacy-s");
        await Done(door.PostAsync("/v1/customers/team/members", """{"id": "ysignal-7"}"""));
        await Done(door.PostAsync("/v1/events",
            """
            [{"id": "ys-1", "customer": "ysignal-7", "type": "csat", "properties": {"score": 5}},
             {"id": "ys-2", "customer": "ysignal-7", "type": "csat", "properties": {"score": 1}},
             {"id": "ys-3", "customer": "ysignal-7", "type": "value_metric", "properties": {"name": "hours_saved", "value": 2}},
             {"id": "ys-4", "customer": "ysignal-7", "type": "support_ticket"}]
            """));
        await Done(door.PostAsync("/v1/customers/ysignal-7/erase"));
        await VerifyAsync(project);

        (await SignalsAsync()).ShouldBe((2, 1));
        await Done(door.PostAsync("/v1/events/ys-2/void", """{"customer": "team"}"""));
        await Done(door.PostAsync("/v1/events/ys-4/void", """{"customer": "team"}"""));
        (await SignalsAsync()).ShouldBe((1, 0));
        await VerifyAsync(project);

        async Task<(int Responses, int Tickets)> SignalsAsync()
        {
            var total = (await Done(door.GetAsync("/v1/customers/team/success")))["total"];
            return (total["csat"]!["responses"]!.GetValue<int>(), total["tickets"]!.GetValue<int>());
        }
    }

    [Theory]
    [InlineData("privacy-d", "false")]
    [InlineData("privacy-d-encrypted", "true")]
    public async Task Traffic_of_two_servers_does_not_bring_an_erased_customer_back(string code, string encrypts)
    {
        var (project, door) = await ShopAsync(code);
        await Done(door.PutAsync("/v1/privacy-settings", $$"""{"encrypt_usage": {{encrypts}} }"""));
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        var other = new Door(second.NewClient(Secret(project)), null);
        await Eventually.UntilAsync(
            async () => (await other.PostAsync("/v1/consume", Use("warm"))).Status == HttpStatusCode.OK);
        using var stop = new CancellationTokenSource();
        var answers = new System.Collections.Concurrent.ConcurrentBag<(long At, HttpStatusCode Status)>();
        var traffic = new[] { door, other, door, other }.Select(async one =>
        {
            while (!stop.IsCancellationRequested)
            {
                var at = System.Diagnostics.Stopwatch.GetTimestamp();
                answers.Add((at, (await one.PostAsync("/v1/events", Use("traffic-zed", "events"))).Status));
                answers.Add((at, (await one.PostAsync("/v1/consume", Use("traffic-zed"))).Status));
                answers.Add((at, (await one.PostAsync("/v1/reservations", Use("traffic-zed"))).Status));
            }
        }).ToArray();
        await Eventually.UntilAsync(() => answers.Count > 60);
        (await door.PostAsync("/v1/customers/traffic-zed/erase")).Status.ShouldBe(HttpStatusCode.OK);
        var over = System.Diagnostics.Stopwatch.GetTimestamp();
        await Eventually.UntilAsync(() => answers.Count(one => one.At > over) > 40);
        await stop.CancelAsync();
        await Task.WhenAll(traffic);

        answers.Select(static one => (int)one.Status).Distinct()
            .ShouldAllBe(static status => status == 200 || status == 201 || status == 402 || status == 410 || status == 422);
        await ExecuteAsync("UPDATE erasures SET due_at = now() WHERE due_at IS NOT NULL");
        await Eventually.UntilAsync(async () => await CountAsync("SELECT count(*) FROM erasures WHERE due_at IS NOT NULL") == 0);
        (await FindAsync("traffic-zed")).ShouldBeEmpty();
        (await CountAsync(
            "SELECT count(*) FROM usage_keys k JOIN customers c USING (partition, account) "
                + $"WHERE c.project_id = {await ProjectAsync(project)} AND c.id LIKE 'erased%'")).ShouldBe(0);
        await VerifyAsync(project);
    }

    private static string Use(string customer, string form = "use") => form == "events"
        ? $$"""{"customer": "{{customer}}", "type": "calls", "id": "{{customer}}-{{Guid.NewGuid()}}", "properties": {"who": "{{customer}}"} }"""
        : $$"""{"customer": "{{customer}}", "feature": "calls", "amount": 1}""";

    /// <summary>A sandbox of its own, with endpoints for webhooks and rules for alerts.</summary>
    private async Task<(string Project, Door Door)> ShopAsync(string code)
    {
        var admin = running.DoorWith(running.Server.AdminKey);
        var made = await admin.PostAsync("/v1/projects", $$"""{"code": "{{code}}", "name": "Shop", "mode": "sandbox"}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        _secrets[code] = (made.Json!["secret_key"] ?? made.Json["keys"]!["secret"])!.GetValue<string>();
        var door = running.DoorWith(_secrets[code]);
        using var client = running.Server.NewClient(_secrets[code]);
        using var catalog = new StringContent(Shop.Replace("CODE", code, StringComparison.Ordinal), Encoding.UTF8, "application/yaml");
        using var published = await client.PutAsync(new Uri("/v1/catalog", UriKind.Relative), catalog);
        published.IsSuccessStatusCode.ShouldBeTrue(await published.Content.ReadAsStringAsync());
        await Done(door.PostAsync("/v1/webhook-endpoints", """{"url": "http://127.0.0.1:9/hook", "events": ["*"]}"""));
        return (code, door);
    }

    private readonly Dictionary<string, string> _secrets = [];

    private string Secret(string project) => _secrets[project];

    /// <summary>The customer uses, buys, pays and gets everything that there is; the mark is in every text of it.</summary>
    private async Task LiveAsync(string project, Door door)
    {
        var path = $"/v1/customers/{Uri.EscapeDataString(Id)}";
        await Done(door.PostAsync("/v1/customers", """{"id": "family"}"""));
        await Done(
            door.PostAsync(
                "/v1/customers/family/members", $$"""{"id": "{{Id}}", "name": "{{Name}}", "email": "{{Mail}}", "role": "{{Mark}}"}"""));
        await Done(
            door.PostAsync(
                "/v1/consume", $$"""{"customer": "{{Id}}", "feature": "calls", "id": "{{Mark}}-m", "properties": {"x": "{{Mark}}"} }"""));
        await Done(
            door.PostAsync("/v1/reservations", $$"""{"customer": "{{Id}}", "feature": "calls", "amount": 1, "id": "{{Mark}}-mr"}"""));
        await Done(door.DeleteAsync($"/v1/customers/family/members/{Uri.EscapeDataString(Id)}"));
        await Done(door.SendAsync(
            HttpMethod.Patch, path,
            $$"""{"name": "{{Name}}", "email": "{{Mail}}", "country": "DE", "tax_id": "DE136695976", "time_zone": "Europe/Berlin", "metadata": {"k": "={{Mark}}"} }""",
            ("Idempotency-Key", $"{Mark}-patch")));
        await Done(door.PostAsync($"{path}/payment-methods", """{"token": "pm_sandbox_visa"}"""));
        await Done(door.SendAsync(HttpMethod.Post, $"{path}/tokens", "{}", ("Idempotency-Key", $"t-{Mark}")));
        await Done(door.PostAsync("/v1/portal-sessions", $$"""{"customer": "{{Id}}", "return_url": "https://a.example/{{Mark}}"}"""));
        await Done(door.PostAsync($"{path}/grants", $$"""{"feature": "calls", "amount": 5, "id": "{{Mark}}-g"}"""));
        await Done(
            door.PostAsync($"{path}/grant-schedules", $$"""{"feature": "calls", "amount": 5, "every": "month", "id": "{{Mark}}-gs"}"""));
        await Done(
            door.PostAsync($"{path}/withdrawals", $$"""{"feature": "calls", "amount": 1, "id": "{{Mark}}-w", "reason": "={{Mark}}"}"""));
        await Done(door.PostAsync($"{path}/credits", $$"""{"amount": 40, "kind": "promotional", "note": "{{Mark}}"}"""));
        await Done(door.PostAsync($"{path}/credits", $$"""{"amount": 30, "kind": "prepaid", "note": "{{Mark}}"}"""));

        await UseAsync(door);
        await ImportAsync(project, door);
        await Done(door.PostAsync(
            "/v1/report-schedules",
            $$"""{"kind": "usage", "customer": "{{Id}}", "every": "daily", "recipients": ["{{Mail}}"]}"""));
        await BuyAsync(door, path);
        await HearAsync(project);
        foreach (var sql in (string[])[
            $"SELECT count(*) FROM alerts WHERE customer = '{Id}'", $"SELECT count(*) FROM mails WHERE customer = '{Id}'",
            $"SELECT count(*) FROM webhook_events WHERE payload LIKE '%{Mail}%'"])
        {
            var ofProject = $"{sql} AND project_id = {await ProjectAsync(project)}";
            await Eventually.UntilAsync(async () => await CountAsync(ofProject) > 0, () => ofProject);
        }
    }

    private static async Task UseAsync(Door door)
    {
        // Use: 26 of 29 calls cross thresholds, so there are mails, alerts and webhooks.
        await Done(door.PostAsync(
            "/v1/consume",
            $$"""{"customer": "{{Id}}", "feature": "calls", "amount": 26, "id": "{{Mark}}-c", "properties": {"ip": "192.0.2.77", "agent": "{{Mark}}"} }"""));
        await Done(
            door.PostAsync(
                "/v1/events", $$"""{"customer": "{{Id}}", "type": "login", "id": "{{Mark}}-l", "properties": {"user": "{{Mark}}"} }"""));
        await Done(
            door.PostAsync(
                "/v1/events", $$"""{"customer": "{{Id}}", "type": "other_event", "id": "{{Mark}}-o", "properties": {"a": "{{Mark}}"} }"""));
        await Done(door.PostAsync(
            "/v1/llm-calls",
            $$"""{"id": "{{Mark}}-llm", "customer": "{{Id}}", "provider": "openai", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5, "request_id": "{{Mark}}", "endpoint": "/{{Mark}}", "status": 500, "error": "{{Mark}}", "properties": {"user": "{{Mark}}", "phone": 4912345678} }"""));
        await Done(door.PostAsync("/v1/reservations", $$"""{"customer": "{{Id}}", "feature": "calls", "amount": 1, "id": "{{Mark}}-r"}"""));
        await Done(door.PostAsync(
            "/v1/events",
            $$"""
            [{"id": "{{Mark}}-s1", "customer": "{{Id}}", "type": "csat", "properties": {"score": 2, "comment": "{{Mark}} {{Name}}"} },
             {"id": "{{Mark}}-s2", "customer": "{{Id}}", "type": "value_metric", "properties": {"name": "hours_saved", "value": 2, "of": "{{Name}}"} },
             {"id": "{{Mark}}-s3", "customer": "{{Id}}", "type": "support_ticket", "properties": {"mail": "{{Mail}}"} }]
            """));
    }

    /// <summary>History of the customer: two records are booked, and one is rejected with its words.</summary>
    private async Task ImportAsync(string project, Door door)
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", project);
        using var content = new StringContent(
            $$"""
            {"kind": "usage", "id": "{{Mark}}-i1", "customer": "{{Id}}", "feature": "calls", "occurred_at": "2024-05-01T08:00:00Z", "properties": {"who": "{{Name}}"} }
            {"kind": "llm_calls", "id": "{{Mark}}-i2", "customer": "{{Id}}", "provider": "openai", "model": "gpt-4o", "input_tokens": 5, "occurred_at": "2024-05-01T08:00:00Z", "error": "{{Mail}}"}
            {"kind": "invoices", "id": "{{Mark}}-i3", "customer": "{{Id}}", "status": "{{Mark}}", "total": 5, "issued_at": "2024-05-01T08:00:00Z"}
            """, Encoding.UTF8, "application/x-ndjson");
        using var came = await client.PostAsync(new Uri("/v1/imports", UriKind.Relative), content);
        came.StatusCode.ShouldBe(HttpStatusCode.Accepted, await came.Content.ReadAsStringAsync());
        var id = JsonNode.Parse(await came.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        JsonNode? import = null;
        await Eventually.UntilAsync(async () =>
            (import = (await door.GetAsync($"/v1/imports/{id}")).Json!)["status"]!.GetValue<string>() == "finished");
        (import!["booked"]!.GetValue<long>(), import["rejected_count"]!.GetValue<long>()).ShouldBe((2, 1), import.ToJsonString());
    }

    private static async Task BuyAsync(Door door, string path)
    {
        // Money: a subscription under an id of the caller, a refund, a write-off, a cancellation with words of the customer.
        var bought = await Done(door.PostAsync($"{path}/packs", $$"""{"pack": "hundred", "id": "{{Mark}}-p"}"""));
        await Done(door.PostAsync($"/v1/invoices/{bought["invoice"]["id"]}/void", $$"""{"note": "{{Mark}}"}"""));
        await Done(door.PostAsync(
            "/v1/checkouts",
            $$"""{"customer": "{{Id}}", "pack": "hundred", "success_url": "https://a.example/{{Mark}}", "cancel_url": "https://a.example/{{Mark}}"}"""));
        await Done(door.SendAsync(
            HttpMethod.Post, "/v1/subscriptions",
            $$"""{"customer": "{{Id}}", "plan": "pro", "period": "monthly", "id": "{{Mark}}-s", "trial_fingerprint": "{{Mark}}"}""",
            ("Idempotency-Key", $"s-{Mark}")));
        var invoice = (await Done(door.GetAsync($"/v1/invoices?customer={Uri.EscapeDataString(Id)}&status=open")))["data"].AsArray()
            .FirstOrDefault()?["id"]!.GetValue<string>();
        if (invoice is not null)
        {
            await Done(door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}"""));
        }

        var payment = (await Done(door.GetAsync($"/v1/payments?customer={Uri.EscapeDataString(Id)}&status=succeeded")))["data"][0]!["id"]!;
        await Done(door.PostAsync($"/v1/payments/{payment}/refunds", $$"""{"amount": 100, "reason": "Refund of the year"}"""));
        await Done(
            door.PostAsync($"/v1/subscriptions/{Mark}-s/cancel", $$"""{"at": "now", "reason": "{{Mark}}", "comment": "{{Mark}}"}"""));
    }

    private async Task HearAsync(string project)
    {
        // Events of a provider: one names the customer at the provider, the other its address, the third somebody else.
        await ExecuteAsync(
            $"""
            INSERT INTO provider_customers (partition, account, provider, is_live, project_id, reference)
            SELECT c.partition, c.account, 'stripe', true, c.project_id, '{StripeId}'
              FROM customers c JOIN projects p ON p.id = c.project_id WHERE p.code = '{project}' AND c.id = '{Id}'
            """);
        foreach (var (id, body, state) in ((string, string, string)[])[
            ("evt_1", $$"""{"data": {"object": {"customer": "{{StripeId}}", "note": "{{Mark}}"} } }""", "done"),
            ("evt_2", $$"""{"data": {"object": {"email": "{{Mail}}", "note": "{{Mark}}"} } }""", "ignored"),
            ("evt_3", """{"data": {"object": {"customer": "cus_other", "note": "stays"} } }""", "done")])
        {
            await ExecuteAsync(
                $"""
                INSERT INTO provider_events (project_id, provider, id, type, object, body, state, due_at)
                SELECT p.id, 'stripe', '{id}', 'x', '{(id == "evt_1" ? StripeId : "cus_other")}',
                       '{TestSecrets.Seal(body, SecretPlace.ProviderEvent(await ProjectAsync(project), "stripe", id))}', '{state}', NULL
                  FROM projects p WHERE p.code = '{project}'
                """);
        }
    }

    private static async Task<Came> Done(Task<Came> sending)
    {
        var came = await sending;
        ((int)came.Status).ShouldBeInRange(200, 299, $"{came.Message.RequestMessage!.RequestUri}: {came.Json?.ToJsonString()}");
        return came;
    }

    private async Task ShouldBeGoneAsync()
    {
        foreach (var text in (string[])[Mark, Id, StripeId, "4912345678"])
        {
            (await FindAsync(text)).ShouldBeEmpty(text);
        }

        // Facts of before that are published after the first sweep show the invoice with its buyer, until the last sweep.
        if (await CountAsync("SELECT count(*) FROM erasures WHERE due_at IS NOT NULL") > 0)
        {
            return;
        }

        // The law keeps the buyer as printed on invoices, and VIES's answer as the proof of the tax.
        (await FindAsync(Name)).Except(["invoices"]).ShouldBeEmpty();
        (await FindAsync(Mail)).Except(["invoices"]).ShouldBeEmpty();
        (await FindAsync("DE136695976")).Except(["invoices", "vat_checks"]).ShouldBeEmpty();
    }

    /// <summary>Reads the text that pg_dump writes: the law keeps the person in some tables, and no other table has it.</summary>
    private async Task ShouldBeGoneFromADumpAsync()
    {
        var dump = await DumpText.OfAsync(running.ConnectionString);
        dump.Tables.Count.ShouldBeGreaterThan(60);
        dump.Find("Shop").ShouldContain("projects", "The search finds what is there.");
        foreach (var text in (string[])[Mark, Id, StripeId, "4912345678", "192.0.2.77"])
        {
            dump.Find(text).ShouldBeEmpty(text);
        }

        foreach (var text in (string[])[Name, "ليلى", "O'Neill", Mail])
        {
            dump.Find(text).Except(["invoices"]).ShouldBeEmpty(text);
        }

        dump.Find("DE136695976").Except(["invoices", "vat_checks"]).ShouldBeEmpty();
    }

    private Task<IReadOnlyList<string>> FindAsync(string text) => TextSearch.FindAsync(running.ConnectionString, text);

    private async Task VerifyAsync(string project)
    {
        var verified = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", project));
        verified.Status.ShouldBe(HttpStatusCode.OK);
        verified["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!.ToJsonString()).ShouldBeEmpty();
    }

    private async Task<int> ProjectAsync(string code) =>
        (int)await CountAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT id::bigint FROM projects WHERE code = '{code}'"));

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> TextAsync(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(await zip.GetEntry(name)!.OpenAsync());
        return await reader.ReadToEndAsync();
    }
}
