using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The transport between two connections: paths, headers, hang-ups and silences.</summary>
public sealed class GatewayTransportTests(SharedGatewayHost host) : IClassFixture<SharedGatewayHost>
{
    private async Task<string> RawAsync(string method, string target, string key, string body = "")
    {
        using var tcp = new TcpClient();
        var url = host.Project.Http.BaseAddress!;
        await tcp.ConnectAsync(url.Host, url.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nX-Tollgate-Customer: raw\r\nContent-Type: "
                + "application/json\r\n"
            + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("POST", "/gateway/openai/v1/chat/completions#/moderations", 400)]
    [InlineData("GET", "/gateway/openai/v1/batches#/models", 400)]
    [InlineData("GET", "/gateway/openai/v1/batches?x=1#/models", 400)]
    [InlineData("GET", "/gateway/gemini/v1beta/batches#/models", 400)]
    [InlineData("GET", "/gateway/openai/v1\\batches\\models", 400)]
    [InlineData("GET", "/gateway/openai/v1/../x/models", 400)]
    [InlineData("GET", "/gateway/openai/v1/%66iles/x/models", 403)]
    [InlineData("GET", "http://x/gateway/openai/v1/batches", 403)]
    public async Task The_kind_of_a_call_cannot_be_hidden_in_its_path(string method, string target, int status)
    {
        var (_, issued) = await host.Project.PostAsync("/v1/customers/raw/tokens", "{}");
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        await host.SetUpstreamAsync("gemini", host.Upstream.Url);
        var before = host.Upstream.Calls.Count;
        (await RawAsync(method, target, issued.GetProperty("token").GetString()!, GatewayTests.Ask)).ShouldStartWith($"HTTP/1.1 {status}");
        host.Upstream.Calls.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_path_that_is_encoded_is_the_call_that_the_provider_will_see()
    {
        host.Upstream.AnswersWith(Said.Completion(1000, 30));
        (await host.CallAsync("encoded", GatewayTests.Ask, "/%67ateway/openai/v1/chat/%63ompletions")).Status.ShouldBe(200);
        (await host.TheCallAsync("encoded")).GetProperty("endpoint").GetString().ShouldBe("/v1/chat/completions");
        host.Upstream.Calls.Last().Target.ShouldBe("/v1/chat/completions");
    }

    [Theory]
    [InlineData("/gateway/openai/v1/models/{0}/chat/completions")]
    [InlineData("/gateway/openai/v1/{0}")]
    public async Task A_name_that_is_too_long_for_the_books_is_refused_before_the_call(string path)
    {
        var before = host.Upstream.Calls.Count;
        var (status, body, _) = await host.CallAsync("named", """{"messages":[]}""", string.Format(null, path, new string('a', 3_000)));
        (status, body.Contains("model", StringComparison.Ordinal), host.Upstream.Calls.Count).ShouldBe((422, true, before));
    }

    [Theory]
    [InlineData(null, "no-store")]
    [InlineData("private, max-age=5", "max-age=5, private")]
    public async Task An_answer_is_kept_by_nobody_unless_the_upstream_says_so_and_its_type_is_its_type(string? upstream, string cache)
    {
        host.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.XContentTypeOptions = "sniff";
            context.Response.Headers.CacheControl = upstream;
            await context.Response.WriteAsync(Said.Completion(5, 5));
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/gateway/openai/v1/chat/completions", UriKind.Relative))
        {
            Content = new StringContent(GatewayTests.Ask, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Tollgate-Customer", "kept");
        using var answer = await host.Project.Http.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)answer.StatusCode, answer.Headers.CacheControl!.ToString(),
            string.Join(",", answer.Headers.GetValues("X-Content-Type-Options"))).ShouldBe((200, cache, "nosniff"));
    }

    [Fact]
    public async Task Headers_that_are_no_ASCII_hurt_nobody()
    {
        host.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers["X-Model"] = "plain";
            await context.Response.WriteAsync(Said.Completion(5, 5));
        };
        using var tcp = new TcpClient();
        var url = host.Project.Http.BaseAddress!;
        await tcp.ConnectAsync(url.Host, url.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        var ask = GatewayTests.Ask;
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            "POST /gateway/openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: "
                + $"{host.Project.Http.DefaultRequestHeaders.Authorization}\r\nX-Tollgate-Customer: cafe\r\n"
            + $"X-Title: Caf\u00e9\r\nContent-Length: {ask.Length}\r\nConnection: close\r\n\r\n{ask}"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldStartWith("HTTP/1.1 200");
        host.Upstream.Calls.Last().Headers["X-Title"].ShouldBe("Caf\u00e9");
    }

    [Fact]
    public async Task An_answer_with_headers_that_cannot_be_sent_is_an_answer_without_them()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        await host.SetUpstreamAsync("odd", $"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}");
        var answering = Task.Run(async () =>
        {
            using var peer = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            var stream = peer.GetStream();
            var body = Said.Completion(1000, 30);
            await stream.ReadAtLeastAsync(new byte[64 * 1024], 200, throwOnEndOfStream: false, TestContext.Current.CancellationToken);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Place: K\u00f6ln\r\nX-Plain: yes\r\nContent-Length: "
                    + $"{body.Length}\r\n\r\n{body}"),
                TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        var (status, _, answer) = await host.CallAsync("odd", GatewayTests.Ask, "/gateway/odd/v1/chat/completions");
        await answering;
        (status, answer.Headers.Contains("X-Plain"), answer.Headers.Contains("X-Place")).ShouldBe((200, true, false));
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(204, false)]
    [InlineData(205, true)]
    [InlineData(205, false)]
    [InlineData(304, true)]
    public async Task A_status_without_a_body_is_handed_on_and_the_call_is_recorded(int status, bool isStream)
    {
        await host.SetUpstreamAsync(
            "bodyless", SaysOnce($"HTTP/1.1 {status} Odd\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"));
        var customer = $"bodyless-{status}-{isStream}";
        var ask = isStream ? GatewayTests.Ask.Replace("100", "100,\"stream\":true", StringComparison.Ordinal) : GatewayTests.Ask;
        var (came, body, _) = await host.CallAsync(customer, ask, "/gateway/bodyless/v1/chat/completions");
        (came, body).ShouldBe((status, ""));
        (await host.TheCallAsync(customer)).GetProperty("status").GetInt32().ShouldBe(status);
        (await host.StandsAsync(customer, "tokens")).Held.ShouldBe(0);

        await host.SetUpstreamAsync("bodyless", SaysOnce($"HTTP/1.1 {status} Odd\r\nContent-Length: 2\r\n\r\n{{}}"));
        using var list = await host.Project.Http.GetAsync("/gateway/bodyless/v1/models", TestContext.Current.CancellationToken);
        ((int)list.StatusCode).ShouldBe(status, "a call that is not metered");
    }

    [Fact]
    public async Task An_upstream_does_not_speak_for_this_server()
    {
        await host.SetUpstreamAsync("liar", SaysOnce(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Tollgate-Cost: -5\r\nx-tollgate-remaining: calls=9\r\n"
                + "Clear-Site-Data: \"*\"\r\nIdempotent-Replayed: true\r\nX-Plain: yes\r\nContent-Length: 0\r\n\r\n"));
        var ask = GatewayTests.Ask.Replace("100", "100,\"stream\":true", StringComparison.Ordinal);
        var (status, _, answer) = await host.CallAsync("liar", ask, "/gateway/liar/v1/chat/completions");
        status.ShouldBe(200);
        string[] asked =
            ["X-Plain", "X-Tollgate-Call", "X-Tollgate-Cost", "X-Tollgate-Remaining", "Clear-Site-Data", "Idempotent-Replayed"];
        asked.Where(answer.Headers.Contains).ShouldBe(["X-Plain", "X-Tollgate-Call"]);
    }

    /// <summary>The address of an upstream that says these bytes to the first call.</summary>
    private static string SaysOnce(string answer)
    {
        var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            using (listener)
            {
                using var peer = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                var stream = peer.GetStream();
                await stream.ReadAtLeastAsync(
                    new byte[64 * 1024], 100, throwOnEndOfStream: false, TestContext.Current.CancellationToken);
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), TestContext.Current.CancellationToken);
                await Task.Delay(500, TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        return $"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}";
    }

    [Fact]
    public async Task A_configured_header_replaces_the_callers_however_that_is_written()
    {
        using var set = await host.Project.Http.PutAsync(
            "/v1/upstreams/teamed",
            MeteringHost.Text($$$"""{"base_url":"{{{host.Upstream.Url}}}","api_key":"k","headers":{"X-Team":"a"}}"""));
        ((int)set.StatusCode).ShouldBe(200);
        host.Upstream.AnswersWith(Said.Completion(5, 5));
        using var request = GatewayHost.Request("teamed", GatewayTests.Ask, "/gateway/teamed/v1/chat/completions");
        request.Headers.Add("x-team", "b");
        using var answer = await host.Project.Http.SendAsync(request);
        ((int)answer.StatusCode, host.Upstream.Calls.Last().Headers["X-Team"]).ShouldBe((200, "a"));

        using var twice = await host.Project.Http.PutAsync(
            "/v1/upstreams/teamed",
            MeteringHost.Text($$$"""{"base_url":"{{{host.Upstream.Url}}}","api_key":"k","headers":{"X-Team":"a","x-team":"b"}}"""));
        ((int)twice.StatusCode).ShouldBe(422);
    }

    [Fact]
    public async Task A_stream_whose_thought_is_hidden_is_read_to_its_end_when_the_caller_leaves()
    {
        await host.Project.PostAsync("/v1/model-prices",
            """{"provider":"openai","model":"o3-house","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2.5","output":"10"},"source":"test"}""");
        var left = new TaskCompletionSource();
        host.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Said.Chunk("Hello").Replace("house-2026-01-01", "o3-house", StringComparison.Ordinal));
            await context.Response.Body.FlushAsync();
            await left.Task;
            await Task.Delay(100);
            await context.Response.WriteAsync(Said.UsageChunk(1000, 5000).Replace("house-2026-01-01", "o3-house", StringComparison.Ordinal)
                + Said.Done);
        };
        var ask = GatewayTests.Ask.Replace("house", "o3-house", StringComparison.Ordinal)
            .Replace("100", "6000,\"stream\":true", StringComparison.Ordinal);
        using (var leave = new CancellationTokenSource())
        using (var request = GatewayHost.Request("thinks", ask))
        {
            using var answer = await host.Project.Http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            await reader.ReadLineAsync(leave.Token);
            await reader.ReadLineAsync(leave.Token);
            var more = reader.ReadLineAsync(leave.Token);
            await leave.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(async () => await more);
        }

        left.SetResult();
        var call = await host.TheCallAsync("thinks");
        (call.GetProperty("output_tokens").GetInt64(), call.GetProperty("estimated").GetBoolean(),
            call.GetProperty("cost_usd").GetString()).ShouldBe((5000, false, "0.0525"));
        call.GetProperty("properties").GetProperty("ended_by").GetString().ShouldBe("caller");
    }

