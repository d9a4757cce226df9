using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate payments</c> and provider events, against a running server.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class PaymentCommandsTests(RunningServer running)
{
    [Fact]
    public async Task A_provider_is_chosen_and_what_it_told_is_listed_and_read_again()
    {
        var (sandbox, invoice) = await OwingAsync(running, "pm_sandbox_visa");
        (await SayAsync(sandbox, 0, "payment-settings show")).ShouldContain("provider sandbox\n");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        await sandbox.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "dispute.opened", "payment": "{{payment}}"}""");
        await sandbox.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "refund.succeeded", "payment": "{{payment}}", "amount": 2901}""");
        await UntilAsync(async () =>
            (await SayAsync(sandbox, 0, "disputes list")).Contains($"dp_sandbox_{Guid.Parse(payment):N} acme", StringComparison.Ordinal));
        await UntilAsync(
            async () =>
                Regex.IsMatch(
                    await SayAsync(sandbox, 0, "provider-events list --state waiting"),
                    "sandbox:evt_sandbox_[0-9a-f]+ refund.succeeded .* cannot record it"));

        var id = Regex.Match(await SayAsync(sandbox, 0, "provider-events list --state waiting"), "sandbox:evt_sandbox_[0-9a-f]+").Value;
        (await SayAsync(sandbox, 0, $"provider-events retry {id}")).ShouldContain($"Tollgate processes {id} in a moment.");
        (await SayAsync(sandbox, 0, "provider-events retry")).ShouldContain("Tollgate processes 0 events again.");

        (await SayAsync(sandbox, 0, "payment-settings set manual --json")).ShouldContain("\"charges_saved_methods\": false");
        (await SayAsync(sandbox, 2, "payment-settings set sandbox --credential secret_key=TOLLGATE_NO_SUCH_VARIABLE")).ShouldContain(
            "the environment variable must be set");
        (await SayAsync(sandbox, 1, "provider-events retry stripe:evt_none")).ShouldContain("provider_event_not_found");
    }

    [Fact]
    public async Task An_invoice_is_charged_listed_and_given_back_in_parts()
    {
        var (sandbox, invoice) = await OwingAsync(running, "pm_sandbox_declined");
        (await SayAsync(sandbox, 1, $"payments charge {invoice}")).ShouldContain(
            $"acme {invoice} sandbox 29.00 USD 0.00 USD failed declined -");
        await AddCardAsync(sandbox, "pm_sandbox_visa");
        (await SayAsync(sandbox, 0, $"payments charge {invoice}")).ShouldContain("29.00 USD 0.00 USD succeeded - -");
        var number = (await sandbox.Door.GetAsync("/v1/invoices/" + invoice))["number"].GetValue<string>();
        (await SayAsync(sandbox, 1, $"payments charge {number}")).ShouldContain("invoice_state");
        var listed = await SayAsync(sandbox, 0, "payments list --customer acme --status succeeded");
        listed.Trim().Split('\n').Length.ShouldBe(2, listed);
        (await SayAsync(sandbox, 0, "payments list --customer nobody")).ShouldContain("There are none.");

        var payment = Regex.Match(listed, "\n([0-9a-f-]{36}) acme").Groups[1].Value;
        (await SayAsync(sandbox, 0, $"payments refund {payment} --amount 9.50 --reason Outage")).ShouldContain(
            "29.00 USD 9.50 USD succeeded");
        (await SayAsync(sandbox, 0, $"payments show {payment}")).ShouldContain("amount_refunded 9.50 USD\n");
        (await SayAsync(sandbox, 2, $"payments refund {payment} --amount 0.001")).ShouldContain("is not an amount in USD");
        (await SayAsync(sandbox, 0, $"payments refund {payment}")).ShouldContain("29.00 USD 29.00 USD succeeded");
        (await SayAsync(sandbox, 1, $"payments refund {payment}")).ShouldContain("Nothing is left to refund");
    }

    /// <summary>Returns the command's output, without repeated spaces.</summary>
    private async Task<string> SayAsync(BillingSandbox sandbox, int expected, string line)
    {
        var (code, output) = await ServerProcess.RunAsync([.. line.Split(' '), "--data", running.Server.Data, "--project", sandbox.Code]);
        code.ShouldBe(expected, output);
        return Regex.Replace(output, " +", " ");
    }
}
