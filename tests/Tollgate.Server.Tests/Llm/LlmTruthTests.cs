using System.Text.Json;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Llm;

/// <summary>
/// Reported calls are recorded with their provider's usage, priced by tier and hour, and attributed without being counted.
/// </summary>
public sealed class LlmTruthTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private async Task<JsonElement> RecordAsync(string call)
    {
        var (status, body) = await host.PostAsync("/v1/llm-calls", call);
        status.ShouldBe(200, body.ToString());
        return body;
    }

    private async Task<JsonElement> ListedAsync(string customer) =>
        (await host.GetAsync($"/v1/llm-calls?customer={customer}")).Body.GetProperty("data").EnumerateArray().First();

    private static string? TextOf(JsonElement body, string name) => body.GetProperty(name).GetString();

    [Fact]
    public async Task A_stated_total_that_is_not_the_sum_is_noted_and_the_counts_are_kept()
    {
        var body = await RecordAsync(
            """
            {"customer":"differs","provider":"openai","model":"gpt-4o",
             "raw_response":{"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":5000,"completion_tokens":2000,"total_tokens":7001}}}
            """);

        (TextOf(body, "cost_usd"), body.GetProperty("priced").GetBoolean()).ShouldBe(("0.0325", true));
        TextOf(body, "usage_difference").ShouldBe("The total is stated as 7001, its parts are 5000 and 2000.");
        var listed = await ListedAsync("differs");
        (listed.GetProperty("input_tokens").GetInt64(), listed.GetProperty("output_tokens").GetInt64(),
            listed.GetProperty("estimated").GetBoolean()).ShouldBe((5000, 2000, false));
        TextOf(listed, "usage_difference").ShouldBe(TextOf(body, "usage_difference"));
        var (status, refused) = await host.PostAsync("/v1/llm-calls",
            """{"customer":"differs","provider":"openai","model":"gpt-4o","raw_response":{"model":"gpt-4o","usage":{"prompt_tokens":-1,"completion_tokens":2}}}""");
        (status, refused.ToString().Contains("prompt_tokens is -1", StringComparison.Ordinal)).ShouldBe((422, true));
    }

    [Fact]
    public async Task A_transcription_of_Mistral_costs_its_seconds()
    {
        var body = await RecordAsync(
            """
            {"customer":"hears","provider":"mistral","model":"voxtral-mini-latest","raw_response":{"model":"voxtral-mini-latest","text":"…","language":"en","segments":[],
             "usage":{"prompt_audio_seconds":203,"prompt_tokens":4,"total_tokens":3264,"completion_tokens":635}}}
            """);

        // 203 × $0.00005; its tokens have no price and measure the same.
        (TextOf(body, "cost_usd"), body.GetProperty("priced").GetBoolean()).ShouldBe(("0.01015", true));
        var listed = await ListedAsync("hears");
        (listed.GetProperty("seconds").GetDecimal(), listed.GetProperty("input_tokens").GetInt64(),
            listed.GetProperty("output_tokens").GetInt64()).ShouldBe((203m, 4, 635));
    }

    [Fact]
    public async Task A_call_without_tokens_to_a_priced_model_costs_nothing_and_is_priced()
    {
        var body = await RecordAsync("""{"customer":"empty","provider":"openai","model":"gpt-4o","input_tokens":0,"output_tokens":0}""");

        (TextOf(body, "cost_usd"), body.GetProperty("priced").GetBoolean()).ShouldBe(("0", true));
        (await host.GetAsync("/v1/unpriced-models")).Body.GetProperty("data").EnumerateArray()
            .ShouldNotContain(one => TextOf(one, "model") == "gpt-4o");
    }

    [Fact]
    public async Task The_charge_of_OpenRouter_is_the_cost_and_the_computed_one_is_stored_too()
    {
        const string Call =
            """
            {"customer":"routed","provider":"openrouter","model":"anthropic/claude-sonnet-4.5","raw_response":{"model":"anthropic/claude-sonnet-4.5","choices":[],
             "usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"cost":0.0160614,"is_byok":false}}}
            """;
        var body = await RecordAsync(Call);
        (TextOf(body, "cost_usd"), TextOf(body, "computed_cost_usd"),
            body.GetProperty("balances").GetProperty("llm_cost").GetProperty("used").GetDecimal())
            .ShouldBe(("0.0160614", "0.0045", 0.0160614m));
        var listed = await ListedAsync("routed");
        (TextOf(listed, "cost_usd"), TextOf(listed, "computed_cost_usd"),
            TextOf(listed, "reported_cost_usd")).ShouldBe(("0.0160614", "0.0045", "0.0160614"));

        // A new rating does not change the charge.
        (await host.PostAsync("/v1/model-prices/rerate", """{"all":true,"provider":"openrouter"}""")).Body.GetProperty("changed").GetInt32()
            .ShouldBe(0);

        var (status, upstream) = await PutAsync("openrouter", """{"api_key":"sk","reported_cost":"beside"}""");
        (status, TextOf(upstream, "reported_cost")).ShouldBe((200, "beside"), upstream.ToString());
        TextOf(await RecordAsync(Call.Replace("routed", "booked", StringComparison.Ordinal)), "cost_usd").ShouldBe("0.0045");
        TextOf((await PutAsync("openrouter", """{"api_key":"sk"}""")).Body, "reported_cost").ShouldBe("wins");
        TextOf((await PutAsync("xai", """{"api_key":"sk"}""")).Body, "reported_cost").ShouldBe("beside");
        (await PutAsync("xai", """{"api_key":"sk","reported_cost":"maybe"}""")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task The_service_tier_and_the_hour_select_the_price()
    {
        var (status, price) = await host.PostAsync("/v1/model-prices",
            """
            {"provider":"openai","model":"tiered","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2","output":"8"},"source":"test",
             "service_tiers":{"flex":{"prices":{"input":"1","output":"4"}},"priority":{"prices":{"input":"4","output":"16"},"tiers":[{"above_tokens":2000000,"prices":{"input":"9"}}]}}}
            """);
        status.ShouldBe(201, price.ToString());
        price.GetProperty("service_tiers").GetProperty("priority").GetProperty("tiers")[0].GetProperty("above_tokens").GetInt64()
            .ShouldBe(2_000_000);
        (await host.PostAsync("/v1/model-prices",
            """
            {"provider":"openai","model":"by-hour","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2"},"source":"test",
             "hours":[{"from":"00:00","to":"12:00","prices":{"input":"4"}},{"from":"12:00","to":"00:00","prices":{"input":"6"}}]}
            """)).Status.ShouldBe(201);

        const string Call =
            """{"customer":"tiers","provider":"openai","model":"tiered","input_tokens":1000000,"output_tokens":1000000,"service_tier":"flex"}""";
        TextOf(await RecordAsync(Call), "cost_usd").ShouldBe("5");
        TextOf(await ListedAsync("tiers"), "service_tier").ShouldBe("flex");
        TextOf(await RecordAsync(Call.Replace("flex", "PRIORITY", StringComparison.Ordinal)), "cost_usd").ShouldBe("20");
        TextOf(await RecordAsync(Call.Replace("flex", "default", StringComparison.Ordinal)), "cost_usd").ShouldBe("10");
        TextOf(await RecordAsync(Call.Replace("flex", "scale", StringComparison.Ordinal)), "cost_usd")
            .ShouldBe("10", "no price of its own");
        TextOf(await RecordAsync(
            """
            {"customer":"tiers","provider":"openai","model":"tiered",
             "raw_response":{"model":"tiered","service_tier":"flex","choices":[],"usage":{"prompt_tokens":1000000,"completion_tokens":1000000}}}
            """), "cost_usd").ShouldBe("5");
        (await host.PostAsync("/v1/model-prices/rerate", """{"all":true,"model":"tiered"}""")).Body.GetProperty("changed").GetInt32()
            .ShouldBe(0, "the tier is on record");

        var day = DateTime.UtcNow.Date.AddDays(-1);
        TextOf(await RecordAsync(
            $$"""{"customer":"hours","provider":"openai","model":"by-hour","input_tokens":1000000,"occurred_at":"{{day.AddHours(11.99):O}}"}"""),
            "cost_usd").ShouldBe("4");
        TextOf(await RecordAsync(
            $$"""{"customer":"hours","provider":"openai","model":"by-hour","input_tokens":1000000,"occurred_at":"{{day.AddHours(12):O}}"}"""),
            "cost_usd").ShouldBe("6");
        var (faulty, faults) = await host.PostAsync("/v1/model-prices",
            """{"provider":"openai","model":"x","prices":{"input":"2"},"hours":[{"from":"25:00","to":"1","prices":{"input":"1"}},null],"service_tiers":{"batches":{"prices":{"input":"1"}},"flex":null}}""");
        faulty.ShouldBe(422, faults.ToString());
    }

    [Fact]
    public async Task A_guarded_route_that_logs_its_call_counts_once_and_the_cost_is_attributed()
    {
        (await host.PostAsync("/v1/consume", """{"customer":"guarded","feature":"chat"}""")).Status.ShouldBe(200);
        var body = await RecordAsync(
            """{"customer":"guarded","attribute_to":"chat","provider":"openai","model":"gpt-4o","input_tokens":1000}""");
        body.GetProperty("balances").TryGetProperty("chat", out _).ShouldBeFalse();
        (await host.UsedAsync("guarded", "chat")).ShouldBe(1m);

        // A tag that is no feature is kept, and so is a tag of a call that uses a feature.
        await RecordAsync(
            """{"customer":"guarded","attribute_to":"nightly batch","provider":"openai","model":"gpt-4o","input_tokens":2000}""");
        await RecordAsync(
            """{"customer":"guarded","feature":"chat","attribute_to":"team a","provider":"openai","model":"gpt-4o","input_tokens":4000}""");
        await RecordAsync("""{"customer":"guarded","feature":"chat","provider":"openai","model":"gpt-4o","input_tokens":8000}""");
        (await host.UsedAsync("guarded", "chat")).ShouldBe(3m);
        (TextOf(await ListedAsync("guarded"), "feature"), TextOf(await ListedAsync("guarded"), "attribute_to")).ShouldBe(("chat", null));

        var costs = (await host.GetAsync("/v1/customers/guarded/costs")).Body.GetProperty("by_feature");
        var lines = costs.EnumerateArray().Select(one => $"{TextOf(one, "feature")} {TextOf(one, "cost_usd")}")
            .Order(StringComparer.Ordinal);
        lines.ShouldBe(["chat 0.0225", "nightly batch 0.005", "team a 0.01"]);
        (await host.PostAsync(
            "/v1/llm-calls", $$"""{"customer":"guarded","attribute_to":"{{new string('x', 101)}}","model":"gpt-4o"}""")).Status.ShouldBe(
            422);
        var (status, unknown) = await host.PostAsync("/v1/llm-calls", """{"customer":"guarded","feature":"chatt","model":"gpt-4o"}""");
        status.ShouldBe(422);
        TextOf(unknown, "detail")!.ShouldContain("Did you mean 'chat'?");
    }

    private async Task<(int Status, JsonElement Body)> PutAsync(string provider, string body)
    {
        using var answer = await host.Http.PutAsync($"/v1/upstreams/{provider}", MeteringHost.Text(body));
        return ((int)answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }
}