    [Fact]
    public async Task A_stream_whose_thought_is_hidden_is_read_to_its_end_when_the_budget_ends()
    {
        await host.Project.PostAsync("/v1/model-prices",
            """{"provider":"openai","model":"o4-house","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2.5","output":"10"},"source":"test"}""");
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"ponders","model":"house","input_tokens":396000}""");
        var words = Said.Chunk(string.Concat(Enumerable.Repeat("word ", 400)));
        _ = host.Upstream.Streams(
            new[] { words, words, words, words, Said.UsageChunk(1000, 50_000),
                Said.Done }.Select(piece => piece.Replace("house-2026-01-01", "o4-house", StringComparison.Ordinal)));
        var (_, body, _) = await host.CallAsync("ponders",
            """{"model":"o4-house","messages":[{"role":"user","content":"Say hello."}],"stream":true}""");
        body.ShouldContain("budget_exceeded");
        body.ShouldNotContain("[DONE]");
        var call = (await host.RecordedAsync("ponders")).Single(one => one.GetProperty("model").GetString() == "o4-house");
        (call.GetProperty("output_tokens").GetInt64(), call.GetProperty("estimated").GetBoolean(),
            call.GetProperty("cost_usd").GetString()).ShouldBe((50_000, false, "0.5025"));
        call.GetProperty("properties").GetProperty("ended_by").GetString().ShouldBe("budget");
        (await host.StandsAsync("ponders", "llm_cost")).Held.ShouldBe(0);
    }

    [Fact]
    public async Task The_event_that_ends_a_stream_early_stands_for_itself_however_the_stream_was_cut()
    {
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"garbled","model":"house","input_tokens":392000}""");
        var text = string.Concat(Enumerable.Range(0, 400).Select(_ => Said.Chunk(string.Concat(Enumerable.Repeat("word ", 40)))));
        _ = host.Upstream.Streams(text.Chunk(333).Select(piece => new string(piece)));
        var ask = GatewayTests.Ask.Replace(
            ",\"max_tokens\":100", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal);
        var (_, body, _) = await host.CallAsync("garbled", ask);
        foreach (var line in body.TrimEnd().Split("\n\n"))
        {
            Should.NotThrow(() => JsonElement.Parse(line["data: ".Length..]), line);
        }

        body.ShouldContain("budget_exceeded");
    }

    [Fact]
    public async Task A_caller_that_gives_up_on_an_unreachable_provider_pays_nothing()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await host.SetUpstreamAsync("down", $"http://127.0.0.1:{port}");
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        using var request = GatewayHost.Request(
            "gone", GatewayTests.Ask.Replace("100", "100,\"stream\":true", StringComparison.Ordinal), "/gateway/down/v1/chat/completions");
        await Should.ThrowAsync<OperationCanceledException>(() => host.Project.Http.SendAsync(request, patience.Token));
        var call = await host.TheCallAsync("gone");
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("status").GetInt32()).ShouldBe(("0", 502));
        (await host.StandsAsync("gone", "tokens")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Names_that_no_database_takes_are_refused_or_left_out_and_keep_no_other_call_waiting()
    {
        var before = host.Upstream.Calls.Count;
        var (status, body, _) = await host.CallAsync("zero", GatewayTests.Ask.Replace("house", "a\\u0000b", StringComparison.Ordinal));
        (status, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString(),
            host.Upstream.Calls.Count).ShouldBe((422, "validation_failed", before));

        host.Upstream.AnswersWith(Said.Completion(10, 5, "a\\u0000b").Replace("chatcmpl-7", "id\\u0000", StringComparison.Ordinal));
        (await host.CallAsync("zero", GatewayTests.Ask)).Status.ShouldBe(200);
        (await host.TheCallAsync("zero")).GetProperty("model").GetString().ShouldBe("house");
        host.Upstream.AnswersWith("""{"error":{"message":"a\u0000b"}}""", 400);
        (await host.CallAsync("zero-error", GatewayTests.Ask)).Status.ShouldBe(400);
        (await host.TheCallAsync("zero-error")).GetProperty("error").GetString().ShouldBe("ab");
        var (raw, _) = await host.Project.PostAsync("/v1/llm-calls",
            """{"customer":"zero-raw","model":"house","raw_response":{"model":"a\u0000b","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}}""");
        raw.ShouldBe(200);
    }
}
