using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Costs;

/// <summary>Reads of costs right after calls were recorded: they must not wait for the loop that folds them.</summary>
public sealed class CostReadsTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task RecordAsync(string calls)
    {
        foreach (var model in (string[])["dear", "cheap"])
        {
            var each = model == "dear" ? 1 : 0.001m;
            var price =
                $$"""{"provider":"house","model":"{{model}}","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"{{each}}","output":"{{each}}"} }""";
            (await host.PostAsync("/v1/model-prices", price)).Status.ShouldBe(201);
        }

        var (status, body) = await host.PostAsync("/v1/llm-calls", calls);
        status.ShouldBe(200, body.ToString());
        body.GetProperty("rejected").GetArrayLength().ShouldBe(0, body.ToString());
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        var (status, body) = await host.GetAsync(path);
        status.ShouldBe(200, body.ToString());
        return body;
    }

    private static string FiguresOf(JsonElement line) => string.Join(' ', ((string[])
        ["calls", "errors", "unpriced_calls", "input_tokens", "cached_input_tokens", "output_tokens", "total_tokens", "cost_usd"])
        .Select(name => line.GetProperty(name).ToString()));

    [Fact]
    public async Task A_customers_costs_are_exact_and_every_list_adds_up()
    {
        await RecordAsync(
            """
            [{"id":"cc-1","customer":"costs","feature":"chat","model":"dear","input_tokens":100,"cached_input_tokens":20,"output_tokens":7,"reasoning_tokens":3},
             {"id":"cc-2","customer":"costs","model":"cheap","input_tokens":1,"status":500,"error":"overloaded"},
             {"id":"cc-3","customer":"costs","model":"riddle","input_tokens":1000},
             {"id":"cc-4","customer":"costs","model":"dear","input_tokens":999999}]
            """);
        (await host.PostAsync("/v1/events/cc-4/void", """{"customer":"costs"}""")).Status.ShouldBe(200);

        var costs = await ReadAsync("/v1/customers/costs/costs?days=3");
        FiguresOf(costs.GetProperty("total")).ShouldBe("3 1 1 1121 20 10 1131 0.000130001", costs.ToString());
        costs.GetProperty("by_day").EnumerateArray().Select(day => $"{day.GetProperty("day")} {day.GetProperty("cost_usd")}").Last()
            .ShouldBe($"{Today} 0.000130001");
        costs.GetProperty("by_day").GetArrayLength().ShouldBe(3);
        costs.GetProperty("by_model").EnumerateArray()
            .Select(line => $"{line.GetProperty("provider")} {line.GetProperty("model")} {FiguresOf(line)}").ShouldBe(
        [
            "house dear 1 0 0 120 20 10 130 0.00013", "house cheap 1 1 0 1 0 0 1 0.000000001", " riddle 1 0 1 1000 0 0 1000 0",
        ]);
        costs.GetProperty("by_provider").EnumerateArray().Select(line => $"{line.GetProperty("provider")} {line.GetProperty("cost_usd")}")
            .ShouldBe(["house 0.000130001", " 0"]);
        costs.GetProperty("by_feature").EnumerateArray().Select(line => $"{line.GetProperty("feature")} {line.GetProperty("cost_usd")}")
            .ShouldBe(["chat 0.00013", " 0.000000001"]);
    }

    [Fact]
    public async Task Models_have_error_rates_and_latencies_by_day_and_as_csv()
    {
        var calls = Enumerable.Range(1, 100)
            .Select(i =>
                $$"""{"customer":"latency","provider":"slow","model":"m-1","input_tokens":1,"latency_ms":{{i * 10}},"status":{{(i % 4 == 0 ? 503 : 200)}}}""");
        await RecordAsync($"[{string.Join(',', calls)}]");

        var model = (await ReadAsync("/v1/analytics/models")).GetProperty("data").EnumerateArray()
            .Single(line => line.GetProperty("model").GetString() == "m-1");
        model.GetProperty("error_rate").GetDecimal().ShouldBe(0.25m);
        var latency = model.GetProperty("latency");
        latency.GetProperty("calls").GetInt64().ShouldBe(100);
        foreach (var (name, exact) in ((string, decimal)[])[("p50_ms", 500), ("p95_ms", 950), ("p99_ms", 990)])
        {
            latency.GetProperty(name).GetDecimal().ShouldBe(exact, exact * 0.05m, name);
        }

        var byDay = (await ReadAsync("/v1/analytics/providers?group_by=day&days=2")).GetProperty("data").EnumerateArray()
            .Single(line => line.GetProperty("provider").GetString() == "slow");
        (byDay.GetProperty("group").GetString(), byDay.GetProperty("latency").GetProperty("calls").GetInt64()).ShouldBe((Today, 100L));
        var byPlan = (await ReadAsync("/v1/analytics/models?group_by=plan")).GetProperty("data").EnumerateArray()
            .Single(line => line.GetProperty("model").GetString() == "m-1");
        (byPlan.GetProperty("group").GetString(), byPlan.GetProperty("latency").ValueKind).ShouldBe(("free", JsonValueKind.Null));

        using var csv = await host.Http.GetAsync("/v1/analytics/models.csv?group_by=month");
        csv.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        (await csv.Content.ReadAsStringAsync()).ShouldContain($"\r\n{Today[..7]},slow,m-1,,100,25,0.25,100,0,");
    }

    [Fact]
    public async Task Customers_are_ranked_by_cost_and_limits_say_that_there_is_more()
    {
        await RecordAsync(
            """
            [{"customer":"rank-2","model":"dear","input_tokens":50000000},{"customer":"rank-1","model":"dear","input_tokens":60000000},
             {"customer":"rank-1","model":"dear","input_tokens":1}]
            """);
        var ranked = await ReadAsync("/v1/analytics/customers?limit=2");
        ranked.GetProperty("data").EnumerateArray()
            .Select(line => $"{line.GetProperty("customer")} {line.GetProperty("calls")} {line.GetProperty("cost_usd")}")
            .ShouldBe(["rank-1 2 60.000001", "rank-2 1 50"]);
        var one = await ReadAsync("/v1/analytics/customers?limit=1");
        (one.GetProperty("has_more").GetBoolean(), one.GetProperty("customers").GetInt64() >= 2).ShouldBe((true, true));
        (await ReadAsync("/v1/analytics/models?limit=1")).GetProperty("data").GetArrayLength().ShouldBe(1);
        (await host.Http.GetStringAsync("/v1/analytics/customers.csv")).ShouldContain(
            "\r\nrank-1,2,0,0,0,60000001,0,0,60000001,60.000001\r\n");
    }

    [Fact]
    public async Task Revenue_vs_cost_has_every_day_and_adds_up_by_model_feature_and_plan()
    {
        await RecordAsync("""[{"customer":"result","feature":"chat","model":"dear","input_tokens":2000000}]""");
        var result = await ReadAsync($"/v1/analytics/revenue-vs-cost?from={Today}&to={Today}T00:00:00Z");
        var cost = decimal.Parse(result.GetProperty("cost").GetString()!, CultureInfo.InvariantCulture);
        cost.ShouldBeGreaterThanOrEqualTo(2m);
        result.GetProperty("profit").GetString().ShouldBe("-" + result.GetProperty("cost").GetString());
        (result.GetProperty("revenue").GetString(), result.GetProperty("margin_percent").ValueKind).ShouldBe(("0", JsonValueKind.Null));
        foreach (var list in (string[])["daily", "by_model", "by_feature", "by_plan"])
        {
            result.GetProperty(list).EnumerateArray()
                .Sum(line => decimal.Parse(line.GetProperty("cost").GetString()!, CultureInfo.InvariantCulture)).ShouldBe(cost, list);
        }

        result.GetProperty("by_plan")[0].GetProperty("plan").GetString().ShouldBe("free");
    }

    [Fact]
    public async Task Trends_dashboard_and_alerts_tell_where_a_customer_stands()
    {
        await RecordAsync("""[{"customer":"page","feature":"chat","model":"dear","input_tokens":900000}]""");
        var trends = await ReadAsync("/v1/customers/page/trends?months=3");
        trends.GetProperty("months").EnumerateArray().Select(month => month.GetProperty("cost_usd").GetString())
            .ShouldBe(["0", "0", "0.9"]);
        trends.GetProperty("months")[2].GetProperty("by_provider")[0].GetProperty("provider").GetString().ShouldBe("house");

        var dashboard = await ReadAsync("/v1/customers/page/dashboard");
        FiguresOf(dashboard.GetProperty("costs")).ShouldBe("1 0 0 900000 0 0 900000 0.9");
        dashboard.GetProperty("features").GetProperty("llm_cost").GetProperty("used").GetDecimal().ShouldBe(0.9m);
        decimal.Parse(dashboard.GetProperty("projected_cost_usd").GetString()!, CultureInfo.InvariantCulture)
            .ShouldBeGreaterThanOrEqualTo(0.9m);
        var notice = dashboard.GetProperty("notices").EnumerateArray().Single(one => one.GetProperty("feature").GetString() == "llm_cost");
        (notice.GetProperty("severity").GetString(),
            notice.GetProperty("message").GetString()).ShouldBe(("warning", "You have spent $0.90 of $1.00"));

        IReadOnlyList<string> alerts = [];
        await UntilAsync(async () => (alerts =
        [
            .. (await ReadAsync("/v1/customers/page/alerts")).GetProperty("data").EnumerateArray()
                .Where(alert => alert.GetProperty("feature").GetString() == "llm_cost")
                .Select(alert => $"{alert.GetProperty("percent")} {alert.GetProperty("severity")}"),
        ]).Count > 0);
        alerts.ShouldBe(["90 warning", "80 warning"]);
    }

    [Fact]
    public async Task Another_projects_calls_are_never_shown()
    {
        await RecordAsync("""[{"customer":"secret","feature":"chat","model":"dear","input_tokens":5,"latency_ms":3}]""");
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        var project = new JsonObject { ["code"] = "other", ["name"] = "Other", ["mode"] = "live", ["catalog"] = "trendit" };
        using var created = await admin.PostAsync("/v1/projects", MeteringHost.Text(project.ToJsonString()));
        using var other = host.Server.NewClient(JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key")
            .GetString());
        foreach (var path in (string[])[
            "customers/secret/costs", "customers/secret/trends", "customers/secret/dashboard", "analytics/models", "analytics/providers",
            "analytics/features", "analytics/customers", "analytics/revenue-vs-cost", "analytics/models.csv", "analytics/customers.csv"])
        {
            var text = await other.GetStringAsync("/v1/" + path);
            text.ShouldNotContain("0.000005", Case.Sensitive, path);
            text.ShouldNotContain("dear", Case.Sensitive, path);
        }

        (await ReadAsync("/v1/customers/secret/costs")).GetProperty("total").GetProperty("cost_usd").GetString().ShouldBe("0.000005");
    }

    [Theory]
    [InlineData("customers/c/costs?days=0", "days")]
    [InlineData("customers/c/costs?days=x", "days")]
    [InlineData("customers/c/costs?days=3&from=2026-01-01", "days")]
    [InlineData("customers/c/costs?from=yesterday&to=2026-13-01", "to from")]
    [InlineData("analytics/models?from=2026-02-02&to=2026-02-01", "to")]
    [InlineData("analytics/models?from=1990-01-01", "from")]
    [InlineData("analytics/providers?group_by=mood&limit=100000", "limit group_by")]
    [InlineData("analytics/features.csv?group_by=mood", "group_by")]
    [InlineData("customers/c/trends?months=99", "months")]
    public async Task Questions_that_make_no_sense_are_told_at_once(string path, string fields)
    {
        var (status, problem) = await host.GetAsync("/v1/" + path);
        status.ShouldBe(422, problem.ToString());
        string.Join(' ', problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("param").GetString()))
            .ShouldBe(fields, problem.ToString());
    }
}
