using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The reach of the gateway on a server whose operator has listed no network.</summary>
public sealed class GatewayReachTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    [Theory]
    [InlineData("http://127.0.0.1:9099")]
    [InlineData("http://localhost:9099")]
    [InlineData("http://2130706433")]
    [InlineData("http://0x7f.1")]
    [InlineData("http://0.0.0.0")]
    [InlineData("http://[::1]:9099")]
    [InlineData("http://[::ffff:10.0.0.5]")]
    [InlineData("http://[64:ff9b::a00:5]")]
    [InlineData("http://[2002:a00:5::]")]
    [InlineData("http://[fe80::1]")]
    [InlineData("https://10.0.0.5")]
    [InlineData("https://172.16.0.1")]
    [InlineData("https://192.168.1.1")]
    [InlineData("https://100.64.0.1")]
    [InlineData("http://168.63.129.16")]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://metadata.google.internal")]
    [InlineData("https://224.0.0.1")]
    [InlineData("https://255.255.255.255")]
    public async Task An_upstream_is_of_the_public_internet(string url)
    {
        using var set = await host.Http.PutAsync("/v1/upstreams/inside", MeteringHost.Text($$"""{"base_url":"{{url}}","api_key":"k"}"""));
        var problem = JsonElement.Parse(await set.Content.ReadAsStringAsync());
        (((int)set.StatusCode), problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, "base_url"),
            problem.ToString());
        problem.GetProperty("detail").GetString()!.ShouldContain("TOLLGATE_UPSTREAM_NETWORKS");
    }

    [Fact]
    public async Task A_sandbox_project_reaches_no_more_than_a_live_one()
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        using var created = await admin.PostAsync(
            "/v1/projects", MeteringHost.Text("""{"code":"reach-sandbox","name":"Reach","mode":"sandbox"}"""));
        using var sandbox = host.Server.NewClient(JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key")
            .GetString());
        using var set = await sandbox.PutAsync(
            "/v1/upstreams/inside", MeteringHost.Text("""{"base_url":"http://127.0.0.1:9099","api_key":"k"}"""));
        ((int)set.StatusCode).ShouldBe(422);
    }

    /// <summary>A setting that an earlier version allowed, or a name that leads elsewhere by now.</summary>
    [Fact]
    public async Task An_address_that_is_not_allowed_is_refused_when_the_connection_is_made()
    {
        await using var inside = await FakeUpstream.StartAsync();
        inside.AnswersWith(Said.Completion(5, 5));
        await SetAsync("older", """{"base_url":"https://api.example.com","api_key":"k"}""");
        await host.Database.ExecuteAsync(
            $"UPDATE upstreams SET base_url = '{inside.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}', "
                + "version = DEFAULT WHERE provider = 'older'");
        await SetAsync("other", """{"base_url":"https://api.example.com","api_key":"k"}""");

        using var metered = GatewayHost.Request("reached", GatewayTests.Ask, "/gateway/older/v1/chat/completions");
        using var answer = await host.Http.SendAsync(metered);
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Tollgate-Error").Single(),
            inside.Calls.Count).ShouldBe((403, "upstream_not_allowed", 0), await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("127.0.0.1");
        using var read = await host.Http.GetAsync("/gateway/older/v1/models");
        ((int)read.StatusCode, inside.Calls.Count).ShouldBe((403, 0));
        var (_, stands) = await host.PostAsync("/v1/check", """{"customer":"reached","feature":"llm_cost","amount":0}""");
        (stands.GetProperty("used").GetDecimal(), stands.GetProperty("held").GetDecimal()).ShouldBe((0, 0));
    }

    private async Task SetAsync(string provider, string body)
    {
        using var set = await host.Http.PutAsync($"/v1/upstreams/{provider}", MeteringHost.Text(body));
        ((int)set.StatusCode).ShouldBe(200, await set.Content.ReadAsStringAsync());
    }
}

