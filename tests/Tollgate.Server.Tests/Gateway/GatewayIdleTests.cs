using System.Diagnostics;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>A server that waits a second for upstreams.</summary>
public sealed class ImpatientGateway(TestPostgres postgres) : IAsyncLifetime
{
    public GatewayHost Host { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_UPSTREAM_SECONDS"] = "1" },
    };

    public ValueTask InitializeAsync() => Host.InitializeAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>Upstreams that stop sending.</summary>
public sealed class GatewayIdleTests(ImpatientGateway gateway) : IClassFixture<ImpatientGateway>
{
    private readonly GatewayHost _host = gateway.Host;

    private async Task NothingIsHeldAsync(string customer) => (await _host.StandsAsync(customer, "llm_cost")).Held.ShouldBe(0);

    [Fact]
    public async Task A_provider_that_does_not_answer_is_a_504_in_its_own_shape()
    {
        _host.Upstream.Answer = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var started = Stopwatch.GetTimestamp();
        var (status, body, _) = await _host.CallAsync("silent", GatewayTests.Ask);

        status.ShouldBe(504);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString().ShouldBe("upstream_timeout");
        (await _host.TheCallAsync("silent")).GetProperty("status").GetInt32().ShouldBe(504);
        await NothingIsHeldAsync("silent");
    }

    [Fact]
    public async Task A_list_that_stops_in_the_middle_does_not_hang()
    {
        _ = _host.Upstream.Streams(["{\"data\":[", "]}"], "application/json", hangsAfter: 1);
        var started = Stopwatch.GetTimestamp();
        await Should.ThrowAsync<HttpRequestException>(() =>
            _host.Project.Http.GetStringAsync("/gateway/openai/v1/models", TestContext.Current.CancellationToken));
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_cut_and_what_came_is_settled()
    {
        var givenUp = _host.Upstream.Streams([Said.Chunk("Hello there, this is an answer"), Said.Done], hangsAfter: 1);
        using var request = GatewayHost.Request(
            "stalls", GatewayTests.Ask.Replace("\"max_tokens\":100", "\"max_tokens\":100,\"stream\":true", StringComparison.Ordinal));
        await Should.ThrowAsync<HttpRequestException>(() => _host.Project.Http.SendAsync(request, TestContext.Current.CancellationToken));
        await givenUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        var call = await _host.TheCallAsync("stalls");
        (call.GetProperty("error").GetString(),
            call.GetProperty("estimated").GetBoolean()).ShouldBe(("The provider sent nothing for too long.", true));
        await NothingIsHeldAsync("stalls");
    }
}
