using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>Retention over HTTP, in sandboxes whose clocks the tests move: what is left of old usage, and what stays as it is.</summary>
[Collection(RunningServerTests.Others)]
public sealed class RetentionApiTests(RunningServer running)
{
    private const string Catalog = """
        code: billing
        name: Shop
        currency: USD
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: calls, name: Calls }
          - code: seats
            name: Seats
            meters: [{event_type: login, aggregate: unique, value_property: user}]
          - { code: data_retention_days, name: Retention, kind: value }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 1000 }, { feature: seats, quota: 10 }, { feature: data_retention_days, value: 30 }]
          - code: pro
            name: Pro
            entitlements: [{ feature: calls, quota: 1000 }, { feature: seats, quota: 10 }, { feature: data_retention_days, value: 90 }]
          - code: all
            name: All
            entitlements: [{ feature: calls, quota: 1000 }, { feature: seats, quota: 10 }, { feature: data_retention_days, value: unlimited }]
          - code: plain
            name: Plain
            entitlements: [{ feature: calls, quota: 1000 }, { feature: seats, quota: 10 }]
        """;

    private static readonly string[] Plans = ["free", "pro", "all", "plain"];

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Texts_of_usage_go_when_the_days_of_the_plan_or_of_the_project_have_passed(string encrypts)
    {
        var shop = await StartAsync("2027-01-10T10:00:00Z", "Africa/Cairo");
        await Done(shop.Door.PutAsync("/v1/privacy-settings", $$"""{"retention_days": 60, "encrypt_usage": {{encrypts}} }"""));
        foreach (var plan in Plans)
        {
            await LiveAsync(shop, plan);
        }

        await VerifyAsync(shop);
        var before = await FiguresAsync(shop);
        await RunAsync(shop, "2027-01-18T10:00:00Z");
        await RunAsync(shop, "2027-02-15T21:59:00Z");
        (await LeftAsync(shop)).ShouldBe(["all", "free", "plain", "pro"], "The 15th is the last day of 36 in Cairo.");
        var foreseen = await shop.Door.GetAsync("/v1/retention");
        foreseen["plans"].AsArray()
            .Select(static one => (one!["plan"]!.GetValue<string>(), one["source"]!.GetValue<string>(), (int?)one["days"]))
            .ShouldBe([("all", "plan", null), ("free", "plan", 36), ("plain", "project", 60), ("pro", "plan", 90)]);
        foreseen["plans"].AsArray().Select(static one => one!["events"]!.GetValue<long>()).ShouldAllBe(static events => events == 0);

        await shop.AdvanceAsync("2027-02-15T22:01:00Z");
        await UntilRunAsync(shop, "2027-02-16");
        (await LeftAsync(shop)).ShouldBe(["all", "plain", "pro"]);
        var run = (await shop.Door.GetAsync("/v1/retention-runs?limit=1"))["data"][0]!;
        (run["status"]!.GetValue<string>(), run["events"]!.GetValue<long>(), run["reservations"]!.GetValue<long>())
            .ShouldBe(("done", 9, 1));
        await RunAsync(shop, "2027-03-12T10:00:00Z");
        (await LeftAsync(shop)).ShouldBe(["all", "pro"]);
        await RunAsync(shop, "2027-04-11T10:00:00Z");
        (await LeftAsync(shop)).ShouldBe(["all"]);

        (await FiguresAsync(shop)).ShouldBe(before);
        await VerifyAsync(shop);
        (await CountAsync(
            "SELECT count(*) FROM events t JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
                + $"WHERE p.code = '{shop.Code}' AND c.id <> 'c-all' AND t.data ? 'box'")).ShouldBe(0);
        var events = (await shop.Door.GetAsync(
            "/v1/events?customer=c-free&from=2027-01-01T00:00:00Z&to=2027-02-01T00:00:00Z"))["data"].AsArray();
        events.Count.ShouldBe(9);
        events.Select(static one => one!["properties"]).Where(static one => one is not null).Select(static one => one!.ToJsonString())
            .ShouldAllBe(static one => one.Contains("gpt-4o", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_move_to_a_plan_with_fewer_days_deletes_nothing_for_a_week_and_a_longer_one_applies_at_once()
    {
        var shop = await StartAsync("2027-01-10T10:00:00Z", "Etc/UTC");
        await LiveAsync(shop, "pro");
        await RunAsync(shop, "2027-01-18T10:00:00Z");
        await RunAsync(shop, "2027-03-20T10:00:00Z");
        await Done(shop.Door.PutAsync("/v1/customers/c-pro/plan", """{"plan": "free"}"""));
        await RunAsync(shop, "2027-03-21T10:00:00Z");
        await RunAsync(shop, "2027-03-28T09:00:00Z");
        (await LeftAsync(shop)).ShouldBe(["pro"], "The change is seven days old tomorrow.");
        (await shop.Door.GetAsync("/v1/retention"))["plans"].AsArray().Sum(static one => one!["waiting"]!.GetValue<long>()).ShouldBe(1);
        await Done(shop.Door.PutAsync("/v1/customers/c-pro/overrides", """{"data_retention_days": {"value": "400"}}"""));
        await RunAsync(shop, "2027-04-20T10:00:00Z");
        (await LeftAsync(shop)).ShouldBe(["pro"], "100 days, and the override of the customer gives it 400.");
        (await shop.Door.GetAsync("/v1/retention"))["plans"].AsArray().Select(static one => one!["source"]!.GetValue<string>())
            .ShouldContain("customer");
        await Done(shop.Door.PutAsync("/v1/customers/c-pro/overrides", """{"data_retention_days": null}"""));
        await RunAsync(shop, "2027-04-21T10:00:00Z");
        (await LeftAsync(shop)).ShouldBe(["pro"]);
        await RunAsync(shop, "2027-04-28T11:00:00Z");
        (await LeftAsync(shop)).ShouldBeEmpty();
        await VerifyAsync(shop);
    }

    [Fact]
    public async Task Repeats_voids_and_rerating_of_old_usage_get_a_clear_answer()
    {
        var shop = await StartAsync("2027-01-10T10:00:00Z", "Etc/UTC");
        await LiveAsync(shop, "free");
        var use = Use("free", "b");
        await Done(shop.Door.PostAsync("/v1/consume", use));
        await RunAsync(shop, "2027-01-18T10:00:00Z");
        await RunAsync(shop, "2027-02-20T10:00:00Z");
        (await LeftAsync(shop)).ShouldBeEmpty();

        var again = await Done(shop.Door.PostAsync("/v1/consume", use));
        again["replayed"].GetValue<bool>().ShouldBeTrue(again.Json!.ToJsonString());
        (await shop.Door.PostAsync("/v1/consume", use.Replace("\"amount\": 1", "\"amount\": 2", StringComparison.Ordinal)))
            .Status.ShouldBe(HttpStatusCode.Conflict);
        var rerated = await Done(shop.Door.PostAsync(
            "/v1/model-prices/rerate", """{"all": true, "from": "2027-01-01T00:00:00Z", "to": "2027-02-20T10:00:00Z"}"""));
        rerated["changed"].GetValue<int>().ShouldBe(0);
        rerated["seen"].GetValue<int>().ShouldBe(1);
        await Done(shop.Door.PostAsync("/v1/events/zret-free-c/void", """{"customer": "c-free"}"""));
        (await LeftAsync(shop)).ShouldBeEmpty("The answer echoes the id; nothing stores it.");
        await VerifyAsync(shop);
    }

    [Fact]
    public async Task History_that_is_imported_later_loses_its_texts_and_its_repeat_is_known()
    {
        var shop = await StartAsync("2027-01-10T10:00:00Z", "Etc/UTC");
        await LiveAsync(shop, "free");
        await RunAsync(shop, "2027-01-18T10:00:00Z");
        await RunAsync(shop, "2027-03-20T10:00:00Z");
        (await LeftAsync(shop)).ShouldBeEmpty();
        const string History = """
            {"kind": "usage", "id": "zret-free-old", "customer": "c-free", "feature": "calls", "occurred_at": "2024-05-01T08:00:00Z", "properties": {"who": "zret-free"}}
            {"kind": "usage", "id": "zret-free-new", "customer": "c-free", "feature": "calls", "occurred_at": "2027-03-01T08:00:00Z", "properties": {"who": "zret-free"}}

            """;
        (await ImportAsync(shop, History))["booked"]!.GetValue<long>().ShouldBe(2);
        await RunAsync(shop, "2027-03-21T10:00:00Z");
        (await CountAsync("SELECT count(*) FROM events WHERE data ->> 'id' LIKE 'zret-free%' AND month = '9999-01-01'")).ShouldBe(1);
        var again = await ImportAsync(shop, History);
        (again["replayed"]!.GetValue<long>(), again["rejected_count"]!.GetValue<long>()).ShouldBe((2, 0), again.ToJsonString());
        await RunAsync(shop, "2027-04-20T10:00:00Z");
        (await CountAsync("SELECT count(*) FROM events WHERE data ->> 'id' LIKE 'zret-free%' AND month = '9999-01-01'")).ShouldBe(0);
        await VerifyAsync(shop);
    }

    [Fact]
    public async Task Settings_are_checked_and_two_servers_run_each_day_once()
    {
        var shop = await StartAsync("2027-01-10T10:00:00Z", "Etc/UTC");
        var refused = await shop.Door.PutAsync("/v1/privacy-settings", """{"retention_days": 30}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused.Json!.ToJsonString().ShouldContain("36");
        (await shop.Door.GetAsync("/v1/privacy-settings"))["retention_days"].ShouldBeNull();
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        await LiveAsync(shop, "free");
        await RunAsync(shop, "2027-01-18T10:00:00Z");
        await RunAsync(shop, "2027-02-20T10:00:00Z");
        await RunAsync(shop, "2027-02-21T10:00:00Z");
        var runs = (await shop.Door.GetAsync("/v1/retention-runs"))["data"].AsArray();
        runs.Select(static one => one!["day"]!.GetValue<string>()).ShouldBe(["2027-02-21", "2027-02-20", "2027-01-18", "2027-01-10"]);
        runs.Sum(static one => one!["events"]!.GetValue<long>()).ShouldBe(9);
        (await LeftAsync(shop)).ShouldBeEmpty();
    }

    private Task<BillingSandbox> StartAsync(string now, string zone) => BillingSandbox.StartAsync(running, now, Catalog, zone);

    private static string Use(string plan, string id) =>
        $$"""{"customer": "c-{{plan}}", "feature": "calls", "amount": 1, "id": "zret-{{plan}}-{{id}}", "properties": {"who": "zret-{{plan}}"} }""";

    /// <summary>Nine events, two of which are signals, and a reservation with the mark <c>zret-(plan)</c> in every text.</summary>
    private static async Task LiveAsync(BillingSandbox shop, string plan)
    {
        var mark = $"zret-{plan}";
        await Done(shop.Door.PostAsync("/v1/customers", $$"""{"id": "c-{{plan}}"}"""));
        await Done(shop.Door.PutAsync($"/v1/customers/c-{plan}/plan", $$"""{"plan": "{{plan}}"}"""));
        await Done(shop.Door.PostAsync($"/v1/customers/c-{plan}/members", $$"""{"id": "{{mark}}-m"}"""));
        await Done(shop.Door.PostAsync("/v1/consume", Use(plan, "c")));
        await Done(shop.Door.PostAsync(
            "/v1/consume", $$"""{"customer": "{{mark}}-m", "feature": "calls", "id": "{{mark}}-v", "properties": {"who": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync($"/v1/events/{mark}-v/void", $$"""{"customer": "{{mark}}-m"}"""));
        await Done(shop.Door.PostAsync(
            "/v1/events", $$"""{"customer": "c-{{plan}}", "type": "login", "id": "{{mark}}-l", "properties": {"user": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync(
            "/v1/events", $$"""{"customer": "c-{{plan}}", "type": "other", "id": "{{mark}}-o", "properties": {"a": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync(
            "/v1/events",
            $$"""{"customer": "c-{{plan}}", "type": "csat", "id": "{{mark}}-s", "properties": {"score": 4, "why": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync(
            "/v1/events",
            $$"""{"customer": "c-{{plan}}", "type": "value_metric", "id": "{{mark}}-h", "properties": {"name": "hours_saved", "value": 2.5, "why": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync(
            "/v1/llm-calls",
            $$"""{"id": "{{mark}}-llm", "customer": "c-{{plan}}", "provider": "openai", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5, "request_id": "{{mark}}", "endpoint": "/{{mark}}", "status": 500, "error": "{{mark}}", "properties": {"user": "{{mark}}"} }"""));
        await Done(shop.Door.PostAsync(
            "/v1/reservations", $$"""{"customer": "c-{{plan}}", "feature": "calls", "amount": 1, "id": "{{mark}}-r"}"""));
        await Done(shop.Door.PostAsync($"/v1/reservations/{mark}-r/settle", """{"amount": 1}"""));
        await Done(shop.Door.DeleteAsync($"/v1/customers/c-{plan}/members/{mark}-m"));
    }

    /// <summary>Everything that reports make of the usage.</summary>
    private static async Task<string> FiguresAsync(BillingSandbox shop)
    {
        var figures = new StringBuilder();
        foreach (var path in (string[])[
            "/v1/customers/c-free/costs?from=2027-01-01&to=2027-01-31", "/v1/customers/c-pro/costs?from=2027-01-01&to=2027-01-31",
            "/v1/analytics/providers?from=2027-01-01&to=2027-01-31", "/v1/analytics/models?from=2027-01-01&to=2027-01-31",
            "/v1/analytics/success?from=2027-01-01&to=2027-01-31"])
        {
            figures.AppendLine((await Done(shop.Door.GetAsync(path))).Json!.ToJsonString());
        }

        return figures.ToString();
    }

    /// <summary>Moves the clock, and waits for the run of that day.</summary>
    private static async Task RunAsync(BillingSandbox shop, string to)
    {
        await UntilRunAsync(shop, null);
        await shop.AdvanceAsync(to);
        await UntilRunAsync(shop, to[..10]);
    }

    private static Task UntilRunAsync(BillingSandbox shop, string? day) => Eventually.UntilAsync(async () =>
        (await shop.Door.GetAsync("/v1/retention-runs?limit=1"))["data"].AsArray() is [{ } run]
            && (day is null || run["day"]!.GetValue<string>() == day) && run["status"]!.GetValue<string>() == "done");

    /// <summary>The plans whose marks are still in the usage of the project: in any column of its tables.</summary>
    private async Task<IReadOnlyList<string>> LeftAsync(BillingSandbox shop)
    {
        var left = new List<string>();
        foreach (var plan in Plans)
        {
            if (await CountAsync(
                $"""
                SELECT (SELECT count(*) FROM events t JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id
                         WHERE p.code = '{shop.Code}' AND t::text LIKE '%zret-{plan}%')
                     + (SELECT count(*) FROM holds t JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id
                         WHERE p.code = '{shop.Code}' AND t::text LIKE '%zret-{plan}%')
                """) > 0)
            {
                left.Add(plan);
            }
        }

        return [.. left.Order(StringComparer.Ordinal)];
    }

    private async Task<JsonNode> ImportAsync(BillingSandbox shop, string lines)
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", shop.Code);
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var came = await client.PostAsync(new Uri("/v1/imports", UriKind.Relative), content);
        came.StatusCode.ShouldBe(HttpStatusCode.Accepted, await came.Content.ReadAsStringAsync());
        var id = JsonNode.Parse(await came.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        JsonNode? import = null;
        await Eventually.UntilAsync(async () =>
            (import = (await shop.Door.GetAsync($"/v1/imports/{id}")).Json!)["status"]!.GetValue<string>() == "finished");
        return import!;
    }

    private async Task VerifyAsync(BillingSandbox shop)
    {
        var verified = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", shop.Code));
        verified.Status.ShouldBe(HttpStatusCode.OK);
        verified["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!.ToJsonString()).ShouldBeEmpty();
    }

    private static async Task<Came> Done(Task<Came> sending)
    {
        var came = await sending;
        ((int)came.Status).ShouldBeInRange(200, 299, $"{came.Message.RequestMessage!.RequestUri}: {came.Json?.ToJsonString()}");
        return came;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
