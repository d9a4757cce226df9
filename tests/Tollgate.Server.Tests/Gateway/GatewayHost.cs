using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>
/// A class fixture: a server, a project that meters calls, tokens and dollars ($1 a month), and an upstream with the name <c>openai</c>.
/// The model <c>house</c> costs $2.5 and $10 for a million tokens.
/// </summary>
public class GatewayHost(TestPostgres postgres) : IAsyncLifetime
{
    public const string UpstreamKey = "sk-of-the-project";

    /// <summary>The networks of the upstream.</summary>
    public const string ThisMachine = "127.0.0.0/8,::1/128";

    private MeteringProject? _metering;

    /// <summary>The environment of the server.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public MeteringProject Project => _metering!;

    public FakeUpstream Upstream { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _metering = NewProject();
        await _metering.InitializeAsync();
        Upstream = await FakeUpstream.StartAsync();
        await SetUpstreamAsync("openai", Upstream.Url);
        var (status, body) = await Project.PostAsync("/v1/model-prices",
            """{"provider":"openai","model":"house","aliases":["house-2026-01-01"],"valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2.5","output":"10"},"source":"test"}""");
        status.ShouldBe(201, body.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        await Project.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual MeteringProject NewProject() => new MeteringHost(postgres)
    {
        Environment = new Dictionary<string, string>(Environment ?? new Dictionary<string, string>())
        {
            ["TOLLGATE_UPSTREAM_NETWORKS"] = ThisMachine,
        },
    };

    public async Task SetUpstreamAsync(string provider, string url)
    {
        using var answer = await Project.Http.PutAsync(
            $"/v1/upstreams/{provider}", MeteringHost.Text($$"""{"base_url":"{{url}}","api_key":"{{UpstreamKey}}"}"""));
        ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
    }

    public static HttpRequestMessage Request(
        string customer, string body, string path = "/gateway/openai/v1/chat/completions", string? feature = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-Tollgate-Customer", customer);
        if (feature is not null)
        {
            request.Headers.Add("X-Tollgate-Feature", feature);
        }

        return request;
    }

    public async Task<(int Status, string Body, HttpResponseMessage Answer)> CallAsync(
        string customer, string body, string path = "/gateway/openai/v1/chat/completions", string? feature = null)
    {
        using var request = Request(customer, body, path, feature);
        var answer = await Project.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    /// <summary>The recorded calls, the newest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> RecordedAsync(string customer) =>
        [.. (await Project.GetAsync($"/v1/llm-calls?customer={customer}")).Body.GetProperty("data").EnumerateArray()];

    public async Task NothingIsHeldAsync(string customer)
    {
        foreach (var feature in (string[])["openai_calls", "tokens", "llm_cost", "chat"])
        {
            (await StandsAsync(customer, feature)).Held.ShouldBe(0, feature);
        }
    }

    /// <summary>Waits for the one call of a customer whose connection is already closed, even through an outage of the database.</summary>
    public async Task<JsonElement> TheCallAsync(string customer)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await Project.GetAsync($"/v1/llm-calls?customer={customer}") is (200, var body)
                && body.GetProperty("data").EnumerateArray().ToList() is [var one, ..])
            {
                return one;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"No call of {customer} was recorded.");
    }

    public async Task<(decimal Used, decimal Held)> StandsAsync(string customer, string feature)
    {
        var (_, body) = await Project.PostAsync("/v1/check", $$"""{"customer":"{{customer}}","feature":"{{feature}}","amount":0}""");
        return (body.GetProperty("used").GetDecimal(), body.GetProperty("held").GetDecimal());
    }
}

/// <summary>The same on the server of many classes.</summary>
public sealed class SharedGatewayHost(TestPostgres postgres) : GatewayHost(postgres)
{
    private readonly TestPostgres _postgres = postgres;

    protected override MeteringProject NewProject() => new SharedMeteringHost(_postgres);
}

/// <summary>Answers of a provider.</summary>
public static class Said
{
    public static string Completion(int input, int output, string model = "house-2026-01-01") =>
        $$$"""{"id":"chatcmpl-7","object":"chat.completion","model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":{{{input + output}}}}}""";

    public static string Chunk(string text, bool nullUsage = false) =>
        $$$"""data: {"id":"chatcmpl-7","object":"chat.completion.chunk","model":"house-2026-01-01","choices":[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":null}]{{{(nullUsage ? ",\"usage\":null" : "")}}}}"""
            + "\n\n";

    public static string UsageChunk(int input, int output) =>
        $$$"""data: {"id":"chatcmpl-7","object":"chat.completion.chunk","model":"house-2026-01-01","choices":[],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":{{{input + output}}}}}"""
            + "\n\n";

    public const string Done = "data: [DONE]\n\n";
}
