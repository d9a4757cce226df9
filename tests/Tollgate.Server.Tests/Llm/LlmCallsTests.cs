using System.Text.Json;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Llm;

/// <summary>Calls to models that are reported afterwards, with prices of the project's own.</summary>
public sealed class LlmCallsTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private const string OldPrice =
        """{"provider":"openai","model":"house-1","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2.5","cached_input":"1.25","output":"10"},"source":"test"}""";

    private async Task<JsonElement> RecordAsync(string call)
    {
        var (status, body) = await host.PostAsync("/v1/llm-calls", call);
        status.ShouldBe(200, body.ToString());
        return body;
    }

    private async Task SetPriceAsync(string price)
    {
        var (status, body) = await host.PostAsync("/v1/model-prices", price);
        status.ShouldBe(201, body.ToString());
    }

    private static string? CostOf(JsonElement body) => body.GetProperty("cost_usd").GetString();

    private static decimal UsedOf(JsonElement body, string feature) =>
        body.GetProperty("balances").GetProperty(feature).GetProperty("used").GetDecimal();

    [Fact]
    public async Task A_call_moves_calls_tokens_dollars_and_its_feature_together()
    {
        await SetPriceAsync(OldPrice);
        var body = await RecordAsync(
            """
            {"id":"c-1","customer":"whole","feature":"chat","model":"house-1","input_tokens":1000,"cached_input_tokens":200,"output_tokens":30,
             "reasoning_tokens":7,"request_id":"r","latency_ms":12,"status":200,"endpoint":"/chat","properties":{"team":"a"}}
            """);

        // (1000 × 2.5 + 200 × 1.25 + (30 + 7) × 10) ÷ 1,000,000
        CostOf(body).ShouldBe("0.00312");
        (body.GetProperty("provider").GetString(), body.GetProperty("priced").GetBoolean(), body.GetProperty("replayed").GetBoolean())
            .ShouldBe(("openai", true, false));
        (UsedOf(body, "openai_calls"), UsedOf(body, "tokens"), UsedOf(body, "llm_cost"),
            UsedOf(body, "chat")).ShouldBe((1m, 1237m, 0.00312m, 1m));
        (await host.UsedAsync("whole", "llm_cost")).ShouldBe(0.00312m);
    }

    [Fact]
    public async Task A_repeat_replays_with_the_cost_of_then_although_the_price_has_changed()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-2", StringComparison.Ordinal));
        const string Call = """{"id":"same","customer":"again","model":"house-2","input_tokens":1000000}""";
        CostOf(await RecordAsync(Call)).ShouldBe("2.5");
        await SetPriceAsync(OldPrice.Replace("house-1", "house-2", StringComparison.Ordinal).Replace("2.5", "7", StringComparison.Ordinal));

        var repeat = await RecordAsync(Call);
        (CostOf(repeat), repeat.GetProperty("replayed").GetBoolean(), UsedOf(repeat, "llm_cost")).ShouldBe(("2.5", true, 2.5m));
        CostOf(await RecordAsync(Call.Replace("same", "next", StringComparison.Ordinal)))
            .ShouldBe("7", "The newer price of the same moment holds.");
        var (status, reused) = await host.PostAsync("/v1/llm-calls", Call.Replace("1000000", "5", StringComparison.Ordinal));
        (status, reused.GetProperty("code").GetString()).ShouldBe((409, "idempotency_key_reused"));
    }

    [Fact]
    public async Task A_model_without_a_price_costs_an_unknown_amount_and_is_listed()
    {
        const string Call = """{"customer":"unknown","provider":"nobody","model":"riddle-9","input_tokens":10,"output_tokens":5}""";
        var body = await RecordAsync(Call);
        (body.GetProperty("cost_usd").ValueKind, body.GetProperty("priced").GetBoolean(),
            UsedOf(body, "tokens")).ShouldBe((JsonValueKind.Null, false, 15m));
        body.GetProperty("balances").TryGetProperty("llm_cost", out _).ShouldBeFalse("An unknown cost moves no budget.");
        (await UnpricedAsync("riddle-9")).GetProperty("priced").GetBoolean().ShouldBeFalse();

        await SetPriceAsync("""{"provider":"nobody","model":"riddle-9","prices":{"input":"1","output":"1"}}""");
        CostOf(await RecordAsync(Call)).ShouldBe("0.000015");
        (await UnpricedAsync("riddle-9")).GetProperty("priced").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Searches_without_a_price_make_the_cost_unknown_and_budgets_move_by_the_rest()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-search", StringComparison.Ordinal));
        const string Call = """{"customer":"searches","provider":"openai","model":"house-search","input_tokens":40000,"searches":10}""";
        var body = await RecordAsync(Call);
        (body.GetProperty("cost_usd").ValueKind, body.GetProperty("priced").GetBoolean(),
            UsedOf(body, "llm_cost")).ShouldBe((JsonValueKind.Null, false, 0.1m));
        await UnpricedAsync("house-search");

        await SetPriceAsync(OldPrice.Replace("house-1", "house-search", StringComparison.Ordinal)
            .Replace("\"output\"", "\"search\":\"0.01\",\"output\"", StringComparison.Ordinal));
        CostOf(await RecordAsync(Call)).ShouldBe("0.2");

        // By the shared list: 1,000 tokens at $1.25 for a million, and ten searches of a cent.
        CostOf(await RecordAsync("""{"customer":"searches","provider":"openai","model":"gpt-5","input_tokens":1000,"searches":10}"""))
            .ShouldBe("0.10125");
        CostOf(await RecordAsync(
            """{"customer":"searches","provider":"anthropic","model":"claude-haiku-4-5-20251001","input_tokens":1000,"searches":1}"""))
            .ShouldBe("0.011");
    }

    [Fact]
    public async Task Without_a_price_the_reported_cost_is_the_cost_and_otherwise_it_is_only_stored()
    {
        const string Call =
            """{"customer":"says","provider":"nobody","model":"riddle-6","input_tokens":1000,"reported_cost_usd":"0.003"}""";
        CostOf(await RecordAsync(Call)).ShouldBe("0.003");
        var estimated = await RecordAsync(Call.Replace("1000,", "1000,\"estimated\":true,", StringComparison.Ordinal));
        estimated.GetProperty("priced").GetBoolean().ShouldBeFalse("The provider did not see the end of an estimated call.");

        await SetPriceAsync("""{"provider":"nobody","model":"riddle-6","prices":{"input":"1"}}""");
        CostOf(await RecordAsync(Call)).ShouldBe("0.001");
    }

    [Fact]
    public async Task A_failed_call_that_used_nothing_costs_nothing()
    {
        var body = await RecordAsync("""{"customer":"failed","provider":"nobody","model":"riddle-8","status":500,"error":"overloaded"}""");
        (CostOf(body), body.GetProperty("priced").GetBoolean()).ShouldBe(("0", true));
    }

    [Fact]
    public async Task A_call_is_priced_at_its_own_time()
    {
        var now = DateTimeOffset.UtcNow;
        await SetPriceAsync("""{"provider":"p","model":"dated","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1"}}""");
        await SetPriceAsync(
            $$$"""{"provider":"p","model":"dated","valid_from":"{{{now.AddDays(-2):yyyy-MM-ddTHH:mm:ssZ}}}","prices":{"input":"3"}}""");
        CostOf(await RecordAsync(
            $$"""{"customer":"dated","model":"dated","input_tokens":1000000,"occurred_at":"{{now.AddDays(-3):yyyy-MM-ddTHH:mm:ssZ}}"}"""))
            .ShouldBe("1");
        CostOf(await RecordAsync(
            $$"""{"customer":"dated","model":"dated","input_tokens":1000000,"occurred_at":"{{now.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}}"}"""))
            .ShouldBe("3");
    }

    [Fact]
    public async Task The_newer_of_two_prices_of_one_moment_wins_in_any_letter_case()
    {
        await SetPriceAsync("""{"provider":"p","model":"LETTERS","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1"}}""");
        await SetPriceAsync("""{"provider":"P","model":"letters","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2"}}""");
        CostOf(await RecordAsync("""{"customer":"letters","model":"Letters","input_tokens":1000000}""")).ShouldBe("2");
    }

    [Fact]
    public async Task Inclusive_totals_are_taken_apart()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-3", StringComparison.Ordinal));
        var body = await RecordAsync(
            """{"customer":"totals","model":"house-3","inclusive":true,"input_tokens":1200,"cached_input_tokens":200,"output_tokens":37,"reasoning_tokens":7}""");
        (CostOf(body), UsedOf(body, "tokens")).ShouldBe(("0.00312", 1237m));
        var (status, problem) = await host.PostAsync("/v1/llm-calls",
            """{"customer":"totals","model":"m","inclusive":true,"input_tokens":1,"cached_input_tokens":2}""");
        (status, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, "input_tokens"), problem.ToString());
    }

    [Fact]
    public async Task An_array_records_the_good_ones_and_lists_the_others()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-4", StringComparison.Ordinal));
        const string Calls =
            """
             [{"id":"a","customer":"many","model":"house-4","input_tokens":400000},
              {"id":"b","customer":"many","model":"house-4","input_tokens":-1,"status":7},
              {"id":"c","customer":"many","model":"riddle-7","input_tokens":1},
              7,
              {"id":"a","customer":"many","model":"house-4","input_tokens":400000}]
            """;
        var body = await RecordAsync(Calls);
        (body.GetProperty("accepted").GetInt32(), body.GetProperty("replayed").GetInt32(), body.GetProperty("unpriced").GetInt32(),
            CostOf(body))
            .ShouldBe((2, 1, 1, "1"), body.ToString());
        body.GetProperty("rejected").EnumerateArray().Select(r => $"{r.GetProperty("index")} {r.GetProperty("id")} {r.GetProperty("code")}")
            .ShouldBe(["1 b validation_failed", "3  invalid_type"], body.ToString());
        (await host.UsedAsync("many", "llm_cost")).ShouldBe(1m);
        (await host.UsedAsync("many", "tokens")).ShouldBe(400001m);
    }

    [Theory]
    [InlineData("{}", "customer model")]
    [InlineData("""{"customer":"c","model":"m","feature":"nothing"}""", "feature")]
    [InlineData("""{"customer":"c","model":"m","feature":"export"}""", "feature")]
    [InlineData(
        """{"customer":"c","model":"m","input_tokens":-1,"seconds":-1,"reported_cost_usd":"x"}""",
        "reported_cost_usd input_tokens seconds")]
    [InlineData("""{"customer":"c","model":"m","latency_ms":-1,"status":1000,"properties":[]}""", "latency_ms status properties")]
    public async Task All_faults_of_a_call_are_told_at_once(string call, string fields)
    {
        var (status, problem) = await host.PostAsync("/v1/llm-calls", call);
        status.ShouldBe(422);
        string.Join(' ', problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("param").GetString()))
            .ShouldBe(fields, problem.ToString());
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("[", 400)]
    [InlineData("  [{}, ", 400)]
    [InlineData("7", 422)]
    [InlineData("""{"customer":"c","model":"m","surprise":1}""", 422)]
    public async Task A_body_that_is_no_call_is_refused(string body, int status) =>
        (await host.PostAsync("/v1/llm-calls", body)).Status.ShouldBe(status);

    [Theory]
    [InlineData("{}", "provider model prices")]
    [InlineData("""{"provider":"p","model":"m","prices":{}}""", "prices")]
    [InlineData("""{"provider":"p","model":"m","prices":{"inputs":"1","output":"-1"}}""", "prices.inputs prices.output")]
    [InlineData(
        """{"provider":"p","model":"m","prices":{"input":"1"},"valid_from":"2026-01-02T00:00:00Z","valid_to":"2026-01-01T00:00:00Z","currency":"EUR"}""",
        "currency valid_to")]
    public async Task All_faults_of_a_price_are_told_at_once(string price, string fields)
    {
        var (status, problem) = await host.PostAsync("/v1/model-prices", price);
        status.ShouldBe(422, problem.ToString());
        string.Join(' ', problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("param").GetString()))
            .ShouldBe(fields, problem.ToString());
    }

    [Fact]
    public async Task Prices_are_listed_the_newest_first_by_pages()
    {
        foreach (var price in (string[])["1", "2", "3"])
        {
            await SetPriceAsync($$$"""{"provider":"p","model":"paged","aliases":["leafed"],"prices":{"input":"{{{price}}}"}}""");
        }

        var (_, first) = await host.GetAsync("/v1/model-prices?model=leafed&limit=2");
        first.GetProperty("data").EnumerateArray().Select(p => p.GetProperty("prices").GetProperty("input").GetString())
            .ShouldBe(["3", "2"]);
        first.GetProperty("has_more").GetBoolean().ShouldBeTrue();
        var (_, second) = await host.GetAsync(
            $"/v1/model-prices?model=leafed&limit=2&starting_after={first.GetProperty("data")[1].GetProperty("id").GetString()}");
        second.GetProperty("data").EnumerateArray().Select(p => $"{p.GetProperty("prices").GetProperty("input")} {p.GetProperty("scope")}")
            .ShouldBe(["1 project"]);
    }

    [Fact]
    public async Task Calls_are_listed_with_what_they_used_and_cost()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-5", StringComparison.Ordinal));
        await RecordAsync(
            """
            {"id":"l-1","customer":"listed","feature":"chat","model":"house-5","input_tokens":1000,"output_tokens":30,"latency_ms":12,"status":200,
             "request_id":"r","reported_cost_usd":"0.003","estimated":true,"properties":{"team":"a","id":7,"input_tokens":"mine"}}
            """);
        await host.PostAsync(
            "/v1/events",
            """{"id":"l-2","customer":"listed","type":"llm_call","properties":{"total_tokens":1,"cost_usd":0,"input_tokens":[]}}""");
        await host.PostAsync("/v1/events/l-1/void", """{"customer":"listed"}""");

        var (status, body) = await host.GetAsync("/v1/llm-calls?customer=listed");
        status.ShouldBe(200, body.ToString());
        var rows = body.GetProperty("data").EnumerateArray().ToList();
        rows.Count.ShouldBe(3, "The call, an event of that type, and the reversing event.");
        var call = rows.Single(row => row.GetProperty("id").GetString() == "l-1");
        (call.GetProperty("provider").GetString(), call.GetProperty("input_tokens").GetInt64(), CostOf(call),
            call.GetProperty("latency_ms").GetInt64())
            .ShouldBe(("openai", 1000L, "0.0028", 12L), call.ToString());
        (call.GetProperty("reported_cost_usd").GetString(), call.GetProperty("estimated").GetBoolean(),
            call.GetProperty("feature").GetString())
            .ShouldBe(("0.003", true, "chat"));
        call.GetProperty("properties").GetRawText().Replace(" ", "", StringComparison.Ordinal).ShouldBe("""{"id":7,"team":"a"}""");
        call.GetProperty("voided_by").GetString().ShouldNotBeNull();
        (await host.UsedAsync("listed", "llm_cost")).ShouldBe(0m, "The void gave the dollars back.");
    }

    [Fact]
    public async Task A_providers_answer_is_read_instead_of_counts()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-6", StringComparison.Ordinal));
        const string Usage =
            "\"usage\":{\"prompt_tokens\":1200,\"completion_tokens\":37,\"total_tokens\":1237,\"prompt_tokens_details\":{\"cached_tokens\":200}}";
        var whole = await RecordAsync($$$"""
            {"customer":"raw","provider":"openai","raw_response":{"id":"chat-1","object":"chat.completion","model":"house-6","choices":[],{{{Usage}}}}}
            """);
        (CostOf(whole), whole.GetProperty("model").GetString(), UsedOf(whole, "tokens")).ShouldBe(("0.00312", "house-6", 1237m));

        var events = JsonSerializer.Serialize($"data: {{\"id\":\"s\",\"model\":\"house-6\",\"choices\":[],{Usage}}}\n\ndata: [DONE]\n\n");
        CostOf(await RecordAsync($$"""{"customer":"raw","provider":"openai","model":"asked","raw_response":{{events}}}"""))
            .ShouldBe("0.00312");
    }

    [Theory]
    [InlineData("""{"customer":"raw","model":"m","raw_response":{"choices":[]}}""")]
    [InlineData("""{"customer":"raw","model":"m","raw_response":"\ud800"}""")]
    [InlineData("""{"customer":"raw","model":"m","raw_response":{"\ud800":1}}""")]
    [InlineData("""{"customer":"raw","model":"m","raw_response":{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":1}}}""")]
    [InlineData(
        """{"customer":"raw","model":"m","input_tokens":1,"raw_response":{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}}""")]
    public async Task An_answer_that_tells_nothing_or_lies_is_refused(string call)
    {
        var (status, problem) = await host.PostAsync("/v1/llm-calls", call);
        (status, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, "raw_response"), problem.ToString());
    }

    [Fact]
    public async Task A_model_that_only_the_raw_request_names_is_a_name_or_a_fault()
    {
        const string Call =
            """{"customer":"raw-name","provider":"openai","raw_response":{"choices":[{"message":{"content":"hi"}}]},"raw_request":{"model":"a\u0000b","messages":[]}}""";
        var (status, problem) = await host.PostAsync("/v1/llm-calls", Call);
        (status, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, "model"), problem.ToString());

        var (_, many) = await host.PostAsync("/v1/llm-calls", $$"""[{"customer":"raw-name","model":"m","input_tokens":1},{{Call}}]""");
        (many.GetProperty("accepted").GetInt32(), many.GetProperty("rejected")[0].GetProperty("index").GetInt32()).ShouldBe((1, 1),
            many.ToString());
    }

    private async Task<JsonElement> UnpricedAsync(string model) =>
        (await host.GetAsync("/v1/unpriced-models")).Body.GetProperty("data").EnumerateArray()
            .Single(row => row.GetProperty("model").GetString() == model);

    [Fact]
    public async Task A_check_says_how_long_an_answer_all_limits_together_allow()
    {
        await SetPriceAsync(OldPrice.Replace("house-1", "house-afford", StringComparison.Ordinal));
        await RecordAsync("""{"customer":"affords","provider":"openai","model":"house-afford","input_tokens":0,"output_tokens":99000}""");

        async Task<long?> AffordableAsync(string more, string feature = "chat")
        {
            var (status, body) = await host.PostAsync("/v1/check", $$"""{"customer":"affords","feature":"{{feature}}"{{more}}}""");
            status.ShouldBe(200, body.ToString());
            return body.TryGetProperty("affordable", out var tokens) ? tokens.GetInt64() : null;
        }

        // One cent of the dollar is left: 1,000 tokens at $10 for a million. The gateway holds a third more than the prompt at $2.5, and
        // 13 tokens for its frame: of 2,000 tokens 2,680, or $0.0067.
        (await AffordableAsync("")).ShouldBeNull("Nobody asked.");
        (await AffordableAsync(""","model":"house-afford","provider":"openai" """)).ShouldBe(996);
        (await AffordableAsync(""","model":"house-afford","provider":"openai","input_tokens":2000""")).ShouldBe(330);
        (await AffordableAsync(""","model":"house-afford","provider":"openai","input_tokens":4001""")).ShouldBe(0);

        // A model without a price is limited by tokens alone.
        (await AffordableAsync(""","model":"riddle-afford","input_tokens":1000""")).ShouldBe(899_653);
        (await host.PostAsync("/v1/check", """{"customer":"affords","feature":"chat","model":"m","input_tokens":-1}""")).Status.ShouldBe(
            422);
    }
}
