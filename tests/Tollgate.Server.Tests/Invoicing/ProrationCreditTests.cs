using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>Money goes back once, by any kind of request, and no customer has credit for an amount that was never paid.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ProrationCreditTests(RunningServer running)
{
    [Theory]
    [InlineData("cancel")]
    [InlineData("downgrade")]
    public async Task A_customer_who_has_paid_nothing_gets_no_credit(string way)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise", "trial": false}""");
        var first = await FirstAsync(sandbox);

        await LeaveAsync(sandbox, subscription, way);

        (await CreditAsync(sandbox)).ShouldBe(0);
        var invoice = await sandbox.Door.GetAsync("/v1/invoices/" + first);
        (invoice["status"].GetValue<string>(), invoice["amount_due"].GetValue<long>(), invoice["paid_from_credits"].GetValue<long>())
            .ShouldBe(way == "cancel" ? ("paid", 0, 29900) : ("open", 2900, 27000), "The excess pays the invoice that it was credited for.");
        if (way == "downgrade")
        {
            // A void invoice bills nothing; its own payment becomes nobody's credit.
            (await sandbox.Door.PostAsync($"/v1/invoices/{first}/void")).Status.ShouldBe(HttpStatusCode.OK);
        }
        else
        {
            var refused = await sandbox.Door.PostAsync($"/v1/invoices/{first}/credit-notes", """{"reason": "again"}""");
            (refused.Status, refused["detail"].GetValue<string>()).ShouldBe(
                (HttpStatusCode.UnprocessableEntity,
                    "The invoice's total is 299.00 USD. Of that 299.00 USD when the subscription changed was already credited or "
                        + "refunded."));
        }

        (await CreditAsync(sandbox)).ShouldBe(0);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refund_takes_a_changes_credit_out_of_the_customers_credit()
    {
        var (sandbox, subscription, payment) = await PaidAsync("enterprise");
        await LeaveAsync(sandbox, subscription, "downgrade");
        (await CreditAsync(sandbox)).ShouldBe(27000);
        var note = await sandbox.Door.PostAsync(
            $"/v1/invoices/{await FirstAsync(sandbox)}/credit-notes", """{"amount": 1, "reason": "too much"}""");
        note.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        var refunded = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds");

        refunded["amount_refunded"].GetValue<long>().ShouldBe(27000, "The rest is what Pro costs.");
        refunded["refunds"][0]!["from_credit"]!.GetValue<long>().ShouldBe(27000);
        (await CreditAsync(sandbox)).ShouldBe(0);

        await LeaveAsync(sandbox, subscription, "cancel");
        (await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds"))["amount_refunded"].GetValue<long>().ShouldBe(29900);
        (await CreditAsync(sandbox)).ShouldBe(0);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Credit_that_was_spent_is_not_refunded_as_well()
    {
        var (sandbox, subscription, payment) = await PaidAsync("pro");
        await LeaveAsync(sandbox, subscription, "cancel");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        (await CreditAsync(sandbox)).ShouldBe(0);

        await PaymentSteps.RefusedAsync(
            sandbox, $"/v1/payments/{payment}/refunds", "{}", HttpStatusCode.UnprocessableEntity, "refund_refused");
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_disputed_amount_is_not_credited_until_the_dispute_is_won()
    {
        var (sandbox, subscription, payment) = await PaidAsync("pro");
        await PaymentSteps.HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 2900");
        await UntilAsync(async () => await HasDisputeAsync("open"));
        (await PreviewAsync()).ShouldBe(0);
        var refused = await sandbox.Door.PostAsync($"/v1/invoices/{await FirstAsync(sandbox)}/credit-notes", """{"reason": "sorry"}""");
        (refused.Status, refused["detail"].GetValue<string>()).ShouldBe(
            (HttpStatusCode.UnprocessableEntity,
                "The invoice's total is 29.00 USD. Of that 29.00 USD to a bank that disputes it was already credited or refunded."));

        await PaymentSteps.HappenAsync(sandbox, "dispute.won", payment, ", \"amount\": 2900");
        await UntilAsync(async () => await HasDisputeAsync("won"));
        (await PreviewAsync()).ShouldBe(-2900);

        await PaymentSteps.HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 900");
        await LeaveAsync(sandbox, subscription, "cancel");
        (await CreditAsync(sandbox)).ShouldBe(2900, "A dispute that has ended has ended.");
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();

        async Task<bool> HasDisputeAsync(string status) =>
            (await sandbox.Door.GetAsync("/v1/disputes?status=" + status))["data"].AsArray().Count == 1;

        // The credit for unused time if it were canceled now.
        async Task<long> PreviewAsync() =>
            (await sandbox.Door.PostAsync(
                $"/v1/subscriptions/{subscription}/cancel",
                """{"at": "now", "credit": true, "preview": true}"""))["invoice"]?["subtotal"]!.GetValue<long>() ?? 0;
    }

    private async Task<(BillingSandbox Sandbox, string Subscription, string Payment)> PaidAsync(string plan)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync($$"""{"customer": "acme", "plan": "{{plan}}", "trial": false}""");
        await PaymentSteps.AddCardAsync(sandbox, "pm_sandbox_visa");
        return (sandbox, subscription, PaymentSteps.Word(await PaymentSteps.ChargeAsync(sandbox, await FirstAsync(sandbox)), "id"));
    }

    private static async Task LeaveAsync(BillingSandbox sandbox, string subscription, string way)
    {
        var left = way == "cancel"
            ? await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/cancel", """{"at": "now", "credit": true}""")
            : await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"plan": "pro", "when": "now"}""");
        left.Status.ShouldBe(HttpStatusCode.OK, left.Json?.ToJsonString());
    }

    private static async Task<string> FirstAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc"))["data"][0]!["id"]!.GetValue<string>();

    private static async Task<long> CreditAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static (JsonNode? one) => one!["amount"]!.GetValue<long>());
}
