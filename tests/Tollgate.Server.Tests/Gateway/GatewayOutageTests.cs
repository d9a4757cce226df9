using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>
/// The database fails while a provider answers. Each test has its own server and database, because an outage would affect others.
/// </summary>
public sealed class GatewayOutageTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly GatewayHost _host = new(postgres);

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>Until the server has found all its broken connections, it may answer that the storage is away, and nothing else.</summary>
    private static async Task<JsonElement> OnceBackAsync(Func<Task<(int Status, JsonElement Body)>> ask)
    {
        for (var tries = 0; ; tries++)
        {
            var (status, body) = await ask();
            if (status == 200)
            {
                return body;
            }

            (status, body.GetProperty("code").GetString(), tries < 100).ShouldBe((503, "storage_unavailable", true));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private async Task<IReadOnlyList<JsonElement>> RecordedAsync(string customer) =>
        [.. (await OnceBackAsync(() => _host.Project.GetAsync($"/v1/llm-calls?customer={customer}"))).GetProperty("data").EnumerateArray()];

    [Fact]
    public async Task A_stream_without_a_bound_goes_on_while_the_database_is_away_and_is_recorded_whole()
    {
        var words = string.Concat(Enumerable.Repeat("word ", 400));
        _host.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Said.Chunk("Hello"));
            await context.Response.Body.FlushAsync();
            await _host.Project.Database.ShutAsync();
            for (var i = 0; i < 4; i++)
            {
                await context.Response.WriteAsync(Said.Chunk(words));
                await context.Response.Body.FlushAsync();
            }

            await _host.Project.Database.ReopenAsync();
            await context.Response.WriteAsync(Said.UsageChunk(10, 2_000) + Said.Done);
        };
        var (_, body, _) = await _host.CallAsync("unbound",
            GatewayTests.Ask.Replace(",\"max_tokens\":100", ",\"stream\":true", StringComparison.Ordinal));
        body.ShouldEndWith(Said.Done);
        (await _host.TheCallAsync("unbound")).GetProperty("output_tokens").GetInt64().ShouldBe(2_000);
    }

    [Fact]
    public async Task A_call_that_cannot_be_recorded_now_is_answered_and_recorded_once_later()
    {
        await _host.CallAsync("later", GatewayTests.Ask);
        var before = (await RecordedAsync("later")).Count;
        _host.Upstream.Answer = async (context, _) =>
        {
            await _host.Project.Database.ShutAsync();
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Said.Completion(1000, 30));
        };
        var (status, body, answer) = await _host.CallAsync("later", GatewayTests.Ask);
        (status, body, answer.Headers.Contains("X-Tollgate-Cost")).ShouldBe((200, Said.Completion(1000, 30), false));

        await _host.Project.Database.ReopenAsync();
        async Task<bool> IsRecordedAsync() =>
            await _host.Project.GetAsync("/v1/llm-calls?customer=later") is (200, var list)
                && list.GetProperty("data").GetArrayLength() > before;
        for (var i = 0; !await IsRecordedAsync(); i++)
        {
            i.ShouldBeLessThan(300, "It is recorded as soon as the database is back.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        var call = (await RecordedAsync("later"))[0];
        (call.GetProperty("id").GetString(),
            call.GetProperty("cost_usd").GetString()).ShouldBe((answer.Headers.GetValues("X-Tollgate-Call").Single(), "0.0028"));
        (await RecordedAsync("later")).Count.ShouldBe(before + 1);
        var stands = await OnceBackAsync(() =>
            _host.Project.PostAsync("/v1/check", """{"customer":"later","feature":"llm_cost","amount":0}"""));
        stands.GetProperty("held").GetDecimal().ShouldBe(0);
    }
}
