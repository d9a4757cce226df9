using System.Text;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;

namespace Tollgate.Server.Tests.Webhooks;

[Collection(RunningServerTests.Webhooks)]
public sealed class PlainMessageTests(RunningServer running)
{
    /// <summary>A received message can be read, searched and copied unchanged, and its signature covers that text.</summary>
    [Fact]
    public async Task A_message_has_no_escapes_that_JSON_does_not_need()
    {
        await NpmClients.InstallAsync();
        await using var host = await WebhookHost.StartAsync(running, "subscription.created");
        (await host.Door.PostAsync("/v1/customers", """{"id": "plain", "name": "Müller & Söhne <AG> 'x' + 🚀"}""")).Status.ShouldBe(
            System.Net.HttpStatusCode.Created);
        await host.Sandbox.SubscribeAsync("""{"customer": "plain", "plan": "pro", "trial": false}""");

        var message = (await host.TakenAsync(1))[0];
        var text = Encoding.UTF8.GetString(message.Seen.Body);
        text.ShouldContain("\"name\":\"Müller & Söhne <AG> 'x' + 🚀\"", customMessage: text);
        text.ShouldNotContain("\\u");
        (await NpmClients.VerifiesAsync(host.Secret, message.Seen)).ShouldBeTrue();
    }
}
