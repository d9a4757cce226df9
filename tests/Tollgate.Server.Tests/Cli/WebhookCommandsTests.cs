using System.Net;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate webhooks</c> and <c>deliveries</c> against a running server.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class WebhookCommandsTests(RunningServer running)
{
    [Fact]
    public async Task An_endpoint_is_added_watched_and_sent_to_again()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        await using var receiver = await FakeUpstream.StartAsync();
        receiver.AnswersWith("taken");
        var added = await SayAsync(sandbox, $"webhooks create {receiver.Url}/hooks --event subscription.*");
        added.ShouldContain("secret whsec_");
        var id = Regex.Match(added, "^id ([0-9a-f-]{36})").Groups[1].Value;
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await Webhooks.WebhookHost.TakenAsync(receiver, 1);
        await UntilAsync(
            async () =>
                (await SayAsync(sandbox, "deliveries list --status delivered")).Contains("subscription.created", StringComparison.Ordinal),
                static () => "It was not delivered.");
        (await SayAsync(sandbox, "webhooks list")).ShouldContain($"{id} {receiver.Url}/hooks enabled - 0");

        var delivery = (await sandbox.Door.GetAsync("/v1/deliveries"))["data"][0]!["id"]!.GetValue<string>();
        (await SayAsync(sandbox, $"deliveries redeliver {delivery}")).ShouldContain("status waiting\n");
        await Webhooks.WebhookHost.TakenAsync(receiver, 2);
        (await SayAsync(sandbox, $"webhooks redeliver {id} --from 2020-01-01T00:00:00Z")).ShouldContain(
            "0 deliveries are on their way.", customMessage: "Existing events are left out.");
        (await SayAsync(sandbox, $"webhooks rotate {id} --grace-seconds 60")).ShouldContain("secret whsec_");
        (await sandbox.Door.GetAsync($"/v1/webhook-endpoints/{id}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Returns the output of a successful command, without repeated spaces.</summary>
    private async Task<string> SayAsync(BillingSandbox sandbox, string line)
    {
        var (code, output) = await ServerProcess.RunAsync([.. line.Split(' '), "--data", running.Server.Data, "--project", sandbox.Code]);
        code.ShouldBe(0, output);
        return Regex.Replace(output, " +", " ");
    }
}