/// <summary>A server on which a project has at most eight calls in progress. Loopback is listed.</summary>
public sealed class LoopingGateway(TestPostgres postgres) : IAsyncLifetime
{
    public const int MostCalls = 8;

    public GatewayHost Host { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_GATEWAY_CALLS"] = $"{MostCalls}" },
    };

    public ValueTask InitializeAsync() => Host.InitializeAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>Calls that would come back to the server.</summary>
public sealed class GatewayLoopTests(LoopingGateway gateway) : IClassFixture<LoopingGateway>
{
    private readonly GatewayHost _host = gateway.Host;

    private string Self => _host.Project.Server.Url.ToString().TrimEnd('/');

    private string Key => _host.Project.Http.DefaultRequestHeaders.Authorization!.Parameter!;

    [Fact]
    public async Task The_server_is_no_upstream_of_its_own()
    {
        using var set = await SetAsync("loop", $"{Self}/gateway/loop");
        ((int)set.StatusCode).ShouldBe(422);
        (await SetAsync("loop", "https://api.example.com")).Dispose();
        await _host.Project.Database.ExecuteAsync(
            $"UPDATE upstreams SET base_url = '{Self}/gateway/loop', version = DEFAULT WHERE provider = 'loop'");
        (await SetAsync("other", "https://api.example.com")).Dispose();
        using var answer = await _host.Project.Http.GetAsync("/gateway/loop/v1/models");
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Tollgate-Error").Single()).ShouldBe((403, "upstream_not_allowed"));
    }

    [Fact]
    public async Task A_call_that_comes_back_by_way_of_somebody_else_is_refused_at_its_second_coming()
    {
        ForwardBack(static _ => true);
        (await SetAsync("loop", _host.Upstream.Url)).Dispose();
        using var answer = await _host.Project.Http.GetAsync("/gateway/loop/v1/models");
        ((int)answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Contains("leads back to a gateway", StringComparison.Ordinal)
            || (await answer.Content.ReadAsStringAsync()).Contains(
                "Tollgate gateway has already forwarded this call", StringComparison.Ordinal),
                _host.Upstream.Calls.Count).ShouldBe((422, true, 1));
    }

    [Fact]
    public async Task A_loop_whose_mark_somebody_takes_away_ends_at_the_projects_limit()
    {
        ForwardBack(static name => !name.StartsWith("X-Tollgate-", StringComparison.OrdinalIgnoreCase));
        (await SetAsync("loop", _host.Upstream.Url)).Dispose();
        using var answer = await _host.Project.Http.GetAsync("/gateway/loop/v1/models");
        ((int)answer.StatusCode, _host.Upstream.Calls.Count).ShouldBe((429, LoopingGateway.MostCalls));

        _host.Upstream.AnswersWith("{}");
        using var after = await _host.Project.Http.GetAsync("/gateway/loop/v1/models");
        ((int)after.StatusCode).ShouldBe(200, "a call that has ended leaves its place");
    }

    private void ForwardBack(Func<string, bool> keeps)
    {
        _host.Upstream.Calls.Clear();
        _host.Upstream.Answer = (context, seen) => ForwardAsync(context, seen, keeps);
    }

    private async Task ForwardAsync(HttpContext context, Seen seen, Func<string, bool> keeps)
    {
        using var client = new HttpClient();
        using var message = new HttpRequestMessage(new(seen.Method), $"{Self}/gateway/loop{seen.Target}");
        foreach (var (name, value) in seen.Headers.Where(header => header.Key != "Host" && keeps(header.Key)))
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var answer = await client.SendAsync(message);
        context.Response.StatusCode = (int)answer.StatusCode;
        await context.Response.WriteAsync(await answer.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> SetAsync(string provider, string url) =>
        _host.Project.Http.PutAsync($"/v1/upstreams/{provider}", MeteringHost.Text($$"""{"base_url":"{{url}}","api_key":"{{Key}}"}"""));
}
