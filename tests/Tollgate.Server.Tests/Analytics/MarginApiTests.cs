using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Margins of two months of changes by each dimension, compared with naive sums over the raw invoices and calls.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class MarginApiTests(RunningServer running)
{
    private const string Range = "from=2027-04-01&to=2027-05-31";

    private const string Noura = "شركة \"نورا\", القاهرة";

    [Fact]
    public async Task Margins_by_each_dimension_equal_naive_sums_over_invoices_and_calls()
    {
        var (sandbox, other) = (await StoryAsync(1), await StoryAsync(3));
        foreach (var by in (string[])["customer", "plan", "feature", "model", "provider", "day"])
        {
            var margins = await GetAsync(sandbox, $"/v1/analytics/margins?{Range}&limit=1000&group_by={by}");
            var found = margins["data"]!.AsArray().ToDictionary(
                static line => line!["name"]?.GetValue<string>() ?? "",
                static line => (Revenue: OrNull(line!["revenue"]), Cost: Dollars(line["cost"]), Profit: OrNull(line["profit"])),
                StringComparer.Ordinal);
            var (revenue, cost) = (await RevenueAsync(sandbox, by), await CostAsync(sandbox, by));
            foreach (var name in found.Keys.Union(revenue.Keys).Union(cost.Keys))
            {
                var (has, spent, profit) = found.GetValueOrDefault(name);
                spent.ShouldBe(cost.GetValueOrDefault(name), $"{by} '{name}'");
                (profit, has is null).ShouldBe((has - spent, by is "model" or "provider"), $"{by} '{name}'");
                (has ?? 0).ShouldBe(has is null ? 0 : revenue.GetValueOrDefault(name), 0.0101m, $"{by} '{name}'");
            }

            Dollars(margins["revenue"]).ShouldBe(revenue.Values.Sum(), 0.03m, by);
            Dollars(margins["cost"]).ShouldBe(cost.Values.Sum(), by);
            (margins["count"]!.GetValue<int>(), margins["group_by"]!.GetValue<string>()).ShouldBe((found.Count, by));
        }

        (await GetAsync(other, $"/v1/analytics/margins?{Range}"))["cost"]!.GetValue<string>().ShouldBe("22.5", "Three times as much.");
    }

    [Fact]
    public async Task Margins_are_the_same_from_the_invoices_and_from_their_sums()
    {
        var sandbox = await StoryAsync(1);
        var sums = await ReportsAsync(sandbox);
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        var project = $"(SELECT id FROM projects WHERE code = '{sandbox.Code}')";
        await ExecuteAsync(connection, $"UPDATE revenue_days SET edge = edge + 100000 WHERE project_id = {project}");
        (await ReportsAsync(sandbox)).ShouldNotBe(sums, "Reports read the sums.");

        // Nobody can fold the invoice that waits.
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock(7234026, {project})");
        await ExecuteAsync(
            connection, $"INSERT INTO revenue_queue SELECT project_id, partition, account, id FROM invoices WHERE project_id = {project} LIMIT 1");
        (await ReportsAsync(sandbox)).ShouldBe(sums, "Reports read the invoices.");
        await ExecuteAsync(
            connection,
            $"""
            DELETE FROM revenue_lines WHERE project_id = {project};
            DELETE FROM revenue_days WHERE project_id = {project};
            INSERT INTO revenue_queue SELECT project_id, partition, account, id FROM invoices WHERE project_id = {project};
            SELECT pg_advisory_unlock(7234026, {project});
            """);
        (await ReportsAsync(sandbox)).ShouldBe(sums, "Deleted sums come back.");
    }

    [Fact]
    public async Task A_name_with_a_quote_is_one_cell_of_the_file_and_an_empty_project_has_no_lines()
    {
        var sandbox = await StoryAsync(1);
        var file = await (await sandbox.FetchAsync($"/v1/analytics/margins.csv?{Range}")).Content.ReadAsStringAsync();
        file.ShouldContain("\r\n\"شركة \"\"نورا\"\", القاهرة\",58,0,58,1\r\n", customMessage: file);
        (await (await sandbox.FetchAsync($"/v1/analytics/margins.csv?{Range}&group_by=model")).Content.ReadAsStringAsync()).ShouldBe(
            "model,revenue,cost,profit,margin\r\ngpt-4o,,7.5,,\r\n");

        var empty = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        foreach (var by in (string[])["customer", "plan", "feature", "model", "provider"])
        {
            (await GetAsync(empty, $"/v1/analytics/margins?group_by={by}&from=2025-04-02&to=2027-04-01"))["data"]!.AsArray()
                .ShouldBeEmpty(by);
        }

        var days = await GetAsync(empty, "/v1/analytics/margins?group_by=day&from=2025-04-02&to=2027-04-01&limit=1000");
        (days["count"]!.GetValue<int>(), days["unprofitable"]!.GetValue<int>(), days["margin"]).ShouldBe((730, 0, null));
        var unknown = await empty.Door.GetAsync("/v1/analytics/margins?group_by=mood&from=2027-04-02&to=2027-04-01");
        unknown.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        unknown.Json!.ToJsonString().ShouldContain("One of customer, plan, feature, model, provider, day is expected.");
        unknown.Json!["errors"]!.AsArray().Count.ShouldBe(2);
    }

    private static async Task<string> ReportsAsync(BillingSandbox sandbox) => string.Join('\n', await Task.WhenAll(
        ((string[])["customer", "plan", "feature", "day"]).Select(async by =>
            (await GetAsync(sandbox, $"/v1/analytics/margins?{Range}&limit=1000&group_by={by}")).ToJsonString())));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>acme uses more than pro includes, and upgrades in mid-April; noura pays; gus is on the free plan.</summary>
    private async Task<BillingSandbox> StoryAsync(int scale)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync(
            new JsonObject { ["customer"] = Noura, ["plan"] = "pro", ["trial"] = false }.ToJsonString());
        await sandbox.UseAsync("acme", "calls", 400);
        await CallAsync(sandbox, "acme", 1_000_000 * scale, """, "attribute_to": "nightly" """);
        await CallAsync(sandbox, "gus", 1_000_000 * scale, """, "attribute_to": "calls" """);
        await sandbox.AdvanceAsync("2027-04-16T06:00:00Z");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await CallAsync(sandbox, "acme", 1_000_000 * scale, "");
        await sandbox.AdvanceAsync("2027-05-31T12:00:00Z");
        return sandbox;
    }

    private static async Task CallAsync(BillingSandbox sandbox, string customer, int tokens, string more)
    {
        var came = await sandbox.Door.PostAsync(
            "/v1/llm-calls",
            $$"""{"customer": "{{customer}}", "provider": "openai", "model": "gpt-4o", "input_tokens": {{tokens}}, "output_tokens": 0{{more}}}""");
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
    }

    /// <summary>Each line's amount × the share of its period in the range; the plan is read from its description.</summary>
    private async Task<Dictionary<string, decimal>> RevenueAsync(BillingSandbox sandbox, string by) => by switch
    {
        "model" or "provider" => await NaiveAsync(sandbox, RevenueOf("''")),
        "customer" =>
            await NaiveAsync(
                sandbox, RevenueOf("(SELECT c.id FROM customers c WHERE (c.partition, c.account) = (l.partition, l.account))")),
        "plan" => await NaiveAsync(sandbox, RevenueOf("CASE WHEN l.description LIKE '%Enterprise%' THEN 'enterprise' ELSE 'pro' END")),
        "feature" => await NaiveAsync(sandbox, RevenueOf("CASE WHEN l.kind = 'usage' THEN 'calls' ELSE '' END")),
        _ => await NaiveAsync(sandbox, RevenueOf("to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')")),
    };

    private static string RevenueOf(string name) =>
        $"""
        SELECT {name}, sum(0.01 * l.amount * extract(epoch FROM least(l.period_end, d.at + interval '24 hours') - greatest(l.period_start, d.at))
                           / extract(epoch FROM l.period_end - l.period_start))
          FROM invoices i
          JOIN invoice_lines l ON (l.partition, l.account, l.invoice) = (i.partition, i.account, i.id)
          JOIN generate_series('2027-04-01T00:00:00Z', '2027-05-31T00:00:00Z', interval '24 hours') AS d (at)
            ON l.period_start < d.at + interval '24 hours' AND l.period_end > d.at
         WHERE i.project_id = (SELECT id FROM projects WHERE code = $1) AND i.status <> 'void' AND l.kind <> 'tax'
         GROUP BY 1
        """;

    private Task<Dictionary<string, decimal>> CostAsync(BillingSandbox sandbox, string by)
    {
        var name = by switch
        {
            "customer" => "c.id",
            "plan" => "e.data ->> 'plan'",
            "feature" => "coalesce(e.data #>> '{calc,attribute_to}', '')",
            "model" => "e.data #>> '{props,model}'",
            "provider" => "e.data #>> '{props,provider}'",
            _ => "to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        };
        return NaiveAsync(
            sandbox,
            $$"""
            SELECT {{name}}, sum((e.data #>> '{calc,cost_usd}')::numeric)
              FROM events e
              JOIN customers c ON c.partition = e.partition AND c.account = e.account
             WHERE c.project_id = (SELECT id FROM projects WHERE code = $1) AND e.data ? 'calc'
             GROUP BY 1
            """);
    }

    private async Task<Dictionary<string, decimal>> NaiveAsync(BillingSandbox sandbox, string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var naive = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = sandbox.Code } } };
        await using var reader = await naive.ExecuteReaderAsync();
        var sums = new Dictionary<string, decimal>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            sums[reader.GetString(0)] = reader.GetDecimal(1);
        }

        return sums;
    }

    private static async Task<JsonNode> GetAsync(BillingSandbox sandbox, string path)
    {
        var came = await sandbox.Door.GetAsync(path);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }

    private static decimal? OrNull(JsonNode? text) => text is null ? null : Dollars(text);

    private static decimal Dollars(JsonNode? text) => decimal.Parse(text!.GetValue<string>(), CultureInfo.InvariantCulture);
}
