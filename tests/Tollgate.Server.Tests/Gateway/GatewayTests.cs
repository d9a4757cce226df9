using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>Calls through the gateway to an upstream over real HTTP: forwarding, records, refusals.</summary>
public sealed class GatewayTests(SharedGatewayHost host) : IClassFixture<SharedGatewayHost>
{
    internal const string Ask = """{"model":"house","messages":[{"role":"user","content":"Say hello."}],"max_tokens":100}""";
    internal const string RequestStream =
        """{"model":"house","messages":[{"role":"user","content":"Say hello."}],"max_tokens":100,"stream":true}""";

    [Fact]
    public async Task A_call_passes_unchanged_and_moves_calls_tokens_dollars_and_its_feature_together()
    {
        host.Upstream.AnswersWith(Said.Completion(1000, 30));
        var (status, body, answer) = await host.CallAsync("plain", Ask, feature: "chat");

        (status, body).ShouldBe((200, Said.Completion(1000, 30)));

        // 1000 × $2.5 + 30 × $10, each for a million.
        answer.Headers.GetValues("X-Tollgate-Cost").ShouldBe(["0.0028"]);
        answer.Headers.GetValues("X-Tollgate-Remaining").Single().ShouldBe("chat=9, openai_calls=99, tokens=998970, llm_cost=0.9972");
        var call = (await host.RecordedAsync("plain")).ShouldHaveSingleItem();
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("model").GetString(), call.GetProperty("input_tokens").GetInt64(),
            call.GetProperty("output_tokens").GetInt64())
            .ShouldBe(("0.0028", "house-2026-01-01", 1000, 30));
        (call.GetProperty("estimated").GetBoolean(), call.GetProperty("status").GetInt32(), call.GetProperty("request_id").GetString(),
            call.GetProperty("endpoint").GetString())
            .ShouldBe((false, 200, "chatcmpl-7", "/v1/chat/completions"));
        call.GetProperty("id").GetString().ShouldBe(answer.Headers.GetValues("X-Tollgate-Call").Single());
        foreach (var (feature, used) in ((string, decimal)[])[("openai_calls", 1), ("tokens", 1030), ("llm_cost", 0.0028m), ("chat", 1)])
        {
            (await host.StandsAsync("plain", feature)).ShouldBe((used, 0), feature);
        }

