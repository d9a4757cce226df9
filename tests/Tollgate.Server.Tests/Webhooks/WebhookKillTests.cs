using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>A server is killed between sending a delivery and recording it.</summary>
public sealed class WebhookKillTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task A_delivery_of_a_killed_server_is_repeated_under_the_same_id()
    {
        await using var receiver = await FakeUpstream.StartAsync();
        await using var server = await TestServer.StartAsync(database.ConnectionString);
        var door = new Door(server.NewClient(server.AdminKey), null);
        var made = await door.PostAsync(
            "/v1/projects",
            new JsonObject
            {
                ["code"] = "killed", ["name"] = "Killed", ["mode"] = "sandbox", ["catalog"] = Subscriptions.BillingSandbox.Catalog,
            }.ToJsonString());
        door = new Door(server.NewClient(made["secret_key"].GetValue<string>()), null);
        (await door.PostAsync("/v1/webhook-endpoints", $$"""{"url": "{{receiver.Url}}", "events": ["subscription.*"]}""")).Status.ShouldBe(
            HttpStatusCode.Created);

        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = async (context, _) =>
        {
            if (!killed.Task.IsCompleted)
            {
                await server.Kill9Async();
                killed.TrySetResult();
            }

            context.Response.StatusCode = 200;
        };
        (await door.PostAsync("/v1/subscriptions", """{"customer": "anna", "plan": "pro", "trial": false}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await server.StartAgainAsync();

        var messages = await WebhookHost.TakenAsync(receiver, 2);
        messages.Select(static one => one.Id).Distinct().ShouldHaveSingleItem();
        messages.Select(static one => one.Seen.Text).Distinct().ShouldHaveSingleItem();
        await UntilAsync(
            async () => (await door.GetAsync("/v1/deliveries"))["data"].AsArray() is [{ } only]
                && only["status"]!.GetValue<string>() == "delivered",
            static () => "The delivery was not written down.");
        (await database.Database.ScalarAsync<long>("SELECT count(*) FROM webhook_events WHERE type = 'subscription.created'")).ShouldBe(1);
    }
}
