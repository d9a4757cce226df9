using System.Text;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>Whole answers: every sample gives the values in expected.json, and no bytes make the reader throw.</summary>
public sealed class UsageReaderTests
{
    private static readonly string[] WithoutUsage =
        ["openai-chat-stream-no-usage.sse", "gemini-embed-content.json"];

    public static TheoryData<string> Samples => [.. UsageSample.All.Select(static sample => sample.File)];

    [Fact]
    public void All_samples_are_there() => UsageSample.All.Count.ShouldBe(61);

    /// <summary>A document of JSON takes 12 bytes for each token, so that a tenant's upstream could fill the memory with "1,1,1".</summary>
    [Theory]
    [InlineData(JsonMembers.MostTokens - 100, true)]
    [InlineData(JsonMembers.MostTokens, false)]
    public void An_answer_of_more_tokens_than_any_provider_sends_is_not_read(int numbers, bool isRead)
    {
        var body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"data\":[" + string.Concat(Enumerable.Repeat("1,", numbers))
            + "1],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
        var report = UsageReader.Read(LlmRoutes.OfProvider("openai", "/v1/embeddings"), body);
        report.IsReported.ShouldBe(isRead);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_read_as_expected_by_the_address_of_its_call(string file)
    {
        var sample = UsageSample.Of(file);
        sample.Route.Provider.ShouldBe(sample.Provider);
        ShouldBeAsExpected(sample, UsageReader.Read(sample.Route, sample.Body, sample.Status));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_read_as_expected_by_its_own_members(string file)
    {
        var sample = UsageSample.Of(file);
        var route = LlmRoutes.OfAnswer(sample.Provider, null);
        if (file == "anthropic-count-tokens.json")
        {
            UsageReader.Read(route, sample.Body).IsReported.ShouldBeFalse("a lone number has no mark of its own");
            return;
        }

        var report = UsageReader.Read(route, sample.Body, sample.Status);
        ShouldBeAsExpected(sample, report with { ResponseId = sample.Route.Job ?? report.ResponseId });
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_cut_at_any_byte_never_throws_and_never_reports_more_than_the_whole(string file)
    {
        var sample = UsageSample.Of(file);
        var whole = UsageReader.Read(sample.Route, sample.Body).Usage;
        for (var length = 0; length < sample.Body.Length; length++)
        {
            var part = UsageReader.Read(sample.Route, sample.Body.AsSpan(0, length)).Usage;
            part.InputTokens.ShouldBeLessThanOrEqualTo(whole.InputTokens);
            part.OutputTokens.ShouldBeLessThanOrEqualTo(whole.OutputTokens);
        }
    }

    [Fact]
    public void The_model_and_the_id_of_the_answer_are_read()
    {
        var chat = Read("openai-chat.json");
        (chat.Model, chat.ResponseId).ShouldBe(("gpt-4o-mini-2024-07-18", "chatcmpl-Demo0001"));
        var gemini = Read("gemini-generate-content.json");
        (gemini.Model, gemini.ResponseId).ShouldBe(("gemini-2.5-flash", "DemoResp01"));
        var anthropic = Read("anthropic-messages.json");
        (anthropic.Model, anthropic.ResponseId).ShouldBe(("claude-sonnet-4-5-20250929", "msg_01Demo"));
        Read("firecrawl-crawl-status.json").ResponseId.ShouldBe("0b2c-demo");
    }

    [Fact]
    public void An_error_uses_nothing_and_says_so()
    {
        var report = Read("openai-error-429.json", 429);
        report.Usage.ShouldBe(LlmUsage.None);
        report.IsReported.ShouldBeTrue();
        report.Error!.ShouldStartWith("Rate limit reached");

        UsageReader.Read(Chat, "<html>bad gateway</html>"u8, 502).Error.ShouldBe("HTTP 502");
        UsageReader.Read(Chat, """{"error":{"message":"no such model"}}"""u8).Usage.ShouldBe(LlmUsage.None);
        UsageReader.Read(LlmRoutes.Of("api.tavily.com", "/search"), """{"error":"bad key"}"""u8).Usage.ShouldBe(LlmUsage.None);
        UsageReader.Read(Chat, Encoding.UTF8.GetBytes("{\"error\":\"" + new string('x', 5_000) + "\"}"), 400).Error!.Length.ShouldBe(500);
    }

    [Theory]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"usage":null}""")]
    [InlineData("""{"usage":[]}""")]
    [InlineData("""{"usage":7}""")]
    [InlineData("""{"usage":{}}""")]
    [InlineData("""{"usage":{"prompt_tokens":null}}""")]
    [InlineData("""{"usage":{"prompt_tokens":1""")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("[1, null, {}]")]
    public void An_answer_without_usage_has_to_be_estimated(string body)
    {
        var report = UsageReader.Read(Chat, Encoding.UTF8.GetBytes(body));
        report.IsReported.ShouldBeFalse();
        report.Usage.TotalTokens.Value.ShouldBe(0);
        report.Usage[LlmUnit.Request].Value.ShouldBe(1);
    }

    [Fact]
    public void An_empty_body_is_no_answer() => UsageReader.Read(Chat, []).ShouldBe(UsageReport.Silent);

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":-5,"completion_tokens":1}}""", "prompt_tokens is -5")]
    [InlineData("""{"usage":{"prompt_tokens":5.5,"completion_tokens":1}}""", "prompt_tokens is 5.5")]
    [InlineData("""{"usage":{"prompt_tokens":"5","completion_tokens":1}}""", "not a number")]
    [InlineData("""{"usage":{"prompt_tokens":100000001,"completion_tokens":1}}""", "100000001")]
    [InlineData("""{"usage":{"prompt_tokens":60000000,"completion_tokens":60000000}}""", "120000000 tokens")]
    [InlineData("""{"usage":{"prompt_tokens":1e30,"completion_tokens":1}}""", "prompt_tokens is 1e30")]
    [InlineData("""{"usage":{"prompt_tokens":1e300,"completion_tokens":1}}""", "prompt_tokens is 1e300")]
    [InlineData(
        """{"usage":{"prompt_tokens":1e300,"completion_tokens":9223372036854775807}}""", "completion_tokens is 9223372036854775807")]
    public void Numbers_that_cannot_be_true_are_kept_and_doubted(string body, string why)
    {
        var report = UsageReader.Read(Chat, Encoding.UTF8.GetBytes(body));
        report.IsReported.ShouldBeTrue();
        report.Inconsistency.ShouldNotBeNull().ShouldContain(why);
        report.Usage[LlmUnit.Request].Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(
        """{"usage":{"prompt_tokens":5000,"completion_tokens":2000,"total_tokens":7001}}""", 5000, 2000,
        "stated as 7001, its parts are 5000 and 2000")]
    [InlineData("""{"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":0}}""", 5, 1, "stated as 0")]
    [InlineData(
        """{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":6}}}""", 6, 1, "more than the whole")]
    [InlineData(
        """{"usage":{"prompt_tokens":5,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}}}""", 5, 2,
        "more than the whole")]
    [InlineData(
        """{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_cache_hit_tokens":3,"prompt_cache_miss_tokens":3}}""", 5, 1,
        "not the prompt's 5")]
    [InlineData("""{"usage":{"prompt_tokens":5,"completion_tokens":1,"cost":-0.1}}""", 5, 1, "cost is -0.1")]
    [InlineData("""{"usage":{"prompt_tokens":5,"completion_tokens":1,"cost":1e9}}""", 5, 1, "cost is 1e9")]
    public void Numbers_that_differ_from_each_other_are_kept_and_the_difference_is_noted(string body, int input, int output, string how)
    {
        var report = UsageReader.Read(Chat, Encoding.UTF8.GetBytes(body));
        (report.IsReported, report.Inconsistency, report.ReportedCost).ShouldBe((true, null, null));
        (report.Usage.InputTokens.Value, report.Usage.OutputTokens.Value).ShouldBe((input, output));
        report.Difference.ShouldNotBeNull().ShouldContain(how);
    }

    [Theory]
    [InlineData(
        "api.anthropic.com", "/v1/messages",
        """{"usage":{"input_tokens":1,"output_tokens":2,"output_tokens_details":{"thinking_tokens":3}}}""")]
    [InlineData(
        "api.anthropic.com", "/v1/messages",
        """{"usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":4}}}""")]
    [InlineData(
        "generativelanguage.googleapis.com", "/m:generateContent",
        """{"usageMetadata":{"promptTokenCount":5,"cachedContentTokenCount":6,"totalTokenCount":5}}""")]
    [InlineData(
        "generativelanguage.googleapis.com", "/m:generateContent", """{"usageMetadata":{"promptTokenCount":5,"totalTokenCount":50}}""")]
    [InlineData(
        "bedrock-runtime.eu-west-1.amazonaws.com", "/model/m/converse", """{"usage":{"inputTokens":5,"outputTokens":1,"totalTokens":9}}""")]
    [InlineData("api.openai.com", "/v1/responses", """{"usage":{"input_tokens":5,"output_tokens":1,"total_tokens":5}}""")]
    public void Every_shape_notes_a_difference(string host, string path, string body)
    {
        var report = UsageReader.Read(LlmRoutes.Of(host, path), Encoding.UTF8.GetBytes(body));
        (report.Inconsistency, report.Difference is null).ShouldBe((null, false));
    }

    [Fact]
    public void A_transcription_of_Mistral_counts_its_seconds_and_keeps_its_tokens()
    {
        var body = """
            {"model":"voxtral-mini-2507","text":"…","language":"en","segments":[],
             "usage":{"prompt_audio_seconds":203,"prompt_tokens":4,"total_tokens":3264,"completion_tokens":635}}
            """u8;
        foreach (var route in new[]
        {
            LlmRoutes.Of("api.mistral.ai", "/v1/audio/transcriptions"), LlmRoutes.OfAnswer("mistral", "voxtral-mini-latest"),
        })
        {
            var report = UsageReader.Read(route, body);
            (report.IsReported, report.Inconsistency, report.Model).ShouldBe((true, null, "voxtral-mini-2507"));
            report.Usage.ShouldBe(
                LlmUsage.Of((LlmUnit.Second, Of(203)), (LlmUnit.Input, Of(4)), (LlmUnit.Output, Of(635)), (LlmUnit.Request, Of(1))));
            report.Difference.ShouldNotBeNull().ShouldContain("3264");
        }
    }

    [Theory]
    [InlineData("api.x.ai",
        """{"usage":{"prompt_tokens":181,"completion_tokens":27,"reasoning_tokens":19,"total_tokens":227,"prompt_text_tokens":181,"prompt_image_tokens":0,"cached_prompt_text_tokens":162}}""",
        19, 162, 0, 27, 19)]
    [InlineData(
        "api.x.ai",
        """{"usage":{"prompt_tokens":181,"completion_tokens":27,"reasoning_tokens":19,"prompt_image_tokens":81,"cached_prompt_text_tokens":62}}""",
        38, 62, 81, 27, 19)]
    [InlineData(
        "llm.example.com", """{"usage":{"prompt_tokens":10,"completion_tokens":27,"reasoning_tokens":19,"total_tokens":37}}""", 10, 0, 0, 8,
        19)]
    [InlineData("llm.example.com", """{"usage":{"prompt_tokens":10,"completion_tokens":27,"reasoning_tokens":19}}""", 10, 0, 0, 8, 19)]
    public void Details_that_stand_beside_the_totals_are_read(
        string host, string body, int input, int cached, int image, int output, int reasoning)
    {
        var report = UsageReader.Read(LlmRoutes.Of(host, "/v1/chat/completions"), Encoding.UTF8.GetBytes(body));
        (report.Inconsistency, report.Difference).ShouldBe((null, null));
        report.Usage.ShouldBe(LlmUsage.Of(
            (LlmUnit.Input, Of(input)), (LlmUnit.CachedInput, Of(cached)), (LlmUnit.ImageInput, Of(image)), (LlmUnit.Output, Of(output)),
            (LlmUnit.Reasoning, Of(reasoning)),
            (LlmUnit.Request, Of(1))));
    }

    [Theory]
    [InlineData(
        "api.openai.com", "/v1/chat/completions", """{"service_tier":"flex","usage":{"prompt_tokens":5,"completion_tokens":1}}""", "flex")]
    [InlineData(
        "api.openai.com", "/v1/chat/completions", """{"service_tier":"default","usage":{"prompt_tokens":5,"completion_tokens":1}}""", null)]
    [InlineData("api.openai.com", "/v1/chat/completions", """{"usage":{"prompt_tokens":5,"completion_tokens":1}}""", null)]
    [InlineData(
        "api.openai.com", "/v1/responses",
        """{"object":"response","service_tier":"priority","usage":{"input_tokens":5,"output_tokens":1}}""", "priority")]
    [InlineData(
        "api.anthropic.com", "/v1/messages", """{"type":"message","usage":{"input_tokens":5,"output_tokens":1,"service_tier":"batch"}}""",
        "batch")]
    [InlineData(
        "api.anthropic.com", "/v1/messages",
        """{"type":"message","usage":{"input_tokens":5,"output_tokens":1,"service_tier":"standard"}}""", null)]
    [InlineData(
        "us-central1-aiplatform.googleapis.com", "/v1/m:generateContent",
        """{"usageMetadata":{"promptTokenCount":5,"trafficType":"ON_DEMAND_PRIORITY"}}""", "priority")]
    [InlineData(
        "bedrock-runtime.eu-west-1.amazonaws.com", "/model/m/converse",
        """{"serviceTier":{"type":"flex"},"usage":{"inputTokens":5,"outputTokens":1}}""", "flex")]
    public void The_service_tier_is_the_one_that_the_answer_names(string host, string path, string body, string? tier) =>
        UsageReader.Read(LlmRoutes.Of(host, path), Encoding.UTF8.GetBytes(body)).ServiceTier.ShouldBe(tier);

    [Theory]
    [InlineData("""{"cost":0.001,"is_byok":false}""", "0.001")]
    [InlineData("""{"cost":0.001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.02}}""", "0.021")]
    [InlineData("""{"cost":0.001,"is_byok":true,"cost_details":{"upstream_inference_cost":null}}""", null)]
    public void The_fee_for_a_key_of_ones_own_is_not_the_whole_cost(string usage, string? cost) =>
        UsageReader.Read(
            LlmRoutes.Of("openrouter.ai", "/api/v1/chat/completions"),
            Encoding.UTF8.GetBytes($$"""{"usage":{"prompt_tokens":5,"completion_tokens":1,{{usage[1..]}}}"""))
            .ReportedCost?.ToString().ShouldBe(cost);

    [Theory]
    [InlineData("api.anthropic.com", "/v1/messages", """{"usage":{"input_tokens":-1,"output_tokens":2}}""")]
    [InlineData(
        "generativelanguage.googleapis.com", "/m:generateContent", """{"usageMetadata":{"promptTokenCount":-5,"totalTokenCount":5}}""")]
    [InlineData("bedrock-runtime.eu-west-1.amazonaws.com", "/model/m/converse", """{"usage":{"inputTokens":5,"outputTokens":1.5}}""")]
    [InlineData("api.cohere.com", "/v2/chat", """{"usage":{"billed_units":{"input_tokens":-2,"output_tokens":1}}}""")]
    [InlineData("api.openai.com", "/v1/responses", """{"usage":{"input_tokens":"5","output_tokens":1}}""")]
    [InlineData("google.serper.dev", "/search", """{"credits":-1}""")]
    public void Every_shape_doubts(string host, string path, string body) =>
        UsageReader.Read(LlmRoutes.Of(host, path), Encoding.UTF8.GetBytes(body)).Inconsistency.ShouldNotBeNull();

    [Fact]
    public void The_samples_are_not_doubted_and_agree_with_themselves() =>
        UsageSample.All.Where(static sample => UsageReader.Read(sample.Route, sample.Body, sample.Status) is { Inconsistency: not null }
            or { Difference: not null })
            .Select(static sample => sample.File).ShouldBeEmpty();

    [Fact]
    public void Random_bytes_and_broken_samples_never_throw_in_any_shape()
    {
        var random = new Random(20260101);
        foreach (var api in Enum.GetValues<LlmApi>())
        {
            var route = new LlmRoute("xai", api);
            for (var round = 0; round < 200; round++)
            {
                var noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                UsageReader.Read(route, noise);

                var body = UsageSample.All[random.Next(UsageSample.All.Count)].Body.ToArray();
                for (var hits = random.Next(1, 20); hits > 0; hits--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                UsageReader.Read(route, body);
                UsageReader.Read(route, body, 500);
            }
        }
    }

    [Fact]
    public void Sound_that_was_cached_is_not_counted_as_text()
    {
        var report = UsageReader.Read(LlmRoutes.Of("api.openai.com", "/v1/responses"), """
            {"usage":{"input_tokens":100,"input_token_details":{"cached_tokens":60,"audio_tokens":50,"cached_tokens_details":{"audio_tokens":40}},
             "output_tokens":10,"output_token_details":{"audio_tokens":7},"total_tokens":110}}
            """u8);
        report.Usage.ShouldBe(LlmUsage.Of(
            (LlmUnit.Input, Of(30)), (LlmUnit.CachedInput, Of(20)), (LlmUnit.AudioInput, Of(10)), (LlmUnit.CachedAudioInput, Of(40)),
            (LlmUnit.Output, Of(3)), (LlmUnit.AudioOutput, Of(7)), (LlmUnit.Request, Of(1))));
    }

    [Fact]
    public void Thought_that_only_the_total_shows_is_counted_behind_Geminis_OpenAI_door()
    {
        var route = LlmRoutes.Of("generativelanguage.googleapis.com", "/v1beta/openai/chat/completions");
        var report = UsageReader.Read(route, """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}}"""u8);
        (report.Usage[LlmUnit.Output].Value, report.Usage[LlmUnit.Reasoning].Value, report.Inconsistency).ShouldBe((5, 100, null));
    }

    [Fact]
    public void Deep_research_counts_citations_and_thought_beside_its_totals()
    {
        var report = UsageReader.Read(LlmRoutes.Of("api.perplexity.ai", "/chat/completions"), """
            {"choices":[],"usage":{"prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,"citation_tokens":23949,
             "num_search_queries":30,"reasoning_tokens":193947,"cost":{"total_cost":1.05}}}
            """u8);
        report.Inconsistency.ShouldBeNull();
        report.Usage.ShouldBe(LlmUsage.Of((LlmUnit.Input, Of(33 + 23949)), (LlmUnit.Output, Of(7163)),
            (LlmUnit.Reasoning, Of(193947)), (LlmUnit.Search, Of(30)), (LlmUnit.Request, Of(1))));
        report.ReportedCost!.Value.Value.ShouldBe(1_050_000_000);
    }

    [Fact]
    public void Bedrocks_headers_count_for_a_vendor_who_says_nothing()
    {
        var route = LlmRoutes.Of("bedrock-runtime.us-east-1.amazonaws.com", "/model/x/invoke");
        var silent = UsageReader.Read(route, """{"outputs":[]}"""u8);
        var headers = new Dictionary<string, string>
        {
            ["x-amzn-bedrock-input-token-count"] = "12",
            ["x-amzn-bedrock-output-token-count"] = "40",
            ["x-amzn-bedrock-cache-read-input-token-count"] = "5",
        };
        var report = UsageReader.WithBedrockHeaders(silent, headers.GetValueOrDefault);
        report.IsReported.ShouldBeTrue();
        report.Usage.ShouldBe(
            LlmUsage.Of((LlmUnit.Input, Of(12)), (LlmUnit.CachedInput, Of(5)), (LlmUnit.Output, Of(40)), (LlmUnit.Request, Of(1))));
        UsageReader.WithBedrockHeaders(silent, static _ => null).ShouldBe(silent);
    }

    [Fact]
    public void A_crawl_that_failed_took_the_credits_that_it_names()
    {
        var report = UsageReader.Read(
            LlmRoutes.Of("api.firecrawl.dev", "/v2/crawl/x"),
            """{"success":false,"status":"failed","creditsUsed":2,"error":"stopped"}"""u8);
        (report.Usage[LlmUnit.Page].Value, report.Error).ShouldBe((2, "stopped"));
    }

    [Theory]
    [InlineData("anthropic", """{"usage":{"input_tokens":5,"output_tokens":1}}""", 5)]
    [InlineData(null, """{"usage":{"input_tokens":5,"cache_read_input_tokens":90,"output_tokens":1}}""", 95)]
    [InlineData("openai", """{"usage":{"input_tokens":95,"input_tokens_details":{"cached_tokens":90},"output_tokens":1}}""", 95)]
    [InlineData("gemini", """{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1,"totalTokenCount":8}}""", 7)]
    [InlineData("my-own", """{"usage":{"prompt_tokens":6,"completion_tokens":1}}""", 6)]
    public void Usage_alone_shows_whose_it_is(string? provider, string body, int input)
    {
        var report = UsageReader.Read(LlmRoutes.OfAnswer(provider, null), Encoding.UTF8.GetBytes(body));
        (report.IsReported, report.Usage.InputTokens.Value, report.Inconsistency).ShouldBe((true, input, null));
    }

    [Theory]
    [InlineData("api.mistral.ai", "/v1/ocr", """{"model":"mistral-ocr","usage_info":{"pages_processed":3}}""", LlmUnit.Page, 3)]
    [InlineData("localhost", "/api/chat", """{"model":"llama3","done":true,"prompt_eval_count":3,"eval_count":4}""", LlmUnit.Output, 4)]
    [InlineData("api.tavily.com", "/extract", """{"results":[{},{}]}""", LlmUnit.Page, 2)]
    [InlineData("api.exa.ai", "/contents", """{"results":[{},{}]}""", LlmUnit.Page, 2)]
    [InlineData("scrape.serper.dev", "/", """{"text":"x"}""", LlmUnit.Page, 1)]
    [InlineData("api.firecrawl.dev", "/v2/crawl", """{"success":true,"id":"x"}""", LlmUnit.Page, 0)]
    [InlineData("api.stability.ai", "/v2beta/stable-image/generate/ultra", "\u0089PNG", LlmUnit.Image, 1)]
    [InlineData(
        "api.stability.ai", "/v2beta/stable-image/generate/ultra", """{"image":"x","finish_reason":"CONTENT_FILTERED"}""", LlmUnit.Image,
        0)]
    [InlineData("api.voyageai.com", "/v1/embeddings", """{"usage":{"total_tokens":9}}""", LlmUnit.Input, 9)]
    [InlineData("api.openai.com", "/v1/audio/transcriptions", """{"text":"x","duration":8.47}""", LlmUnit.Second, 8.47)]
    [InlineData(
        "bedrock-runtime.us-east-1.amazonaws.com", "/model/meta.llama/invoke", """{"prompt_token_count":3,"generation_token_count":4}""",
        LlmUnit.Output, 4)]
    [InlineData(
        "us-aiplatform.googleapis.com", "/m:predict", """{"predictions":[{"embeddings":{"statistics":{"token_count":6}}}]}""",
        LlmUnit.Input, 6)]
    public void Other_answers_are_counted_too(string host, string path, string body, LlmUnit unit, double amount)
    {
        var report = UsageReader.Read(LlmRoutes.Of(host, path), Encoding.UTF8.GetBytes(body));
        report.Usage[unit].Value.ShouldBe((decimal)amount);
        report.IsReported.ShouldBeTrue();
    }

    private static LlmRoute Chat => LlmRoutes.Of("api.openai.com", "/v1/chat/completions");

    private static Core.Money.Quantity Of(decimal value) => Core.Money.Quantity.Of(value);

    private static UsageReport Read(string file, int status = 200)
    {
        var sample = UsageSample.Of(file);
        return UsageReader.Read(sample.Route, sample.Body, status);
    }

    internal static void ShouldBeAsExpected(UsageSample sample, UsageReport report)
    {
        var usage = report.Usage;
        decimal Sum(params LlmUnit[] units) => units.Sum(unit => usage[unit].Value);
        report.Inconsistency.ShouldBeNull();
        report.IsReported.ShouldBe(!WithoutUsage.Contains(sample.File));
        usage.InputTokens.Value.ShouldBe(sample.Number("input_total"));
        Sum(LlmUnit.CachedInput, LlmUnit.CachedAudioInput, LlmUnit.CachedImageInput).ShouldBe(sample.Number("cache_read"));
        Sum(LlmUnit.CacheWrite, LlmUnit.CacheWriteHour).ShouldBe(sample.Number("cache_write"));
        Sum(LlmUnit.CacheWriteHour).ShouldBe(sample.Number("cache_write_1h"));
        usage.OutputTokens.Value.ShouldBe(sample.Number("output_total"));
        Sum(LlmUnit.Reasoning).ShouldBe(sample.Number("reasoning"));
        Sum(LlmUnit.AudioInput, LlmUnit.CachedAudioInput).ShouldBe(sample.Number("audio_input"));
        Sum(LlmUnit.AudioOutput).ShouldBe(sample.Number("audio_output"));
        Sum(LlmUnit.ImageInput, LlmUnit.CachedImageInput).ShouldBe(sample.Number("image_input"));
        Sum(LlmUnit.ImageOutput).ShouldBe(sample.Number("image_output"));
        Sum(LlmUnit.Request).ShouldBe(sample.Number("requests"));
        Sum(LlmUnit.Image).ShouldBe(sample.Number("images"));
        Sum(LlmUnit.Page).ShouldBe(sample.Number("pages"));
        Sum(LlmUnit.Second).ShouldBe(sample.Number("audio_seconds"));
        Sum(LlmUnit.Search).ShouldBe(sample.Number("searches") + sample.Number("search_units") + sample.Number("web_search_requests"));
        (report.ReportedCost?.ToString()).ShouldBe(sample.Expected.GetProperty("normalised").GetProperty("reported_cost_usd").GetString());
        var model = sample.Expected.TryGetProperty("model", out var named) ? named.GetString()! : null;
        if (report.Model is not null && model?.Contains("from the", StringComparison.Ordinal) == false)
        {
            report.Model.ShouldBe(model);
        }
    }
}
