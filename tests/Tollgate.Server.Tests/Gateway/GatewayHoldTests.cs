using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The hold before a call covers the call's highest possible cost. Each customer has $1.</summary>
public sealed class GatewayHoldTests(SharedGatewayHost host) : IClassFixture<SharedGatewayHost>
{
    private async Task SetPriceAsync(string provider, string model, string prices, string tiers = "[]")
    {
        await host.SetUpstreamAsync(provider, host.Upstream.Url);
        var (status, body) = await host.Project.PostAsync("/v1/model-prices",
            $$"""{"provider":"{{provider}}","model":"{{model}}","valid_from":"2020-01-01T00:00:00Z","prices":{{prices}},"tiers":{{tiers}},"source":"test"}""");
        status.ShouldBe(201, body.ToString());
    }

    private Task SpendAsync(string customer, decimal dollars) => host.Project.PostAsync(
        "/v1/llm-calls",
        $$"""{"customer":"{{customer}}","provider":"openai","model":"house","input_tokens":{{(long)(dollars * 400_000)}}}""");

    [Theory]
    [InlineData("", 402)]
    [InlineData(""","responseModalities":["TEXT","IMAGE"]""", 402)]
    [InlineData(""","responseModalities":["TEXT"]""", 200)]
    public async Task A_model_that_draws_is_held_at_the_price_of_its_drawings(string modalities, int expected)
    {
        await SetPriceAsync("gemini", "draws", """{"input":"1","output":"2.5","image_output":"100"}""");
        host.Upstream.AnswersWith(
            """{"candidates":[],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":5,"totalTokenCount":10}}""");

        var (status, body, _) = await host.CallAsync("draws",
            $$$"""{"contents":[{"parts":[{"text":"A cat"}]}],"generationConfig":{"maxOutputTokens":20000{{{modalities}}}}}""",
            "/gateway/gemini/v1beta/models/draws:generateContent");

        status.ShouldBe(expected, body);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData(""","service_tier":"flex" """, 200)]
    [InlineData(""","service_tier":"priority" """, 402)]
    public async Task A_tier_that_is_asked_for_is_held_at_its_price_where_it_is_dearer(string tier, int expected)
    {
        await host.Project.PostAsync("/v1/model-prices",
            """
            {"provider":"openai","model":"hasty","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1","output":"100"},"source":"test",
             "service_tiers":{"flex":{"prices":{"output":"1"}},"priority":{"prices":{"output":"1000"}}}}
            """);
        host.Upstream.AnswersWith(
            """{"model":"hasty","service_tier":"default","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10}}""");

        var (status, body, _) = await host.CallAsync("hasty",
            $$"""{"model":"hasty","max_tokens":5000,"messages":[{"role":"user","content":"Go"}]{{tier}}}""");

        status.ShouldBe(expected, body);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData(""","cache_control":{"type":"ephemeral","ttl":"1h"}""", 402)]
    public async Task A_prompt_that_is_to_be_cached_is_held_at_the_price_of_writing(string cache, int expected)
    {
        await SetPriceAsync("anthropic", "memo", """{"input":"3","cache_write_1h":"500","output":"3"}""");
        host.Upstream.AnswersWith("""{"type":"message","model":"memo","usage":{"input_tokens":2000,"output_tokens":5}}""");
        var text = string.Concat(Enumerable.Repeat("word ", 2_000));

        var (status, body, _) = await host.CallAsync("memo",
            $$$"""{"model":"memo","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"{{{text}}}"{{{cache}}}}]}]}""",
            "/gateway/anthropic/v1/messages");

        status.ShouldBe(expected, body);
    }

    [Fact]
    public async Task A_streams_further_holds_have_the_price_of_its_long_prompt()
    {
        await SetPriceAsync("openai", "steep", """{"input":"0","output":"10"}""", """[{"above_tokens":1000,"prices":{"output":"1000"}}]""");
        _ = host.Upstream.Streams(Enumerable.Range(0, 400).Select(_ => Said.Chunk("four words for you ")).Append(Said.Done));
        var prompt = string.Concat(Enumerable.Repeat("word ", 2_000));

        // The first 512 tokens cost half a dollar, and so do the second: a third step does not fit.
        var (status, body, _) = await host.CallAsync("steep",
            $$$"""{"model":"steep","stream":true,"messages":[{"role":"user","content":"{{{prompt}}}"}]}""");

        status.ShouldBe(200);
        body.ShouldContain("budget_exceeded");
    }

