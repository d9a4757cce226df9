using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Server.SeedDoors;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>The seeds' statistics of costs: A's <c>/admin/stats</c> and D's pricing, trends, dashboard and alerts.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class CostDoorTests(RunningServer running)
{
    private static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Members(JsonNode? node) => node!.AsObject().Select(member => member.Key);

    private async Task RecordAsync(string project, string calls)
    {
        var recorded = await running.DoorOf(project).PostAsync("/v1/llm-calls", calls);
        recorded.Status.ShouldBe(HttpStatusCode.OK);
        recorded["rejected"].AsArray().Count.ShouldBe(0, recorded.Json!.ToJsonString());
    }

    private Task<Came> StatsAsync(string path, string? key = null, string? project = "career-coach") => running.DoorWith(null).SendAsync(
        HttpMethod.Get, path, null,
        [("X-Admin-Key", key ?? running.Server.AdminKey), .. project is null ? Array.Empty<(string, string)>() : [("X-Project", project)]]);

    // ---- A ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_user_costs_are_exact_by_model_feature_and_day()
    {
        await RecordAsync("career-coach", """
            [{"customer": "cost-a1", "feature": "cv_generate", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 500},
             {"customer": "cost-a1", "model": "gpt-4o-mini", "input_tokens": 2000, "output_tokens": 0}]
            """);

        // 1000 × 2.5 + 500 × 10 = 7500 and 2000 × 0.15 = 300 millionths of a dollar.
        (await StatsAsync("/admin/stats/user-costs/cost-a1?days=1")).ShouldBe(HttpStatusCode.OK, $$"""
            {"user_id": "cost-a1", "period_days": 1, "total_cost_usd": 0.0078, "total_requests": 2, "total_input_tokens": 3000, "total_output_tokens": 500,
             "avg_cost_per_request": 0.00390,
             "by_model": [{"model_name": "gpt-4o", "provider": "openai", "requests": 1, "input_tokens": 1000, "output_tokens": 500, "cost_usd": 0.0075, "unpriced_requests": 0},
                          {"model_name": "gpt-4o-mini", "provider": "openai", "requests": 1, "input_tokens": 2000, "output_tokens": 0, "cost_usd": 0.0003, "unpriced_requests": 0}],
             "by_feature": [{"feature_code": "cv_generate", "requests": 1, "cost_usd": 0.0075}, {"feature_code": null, "requests": 1, "cost_usd": 0.0003}],
             "daily_breakdown": [{"date": "{{Today}}", "requests": 2, "cost_usd": 0.0078}]}
            """);
    }

    [Fact]
    public async Task A_revenue_vs_cost_has_exactly_the_seeds_members()
    {
        await RecordAsync("career-coach", """[{"customer": "cost-a2", "model": "gpt-4o", "input_tokens": 1000000}]""");
        var result = await StatsAsync("/admin/stats/revenue-vs-cost");
        result.Status.ShouldBe(HttpStatusCode.OK);
        Members(result.Json).ShouldBe(
        [
            "period_days", "total_revenue_usd", "total_llm_cost_usd", "estimated_profit_usd", "profit_margin_percent", "total_requests",
            "unique_users",
            "avg_cost_per_request", "by_model", "by_feature", "daily_breakdown",
        ]);
        var cost = result["total_llm_cost_usd"].GetValue<decimal>();
        cost.ShouldBeGreaterThanOrEqualTo(2.5m);
        (result["period_days"].GetValue<int>(),
            result["total_revenue_usd"].GetValue<decimal>() - result["total_llm_cost_usd"].GetValue<decimal>())
            .ShouldBe((30, result["estimated_profit_usd"].GetValue<decimal>()));
        result["estimated_profit_usd"].GetValue<decimal>().ShouldBe(-cost);
        result["daily_breakdown"].AsArray().Sum(day => day!["cost_usd"]!.GetValue<decimal>()).ShouldBe(cost);
        result["by_model"].AsArray().Sum(model => model!["cost_usd"]!.GetValue<decimal>()).ShouldBe(cost);
    }

    [Fact]
    public async Task A_features_count_uses_users_and_costs()
    {
        await running.DoorOf("career-coach", "cost-a3").PostAsync("/interview/start");
        await RecordAsync(
            "career-coach", """[{"customer": "cost-a4", "feature": "mock_interview", "model": "gpt-4o", "input_tokens": 1000}]""");
        var stats = await StatsAsync("/admin/stats/features?days=7");
        stats["period_days"].GetValue<int>().ShouldBe(7);
        var interviews = stats["features"].AsArray().Single(feature => (string?)feature!["feature_code"] == "mock_interview")!;
        Members(interviews).ShouldBe(["feature_code", "name", "usage_count", "unique_users", "llm_requests", "llm_cost_usd"]);
        (interviews["name"]!.GetValue<string>(), interviews["llm_cost_usd"]!.GetValue<decimal>()).ShouldBe(("Mock Interviews", 0.0025m));
        interviews["usage_count"]!.GetValue<decimal>().ShouldBeGreaterThanOrEqualTo(2m);
        interviews["unique_users"]!.GetValue<int>().ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task A_statistics_want_the_admin_key_or_the_projects_own()
    {
        (await running.DoorWith(null).GetAsync("/admin/stats/revenue-vs-cost")).ShouldBe(
            HttpStatusCode.Forbidden, """{"detail": "Forbidden"}""");
        (await StatsAsync("/admin/stats/features", running.Server.Keys["TOLLGATE_PUBLIC_KEY_CAREER_COACH"], null)).ShouldBe(
            HttpStatusCode.Forbidden, """{"detail": "Forbidden"}""");
        (await StatsAsync("/admin/stats/features", running.Server.Keys["TOLLGATE_KEY_CAREER_COACH"], null)).Status.ShouldBe(
            HttpStatusCode.OK);
        (await StatsAsync("/admin/stats/features", null, null)).Status.ShouldBe(HttpStatusCode.OK, "The career coach's own project.");
        (await StatsAsync("/admin/stats/features?days=0")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory]
    [InlineData(1234, "45.23", "0.0367")]
    [InlineData(3, "0.0001", "0.0000333")]
    [InlineData(1, "0", "0")]
    [InlineData(0, "0", "0")]
    public void A_average_has_the_seeds_four_decimals_or_three_digits(long calls, string cost, string average) =>
        CareerCoachStatsDoor.AverageOf(
            CallTotals.Zero with { Calls = calls, Cost = Quantity.Of(decimal.Parse(cost, CultureInfo.InvariantCulture)) })
            .ShouldBe(decimal.Parse(average, CultureInfo.InvariantCulture));

    // ---- D ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task D_pricing_has_the_seeds_figures()
    {
        var pricing = await running.DoorOf("alwrity").GetAsync("/api/subscription/pricing");
        var flash = pricing["pricing"].AsArray()
            .Single(price => (string?)price!["model_name"] == "gemini-2.5-flash" && (string?)price["provider"] == "gemini")!;
        Members(flash).ShouldBe(
        [
            "provider", "model_name", "input_cost_per_1m", "output_cost_per_1m", "cost_per_request", "cost_per_search", "cost_per_page",
            "cost_per_image",
            "currency", "effective_from",
        ]);
        (flash["input_cost_per_1m"]!.GetValue<decimal>(), flash["output_cost_per_1m"]!.GetValue<decimal>()).ShouldBe((0.125m, 0.375m));
        var tavily = await running.DoorWith(running.Server.Keys["TOLLGATE_PUBLIC_KEY_ALWRITY"])
            .GetAsync("/api/subscription/pricing?provider=tavily");
        tavily["pricing"].AsArray().Select(price => $"{price!["provider"]} {price["cost_per_search"]}").ShouldContain("tavily 0.001");
        tavily["pricing"].AsArray().ShouldAllBe(price => (string?)price!["provider"] == "tavily");
    }

    [Fact]
    public async Task D_dashboard_has_exactly_the_seeds_shape()
    {
        var door = running.DoorOf("alwrity");
        await door.PutAsync("/v1/customers/cost-d1/plan", """{"plan": "pro"}""");
        await RecordAsync("alwrity", """
            [{"customer": "cost-d1", "model": "gemini-2.5-pro", "provider": "gemini", "input_tokens": 100000, "output_tokens": 1000000, "latency_ms": 5},
             {"customer": "cost-d1", "model": "search", "provider": "exa", "requests": 1, "searches": 2}]
            """);
        var dashboard = await door.GetAsync("/api/subscription/dashboard/cost-d1");
        dashboard.Status.ShouldBe(HttpStatusCode.OK);
        Members(dashboard.Json).ShouldBe(["current_usage", "limits", "usage_percentages", "projections", "alerts"]);

        // 0.1 × 1.25 + 1 × 10 = 10.125, and two searches at 0.003.
        JsonNode.DeepEquals(dashboard["current_usage"], JsonNode.Parse("""
            {"total_calls": 2, "total_cost": 10.131, "usage_status": "active",
             "provider_breakdown": {"gemini": {"calls": 1, "cost": 10.125, "tokens": 1100000}, "metaphor": {"calls": 1, "cost": 0.006, "tokens": null}}}
            """)).ShouldBeTrue(dashboard["current_usage"].ToJsonString());
        (dashboard["limits"]["plan_name"]!.GetValue<string>(),
            dashboard["limits"]["limits"]!["monthly_cost"]!.GetValue<decimal>()).ShouldBe(("Pro", 150m));
        dashboard["usage_percentages"]["cost"]!.GetValue<decimal>().ShouldBe(6.8m);
        Members(dashboard["projections"]).ShouldBe(["projected_monthly_cost", "projected_usage_percentage"]);
        dashboard["projections"]["projected_monthly_cost"]!.GetValue<decimal>().ShouldBeGreaterThanOrEqualTo(10.131m);
        dashboard["alerts"].AsArray().Select(alert => alert!.ToJsonString()).ShouldContain(
            """{"title":"API Usage Notice - Gemini","message":"You have used 1 of 5,000 Gemini API calls","severity":"info"}""");
        (await door.GetAsync(
            "/api/subscription/usage/cost-d1"))["current_usage"]["provider_breakdown"]!["gemini"]!["cost"]!.GetValue<decimal>()
            .ShouldBe(10.125m);
    }

    [Fact]
    public async Task D_features_and_providers_may_have_the_seeds_own_names()
    {
        const string catalog = """
            code: named
            name: Named
            currency: USD
            default_plan: free
            features:
              - { code: llm_cost, name: Budget, money: true, unit: USD, meters: [{ event_type: llm_call, value_property: cost_usd }] }
              - { code: cost, name: Cost reports }
              - { code: monthly_cost, name: Monthly reports }
            plans:
              - code: free
                name: Free
                entitlements: [{ feature: llm_cost, quota: 1 }, { feature: cost, quota: 4 }, { feature: monthly_cost, quota: 5 }]
            """;
        var made = await running.DoorWith(running.Server.AdminKey).PostAsync("/v1/projects", new JsonObject
        {
            ["code"] = "named", ["name"] = "Named", ["mode"] = "sandbox", ["catalog"] = catalog,
        }.ToJsonString());
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var door = running.DoorWith(made["secret_key"].GetValue<string>());
        (await door.PostAsync("/v1/llm-calls", """
            [{"customer": "n", "model": "gpt-4o", "provider": "unknown", "input_tokens": 5},
             {"customer": "n", "model": "m-2", "input_tokens": 5}]
            """)).Status.ShouldBe(HttpStatusCode.OK);
        await door.PostAsync("/v1/consume", """{"customer": "n", "feature": "cost"}""");

        const string limits = """{"llm_cost":1,"cost":4,"monthly_cost":5}""";
        foreach (var path in (string[])["usage", "dashboard"])
        {
            var usage = await door.GetAsync($"/api/subscription/{path}/n");
            usage.Status.ShouldBe(HttpStatusCode.OK, usage.Json?.ToJsonString());
            JsonNode.DeepEquals(usage["limits"]["limits"], JsonNode.Parse(limits)).ShouldBeTrue(usage.Json!.ToJsonString());
            usage["usage_percentages"]["cost"]!.GetValue<decimal>().ShouldBe(25);
        }

        var plan = (await door.GetAsync("/api/subscription/plans"))["plans"].AsArray()[0]!;
        JsonNode.DeepEquals(plan["limits"], JsonNode.Parse(limits)).ShouldBeTrue(plan.ToJsonString());
        var trends = await door.GetAsync("/api/subscription/usage/n/trends");
        trends.Status.ShouldBe(HttpStatusCode.OK, trends.Json?.ToJsonString());
        trends["trends"].AsArray()[^1]!["provider_breakdown"]!["unknown"]!["calls"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task D_trends_and_alerts_follow_the_calls()
    {
        var door = running.DoorOf("alwrity");
        await RecordAsync(
            "alwrity", """[{"customer": "cost-d2", "model": "gemini-2.5-pro", "provider": "gemini", "output_tokens": 95000}]""");
        var trends = await door.GetAsync("/api/subscription/usage/cost-d2/trends");
        Members(trends.Json).ShouldBe(["user_id", "months", "trends"]);
        trends["trends"].AsArray().Count.ShouldBe(6);
        JsonNode.DeepEquals(trends["trends"].AsArray()[^1], JsonNode.Parse($$"""
            {"billing_period": "{{Today[..7]}}", "total_calls": 1, "total_cost": 0.95, "total_tokens": 95000,
             "provider_breakdown": {"gemini": {"calls": 1, "cost": 0.95, "tokens": 95000} } }
            """)).ShouldBeTrue(trends.Json!.ToJsonString());
        trends["trends"].AsArray()[0]!["total_calls"]!.GetValue<int>().ShouldBe(0);

        JsonNode? alerts = null;
        List<JsonNode?> cost = [];
        await UntilAsync(async () =>
        {
            alerts = (await door.GetAsync("/api/subscription/alerts/cost-d2")).Json;
            cost = [.. alerts!["alerts"]!.AsArray()
                .Where(alert => ((string?)alert!["title"])!.StartsWith("Cost", StringComparison.Ordinal))];
            return cost.Count > 0;
        });
        Members(alerts).ShouldBe(["user_id", "alerts"]);
        cost.Select(alert => $"{alert!["threshold_percentage"]} {alert["severity"]} {alert["message"]}").ShouldBe(
            ["90 warning You have spent $0.95 of $1.00", "80 warning You have spent $0.95 of $1.00"]);
        Members(cost[0]).ShouldBe(["id", "title", "message", "severity", "threshold_percentage", "billing_period", "created_at", "is_read",
            "read_at", "recommendation"]);
        cost.ShouldAllBe(static alert => !(bool)alert!["is_read"]!);
        var token = (await door.PostAsync("/v1/customers/cost-d2/tokens", "{}"))["token"].GetValue<string>();
        var path = $"/api/subscription/alerts/cost-d2/{cost[0]!["id"]}/read";
        var read = await running.DoorWith(token).PostAsync(path);
        (read.Status, (bool)read["is_read"]!, (string?)read["title"]).ShouldBe((HttpStatusCode.OK, true, (string?)cost[0]!["title"]));
        (await running.DoorWith(token).PostAsync(path)).ShouldBe(HttpStatusCode.OK, read.Json!.ToJsonString());
        (await door.GetAsync("/api/subscription/alerts/cost-d2"))["alerts"].AsArray().Count(static one => (bool)one!["is_read"]!)
            .ShouldBe(1);
        (await running.DoorWith(token).PostAsync(path.Replace("cost-d2", "cost-d3", StringComparison.Ordinal))).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        (await door.PostAsync(path.Replace("cost-d2", "cost-d3", StringComparison.Ordinal))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task D_a_token_reads_its_own_dashboard_and_nobody_elses()
    {
        var token = (await running.DoorOf("alwrity").PostAsync("/v1/customers/cost-d3/tokens", "{}"))["token"].GetValue<string>();
        foreach (var path in (string[])["dashboard/{0}", "alerts/{0}", "usage/{0}/trends"])
        {
            (await running.DoorWith(token)
                .GetAsync("/api/subscription/" + string.Format(CultureInfo.InvariantCulture, path, "cost-d3"))).Status.ShouldBe(
                    HttpStatusCode.OK);
            (await running.DoorWith(token)
                .GetAsync("/api/subscription/" + string.Format(CultureInfo.InvariantCulture, path, "cost-d1"))).Status.ShouldBe(
                    HttpStatusCode.Forbidden);
        }
    }
}
