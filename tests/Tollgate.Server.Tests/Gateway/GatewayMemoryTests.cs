using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>Bodies and answers on a server with 1 MiB for those of its gateway, and limits on upstreams.</summary>
public sealed class GatewayMemoryTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int LargestBody = 256 * 1024;

    private readonly GatewayHost _host = new(postgres)
    {
        Environment = new Dictionary<string, string>
        {
            ["TOLLGATE_GATEWAY_MEMORY"] = "1", ["TOLLGATE_GATEWAY_BODY_BYTES"] = $"{LargestBody}",
            ["TOLLGATE_GATEWAY_CUSTOMER_BODY_BYTES"] = "65536",
        },
    };

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static string AskOf(int bytes) => GatewayTests.Ask.Replace("Say hello.", new string('x', bytes), StringComparison.Ordinal);

    [Fact]
    public async Task Bodies_that_do_not_come_to_their_end_take_no_more_than_the_projects_share()
    {
        _host.Upstream.AnswersWith(Said.Completion(5, 5));
        using (await HoldAsync())
        {
            using var refused = await _host.Project.Http.SendAsync(
                GatewayHost.Request("full", AskOf(LargestBody - 1_000)), TestContext.Current.CancellationToken);
            refused.Headers.GetValues("X-Tollgate-Error").Single().ShouldBe("gateway_busy");
            (await _host.CallAsync("small", GatewayTests.Ask)).Status.ShouldBe(200, "there is room for small ones");
        }

        await UntilAsync("freed", LargestBody - 1_000, 200);
    }

    [Fact]
    public async Task A_body_that_cannot_fit_is_refused_before_it_is_sent()
    {
        using var held = await HoldAsync();
        using var more = await BeginAsync(LargestBody, LargestBody / 4);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        using var tcp = new TcpClient();
        var server = _host.Project.Server.Url;
        await tcp.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await tcp.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /gateway/openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: "
                    + $"{_host.Project.Http.DefaultRequestHeaders.Authorization}\r\nX-Tollgate-Customer: c\r\nContent-Type: application/json\r\nContent-Length: {LargestBody - 1_000}\r\n\r\n"),
            TestContext.Current.CancellationToken);
        var answer = new byte[12];
        await tcp.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Encoding.ASCII.GetString(answer).ShouldBe("HTTP/1.1 429");
    }

    [Fact]
    public async Task A_customers_body_has_a_smaller_bound()
    {
        _host.Upstream.AnswersWith(Said.Completion(5, 5));
        var (_, issued) = await _host.Project.PostAsync("/v1/customers/sender/tokens", "{}");
        using var client = _host.Project.Server.NewClient(issued.GetProperty("token").GetString());
        foreach (var (bytes, status) in ((int, int)[])[(60_000, 200), (70_000, 413)])
        {
            using var answer = await client.PostAsync("/gateway/openai/v1/chat/completions", MeteringHost.Text(AskOf(bytes)));
            ((int)answer.StatusCode).ShouldBe(status, await answer.Content.ReadAsStringAsync());
        }

        (await _host.CallAsync("sender", AskOf(70_000))).Status.ShouldBe(200, "the back end's own");
    }

    [Fact]
    public async Task An_answer_that_finds_no_room_passes_as_it_comes()
    {
        var said = Said.Completion(1000, 30).Replace("Hello", new string('y', 900_000), StringComparison.Ordinal);
        _host.Upstream.AnswersWith(said);
        var (status, body, _) = await _host.CallAsync("large", GatewayTests.Ask);
        (status, body == said).ShouldBe((200, true));
        (await _host.TheCallAsync("large")).GetProperty("estimated").GetBoolean().ShouldBeTrue();
        (await _host.StandsAsync("large", "llm_cost")).Held.ShouldBe(0);
    }

    [Fact]
    public async Task A_poll_whose_answer_finds_no_room_is_refused_and_can_be_repeated()
    {
        await _host.SetUpstreamAsync("firecrawl", _host.Upstream.Url);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/gateway/firecrawl/v1/crawl/crawl-9");
        request.Headers.Add("X-Tollgate-Customer", "poller");
        _host.Upstream.AnswersWith($$"""{"status":"completed","data":"{{new string('y', 900_000)}}"}""");
        using var answer = await _host.Project.Http.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Tollgate-Error").Single()).ShouldBe((429, "gateway_busy"));
    }

    /// <summary>
    /// The gateway reads the usage of a thinking model after its caller has left, but not of an upstream that never ends.
    /// </summary>
    [Fact]
    public async Task An_answer_without_end_is_not_read_without_end()
    {
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Upstream.Answer = async (context, _) =>
        {
            context.RequestAborted.Register(() => givenUp.TrySetResult());
            context.Response.ContentType = "text/event-stream";
            var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(": on and on\n\n", 20_000)));
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        };
        using (var leave = new CancellationTokenSource())
        {
            using var request = GatewayHost.Request(
                "left", """{"model":"o3-house","messages":[{"role":"user","content":"Think."}],"max_tokens":100,"stream":true}""");
            using var answer = await _host.Project.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            await leave.CancelAsync();
        }

        await givenUp.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        (await _host.TheCallAsync("left")).GetProperty("properties").GetProperty("ended_by").GetString().ShouldBe("caller");
        (await _host.StandsAsync("left", "llm_cost")).Held.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_is_not_used_gives_its_socket_back_within_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await _host.SetUpstreamAsync("once", $"http://{listener.LocalEndpoint}");
        var calling = _host.Project.Http.GetAsync("/gateway/once/v1/models", TestContext.Current.CancellationToken);
        using var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = connection.GetStream();
        await stream.ReadExactlyAsync(new byte[16], TestContext.Current.CancellationToken);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"u8.ToArray(), TestContext.Current.CancellationToken);
        using var answer = await calling;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (await stream.ReadAsync(new byte[4096], patience.Token) > 0)
        {
        }
    }

    private async Task<TcpClient> BeginAsync(int announced, int sent)
    {
        var tcp = new TcpClient();
        var url = _host.Project.Http.BaseAddress!;
        await tcp.ConnectAsync(url.Host, url.Port, TestContext.Current.CancellationToken);
        await tcp.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /gateway/openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: "
                    + $"{_host.Project.Http.DefaultRequestHeaders.Authorization}\r\nX-Tollgate-Customer: half\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {announced}\r\n\r\n{new string(' ', sent)}"),
                TestContext.Current.CancellationToken);
        return tcp;
    }

    /// <summary>
    /// A body that never ends, after it has taken its memory. A faster call would have taken it first, and the incomplete one would be
    /// refused.
    /// </summary>
    private async Task<TcpClient> HoldAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            var half = await BeginAsync(LargestBody, LargestBody - 10);
            await Task.Delay(500, TestContext.Current.CancellationToken);
            if ((await _host.CallAsync("full", AskOf(LargestBody - 1_000))).Status == 429)
            {
                return half;
            }

            half.Dispose();
        }

        throw new InvalidOperationException("A body that does not end never held its memory.");
    }

    private async Task UntilAsync(string customer, int bytes, int status)
    {
        var last = 0;
        for (var i = 0; i < 100 && last != status; i++)
        {
            (last, _, _) = await _host.CallAsync(customer, AskOf(bytes));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        last.ShouldBe(status);
    }
}
