using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>A provider or a caller hangs up in the middle of a call: what was delivered is settled, and nothing stays held.</summary>
public sealed class GatewayHangUpTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    /// <summary>
    /// For a caller that got no answer: the call can be listed from the moment of its commit, and the lane publishes the new balances a
    /// moment later. A caller that is answered always sees them.
    /// </summary>
    private async Task SoonNothingIsHeldAsync(string customer)
    {
        await Eventually.UntilAsync(
            async () => (await host.StandsAsync(customer, "openai_calls")).Held == 0, within: TimeSpan.FromSeconds(5));
        await host.NothingIsHeldAsync(customer);
    }

    [Fact]
    public async Task A_provider_that_hangs_up_is_a_502_in_its_own_shape_and_holds_nothing()
    {
        host.Upstream.Answer = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var before = host.Upstream.Calls.Count;
        var (status, body, _) = await host.CallAsync("reset", GatewayTests.Ask);

        status.ShouldBe(502);
        JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString().ShouldBe("upstream_unreachable");
        host.Upstream.Calls.Count.ShouldBe(before + 1, "A sent call is not sent again, because the provider may have processed it.");
        (await host.TheCallAsync("reset")).GetProperty("status").GetInt32().ShouldBe(502);
        await host.NothingIsHeldAsync("reset");
    }

    [Fact]
    public async Task A_stream_that_breaks_off_breaks_off_for_the_caller_too_and_what_came_is_settled()
    {
        var arrived = new TaskCompletionSource();
        host.Upstream.Answer = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Said.Chunk("Hello there, this is an answer"));
            await context.Response.Body.FlushAsync();
            await arrived.Task;
            context.Abort();
        };
        using var request = GatewayHost.Request("broken", GatewayTests.RequestStream);
        using var answer = await host.Project.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe(Said.Chunk("Hello there, this is an answer")
            .TrimEnd());
        arrived.SetResult();
        await Should.ThrowAsync<IOException>(() => reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        var call = await host.TheCallAsync("broken");
        (call.GetProperty("estimated").GetBoolean(),
            call.GetProperty("error").GetString()).ShouldBe((true, "The provider's connection broke."));
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(5, 10);
        await host.NothingIsHeldAsync("broken");
    }

    [Fact]
    public async Task A_caller_that_disconnects_pays_for_the_delivered_part_at_every_chunk()
    {
        const int Chunks = 12;

        // By default a leaving client continues to read for two seconds.
        using var client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = host.Project.Http.BaseAddress,
        };
        client.DefaultRequestHeaders.Authorization = host.Project.Http.DefaultRequestHeaders.Authorization;
        for (var after = 0; after <= Chunks; after++)
        {
            var customer = $"leaves-{after}";
            var givenUp = host.Upstream.Streams(
                Enumerable.Range(0, Chunks).Select(_ => Said.Chunk("four words for you ")).Append(Said.UsageChunk(10, 60))
                    .Append(Said.Done), hangsAfter: after);
            using var request = GatewayHost.Request(customer, GatewayTests.RequestStream);
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
            await host.TheCallAsync(customer);

            var call = (await host.RecordedAsync(customer)).ShouldHaveSingleItem();
            call.GetProperty("estimated").GetBoolean().ShouldBeTrue();
            call.GetProperty("input_tokens").GetInt64().ShouldBeGreaterThan(0, "The prompt was read.");
            var output = call.GetProperty("output_tokens");
            (output.ValueKind == JsonValueKind.Null ? 0 : output.GetInt64()).ShouldBeInRange(after * 3, after * 6, $"after {after}");
            await SoonNothingIsHeldAsync(customer);
        }
    }

    [Fact]
    public async Task A_caller_that_disconnects_before_the_first_byte_pays_for_the_prompt()
    {
        var asked = new TaskCompletionSource();
        host.Upstream.Answer = (context, _) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var leave = new CancellationTokenSource();
        using var request = GatewayHost.Request("impatient", GatewayTests.RequestStream);
        var calling = host.Project.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => calling);

        var call = await host.TheCallAsync("impatient");
        call.GetProperty("input_tokens").GetInt64().ShouldBeGreaterThan(0);
        (call.GetProperty("error").ValueKind,
            call.GetProperty("properties").GetProperty("ended_by").GetString()).ShouldBe((JsonValueKind.Null, "caller"));
        await SoonNothingIsHeldAsync("impatient");
    }
}
