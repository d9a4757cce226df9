using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>Calls through the gateway to an upstream over real HTTP: what passes, what is recorded, what is refused.</summary>
public sealed class GatewayTests(GatewayStage stage) : IClassFixture<GatewayStage>
{
    internal const string Ask = """{"model":"house","messages":[{"role":"user","content":"Say hello."}],"max_tokens":100}""";
    private const string AskStream = """{"model":"house","messages":[{"role":"user","content":"Say hello."}],"max_tokens":100,"stream":true}""";

    private async Task NothingIsHeldAsync(string customer)
    {
        foreach (var feature in (string[])["openai_calls", "tokens", "llm_cost", "chat"])
        {
            (await stage.StandsAsync(customer, feature)).Held.ShouldBe(0, feature);
        }
    }

    [Fact]
    public async Task A_call_passes_unchanged_and_moves_calls_tokens_dollars_and_its_feature_together()
    {
        stage.Upstream.AnswersWith(Said.Completion(1000, 30));
        var (status, body, answer) = await stage.CallAsync("plain", Ask, feature: "chat");

        (status, body).ShouldBe((200, Said.Completion(1000, 30)));

        // 1000 × $2.5 + 30 × $10, each for a million.
        answer.Headers.GetValues("X-Tollgate-Cost").ShouldBe(["0.0028"]);
        answer.Headers.GetValues("X-Tollgate-Remaining").Single().ShouldBe("chat=9, openai_calls=99, tokens=998970, llm_cost=0.9972");
        var call = (await stage.RecordedAsync("plain")).ShouldHaveSingleItem();
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("model").GetString(), call.GetProperty("input_tokens").GetInt64(), call.GetProperty("output_tokens").GetInt64())
            .ShouldBe(("0.0028", "house-2026-01-01", 1000, 30));
        (call.GetProperty("estimated").GetBoolean(), call.GetProperty("status").GetInt32(), call.GetProperty("request_id").GetString(), call.GetProperty("endpoint").GetString())
            .ShouldBe((false, 200, "chatcmpl-7", "/v1/chat/completions"));
        call.GetProperty("id").GetString().ShouldBe(answer.Headers.GetValues("X-Tollgate-Call").Single());
        foreach (var (feature, used) in ((string, decimal)[])[("openai_calls", 1), ("tokens", 1030), ("llm_cost", 0.0028m), ("chat", 1)])
        {
            (await stage.StandsAsync("plain", feature)).ShouldBe((used, 0), feature);
        }

