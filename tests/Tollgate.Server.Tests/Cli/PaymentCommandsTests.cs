using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate payments</c> against a running server.</summary>
[Collection(RunningServerTests.Name)]
public sealed class PaymentCommandsTests(RunningServer running)
{
    [Fact]
    public async Task A_provider_is_chosen_and_what_it_told_is_listed_and_read_again()
    {
        var (sandbox, invoice) = await OwingAsync(running, "pm_sandbox_visa");
        (await SayAsync(sandbox, 0, "provider")).ShouldContain("\"provider\": \"sandbox\"");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        await sandbox.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "dispute.opened", "payment": "{{payment}}"}""");
        await sandbox.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "refund.succeeded", "payment": "{{payment}}", "amount": 2901}""");
        await UntilAsync(async () => (await SayAsync(sandbox, 0, "disputes")).Contains($"dp_sandbox_{Guid.Parse(payment):N} acme", StringComparison.Ordinal));
        await UntilAsync(async () => Regex.IsMatch(await SayAsync(sandbox, 0, "events --state waiting"), "sandbox:evt_sandbox_[0-9a-f]+ refund.succeeded .* cannot be booked"));

        var id = Regex.Match(await SayAsync(sandbox, 0, "events --state waiting"), "sandbox:evt_sandbox_[0-9a-f]+").Value;
        (await SayAsync(sandbox, 0, $"retry {id}")).ShouldContain($"{id} is read in a moment.");
        (await SayAsync(sandbox, 0, "retry")).ShouldContain("0 events are read again.");

        (await SayAsync(sandbox, 0, "provider --set manual")).ShouldContain("\"charges_saved_methods\": false");
        (await SayAsync(sandbox, 2, "provider --set sandbox --credential secret_key=TOLLGATE_NO_SUCH_VARIABLE")).ShouldContain("the environment variable must be set");
        (await SayAsync(sandbox, 1, "retry stripe:evt_none")).ShouldContain("provider_event_not_found");
    }

    /// <summary>What the command said, without repeated spaces.</summary>
    private async Task<string> SayAsync(BillingSandbox sandbox, int expected, string line)
    {
        var (code, output) = await ServerProcess.RunAsync(["payments", .. line.Split(' '), "--data", running.Server.Data, "--project", sandbox.Code]);
        code.ShouldBe(expected, output);
        return Regex.Replace(output, " +", " ");
    }
}