    [Fact]
    public async Task A_deployment_is_held_at_the_price_of_the_model_that_answered_last()
    {
        const string Path = "/gateway/azure/openai/deployments/our-own/chat/completions";
        await SetPriceAsync("azure", "house-2026-01-01", """{"input":"2.5","output":"10"}""");
        await SpendAsync("deploys", 0.99m);
        host.Upstream.AnswersWith(Said.Completion(10, 5));
        var ask = GatewayTests.Ask.Replace("100", "5000", StringComparison.Ordinal);

        (await host.CallAsync("deploys", ask, Path)).Status.ShouldBe(200, "Nobody knows yet what it is.");
        (await host.CallAsync("deploys", ask, Path)).Status.ShouldBe(402);
        (await host.CallAsync("deploys", GatewayTests.Ask, Path)).Status.ShouldBe(200, "A hundred tokens fit.");
        (await host.CallAsync("deploys", ask, Path.Replace("our-own", "another", StringComparison.Ordinal))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("""{"model":"o3","stream":true,"stream_options":{"include_usage":true},"stream_options":null,"messages":[]}""")]
    [InlineData("""{"model":"house","model":"o3","max_tokens":5,"messages":[]}""")]
    [InlineData("""{"model":"o3","max_tokens":1,"max_tokens":null,"messages":[]}""")]
    public async Task A_body_that_says_twice_what_decides_its_cost_is_not_sent(string body)
    {
        var before = host.Upstream.Calls.Count;
        (await host.CallAsync("twice", body)).Status.ShouldBe(400);
        host.Upstream.Calls.Count.ShouldBe(before);
    }

    [Theory]
    [InlineData(
        """{"model":"house","stream":true,"options":{"include_usage":true},"config":{"include_usage":true},"max_tokens":9,"messages":[]}""")]
    [InlineData("""{"model":"house","stream":true,"stream_options":{"include_usage":null},"max_tokens":9,"messages":[]}""")]
    public async Task A_stream_reports_its_usage_whatever_the_caller_writes_elsewhere(string body)
    {
        _ = host.Upstream.Streams([Said.Chunk("Hi"), Said.UsageChunk(10, 900), Said.Done]);
        (await host.CallAsync("elsewhere", body)).Status.ShouldBe(200);
        host.Upstream.Calls.Last().Text.ShouldContain("\"stream_options\":{\"include_usage\":true}");
        (await host.TheCallAsync("elsewhere")).GetProperty("output_tokens").GetInt64().ShouldBe(900);
    }

    [Fact]
    public async Task A_call_without_a_price_costs_what_the_provider_reports()
    {
        await host.SetUpstreamAsync("exa", host.Upstream.Url);
        host.Upstream.AnswersWith("""{"requestId":"x","results":[{},{}],"costDollars":{"total":0.002}}""");
        (await host.CallAsync("exa", """{"ids":["a","b"]}""", "/gateway/exa/contents")).Answer.Headers.GetValues("X-Tollgate-Cost")
            .ShouldBe(["0.002"]);
        (await host.StandsAsync("exa", "llm_cost")).Used.ShouldBe(0.002m);
    }

    [Theory]
    [InlineData("sd3", "sd3.5-medium", "0.035")]
    [InlineData("sd3", null, "0.065")]
    [InlineData("ultra", "sd3.5-medium", "0.08")]
    public async Task An_image_of_Stability_has_the_price_of_the_model_that_draws_it(string path, string? field, string cost)
    {
        await host.SetUpstreamAsync("stability", host.Upstream.Url);
        host.Upstream.AnswersWith("""{"image":"AAAA","finish_reason":"SUCCESS"}""");
        using var form = new MultipartFormDataContent { { new StringContent("A cat"), "\"prompt\"" } };
        if (field is not null)
        {
            form.Add(new StringContent(field), "\"model\"");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/stability/v2beta/stable-image/generate/" + path)
        {
            Content = form, Headers = { { "X-Tollgate-Customer", "stable" } },
        };
        using var answer = await host.Project.Http.SendAsync(request);
        answer.Headers.GetValues("X-Tollgate-Cost").ShouldBe([cost]);
    }

    [Fact]
    public async Task An_affordable_call_is_accepted_and_a_slightly_larger_one_is_not()
    {
        await SpendAsync("affords", 0.99m);
        host.Upstream.AnswersWith(Said.Completion(1, 1));
        const string Text = "Say hello to everybody who is listening, in as many words as you like.";
        var tokens = UsageEstimate.Tokens(
            DeliveredText.OfPlain(Encoding.UTF8.GetBytes(Text)), LlmRoutes.OfProvider("openai", "/v1/chat/completions"), "house");
        var (_, check) = await host.Project.PostAsync(
            "/v1/check",
            $$"""{"customer":"affords","feature":"llm_cost","amount":0,"provider":"openai","model":"house","input_tokens":{{tokens}}}""");
        var affordable = check.GetProperty("affordable").GetInt64();
        affordable.ShouldBeInRange(900, 1_000);

        async Task<int> StatusWithAsync(long most) =>
            (await host.CallAsync(
                "affords", $$"""{"model":"house","max_tokens":{{most}},"messages":[{"role":"user","content":"{{Text}}"}]}""")).Status;
        (await StatusWithAsync(affordable + 5)).ShouldBe(402);
        (await StatusWithAsync(affordable)).ShouldBe(200);
    }
}