        var seen = stage.Upstream.Calls.Last();
        (seen.Target, seen.Text, seen.Headers["Authorization"]).ShouldBe(("/v1/chat/completions", Ask, "Bearer " + GatewayStage.UpstreamKey));
        seen.Headers.Keys.Where(static name => name.StartsWith("X-Tollgate", StringComparison.OrdinalIgnoreCase)).ShouldBe(["X-Tollgate-Hop"]);
    }

    [Fact]
    public async Task A_stream_is_asked_for_usage_in_the_callers_place_and_the_caller_does_not_see_it()
    {
        _ = stage.Upstream.Streams([Said.Chunk("Hel", nullUsage: true), Said.Chunk("lo", nullUsage: true), Said.UsageChunk(1000, 30), Said.Done]);
        var (status, body, _) = await stage.CallAsync("stream", AskStream);

        (status, body).ShouldBe((200, Said.Chunk("Hel") + Said.Chunk("lo") + Said.Done));
        stage.Upstream.Calls.Last().Text.ShouldContain("""
            "stream_options":{"include_usage":true}
            """.Trim());
        var call = await stage.TheCallAsync("stream");
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("estimated").GetBoolean()).ShouldBe(("0.0028", false));
        await NothingIsHeldAsync("stream");
    }

    [Fact]
    public async Task A_caller_that_asks_for_usage_gets_every_byte()
    {
        string[] pieces = [Said.Chunk("Hel", nullUsage: true), Said.UsageChunk(10, 2), Said.Done];
        _ = stage.Upstream.Streams(pieces);
        var ask = AskStream.Replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal);
        (await stage.CallAsync("asks", ask)).Body.ShouldBe(string.Concat(pieces));
        stage.Upstream.Calls.Last().Text.ShouldBe(ask);
    }

    [Fact]
    public async Task Whoever_has_a_cent_left_is_stopped_before_the_call_in_the_providers_own_words()
    {
        await stage.Project.PostAsync("/v1/llm-calls", """{"customer":"cent","model":"house","input_tokens":396000}""");
        (await stage.StandsAsync("cent", "llm_cost")).Used.ShouldBe(0.99m);
        stage.Upstream.AnswersWith(Said.Completion(10, 5000));
        var before = stage.Upstream.Calls.Count;

        var (status, body, answer) = await stage.CallAsync("cent", Ask.Replace("100", "5000", StringComparison.Ordinal));

        stage.Upstream.Calls.Count.ShouldBe(before);
        status.ShouldBe(402);
        var error = JsonElement.Parse(body).GetProperty("error");
        (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()).ShouldBe(("budget_exceeded", "insufficient_quota"));
        error.GetProperty("message").GetString()!.ShouldContain("0.01");
        answer.Headers.GetValues("X-Tollgate-Error").ShouldBe(["budget_exceeded"]);
        (await stage.CallAsync("cent", Ask.Replace("100", "900", StringComparison.Ordinal))).Status.ShouldBe(200, "A call that the rest covers is made.");
    }

    [Fact]
    public async Task Two_hundred_parallel_calls_on_one_dollar_spend_at_most_one_dollar()
    {
        // Each uses all that it asked for: 1,000 tokens, one cent, and a little for its input.
        stage.Upstream.AnswersWith(Said.Completion(10, 1000));
        var ask = Ask.Replace("100", "1000", StringComparison.Ordinal);
        await stage.Project.PostAsync("/v1/llm-calls", """{"customer":"crowd","model":"house","input_tokens":1}""");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => (await stage.CallAsync("crowd", ask)).Status));

        var made = statuses.Count(status => status == 200);
        statuses.ShouldAllBe(status => status == 200 || status == 402);
        var (used, held) = await stage.StandsAsync("crowd", "llm_cost");
        (used <= 1, held).ShouldBe((true, 0m), $"{used} were spent by {made} calls.");
        used.ShouldBe((made * 0.010025m) + 0.0000025m);
        made.ShouldBeGreaterThan(90, "What is left is not locked away.");
    }

    [Fact]
    public async Task A_model_without_a_price_is_listed_as_such_and_not_as_free()
    {
        stage.Upstream.AnswersWith(Said.Completion(10, 5, "riddle-77"));
        (await stage.CallAsync("riddle", Ask.Replace("house", "riddle-77", StringComparison.Ordinal))).Status.ShouldBe(200);

        var call = await stage.TheCallAsync("riddle");
        (call.GetProperty("cost_usd").ValueKind, call.GetProperty("priced").GetBoolean()).ShouldBe((JsonValueKind.Null, false));
        var (_, inbox) = await stage.Project.GetAsync("/v1/unpriced-models");
        inbox.GetProperty("data").EnumerateArray().ShouldContain(model => model.GetProperty("model").GetString() == "riddle-77");
        ((await stage.StandsAsync("riddle", "tokens")).Used, (await stage.StandsAsync("riddle", "llm_cost")).Used).ShouldBe((15, 0));
    }

    [Fact]
    public async Task A_stream_without_a_bound_ends_with_an_error_event_when_the_budget_ends()
    {
        await stage.Project.PostAsync("/v1/llm-calls", """{"customer":"ends","model":"house","input_tokens":392000}""");
        var word = string.Concat(Enumerable.Repeat("word ", 40));
        _ = stage.Upstream.Streams(Enumerable.Range(0, 500).Select(_ => Said.Chunk(word)).Append(Said.Done));
        var (status, body, _) = await stage.CallAsync("ends", AskStream.Replace(",\"max_tokens\":100", "", StringComparison.Ordinal));

        // Two cents are left: about 2,000 tokens of 20,000.
        status.ShouldBe(200);
        body.ShouldNotContain("[DONE]");
        var last = JsonElement.Parse(body.TrimEnd().Split("\n\n")[^1]["data: ".Length..]);
        last.GetProperty("error").GetProperty("code").GetString().ShouldBe("budget_exceeded");
        var call = await stage.TheCallAsync("ends");
        (call.GetProperty("estimated").GetBoolean(), call.GetProperty("properties").GetProperty("ended_by").GetString()).ShouldBe((true, "budget"));
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(1_000, 2_000);
        (await stage.StandsAsync("ends", "llm_cost")).Used.ShouldBeLessThanOrEqualTo(1.0005m, "At most the chunk that was not delivered any more.");
        await NothingIsHeldAsync("ends");
    }

    [Theory]
    [InlineData(307, "")]
    [InlineData(429, """{"error":{"message":"Slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}""")]
    [InlineData(500, """{"error":{"message":"Oops","type":"server_error"}}""")]
    [InlineData(503, "<html>upstream connect error</html>")]
    [InlineData(400, """{"error":{"message":"max_tokens is too large"}}""")]
    public async Task An_error_of_the_provider_passes_as_it_is_and_costs_nothing(int status, string error)
    {
        stage.Upstream.AnswersWith(error, status);
        var customer = $"fails-{status}";
        var (got, body, _) = await stage.CallAsync(customer, Ask, feature: "chat");

        (got, body).ShouldBe((status, error));
        var call = await stage.TheCallAsync(customer);
        (call.GetProperty("status").GetInt32(), call.GetProperty("cost_usd").GetString()).ShouldBe((status, "0"));
        (await stage.StandsAsync(customer, "openai_calls")).ShouldBe((0, 0), "What failed is not counted.");
        (await stage.StandsAsync(customer, "chat")).ShouldBe((0, 0));
        await NothingIsHeldAsync(customer);
    }

    [Fact]
    public async Task A_provider_that_hangs_up_is_a_502_in_its_own_shape_and_holds_nothing()
    {
        stage.Upstream.Answer = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var before = stage.Upstream.Calls.Count;
        var (status, body, _) = await stage.CallAsync("reset", Ask);

        status.ShouldBe(502);
        JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString().ShouldBe("upstream_unreachable");
        stage.Upstream.Calls.Count.ShouldBe(before + 1, "What was sent is not sent again: it may have been made.");
        (await stage.TheCallAsync("reset")).GetProperty("status").GetInt32().ShouldBe(502);
        await NothingIsHeldAsync("reset");
    }

    [Fact]
    public async Task A_stream_that_breaks_off_breaks_off_for_the_caller_too_and_what_came_is_settled()
    {
        var arrived = new TaskCompletionSource();
        stage.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Said.Chunk("Hello there, this is an answer"));
            await context.Response.Body.FlushAsync();
            await arrived.Task;
            context.Abort();
        };
        using var request = GatewayStage.Request("broken", AskStream);
        using var answer = await stage.Project.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe(Said.Chunk("Hello there, this is an answer").TrimEnd());
        arrived.SetResult();
        await Should.ThrowAsync<IOException>(() => reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        var call = await stage.TheCallAsync("broken");
        (call.GetProperty("estimated").GetBoolean(), call.GetProperty("error").GetString()).ShouldBe((true, "The provider's connection broke."));
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(5, 10);
        await NothingIsHeldAsync("broken");
    }

    [Fact]
    public async Task Whoever_hangs_up_pays_for_what_was_delivered_at_every_chunk()
    {
        const int Chunks = 12;

        // By default a client that leaves goes on reading for two seconds.
        using var client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = stage.Project.Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = stage.Project.Http.DefaultRequestHeaders.Authorization;
        for (var after = 0; after <= Chunks; after++)
        {
            var customer = $"leaves-{after}";
            var givenUp = stage.Upstream.Streams(
                Enumerable.Range(0, Chunks).Select(_ => Said.Chunk("four words for you ")).Append(Said.UsageChunk(10, 60)).Append(Said.Done), hangsAfter: after);
            using var request = GatewayStage.Request(customer, AskStream);
            using var leave = new CancellationTokenSource();
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(leave.Token);
            using var reader = new StreamReader(body);
            for (var i = 0; i < after; i++)
            {
                await reader.ReadLineAsync(leave.Token);
                await reader.ReadLineAsync(leave.Token);
            }

            await leave.CancelAsync();
            answer.Dispose();
            await givenUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            await stage.TheCallAsync(customer);

            var call = (await stage.RecordedAsync(customer)).ShouldHaveSingleItem();
            call.GetProperty("estimated").GetBoolean().ShouldBeTrue();
            call.GetProperty("input_tokens").GetInt64().ShouldBeGreaterThan(0, "The prompt was read.");
            var output = call.GetProperty("output_tokens");
            (output.ValueKind == JsonValueKind.Null ? 0 : output.GetInt64()).ShouldBeInRange(after * 3, after * 6, $"after {after}");
            await NothingIsHeldAsync(customer);
        }
    }

    [Fact]
    public async Task A_stated_total_that_differs_is_noted_and_the_providers_counts_are_recorded()
    {
        stage.Upstream.AnswersWith(
            """
            {"id":"x","object":"chat.completion","model":"house","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"42"}}],
             "usage":{"prompt_tokens":5000,"completion_tokens":2000,"total_tokens":7001}}
            """);
        (await stage.CallAsync("differs", Ask)).Status.ShouldBe(200);
        var call = await stage.TheCallAsync("differs");
        (call.GetProperty("input_tokens").GetInt64(), call.GetProperty("output_tokens").GetInt64(), call.GetProperty("estimated").GetBoolean(), call.GetProperty("cost_usd").GetString())
            .ShouldBe((5000, 2000, false, "0.0325"));
        call.GetProperty("usage_difference").GetString().ShouldBe("The total is stated as 7001, its parts are 5000 and 2000.");
    }

    [Fact]
    public async Task What_an_upstream_reports_is_the_cost_where_its_policy_says_so()
    {
        await stage.Project.PostAsync("/v1/model-prices", """{"provider":"my-router","model":"routed","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1","output":"1"}}""");
        stage.Upstream.AnswersWith("""{"model":"routed","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"cost":0.5}}""");
        foreach (var (policy, cost, computed) in new[] { ("wins", "0.5", "0.002"), ("beside", "0.002", null) })
        {
            using var set = await stage.Project.Http.PutAsync("/v1/upstreams/my-router", MeteringStage.Text($$"""{"base_url":"{{stage.Upstream.Url}}","api_key":"k","reported_cost":"{{policy}}"}"""));
            ((int)set.StatusCode).ShouldBe(200);
            (await stage.CallAsync(policy, """{"model":"routed","max_tokens":5,"messages":[{"role":"user","content":"Say it"}]}""", "/gateway/my-router/v1/chat/completions")).Status.ShouldBe(200);
            var call = await stage.TheCallAsync(policy);
            (call.GetProperty("cost_usd").GetString(), call.GetProperty("computed_cost_usd").GetString(), call.GetProperty("reported_cost_usd").GetString()).ShouldBe((cost, computed, "0.5"));
            (await stage.StandsAsync(policy, "llm_cost")).Used.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(cost);
        }
    }

    [Fact]
    public async Task A_transcription_of_Mistral_is_held_and_settled_by_its_seconds()
    {
        await stage.SetUpstreamAsync("mistral", stage.Upstream.Url);
        stage.Upstream.AnswersWith(
            """
            {"model":"voxtral-mini-latest","text":"…","language":"en","segments":[],
             "usage":{"prompt_audio_seconds":203,"prompt_tokens":4,"total_tokens":3264,"completion_tokens":635}}
            """);
        using var form = new MultipartFormDataContent { { new StringContent("voxtral-mini-latest"), "model" }, { new ByteArrayContent(new byte[64_000]), "file", "a.mp3" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/mistral/v1/audio/transcriptions") { Content = form };
        request.Headers.Add("X-Tollgate-Customer", "hears");
        using var answer = await stage.Project.Http.SendAsync(request);
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Tollgate-Cost").Single()).ShouldBe((200, "0.01015"));

        var call = await stage.TheCallAsync("hears");
        (call.GetProperty("seconds").GetDecimal(), call.GetProperty("input_tokens").GetInt64(), call.GetProperty("output_tokens").GetInt64(), call.GetProperty("priced").GetBoolean())
            .ShouldBe((203m, 4, 635, true));
        (await stage.StandsAsync("hears", "llm_cost")).ShouldBe((0.01015m, 0));
    }

    [Fact]
    public async Task A_call_is_attributed_without_using_the_feature_and_the_header_is_not_forwarded()
    {
        stage.Upstream.AnswersWith(Said.Completion(10, 20));
        foreach (var tag in new[] { "chat", "nightly batch" })
        {
            using var request = GatewayStage.Request("attributed", Ask);
            request.Headers.Add("X-Tollgate-Attribute-To", tag);
            ((int)(await stage.Project.Http.SendAsync(request)).StatusCode).ShouldBe(200);
        }

        (await stage.RecordedAsync("attributed")).Select(call => call.GetProperty("attribute_to").GetString()).ShouldBe(["nightly batch", "chat"]);
        (await stage.Project.UsedAsync("attributed", "chat")).ShouldBe(0m);
        stage.Upstream.Calls.Last().Headers.Keys.ShouldNotContain("X-Tollgate-Attribute-To");

        var token = (await stage.Project.PostAsync("/v1/customers/attributed/tokens", """{"ttl_seconds":60}""")).Body.GetProperty("token").GetString();
        foreach (var (tag, expected) in new[] { ("chat", 200), ("anything", 404) })
        {
            using var request = GatewayStage.Request("attributed", Ask);
            request.Headers.Add("X-Tollgate-Attribute-To", tag);
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await stage.Project.Http.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_refusal_says_what_was_asked_for_and_what_is_left()
    {
        var (status, body, _) = await stage.CallAsync("asks-much", """{"model":"house","max_tokens":200000,"messages":[{"role":"user","content":"Say it"}]}""");
        (status, body.Contains(" requested, 0 of 1 used, 1 left", StringComparison.Ordinal)).ShouldBe((402, true), body);
        var (refused, problem) = await stage.Project.PostAsync("/v1/consume", """{"customer":"asks-much","feature":"scan","amount":3}""");
        (refused, problem.GetProperty("requested").GetDecimal(), problem.GetProperty("remaining").GetDecimal()).ShouldBe((402, 3m, 2m));
        problem.GetProperty("detail").GetString()!.ShouldStartWith("Scans: 3 requested, 0 of 2 used, 2 left");
    }

    [Fact]
    public async Task Usage_that_cannot_be_believed_is_estimated_and_said_so()
    {
        stage.Upstream.AnswersWith(Said.Completion(-5, 30));
        (await stage.CallAsync("lies", Ask)).Status.ShouldBe(200);
        var call = await stage.TheCallAsync("lies");
        call.GetProperty("estimated").GetBoolean().ShouldBeTrue();
        call.GetProperty("properties").GetProperty("usage_doubt").GetString().ShouldNotBeNullOrEmpty();
        call.GetProperty("input_tokens").GetInt64().ShouldBeInRange(1, 50);

        stage.Upstream.AnswersWith(Said.Completion(10, 2_000_000_000));
        await stage.CallAsync("absurd", Ask);
        (await stage.StandsAsync("absurd", "llm_cost")).Used.ShouldBeLessThan(0.01m);
    }

    [Fact]
    public async Task Ten_thousand_chunks_arrive_one_by_one()
    {
        _ = stage.Upstream.Streams(Enumerable.Range(0, 10_000).Select(i => Said.Chunk($"{i} ")).Append(Said.UsageChunk(7, 20_000)).Append(Said.Done));
        var (_, body, _) = await stage.CallAsync("long", AskStream.Replace("100", "25000", StringComparison.Ordinal));
        body.Split("\n\n").Length.ShouldBe(10_002);
        body.ShouldEndWith(Said.Chunk("9999 ") + Said.Done);
        (await stage.TheCallAsync("long")).GetProperty("output_tokens").GetInt64().ShouldBe(20_000);
    }

    [Fact]
    public async Task A_body_of_twenty_megabytes_passes_and_one_that_is_no_text_is_refused_without_a_call()
    {
        stage.Upstream.AnswersWith(Said.Completion(5, 5));
        var image = Convert.ToBase64String(new byte[15 * 1024 * 1024]);
        var ask = $$$"""{"model":"house","max_tokens":100,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{image}}}"}}]}]}""";
        (await stage.CallAsync("large", ask)).Status.ShouldBe(200);
        stage.Upstream.Calls.Last().Body.Length.ShouldBe(ask.Length);

        var before = stage.Upstream.Calls.Count;
        using var request = GatewayStage.Request("bytes", "{}");
        request.Content = new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)':', (byte)'1']);
        request.Content.Headers.ContentType = new("application/json");
        using var answer = await stage.Project.Http.SendAsync(request);
        ((int)answer.StatusCode, stage.Upstream.Calls.Count).ShouldBe((400, before));
    }

    [Fact]
    public async Task A_customer_token_makes_metered_calls_and_nothing_else()
    {
        var (_, issued) = await stage.Project.PostAsync("/v1/customers/tokened/tokens", "{}");
        using var client = stage.Project.Server.NewClient(issued.GetProperty("token").GetString());
        stage.Upstream.AnswersWith(Said.Completion(5, 5));
        using var called = await client.PostAsync("/gateway/openai/v1/chat/completions", MeteringStage.Text(Ask));
        ((int)called.StatusCode).ShouldBe(200);
        (await stage.TheCallAsync("tokened")).GetProperty("output_tokens").GetInt64().ShouldBe(5);
        using var models = await client.GetAsync("/gateway/openai/v1/models");
        ((int)models.StatusCode).ShouldBe(200);

        var before = stage.Upstream.Calls.Count;
        foreach (var path in (string[])["/v1/files", "/v1/responses/resp_1", "/v1/batches", "/v1/chat/completions"])
        {
            using var refused = await client.GetAsync("/gateway/openai" + path);
            ((int)refused.StatusCode).ShouldBe(403, path);
        }

        using var upload = await client.PostAsync("/gateway/openai/v1/files", MeteringStage.Text("{}"));
        ((int)upload.StatusCode, stage.Upstream.Calls.Count).ShouldBe((403, before));
    }

    [Fact]
    public async Task A_customer_token_pays_for_its_own_calls_whatever_customer_the_header_names()
    {
        var (_, issued) = await stage.Project.PostAsync("/v1/customers/bearer/tokens", "{}");
        await stage.Project.PostAsync("/v1/customers/bystander/tokens", "{}");
        using var client = stage.Project.Server.NewClient(issued.GetProperty("token").GetString());
        stage.Upstream.AnswersWith(Said.Completion(5, 5));
        using var request = GatewayStage.Request("bystander", Ask);
        using var called = await client.SendAsync(request);
        ((int)called.StatusCode).ShouldBe(200);

        (await stage.TheCallAsync("bearer")).GetProperty("output_tokens").GetInt64().ShouldBe(5);
        (await stage.StandsAsync("bearer", "openai_calls")).Used.ShouldBe(1);
        (await stage.RecordedAsync("bystander")).ShouldBeEmpty();
        (await stage.StandsAsync("bystander", "openai_calls")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Credentials_go_in_and_never_come_out()
    {
        const string Secret = "sk-very-secret-4711";
        using var set = await stage.Project.Http.PutAsync("/v1/upstreams/deepseek", MeteringStage.Text($$$"""{"api_key":"{{{Secret}}}","headers":{"X-Team":"{{{Secret}}}"}}"""));
        var text = await set.Content.ReadAsStringAsync();
        ((int)set.StatusCode).ShouldBe(200, text);
        text.ShouldNotContain(Secret);
        var (_, list) = await stage.Project.GetAsync("/v1/upstreams");
        list.ToString().ShouldNotContain(Secret);
        var one = list.GetProperty("data").EnumerateArray().Single(upstream => upstream.GetProperty("provider").GetString() == "deepseek");
        (one.GetProperty("has_key").GetBoolean(), one.GetProperty("readable").GetBoolean(), one.GetProperty("base_url").GetString()).ShouldBe((true, true, "https://api.deepseek.com"));
        (await stage.Project.Database.ScalarAsync<bool>($"SELECT position('{Secret}'::bytea in secrets) > 0 FROM upstreams WHERE provider = 'deepseek'")).ShouldBeFalse();

        using var removed = await stage.Project.Http.DeleteAsync("/v1/upstreams/deepseek");
        ((int)removed.StatusCode).ShouldBe(204);
        (await stage.CallAsync("nobody", Ask, "/gateway/deepseek/chat/completions")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("""{"api_key":"k","base_url":"ftp://x"}""", "base_url")]
    [InlineData("""{"api_key":"k","base_url":"http://169.254.169.254/latest"}""", "base_url")]
    [InlineData("""{"api_key":"k","base_url":"http://u:p@x"}""", "base_url")]
    [InlineData("""{"base_url":"http://x"}""", "api_key")]
    [InlineData("""{"api_key":"a\nb"}""", "api_key")]
    [InlineData("""{"api_key":"k","headers":{"Host":"x"}}""", "headers")]
    public async Task A_bad_upstream_is_refused_with_its_fault(string body, string param)
    {
        using var set = await stage.Project.Http.PutAsync("/v1/upstreams/openai", MeteringStage.Text(body));
        var problem = JsonElement.Parse(await set.Content.ReadAsStringAsync());
        ((int)set.StatusCode, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, param));
    }

    [Fact]
    public async Task Dots_in_the_path_lead_nowhere()
    {
        var before = stage.Upstream.Calls.Count;
        var (status, _, _) = await stage.CallAsync("dots", Ask, "/gateway/openai/v1/%2e%2e%2f..%2fadmin/chat/completions");
        (status, stage.Upstream.Calls.Count).ShouldBe((400, before));
    }

    [Theory]
    [InlineData("anthropic", "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[{"role":"user","content":"x"}]}""", "error.type", "invalid_request_error")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"x"}]}]}""", "error.status", "INVALID_ARGUMENT")]
    [InlineData("openai", "/v1/chat/completions", Ask, "error.code", "validation_failed")]
    [InlineData("mistral", "/v1/chat/completions", Ask, "object", "error")]
    [InlineData("cohere", "/v2/chat", """{"model":"command-a-03-2025","messages":[{"role":"user","content":"x"}]}""", "message", null)]
    [InlineData("tavily", "/search", """{"query":"x"}""", "detail.error", null)]
    [InlineData("exa", "/search", """{"query":"x"}""", "error", null)]
    [InlineData("firecrawl", "/v1/scrape", """{"url":"https://example.org"}""", "error", null)]
    [InlineData("stability", "/v2beta/stable-image/generate/core", "x", "name", "validation_failed")]
    public async Task A_call_for_nobody_is_refused_in_the_providers_own_shape(string provider, string path, string ask, string member, string? value)
    {
        await stage.SetUpstreamAsync(provider, stage.Upstream.Url);
        var before = stage.Upstream.Calls.Count;
        using var answer = await stage.Project.Http.PostAsync($"/gateway/{provider}{path}", MeteringStage.Text(ask));
        ((int)answer.StatusCode, stage.Upstream.Calls.Count, answer.Headers.GetValues("X-Tollgate-Error").Single()).ShouldBe((422, before, "validation_failed"));
        var found = member.Split('.').Aggregate(JsonElement.Parse(await answer.Content.ReadAsStringAsync()), (at, name) => at.GetProperty(name));
        (value is null ? found.GetString()!.Contains("X-Tollgate-Customer", StringComparison.Ordinal) : found.GetString() == value).ShouldBeTrue(found.ToString());
    }

    [Fact]
    public async Task A_stream_of_Anthropic_ends_with_its_own_error_event_when_the_budget_ends()
    {
        await stage.SetUpstreamAsync("anthropic", stage.Upstream.Url);
        await stage.Project.PostAsync("/v1/llm-calls", """{"customer":"claude","model":"house","input_tokens":396000}""");
        var words = string.Concat(Enumerable.Repeat("word ", 40));
        _ = stage.Upstream.Streams(Enumerable.Range(0, 500).Select(_ =>
            $$$"""event: content_block_delta{{{"\n"}}}data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{words}}}"}}""" + "\n\n"));
        var (_, body, _) = await stage.CallAsync(
            "claude", """{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":"x"}]}""", "/gateway/anthropic/v1/messages");
        var last = body.TrimEnd().Split("\n\n")[^1].Split('\n');
        last[0].ShouldBe("event: error");
        JsonElement.Parse(last[1]["data: ".Length..]).GetProperty("error").GetProperty("type").GetString().ShouldBe("billing_error");
        (await stage.StandsAsync("claude", "llm_cost")).Used.ShouldBeLessThanOrEqualTo(1.002m);
    }

    [Fact]
    public async Task A_job_counts_once_when_it_is_finished_however_often_it_is_looked_at()
    {
        await stage.SetUpstreamAsync("firecrawl", stage.Upstream.Url);
        await stage.Project.PostAsync("/v1/model-prices", """{"provider":"firecrawl","model":"crawl","valid_from":"2020-01-01T00:00:00Z","prices":{"page":"0.002"}}""");
        async Task PollAsync(string answer)
        {
            stage.Upstream.AnswersWith(answer);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/gateway/firecrawl/v1/crawl/job-1") { Headers = { { "X-Tollgate-Customer", "crawler" } } };
            using var got = await stage.Project.Http.SendAsync(request);
            (await got.Content.ReadAsStringAsync()).ShouldBe(answer);
        }

        await PollAsync("""{"status":"scraping","completed":3,"creditsUsed":3}""");
        (await stage.RecordedAsync("crawler")).ShouldBeEmpty();
        await PollAsync("""{"status":"completed","completed":5,"creditsUsed":5}""");
        await PollAsync("""{"status":"completed","completed":5,"creditsUsed":5}""");
        (await stage.RecordedAsync("crawler")).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe("0.01");
    }

    [Fact]
    public async Task Names_that_no_database_takes_are_refused_or_left_out_and_keep_no_other_call_waiting()
    {
        var before = stage.Upstream.Calls.Count;
        var (status, body, _) = await stage.CallAsync("zero", Ask.Replace("house", "a\\u0000b", StringComparison.Ordinal));
        (status, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString(), stage.Upstream.Calls.Count).ShouldBe((422, "validation_failed", before));

        stage.Upstream.AnswersWith(Said.Completion(10, 5, "a\\u0000b").Replace("chatcmpl-7", "id\\u0000", StringComparison.Ordinal));
        (await stage.CallAsync("zero", Ask)).Status.ShouldBe(200);
        (await stage.TheCallAsync("zero")).GetProperty("model").GetString().ShouldBe("house");
        stage.Upstream.AnswersWith("""{"error":{"message":"a\u0000b"}}""", 400);
        (await stage.CallAsync("zero-error", Ask)).Status.ShouldBe(400);
        (await stage.TheCallAsync("zero-error")).GetProperty("error").GetString().ShouldBe("ab");
        var (raw, _) = await stage.Project.PostAsync("/v1/llm-calls", """{"customer":"zero-raw","model":"house","raw_response":{"model":"a\u0000b","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}}""");
        raw.ShouldBe(200);
    }

    [Fact]
    public async Task Whoever_hangs_up_before_the_first_byte_pays_for_the_prompt()
    {
        var asked = new TaskCompletionSource();
        stage.Upstream.Answer = (context, _) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var leave = new CancellationTokenSource();
        using var request = GatewayStage.Request("impatient", AskStream);
        var calling = stage.Project.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => calling);

        var call = await stage.TheCallAsync("impatient");
        call.GetProperty("input_tokens").GetInt64().ShouldBeGreaterThan(0);
        (call.GetProperty("error").ValueKind, call.GetProperty("properties").GetProperty("ended_by").GetString()).ShouldBe((JsonValueKind.Null, "caller"));
        await NothingIsHeldAsync("impatient");
    }

    [Fact]
    public async Task An_answer_that_is_compressed_passes_as_it_is_and_is_estimated()
    {
        stage.Upstream.Answer = async (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("as gzip");
        };
        var (status, body, answer) = await stage.CallAsync("packed", Ask);
        (status, body, answer.Content.Headers.ContentEncoding.Single()).ShouldBe((200, "as gzip", "gzip"));
        var call = await stage.TheCallAsync("packed");
        (call.GetProperty("status").GetInt32(), call.GetProperty("estimated").GetBoolean()).ShouldBe((200, true));
        call.GetProperty("properties").GetProperty("usage_doubt").GetString()!.ShouldContain("compressed");
        await NothingIsHeldAsync("packed");
    }
}
