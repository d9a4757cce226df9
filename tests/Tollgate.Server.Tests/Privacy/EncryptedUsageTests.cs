using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>
/// Usage whose texts are encrypted with a key of the customer: every answer is as without encryption, the database shows no text, and
/// without its key a customer's texts are gone for ever.
/// </summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class EncryptedUsageTests(RunningServer running)
{
    private const string Mark = "Ysecret ليلى O'Neill";

    private const string Shop = """
        code: CODE
        name: Shop
        currency: USD
        default_plan: free
        features:
          - { code: calls, name: Calls }
          - code: tokens
            name: Tokens
            meters: [{event_type: work, value_property: size, filters: [{property: kind, any_of: [big]}]}]
          - code: seats
            name: Seats
            meters: [{event_type: login, aggregate: unique, value_property: user}]
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 2000 }, { feature: tokens, quota: 9000 }, { feature: seats, quota: 10 }]
        """;

    [Fact]
    public async Task Answers_meters_costs_and_reports_are_the_same_and_the_database_shows_no_text()
    {
        var plain = await ShopAsync("sealed-off");
        var closed = await ShopAsync("sealed-on");
        (await Done(closed.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""))).ShouldBe(
            HttpStatusCode.OK, """{"retention_days": null, "encrypt_usage": true}""");
        foreach (var door in (Door[])[plain, closed])
        {
            await UseAsync(door);
        }

        foreach (var path in (string[])[
            "/v1/events?customer=ada", "/v1/events?customer=ada&type=work", "/v1/llm-calls?customer=ada", "/v1/customers/ada/usage",
            "/v1/customers/ada/success", "/v1/analytics/models", "/v1/analytics/providers", "/v1/customers/ada/costs",
            "/v1/decisions/a-1?customer=ada"])
        {
            var (one, other) = (await SettledAsync(plain, path), await SettledAsync(closed, path));
            other.ShouldBe(one, path);
        }

        foreach (var path in (string[])["/v1/events.csv?customer=ada", "/v1/llm-calls.csv?customer=ada"])
        {
            WithoutTimes(await FileAsync("sealed-on", path)).ShouldBe(WithoutTimes(await FileAsync("sealed-off", path)), path);
        }

        (await TextOfAsync("sealed-off")).ShouldContain(Mark);
        var stored = await TextOfAsync("sealed-on");
        stored.ShouldNotContain("Ysecret");
        stored.ShouldNotContain("ليلى");
        stored.ShouldContain("\"box\"");
        await VerifyAsync("sealed-on");

        // The setting stays if a request does not name it; usage of before it stays readable, and that of with it is decrypted.
        (await Done(closed.PutAsync("/v1/privacy-settings", """{"retention_days": 60}"""))).ShouldBe(
            HttpStatusCode.OK, """{"retention_days": 60, "encrypt_usage": true}""");
        await Done(closed.PutAsync("/v1/privacy-settings", """{"encrypt_usage": false}"""));
        await Done(closed.PostAsync("/v1/consume", Consume("a-9")));
        (await TextOfAsync("sealed-on")).ShouldContain(Mark);
        (await closed.GetAsync("/v1/events?customer=ada"))["data"].AsArray()
            .Count(static one => one!["properties"]?["who"]?.GetValue<string>() == Mark).ShouldBe(3);
    }

    [Fact]
    public async Task Repeats_are_compared_by_their_contents_whatever_the_setting_was()
    {
        var door = await ShopAsync("sealed-repeats");
        await Done(door.PostAsync("/v1/consume", Consume("before")));
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        await Done(door.PostAsync("/v1/consume", Consume("with")));
        await Done(door.PostAsync("/v1/llm-calls", Call("call", "boom")));
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        var other = new Door(second.NewClient(_secrets["sealed-repeats"]), null);
        foreach (var one in (Door[])[door, other])
        {
            await ShouldRepeatAsync(one, "/v1/consume", Consume("before"), Consume("before", "x"));
            await ShouldRepeatAsync(one, "/v1/consume", Consume("with"), Consume("with", "x"));
            await ShouldRepeatAsync(one, "/v1/llm-calls", Call("call", "boom"), Call("call", "other boom"));
        }

        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": false}"""));
        await ShouldRepeatAsync(door, "/v1/consume", Consume("before"), Consume("before", "x"));
        await ShouldRepeatAsync(door, "/v1/consume", Consume("with"), Consume("with", "x"));
        await Done(door.PostAsync("/v1/events/with/void", """{"customer": "ada"}"""));
        (await door.GetAsync("/v1/customers/ada/usage"))["features"]["calls"]!["used"]!.GetValue<decimal>().ShouldBe(1);
        (await CountAsync(
            "SELECT count(*) FROM usage_keys k JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
                + "WHERE p.code = 'sealed-repeats'")).ShouldBe(1, "One key, however many servers and events.");
        await VerifyAsync("sealed-repeats");
    }

    [Fact]
    public async Task Imports_are_encrypted_and_repeats_of_them_compared_by_their_contents()
    {
        var door = await ShopAsync("sealed-import");
        string Lines(string word) => string.Join(
            '\n',
            $$"""{"kind": "usage", "id": "old-1", "customer": "ada", "feature": "calls", "quantity": 2, "occurred_at": "2025-03-01T00:00:00Z", "properties": {"who": "{{word}}", "n": 1.50} }""",
            $$"""{"kind": "llm_calls", "id": "old-2", "customer": "ada", "provider": "openai", "model": "gpt-4o", "input_tokens": 10, "occurred_at": "2025-03-01T00:00:00Z", "error": "{{word}}"}""");
        (await ImportAsync("sealed-import", door, Lines(Mark))).ShouldBe((2, 0, 0));
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        (await ImportAsync("sealed-import", door, Lines(Mark))).ShouldBe((0, 2, 0));
        (await ImportAsync("sealed-import", door, Lines(Mark).Replace("old-", "new-", StringComparison.Ordinal))).ShouldBe((2, 0, 0));
        (await ImportAsync("sealed-import", door, Lines(Mark).Replace("old-", "new-", StringComparison.Ordinal))).ShouldBe((0, 2, 0));
        (await ImportAsync("sealed-import", door, Lines("x").Replace("old-", "new-", StringComparison.Ordinal))).ShouldBe((0, 0, 2));
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": false}"""));
        (await ImportAsync("sealed-import", door, Lines(Mark).Replace("old-", "new-", StringComparison.Ordinal))).ShouldBe((0, 2, 0));
        (await ImportAsync("sealed-import", door, Lines("x").Replace("old-", "new-", StringComparison.Ordinal), "?dry_run=true"))
            .ShouldBe((0, 0, 2));

        (await door.GetAsync("/v1/events?customer=ada&from=2025-02-20T00:00:00Z&to=2025-03-10T00:00:00Z"))["data"].AsArray()
            .Count(static one => one!.ToJsonString().Contains("O'Neill", StringComparison.Ordinal)
                || one["properties"]!.ToJsonString().Contains("O\\u0027Neill", StringComparison.Ordinal)).ShouldBe(4);
        (await CountAsync(
            "SELECT count(*) FROM events e JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
                + "WHERE p.code = 'sealed-import' AND e.data ? 'box' AND e.data::text NOT LIKE '%Ysecret%'")).ShouldBe(2);
        await VerifyAsync("sealed-import");
    }

    [Fact]
    public async Task Erasing_destroys_the_key_and_rows_of_an_older_copy_stay_unreadable()
    {
        var door = await ShopAsync("sealed-erase");
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        await UseAsync(door);
        await VerifyAsync("sealed-erase");
        const string OfAda = "FROM events e JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
            + "WHERE p.code = 'sealed-erase'";
        await ExecuteAsync($"CREATE TABLE copy_of_events AS SELECT e.* {OfAda}");
        var exported = await ExportAsync("sealed-erase");
        exported.ShouldContain(Mark);
        exported.ShouldNotContain("\"box\"");

        var erased = await Done(door.PostAsync("/v1/customers/ada/erase"));

        (await CountAsync(
            "SELECT count(*) FROM usage_keys k JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
                + "WHERE p.code = 'sealed-erase'")).ShouldBe(0);
        (await CountAsync($"SELECT count(*) {OfAda} AND e.data ?| '{{box,props,from,id}}' AND NOT e.data ? 'calc'")).ShouldBe(0);
        (await CountAsync($"SELECT count(*) {OfAda} AND e.data ? 'box'")).ShouldBe(0);
        erased["changes"]["usage_keys"]!.GetValue<int>().ShouldBe(1);
        JsonNode.DeepEquals((await Done(door.PostAsync("/v1/customers/ada/erase"))).Json, erased.Json).ShouldBeTrue();
        await VerifyAsync("sealed-erase");

        // Somebody puts rows of an older copy back: the figures are there, and nobody can read the texts.
        await ExecuteAsync(
            "UPDATE events e SET data = o.data - 'uniq' FROM copy_of_events o WHERE e.partition = o.partition AND e.account = o.account "
                + "AND e.id = o.id AND e.month = o.month");
        await ExecuteAsync("DROP TABLE copy_of_events");
        var list = (await Done(door.GetAsync($"/v1/events?customer={erased["customer"]}"))).Json!.ToJsonString();
        list.ShouldContain("gpt-4o");
        list.ShouldNotContain("Ysecret");
        list.ShouldNotContain("O'Neill");
        await VerifyAsync("sealed-erase");

        // A person who comes back is a new customer with a new key.
        await Done(door.PostAsync("/v1/customers", """{"id": "ada"}"""));
        await Done(door.PostAsync("/v1/consume", Consume("again")));
        (await door.GetAsync("/v1/events?customer=ada"))["data"][0]!["properties"]!["who"]!.GetValue<string>().ShouldBe(Mark);
    }

    [Fact]
    public async Task A_server_that_cannot_open_a_key_goes_on_with_another_one_and_hides_what_it_cannot_read()
    {
        var door = await ShopAsync("sealed-lost");
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        await Done(door.PostAsync("/v1/consume", Consume("lost")));
        await Done(door.PostAsync("/v1/llm-calls", Call("lost-call", "boom")));
        await ExecuteAsync(
            "UPDATE usage_keys k SET key = set_byte(key, 40, get_byte(key, 40) # 1) FROM customers c JOIN projects p ON p.id = c.project_id "
                + "WHERE p.code = 'sealed-lost' AND k.partition = c.partition AND k.account = c.account");
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        var other = new Door(second.NewClient(_secrets["sealed-lost"]), null);

        await Done(other.PostAsync("/v1/consume", Consume("found")));

        var rows = (await Done(other.GetAsync("/v1/events?customer=ada")))["data"].AsArray();
        rows.Select(static one => $"{one!["id"]} {one["properties"]?["who"] ?? one["properties"]?["error"]}")
            .ShouldBe([$"found {Mark}", "lost-call encrypted", "lost "], ignoreOrder: true);
        (await Done(other.PostAsync("/v1/consume", Consume("lost"))))["replayed"].GetValue<bool>().ShouldBeTrue(
            "Without its texts it is compared by what is left: it must not count twice.");
        await VerifyAsync("sealed-lost");
    }

    [Fact]
    public async Task A_key_that_opens_is_used_although_a_newer_one_does_not_and_damaged_texts_are_hidden()
    {
        var door = await ShopAsync("sealed-newer");
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        await Done(door.PostAsync("/v1/consume", Consume("first")));
        await ExecuteAsync(
            "INSERT INTO usage_keys SELECT k.partition, k.account, n, k.key FROM usage_keys k JOIN customers c USING (partition, account) "
                + "JOIN projects p ON p.id = c.project_id CROSS JOIN unnest('{2,32767}'::smallint[]) AS n WHERE p.code = 'sealed-newer'");
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        var other = new Door(second.NewClient(_secrets["sealed-newer"]), null);

        await Done(other.PostAsync("/v1/consume", Consume("second")));

        const string Events = "FROM customers c JOIN projects p ON p.id = c.project_id "
            + "WHERE p.code = 'sealed-newer' AND e.partition = c.partition AND e.account = c.account";
        (await CountAsync($"SELECT count(*) FROM events e, LATERAL (SELECT {Events} AND e.data ->> 'box' LIKE '1.%') AS x")).ShouldBe(2);
        foreach (var box in (string[])["", "x", ".", "1.", "1.AA", "1.%%", "1.AAA", "70000.AAAA", "-1.AAAA"])
        {
            await ExecuteAsync($"UPDATE events e SET data = jsonb_set(e.data, '{{box}}', '\"{box}\"') {Events} AND e.data ->> 'id' = 'first'");
            (await Done(other.GetAsync("/v1/events?customer=ada")))["data"].AsArray()
                .Select(static one => $"{one!["id"]} {one["properties"]?["who"]}").ShouldBe([$"second {Mark}", "first "], box);
        }
    }

    private static string Consume(string id, string who = Mark) =>
        $$"""{"customer": "ada", "feature": "calls", "id": "{{id}}", "properties": {"who": "{{who}}", "zz": [1, {"b": 2, "a": "{{who}}"}], "n": 1.50} }""";

    private static string Call(string id, string error) =>
        $$"""{"id": "{{id}}", "customer": "ada", "provider": "openai", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5, "latency_ms": 120, "request_id": "{{Mark}}", "endpoint": "/{{Mark}}", "status": 500, "error": "{{error}}", "properties": {"user": "{{Mark}}", "call": "{{Mark}}"} }""";

    private static async Task UseAsync(Door door)
    {
        await Done(door.PostAsync("/v1/consume", Consume("a-1")));
        await Done(door.PostAsync("/v1/consume", Consume("a-2")));
        foreach (var (id, type, properties) in ((string, string, string)[])[
            ("w-1", "work", $$"""{"kind": "big", "size": 40, "note": "{{Mark}}"}"""), ("w-2", "work", """{"kind": "small", "size": 5}"""),
            ("w-3", "work", $$"""{"kind": "big", "size": 2, "note": "{{Mark}}"}"""), ("l-1", "login", $$"""{"user": "{{Mark}}"}"""),
            ("l-2", "login", $$"""{"user": "{{Mark}}"}"""), ("o-1", "other", $$"""{"a": "{{Mark}}"}"""), ("e-1", "other", "{}"),
            ("s-1", "csat", $$"""{"score": 4, "why": "{{Mark}}"}"""),
            ("v-1", "value_metric", $$"""{"name": "hours_saved", "value": 2.5, "why": "{{Mark}}"}""")])
        {
            await Done(door.PostAsync("/v1/events", $$"""{"customer": "ada", "type": "{{type}}", "id": "{{id}}", "properties": {{properties}} }"""));
        }

        await Done(door.PostAsync("/v1/llm-calls", Call("llm-1", Mark)));
        await Done(door.PostAsync("/v1/events/w-3/void", """{"customer": "ada"}"""));
        await Done(door.PostAsync("/v1/events/a-2/void", """{"customer": "ada"}"""));
    }

    private static async Task ShouldRepeatAsync(Door door, string path, string same, string another)
    {
        var repeated = await Done(door.PostAsync(path, same));
        repeated["replayed"].GetValue<bool>().ShouldBeTrue();
        var refused = await door.PostAsync(path, another);
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "idempotency_key_reused"));
    }

    /// <summary>An answer without its times, after the rollups are up to date.</summary>
    private static async Task<string> SettledAsync(Door door, string path)
    {
        var text = "";
        await Eventually.UntilAsync(async () =>
        {
            var before = text;
            text = WithoutTimes((await Done(door.GetAsync(path))).Json!.ToJsonString());
            return text == before
                && (!path.Contains("analytics", StringComparison.Ordinal) || text.Contains("openai", StringComparison.Ordinal));
        });
        return text;
    }

    private static string WithoutTimes(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, @"20\d\d-\d\d-\d\dT[0-9:.]+(Z|\+00:00)|019[0-9a-f-]{33}", "…");

    private readonly Dictionary<string, string> _secrets = [];

    private async Task<Door> ShopAsync(string code)
    {
        var admin = running.DoorWith(running.Server.AdminKey);
        var made = await Done(admin.PostAsync("/v1/projects", $$"""{"code": "{{code}}", "name": "Shop", "mode": "sandbox"}"""));
        _secrets[code] = (made.Json!["secret_key"] ?? made.Json["keys"]!["secret"])!.GetValue<string>();
        using var client = running.Server.NewClient(_secrets[code]);
        using var catalog = new StringContent(Shop.Replace("CODE", code, StringComparison.Ordinal), Encoding.UTF8, "application/yaml");
        using var published = await client.PutAsync(new Uri("/v1/catalog", UriKind.Relative), catalog);
        published.IsSuccessStatusCode.ShouldBeTrue(await published.Content.ReadAsStringAsync());
        return running.DoorWith(_secrets[code]);
    }

    private async Task<(long Booked, long Replayed, long Rejected)> ImportAsync(string project, Door door, string lines, string query = "")
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", project);
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var came = await client.PostAsync(new Uri("/v1/imports" + query, UriKind.Relative), content);
        came.StatusCode.ShouldBe(HttpStatusCode.Accepted, await came.Content.ReadAsStringAsync());
        var id = JsonNode.Parse(await came.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        JsonNode? import = null;
        await Eventually.UntilAsync(async () =>
            (import = (await door.GetAsync($"/v1/imports/{id}")).Json!)["status"]!.GetValue<string>() == "finished");
        return (import!["booked"]!.GetValue<long>(), import["replayed"]!.GetValue<long>(), import["rejected_count"]!.GetValue<long>());
    }

    private async Task<string> FileAsync(string project, string path)
    {
        using var client = running.Server.NewClient(_secrets[project]);
        return await client.GetStringAsync(new Uri(path, UriKind.Relative));
    }

    private async Task<string> ExportAsync(string project)
    {
        using var client = running.Server.NewClient(_secrets[project]);
        await using var zip = new System.IO.Compression.ZipArchive(
            await client.GetStreamAsync(new Uri("/v1/customers/ada/export", UriKind.Relative)),
            System.IO.Compression.ZipArchiveMode.Read);
        using var reader = new StreamReader(await zip.GetEntry("events.json")!.OpenAsync());
        return await reader.ReadToEndAsync();
    }

    /// <summary>The data of all events of a project.</summary>
    private async Task<string> TextOfAsync(string project)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            SELECT string_agg(e::text, chr(10))
              FROM events e JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id WHERE p.code = '{project}'
            """, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task VerifyAsync(string project)
    {
        var verified = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", project));
        verified.Status.ShouldBe(HttpStatusCode.OK);
        verified["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!.ToJsonString()).ShouldBeEmpty();
    }

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

    private static async Task<Came> Done(Task<Came> sending)
    {
        var came = await sending;
        ((int)came.Status).ShouldBeInRange(200, 299, $"{came.Message.RequestMessage!.RequestUri}: {came.Json?.ToJsonString()}");
        return came;
    }
}
