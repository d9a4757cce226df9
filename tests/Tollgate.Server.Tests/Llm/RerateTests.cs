using System.Text.Json;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Llm;

/// <summary>Unknown costs that become known, markups, and their effect on budgets.</summary>
public sealed class RerateTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private static string Call(string customer, string model, int tokens = 100_000, string id = "1") =>
        $$"""{"id":"{{id}}-{{model}}","customer":"{{customer}}","provider":"anew","model":"{{model}}","input_tokens":{{tokens}}}""";

    private async Task<JsonElement> PostAsync(string path, string body, int expected = 200)
    {
        var (status, answer) = await host.PostAsync(path, body);
        status.ShouldBe(expected, answer.ToString());
        return answer;
    }

    private Task<JsonElement> SetPriceAsync(string model, string input, string from = "2020-01-01T00:00:00Z") => PostAsync(
        "/v1/model-prices", $$$"""{"provider":"anew","model":"{{{model}}}","valid_from":"{{{from}}}","prices":{"input":"{{{input}}}"}}""",
        201);

    private async Task<(int Seen, int Changed, int Unknown, string? Delta)> RerateAsync(string model, string more = "", string query = "")
    {
        var done = await PostAsync("/v1/model-prices/rerate" + query, $$"""{"model":"{{model}}"{{more}}}""");
        return (done.GetProperty("seen").GetInt32(), done.GetProperty("changed").GetInt32(), done.GetProperty("unknown").GetInt32(),
            done.GetProperty("delta_usd").GetString());
    }

    [Fact]
    public async Task A_cost_that_becomes_known_moves_the_budget_once()
    {
        await PostAsync("/v1/llm-calls", Call("late", "r-1"));
        await PostAsync("/v1/llm-calls", Call("late", "r-1", id: "2"));
        (await RerateAsync("r-1")).ShouldBe((2, 0, 2, "0"));
        await SetPriceAsync("r-1", "2");

        (await RerateAsync("r-1", query: "?dry_run=true")).ShouldBe((2, 2, 0, "0.4"));
        (await host.UsedAsync("late", "llm_cost")).ShouldBe(0m, "a dry run changes nothing");
        (await RerateAsync("r-1")).ShouldBe((2, 2, 0, "0.4"));
        (await host.UsedAsync("late", "llm_cost")).ShouldBe(0.4m);
        (await host.UsedAsync("late", "tokens")).ShouldBe(200_000m, "only the cost is corrected");

        (await RerateAsync("r-1")).ShouldBe((2, 0, 0, "0"));
        (await host.UsedAsync("late", "llm_cost")).ShouldBe(0.4m);
    }

    [Fact]
    public async Task A_price_that_changes_again_is_corrected_by_the_difference()
    {
        await PostAsync("/v1/llm-calls", Call("again", "r-2"));
        foreach (var (price, delta, used) in new[] { ("1", "0.1", 0.1m), ("3", "0.2", 0.3m), ("2", "-0.1", 0.3m), ("4", "0.2", 0.4m) })
        {
            await SetPriceAsync("r-2", price);
            (await RerateAsync("r-2")).ShouldBe((1, 1, 0, delta), price);
            (await host.UsedAsync("again", "llm_cost")).ShouldBe(used, $"At {price}: a budget is not given back what is cheaper now.");
        }
    }

    [Fact]
    public async Task Calls_of_a_known_cost_are_left_unless_all_are_meant()
    {
        await SetPriceAsync("r-3", "1");
        await PostAsync("/v1/llm-calls", Call("known", "r-3"));
        await SetPriceAsync("r-3", "5");

        (await RerateAsync("r-3")).ShouldBe((0, 0, 0, "0"));
        (await RerateAsync("r-3", ",\"all\":true")).ShouldBe((1, 1, 0, "0.4"));
        (await host.UsedAsync("known", "llm_cost")).ShouldBe(0.5m);
    }

    [Fact]
    public async Task By_a_fallback_price_the_budget_moves_although_the_cost_is_unknown()
    {
        await PostAsync(
            "/v1/model-prices", """{"provider":"falls","model":"*","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"3"}}""", 201);
        var body = await PostAsync(
            "/v1/llm-calls", """{"id":"f","customer":"assumed","provider":"falls","model":"r-4","input_tokens":100000}""");

        (body.GetProperty("priced").GetBoolean(), body.GetProperty("cost_usd").ValueKind).ShouldBe((false, JsonValueKind.Null));
        (await host.UsedAsync("assumed", "llm_cost")).ShouldBe(0.3m);
        (await host.GetAsync("/v1/unpriced-models")).Body.ToString().ShouldContain("r-4");

        // The true price is higher, and the budget gets the difference.
        await PostAsync(
            "/v1/model-prices", """{"provider":"falls","model":"r-4","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"5"}}""", 201);
        (await RerateAsync("r-4")).ShouldBe((1, 1, 0, "0.5"));
        (await host.UsedAsync("assumed", "llm_cost")).ShouldBe(0.5m);
    }

    [Fact]
    public async Task A_voided_call_is_not_priced_anew()
    {
        await PostAsync("/v1/llm-calls", Call("void", "r-5"));
        await PostAsync("/v1/events/1-r-5/void", """{"customer":"void"}""");
        await SetPriceAsync("r-5", "1");

        (await RerateAsync("r-5")).ShouldBe((0, 0, 0, "0"));
    }

    [Fact]
    public async Task After_an_adjustment_was_voided_the_call_is_corrected_once_more()
    {
        await PostAsync("/v1/llm-calls", Call("mended", "r-8"));
        await SetPriceAsync("r-8", "1");
        (await RerateAsync("r-8")).ShouldBe((1, 1, 0, "0.1"));
        var adjustment = (await host.GetAsync("/v1/events?customer=mended&type=llm_cost_adjustment")).Body.GetProperty(
            "data")[0].GetProperty("id").GetString();
        await PostAsync($"/v1/events/{adjustment}/void", """{"customer":"mended"}""");
        (await host.UsedAsync("mended", "llm_cost")).ShouldBe(0m);

        await SetPriceAsync("r-8", "3");
        (await RerateAsync("r-8")).ShouldBe((1, 1, 0, "0.3"));
        (await host.UsedAsync("mended", "llm_cost")).ShouldBe(0.3m);
        (await RerateAsync("r-8")).ShouldBe((1, 0, 0, "0"));
        (await host.GetAsync("/v1/customers/mended/costs")).Body.GetProperty("total").GetProperty("unpriced_calls").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_corrected_call_of_an_erased_customer_keeps_its_cost()
    {
        await PostAsync("/v1/llm-calls", Call("leaver", "r-9"));
        await SetPriceAsync("r-9", "1");
        (await RerateAsync("r-9")).ShouldBe((1, 1, 0, "0.1"));
        var erased = (await PostAsync("/v1/customers/leaver/erase", "")).GetProperty("customer").GetString();

        await SetPriceAsync("r-9", "3");
        (await RerateAsync("r-9", ""","all":true""")).ShouldBe((1, 0, 0, "0"));
        var costs = (await host.GetAsync($"/v1/customers/{erased}/costs")).Body;
        costs.GetProperty("total").GetProperty("cost_usd").GetString().ShouldBe("0.1");
    }

    [Theory]
    [InlineData("""{"starting_after":"x"}""", "starting_after")]
    [InlineData("""{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}""", "from")]
    public async Task A_faulty_request_is_refused(string body, string field) =>
        (await PostAsync("/v1/model-prices/rerate", body, 422)).GetProperty("errors")[0].GetProperty("param").GetString().ShouldBe(field);

    [Fact]
    public async Task A_markup_is_charged_from_now_on_and_the_command_line_sets_it()
    {
        var database = await AnotherStageAsync();
        await using (database)
        {
            (await RunAsync(database, "markup")).ShouldBe((0, "0 %"));
            (await RunAsync(database, "markup", "20")).ShouldBe((0, "+20 %"));
            await database.PostAsync(
                "/v1/model-prices", """{"provider":"anew","model":"r-6","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1"}}""");
            (await database.PostAsync("/v1/llm-calls", Call("marked", "r-6"))).Body.GetProperty("cost_usd").GetString().ShouldBe("0.12");
            (await RunAsync(database, "markup", "0.001")).ExitCode.ShouldBe(2);
            (await RunAsync(database, "markup", "2000")).ExitCode.ShouldBe(1);

            await database.PostAsync("/v1/llm-calls", Call("marked", "r-7"));
            await database.PostAsync(
                "/v1/model-prices", """{"provider":"anew","model":"r-7","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1"}}""");
            var rerated = await RunAsync(database, "rerate", "--yes");
            rerated.ExitCode.ShouldBe(0, rerated.Output);
            rerated.Output.ShouldContain("1 calls: 1 would change");
            rerated.Output.ShouldContain("1 were corrected");
            rerated.Output.ShouldContain("0.12 USD");
            (await RunAsync(database, "rerate", "--yes")).Output.ShouldContain("0 would change");

            // Both calls were made under 20 %, and keep that with any present markup.
            (await RunAsync(database, "markup", "50")).ShouldBe((0, "+50 %"));
            (await RunAsync(database, "rerate", "--all", "--yes")).Output.ShouldContain("0 would change");
        }
    }

    // A markup applies to the whole project: the other tests must not see it.
    private Task<SharedMeteringHost> AnotherStageAsync() => host.AnotherAsync();

    private static async Task<(int ExitCode, string Output)> RunAsync(MeteringProject host, params string[] arguments)
    {
        var (code, text) = await ServerProcess.RunAsync(["prices", .. arguments, "--data", host.Server.Data, "--project", host.Code]);
        return (code, text.Trim());
    }
}
