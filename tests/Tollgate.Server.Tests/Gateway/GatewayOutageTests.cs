using Microsoft.AspNetCore.Http;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The database goes away while a provider answers. A server and a database of its own: others would be thrown out too.</summary>
public sealed class GatewayOutageTests(GatewayStage stage) : IClassFixture<GatewayStage>
{
    [Fact]
    public async Task A_call_that_cannot_be_recorded_now_is_answered_and_recorded_once_later()
    {
        await stage.CallAsync("later", GatewayTests.Ask);
        var before = (await stage.RecordedAsync("later")).Count;
        stage.Upstream.Answer = async (context, _) =>
        {
            await stage.Project.Database.ShutAsync();
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Said.Completion(1000, 30));
        };
        var (status, body, answer) = await stage.CallAsync("later", GatewayTests.Ask);
        (status, body, answer.Headers.Contains("X-Tollgate-Cost")).ShouldBe((200, Said.Completion(1000, 30), false));

        await stage.Project.Database.ReopenAsync();
        async Task<bool> IsRecordedAsync() =>
            await stage.Project.GetAsync("/v1/llm-calls?customer=later") is (200, var list) && list.GetProperty("data").GetArrayLength() > before;
        for (var i = 0; !await IsRecordedAsync(); i++)
        {
            i.ShouldBeLessThan(300, "It is recorded as soon as the database is back.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        var call = (await stage.RecordedAsync("later"))[0];
        (call.GetProperty("id").GetString(), call.GetProperty("cost_usd").GetString()).ShouldBe((answer.Headers.GetValues("X-Tollgate-Call").Single(), "0.0028"));
        (await stage.RecordedAsync("later")).Count.ShouldBe(before + 1);
        (await stage.StandsAsync("later", "llm_cost")).Held.ShouldBe(0);
    }
}