        var seen = host.Upstream.Calls.Last();
        (seen.Target, seen.Text,
            seen.Headers["Authorization"]).ShouldBe(("/v1/chat/completions", Ask, "Bearer " + GatewayHost.UpstreamKey));
        seen.Headers.Keys.Where(static name => name.StartsWith("X-Tollgate", StringComparison.OrdinalIgnoreCase))
            .ShouldBe(["X-Tollgate-Hop"]);
    }

    /// <summary>
    /// A server of a private network may take these headers for a proxy's, and Google for another method. Neither an upstream's settings
    /// nor a call may contain them.
    /// </summary>
    [Fact]
    public async Task Headers_that_a_server_may_trust_do_not_come_with_a_call()
    {
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        using var request = GatewayHost.Request("trusted", Ask);
        request.Headers.Add("X-Team", "kept");
        string[] kept = [
            "X-Forwarded-User", "X-HTTP-Method-Override", "X-Original-URL", "Metadata-Flavor", "X-aws-ec2-metadata-token", "Via",
            "X-Tollgate-Else", "Sec-Fetch-Site"];
        Array.ForEach(kept, name => request.Headers.Add(name, "1.1 x"));

        using var answer = await host.Project.Http.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
        var seen = host.Upstream.Calls.Last().Headers;
        seen["X-Team"].ShouldBe("kept");
        seen.Keys.Intersect(kept, StringComparer.OrdinalIgnoreCase).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(404, 404, null)]
    [InlineData(503, 503, null)]
    [InlineData(999, 502, "upstream_unreachable")]
    public async Task An_answer_without_a_body_is_the_providers_own(int status, int seen, string? error)
    {
        host.Upstream.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        using var read = await host.Project.Http.GetAsync("/gateway/openai/v1/models");
        ((int)read.StatusCode,
            read.Headers.TryGetValues("X-Tollgate-Error", out var codes) ? codes.Single() : null).ShouldBe((seen, error));
        using var asked = await host.Project.Http.SendAsync(GatewayHost.Request("bodiless", Ask));
        ((int)asked.StatusCode).ShouldBe(seen);
    }

    [Fact]
    public async Task A_stream_is_asked_for_usage_in_the_callers_place_and_the_caller_does_not_see_it()
    {
        _ = host.Upstream.Streams(
            [Said.Chunk("Hel", nullUsage: true), Said.Chunk("lo", nullUsage: true), Said.UsageChunk(1000, 30), Said.Done]);
        var (status, body, _) = await host.CallAsync("stream", RequestStream);

        (status, body).ShouldBe((200, Said.Chunk("Hel") + Said.Chunk("lo") + Said.Done));
        host.Upstream.Calls.Last().Text.ShouldContain("""
            "stream_options":{"include_usage":true}
            """.Trim());
        var call = await host.TheCallAsync("stream");
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("estimated").GetBoolean()).ShouldBe(("0.0028", false));
        await host.NothingIsHeldAsync("stream");
    }

    [Fact]
    public async Task A_caller_that_asks_for_usage_gets_every_byte()
    {
        string[] pieces = [Said.Chunk("Hel", nullUsage: true), Said.UsageChunk(10, 2), Said.Done];
        _ = host.Upstream.Streams(pieces);
        var ask = RequestStream.Replace(
            "\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal);
        (await host.CallAsync("asks", ask)).Body.ShouldBe(string.Concat(pieces));
        host.Upstream.Calls.Last().Text.ShouldBe(ask);
    }

    [Fact]
    public async Task A_customer_with_a_cent_left_is_refused_before_the_call_in_the_providers_format()
    {
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"cent","model":"house","input_tokens":396000}""");
        (await host.StandsAsync("cent", "llm_cost")).Used.ShouldBe(0.99m);
        host.Upstream.AnswersWith(Said.Completion(10, 5000));
        var before = host.Upstream.Calls.Count;

        var (status, body, answer) = await host.CallAsync("cent", Ask.Replace("100", "5000", StringComparison.Ordinal));

        host.Upstream.Calls.Count.ShouldBe(before);
        status.ShouldBe(402);
        var error = JsonElement.Parse(body).GetProperty("error");
        (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()).ShouldBe(("budget_exceeded", "insufficient_quota"));
        error.GetProperty("message").GetString()!.ShouldContain("0.01");
        answer.Headers.GetValues("X-Tollgate-Error").ShouldBe(["budget_exceeded"]);
        (await host.CallAsync("cent", Ask.Replace("100", "900", StringComparison.Ordinal))).Status.ShouldBe(
            200, "A call that the rest covers is made.");
    }

    [Fact]
    public async Task Two_hundred_parallel_calls_on_one_dollar_spend_at_most_one_dollar()
    {
        // Each call uses all that it requested: 1,000 tokens, one cent, and a little for its input.
        host.Upstream.AnswersWith(Said.Completion(10, 1000));
        var ask = Ask.Replace("100", "1000", StringComparison.Ordinal);
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"crowd","model":"house","input_tokens":1}""");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => (await host.CallAsync("crowd", ask)).Status));

        var made = statuses.Count(status => status == 200);
        statuses.ShouldAllBe(status => status == 200 || status == 402);
        var (used, held) = await host.StandsAsync("crowd", "llm_cost");
        (used <= 1, held).ShouldBe((true, 0m), $"{used} were spent by {made} calls.");
        used.ShouldBe((made * 0.010025m) + 0.0000025m);
        made.ShouldBeGreaterThan(90, "The remaining units stay available.");
    }

    [Fact]
    public async Task A_model_without_a_price_is_listed_as_such_and_not_as_free()
    {
        host.Upstream.AnswersWith(Said.Completion(10, 5, "riddle-77"));
        (await host.CallAsync("riddle", Ask.Replace("house", "riddle-77", StringComparison.Ordinal))).Status.ShouldBe(200);

        var call = await host.TheCallAsync("riddle");
        (call.GetProperty("cost_usd").ValueKind, call.GetProperty("priced").GetBoolean()).ShouldBe((JsonValueKind.Null, false));
        var (_, inbox) = await host.Project.GetAsync("/v1/unpriced-models");
        inbox.GetProperty("data").EnumerateArray().ShouldContain(model => model.GetProperty("model").GetString() == "riddle-77");
        ((await host.StandsAsync("riddle", "tokens")).Used, (await host.StandsAsync("riddle", "llm_cost")).Used).ShouldBe((15, 0));
    }

    [Fact]
    public async Task A_stream_without_a_bound_ends_with_an_error_event_when_the_budget_ends()
    {
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"ends","model":"house","input_tokens":392000}""");
        var word = string.Concat(Enumerable.Repeat("word ", 40));
        _ = host.Upstream.Streams(Enumerable.Range(0, 500).Select(_ => Said.Chunk(word)).Append(Said.Done));
        var (status, body, _) = await host.CallAsync("ends", RequestStream.Replace(",\"max_tokens\":100", "", StringComparison.Ordinal));

        // Two cents are left: about 2,000 tokens of 20,000.
        status.ShouldBe(200);
        body.ShouldNotContain("[DONE]");
        var last = JsonElement.Parse(body.TrimEnd().Split("\n\n")[^1]["data: ".Length..]);
        last.GetProperty("error").GetProperty("code").GetString().ShouldBe("budget_exceeded");
        var call = await host.TheCallAsync("ends");
        (call.GetProperty("estimated").GetBoolean(),
            call.GetProperty("properties").GetProperty("ended_by").GetString()).ShouldBe((true, "budget"));
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(1_000, 2_000);
        (await host.StandsAsync("ends", "llm_cost")).Used.ShouldBeLessThanOrEqualTo(
            1.0005m, "At most the chunk that was not delivered any more.");
        await host.NothingIsHeldAsync("ends");
    }

    [Theory]
    [InlineData(307, "")]
    [InlineData(429, """{"error":{"message":"Slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}""")]
    [InlineData(500, """{"error":{"message":"Oops","type":"server_error"}}""")]
    [InlineData(503, "<html>upstream connect error</html>")]
    [InlineData(400, """{"error":{"message":"max_tokens is too large"}}""")]
    public async Task An_error_of_the_provider_passes_as_it_is_and_costs_nothing(int status, string error)
    {
        host.Upstream.AnswersWith(error, status);
        var customer = $"fails-{status}";
        var (got, body, _) = await host.CallAsync(customer, Ask, feature: "chat");

        (got, body).ShouldBe((status, error));
        var call = await host.TheCallAsync(customer);
        (call.GetProperty("status").GetInt32(), call.GetProperty("cost_usd").GetString()).ShouldBe((status, "0"));
        (await host.StandsAsync(customer, "openai_calls")).ShouldBe((0, 0), "A failed call is not counted.");
        (await host.StandsAsync(customer, "chat")).ShouldBe((0, 0));
        await host.NothingIsHeldAsync(customer);
    }

    [Fact]
    public async Task A_stated_total_that_differs_is_noted_and_the_providers_counts_are_recorded()
    {
        host.Upstream.AnswersWith(
            """
            {"id":"x","object":"chat.completion","model":"house","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"42"}}],
             "usage":{"prompt_tokens":5000,"completion_tokens":2000,"total_tokens":7001}}
            """);
        (await host.CallAsync("differs", Ask)).Status.ShouldBe(200);
        var call = await host.TheCallAsync("differs");
        (call.GetProperty("input_tokens").GetInt64(), call.GetProperty("output_tokens").GetInt64(),
            call.GetProperty("estimated").GetBoolean(), call.GetProperty("cost_usd").GetString())
            .ShouldBe((5000, 2000, false, "0.0325"));
        call.GetProperty("usage_difference").GetString().ShouldBe("The total is stated as 7001, its parts are 5000 and 2000.");
    }

    [Fact]
    public async Task A_reported_cost_is_the_cost_if_the_policy_says_so()
    {
        await host.Project.PostAsync(
            "/v1/model-prices",
            """{"provider":"my-router","model":"routed","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1","output":"1"}}""");
        host.Upstream.AnswersWith(
            """{"model":"routed","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"cost":0.5}}""");
        foreach (var (policy, cost, computed) in new[] { ("wins", "0.5", "0.002"), ("beside", "0.002", null) })
        {
            using var set = await host.Project.Http.PutAsync(
                "/v1/upstreams/my-router",
                MeteringHost.Text($$"""{"base_url":"{{host.Upstream.Url}}","api_key":"k","reported_cost":"{{policy}}"}"""));
            ((int)set.StatusCode).ShouldBe(200);
            (await host.CallAsync(
                policy, """{"model":"routed","max_tokens":5,"messages":[{"role":"user","content":"Say it"}]}""",
                "/gateway/my-router/v1/chat/completions")).Status.ShouldBe(200);
            var call = await host.TheCallAsync(policy);
            (call.GetProperty("cost_usd").GetString(), call.GetProperty("computed_cost_usd").GetString(),
                call.GetProperty("reported_cost_usd").GetString()).ShouldBe((cost, computed, "0.5"));
            (await host.StandsAsync(policy, "llm_cost")).Used.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(cost);
        }
    }

    [Fact]
    public async Task A_transcription_of_Mistral_is_held_and_settled_by_its_seconds()
    {
        await host.SetUpstreamAsync("mistral", host.Upstream.Url);
        host.Upstream.AnswersWith(
            """
            {"model":"voxtral-mini-latest","text":"…","language":"en","segments":[],
             "usage":{"prompt_audio_seconds":203,"prompt_tokens":4,"total_tokens":3264,"completion_tokens":635}}
            """);
        using var form =
            new MultipartFormDataContent
            {
                { new StringContent("voxtral-mini-latest"), "model" }, { new ByteArrayContent(new byte[64_000]), "file", "a.mp3" },
            };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/mistral/v1/audio/transcriptions") { Content = form };
        request.Headers.Add("X-Tollgate-Customer", "hears");
        using var answer = await host.Project.Http.SendAsync(request);
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Tollgate-Cost").Single()).ShouldBe((200, "0.01015"));

        var call = await host.TheCallAsync("hears");
        (call.GetProperty("seconds").GetDecimal(), call.GetProperty("input_tokens").GetInt64(),
            call.GetProperty("output_tokens").GetInt64(), call.GetProperty("priced").GetBoolean())
            .ShouldBe((203m, 4, 635, true));
        (await host.StandsAsync("hears", "llm_cost")).ShouldBe((0.01015m, 0));
    }

    [Fact]
    public async Task A_call_is_attributed_without_using_the_feature_and_the_header_is_not_forwarded()
    {
        host.Upstream.AnswersWith(Said.Completion(10, 20));
        foreach (var tag in new[] { "chat", "nightly batch" })
        {
            using var request = GatewayHost.Request("attributed", Ask);
            request.Headers.Add("X-Tollgate-Attribute-To", tag);
            ((int)(await host.Project.Http.SendAsync(request)).StatusCode).ShouldBe(200);
        }

        (await host.RecordedAsync("attributed")).Select(call => call.GetProperty("attribute_to").GetString())
            .ShouldBe(["nightly batch", "chat"]);
        (await host.Project.UsedAsync("attributed", "chat")).ShouldBe(0m);
        host.Upstream.Calls.Last().Headers.Keys.ShouldNotContain("X-Tollgate-Attribute-To");

        var token = (await host.Project.PostAsync("/v1/customers/attributed/tokens", """{"ttl_seconds":60}""")).Body.GetProperty("token")
            .GetString();
        foreach (var (tag, expected) in new[] { ("chat", 200), ("anything", 404) })
        {
            using var request = GatewayHost.Request("attributed", Ask);
            request.Headers.Add("X-Tollgate-Attribute-To", tag);
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await host.Project.Http.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_refusal_says_what_was_asked_for_and_what_is_left()
    {
        var (status, body, _) = await host.CallAsync("asks-much",
            """{"model":"house","max_tokens":200000,"messages":[{"role":"user","content":"Say it"}]}""");
        (status, body.Contains(" requested, 0 of 1 used, 1 left", StringComparison.Ordinal)).ShouldBe((402, true), body);
        var (refused, problem) = await host.Project.PostAsync("/v1/consume", """{"customer":"asks-much","feature":"scan","amount":3}""");
        (refused, problem.GetProperty("requested").GetDecimal(), problem.GetProperty("remaining").GetDecimal()).ShouldBe((402, 3m, 2m));
        problem.GetProperty("detail").GetString()!.ShouldStartWith("Scans: 3 requested, 0 of 2 used, 2 left");
    }

    [Fact]
    public async Task Usage_that_cannot_be_believed_is_estimated_and_said_so()
    {
        host.Upstream.AnswersWith(Said.Completion(-5, 30));
        (await host.CallAsync("lies", Ask)).Status.ShouldBe(200);
        var call = await host.TheCallAsync("lies");
        call.GetProperty("estimated").GetBoolean().ShouldBeTrue();
        call.GetProperty("properties").GetProperty("usage_doubt").GetString().ShouldNotBeNullOrEmpty();
        call.GetProperty("input_tokens").GetInt64().ShouldBeInRange(1, 50);

        host.Upstream.AnswersWith(Said.Completion(10, 2_000_000_000));
        await host.CallAsync("absurd", Ask);
        (await host.StandsAsync("absurd", "llm_cost")).Used.ShouldBeLessThan(0.01m);
    }

    [Fact]
    public async Task Ten_thousand_chunks_arrive_one_by_one()
    {
        _ = host.Upstream.Streams(Enumerable.Range(0, 10_000).Select(i => Said.Chunk($"{i} ")).Append(Said.UsageChunk(7, 20_000))
            .Append(Said.Done));
        var (_, body, _) = await host.CallAsync("long", RequestStream.Replace("100", "25000", StringComparison.Ordinal));
        body.Split("\n\n").Length.ShouldBe(10_002);
        body.ShouldEndWith(Said.Chunk("9999 ") + Said.Done);
        (await host.TheCallAsync("long")).GetProperty("output_tokens").GetInt64().ShouldBe(20_000);
    }

    [Fact]
    public async Task A_body_of_twenty_megabytes_passes_and_one_that_is_no_text_is_refused_without_a_call()
    {
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        var image = Convert.ToBase64String(new byte[15 * 1024 * 1024]);
        var ask =
            $$$"""{"model":"house","max_tokens":100,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{image}}}"}}]}]}""";
        (await host.CallAsync("large", ask)).Status.ShouldBe(200);
        host.Upstream.Calls.Last().Body.Length.ShouldBe(ask.Length);

        var before = host.Upstream.Calls.Count;
        using var request = GatewayHost.Request("bytes", "{}");
        request.Content = new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)':', (byte)'1']);
        request.Content.Headers.ContentType = new("application/json");
        using var answer = await host.Project.Http.SendAsync(request);
        ((int)answer.StatusCode, host.Upstream.Calls.Count).ShouldBe((400, before));
    }

    [Fact]
    public async Task A_customer_token_makes_metered_calls_and_nothing_else()
    {
        var (_, issued) = await host.Project.PostAsync("/v1/customers/tokened/tokens", "{}");
        using var client = host.Project.Server.NewClient(issued.GetProperty("token").GetString());
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        using var called = await client.PostAsync("/gateway/openai/v1/chat/completions", MeteringHost.Text(Ask));
        ((int)called.StatusCode).ShouldBe(200);
        (await host.TheCallAsync("tokened")).GetProperty("output_tokens").GetInt64().ShouldBe(5);
        using var models = await client.GetAsync("/gateway/openai/v1/models");
        ((int)models.StatusCode).ShouldBe(200);

        var before = host.Upstream.Calls.Count;
        foreach (var path in (string[])["/v1/files", "/v1/responses/resp_1", "/v1/batches", "/v1/chat/completions"])
        {
            using var refused = await client.GetAsync("/gateway/openai" + path);
            ((int)refused.StatusCode).ShouldBe(403, path);
        }

        using var upload = await client.PostAsync("/gateway/openai/v1/files", MeteringHost.Text("{}"));
        ((int)upload.StatusCode, host.Upstream.Calls.Count).ShouldBe((403, before));
    }

    [Fact]
    public async Task A_customer_token_pays_for_its_own_calls_whatever_customer_the_header_names()
    {
        var (_, issued) = await host.Project.PostAsync("/v1/customers/bearer/tokens", "{}");
        await host.Project.PostAsync("/v1/customers/bystander/tokens", "{}");
        using var client = host.Project.Server.NewClient(issued.GetProperty("token").GetString());
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        using var request = GatewayHost.Request("bystander", Ask);
        using var called = await client.SendAsync(request);
        ((int)called.StatusCode).ShouldBe(200);

        (await host.TheCallAsync("bearer")).GetProperty("output_tokens").GetInt64().ShouldBe(5);
        (await host.StandsAsync("bearer", "openai_calls")).Used.ShouldBe(1);
        (await host.RecordedAsync("bystander")).ShouldBeEmpty();
        (await host.StandsAsync("bystander", "openai_calls")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Credentials_go_in_and_never_come_out()
    {
        const string Secret = "sk-very-secret-4711";
        using var set = await host.Project.Http.PutAsync(
            "/v1/upstreams/deepseek", MeteringHost.Text($$$"""{"api_key":"{{{Secret}}}","headers":{"X-Team":"{{{Secret}}}"}}"""));
        var text = await set.Content.ReadAsStringAsync();
        ((int)set.StatusCode).ShouldBe(200, text);
        text.ShouldNotContain(Secret);
        var (_, list) = await host.Project.GetAsync("/v1/upstreams");
        list.ToString().ShouldNotContain(Secret);
        var one = list.GetProperty("data").EnumerateArray().Single(upstream => upstream.GetProperty("provider").GetString() == "deepseek");
        (one.GetProperty("has_key").GetBoolean(), one.GetProperty("readable").GetBoolean(),
            one.GetProperty("base_url").GetString()).ShouldBe((true, true, "https://api.deepseek.com"));
        (await host.Project.Database.ScalarAsync<bool>(
            $"SELECT position('{Secret}'::bytea in secrets) > 0 FROM upstreams WHERE provider = 'deepseek'")).ShouldBeFalse();

        using var removed = await host.Project.Http.DeleteAsync("/v1/upstreams/deepseek");
        ((int)removed.StatusCode).ShouldBe(204);
        (await host.CallAsync("nobody", Ask, "/gateway/deepseek/chat/completions")).Status.ShouldBe(404);
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
        using var set = await host.Project.Http.PutAsync("/v1/upstreams/openai", MeteringHost.Text(body));
        var problem = JsonElement.Parse(await set.Content.ReadAsStringAsync());
        ((int)set.StatusCode, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, param));
    }

    [Fact]
    public async Task Dots_in_the_path_lead_nowhere()
    {
        var before = host.Upstream.Calls.Count;
        var (status, _, _) = await host.CallAsync("dots", Ask, "/gateway/openai/v1/%2e%2e%2f..%2fadmin/chat/completions");
        (status, host.Upstream.Calls.Count).ShouldBe((400, before));
    }

    [Theory]
    [InlineData(
        "anthropic", "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[{"role":"user","content":"x"}]}""",
        "error.type", "invalid_request_error")]
    [InlineData(
        "gemini", "/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"x"}]}]}""", "error.status",
        "INVALID_ARGUMENT")]
    [InlineData("openai", "/v1/chat/completions", Ask, "error.code", "validation_failed")]
    [InlineData("mistral", "/v1/chat/completions", Ask, "object", "error")]
    [InlineData("cohere", "/v2/chat", """{"model":"command-a-03-2025","messages":[{"role":"user","content":"x"}]}""", "message", null)]
    [InlineData("tavily", "/search", """{"query":"x"}""", "detail.error", null)]
    [InlineData("exa", "/search", """{"query":"x"}""", "error", null)]
    [InlineData("firecrawl", "/v1/scrape", """{"url":"https://example.org"}""", "error", null)]
    [InlineData("stability", "/v2beta/stable-image/generate/core", "x", "name", "validation_failed")]
    public async Task A_call_for_nobody_is_refused_in_the_providers_own_shape(
        string provider, string path, string ask, string member, string? value)
    {
        await host.SetUpstreamAsync(provider, host.Upstream.Url);
        var before = host.Upstream.Calls.Count;
        using var answer = await host.Project.Http.PostAsync($"/gateway/{provider}{path}", MeteringHost.Text(ask));
        ((int)answer.StatusCode, host.Upstream.Calls.Count,
            answer.Headers.GetValues("X-Tollgate-Error").Single()).ShouldBe((422, before, "validation_failed"));
        var found = member.Split('.')
            .Aggregate(JsonElement.Parse(await answer.Content.ReadAsStringAsync()), (at, name) => at.GetProperty(name));
        (value is null
            ? found.GetString()!.Contains("X-Tollgate-Customer", StringComparison.Ordinal)
            : found.GetString() == value).ShouldBeTrue(found.ToString());
    }

    [Fact]
    public async Task A_stream_of_Anthropic_ends_with_its_own_error_event_when_the_budget_ends()
    {
        await host.SetUpstreamAsync("anthropic", host.Upstream.Url);
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"claude","model":"house","input_tokens":396000}""");
        var words = string.Concat(Enumerable.Repeat("word ", 40));
        _ = host.Upstream.Streams(Enumerable.Range(0, 500).Select(_ =>
            $$$"""event: content_block_delta{{{"\n"}}}data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{words}}}"}}"""
                + "\n\n"));
        var (_, body, _) = await host.CallAsync(
            "claude", """{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":"x"}]}""",
            "/gateway/anthropic/v1/messages");
        var last = body.TrimEnd().Split("\n\n")[^1].Split('\n');
        last[0].ShouldBe("event: error");
        JsonElement.Parse(last[1]["data: ".Length..]).GetProperty("error").GetProperty("type").GetString().ShouldBe("billing_error");
        (await host.StandsAsync("claude", "llm_cost")).Used.ShouldBeLessThanOrEqualTo(1.002m);
    }

    [Fact]
    public async Task A_job_counts_once_when_it_is_finished_however_often_it_is_looked_at()
    {
        await host.SetUpstreamAsync("firecrawl", host.Upstream.Url);
        await host.Project.PostAsync(
            "/v1/model-prices",
            """{"provider":"firecrawl","model":"crawl","valid_from":"2020-01-01T00:00:00Z","prices":{"page":"0.002"}}""");
        async Task PollAsync(string answer)
        {
            host.Upstream.AnswersWith(answer);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/gateway/firecrawl/v1/crawl/job-1")
            {
                Headers = { { "X-Tollgate-Customer", "crawler" } },
            };
            using var got = await host.Project.Http.SendAsync(request);
            (await got.Content.ReadAsStringAsync()).ShouldBe(answer);
        }

        await PollAsync("""{"status":"scraping","completed":3,"creditsUsed":3}""");
        (await host.RecordedAsync("crawler")).ShouldBeEmpty();
        await PollAsync("""{"status":"completed","completed":5,"creditsUsed":5}""");
        await PollAsync("""{"status":"completed","completed":5,"creditsUsed":5}""");
        (await host.RecordedAsync("crawler")).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe("0.01");
    }

    [Fact]
    public async Task An_answer_that_is_compressed_passes_as_it_is_and_is_estimated()
    {
        host.Upstream.Answer = async (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("as gzip");
        };
        var (status, body, answer) = await host.CallAsync("packed", Ask);
        (status, body, answer.Content.Headers.ContentEncoding.Single()).ShouldBe((200, "as gzip", "gzip"));
        var call = await host.TheCallAsync("packed");
        (call.GetProperty("status").GetInt32(), call.GetProperty("estimated").GetBoolean()).ShouldBe((200, true));
        call.GetProperty("properties").GetProperty("usage_doubt").GetString()!.ShouldContain("compressed");
        await host.NothingIsHeldAsync("packed");
    }
}
