using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Dunning;

/// <summary>
/// Renewals that cannot be collected: through no fault of the customer, or because the project has changed its provider. Each test has a
/// project of its own.
/// </summary>
public sealed class StoppedCollectionLives(StripeHost host) : IClassFixture<StripeHost>
{
    [Fact]
    public async Task An_amount_that_the_provider_cannot_move_stops_collecting_and_costs_the_customer_nothing()
    {
        var sandbox = await SubscribedAsync(StripeCard.Good);
        await GiveAsync(sandbox, 2880);

        await sandbox.AdvanceAsync("2027-03-20T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("active");
        var payment = (await PaymentsAsync(sandbox)).ShouldHaveSingleItem("It is tried once.");
        (Text(payment, "status"), Text(payment, "failure")).ShouldBe(("failed", "amount_not_possible"));
        var invoice = await NewestInvoiceAsync(sandbox);
        (Text(invoice, "status"), invoice["amount_due"]!.GetValue<long>()).ShouldBe(("open", 20));
        var owed = (await OwedAsync(sandbox)).ShouldHaveSingleItem();
        (Text(owed, "invoice"), Text(owed, "failure"), owed["attempts"]!.GetValue<int>(), owed["next_attempt_at"], Text(owed, "stopped_at"))
            .ShouldBe((Text(invoice, "id"), "amount_not_possible", 0, null, "2027-02-28T00:00:00Z"));
        host.Running.Server.Log.ShouldContain(
            $"Payment {Text(payment, "id")} over 0.20 USD of project {sandbox.Code} failed with amount_not_possible");
        (await MailsAsync(sandbox)).ShouldNotContain("payment_failed");
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();

        (await sandbox.Door.PostAsync($"/v1/invoices/{Text(invoice, "id")}/pay", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        (await OwedAsync(sandbox)).ShouldBeEmpty();
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_providers_refusal_ends_dunning_and_the_invoice_can_be_charged_later()
    {
        var sandbox = await SubscribedAsync(StripeCard.Declined);
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("past_due");
        host.Stripe.Next(StripeMishap.Refuse, 1, "/v1/payment_intents");

        await sandbox.AdvanceAsync("2027-03-20T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await PaymentsAsync(sandbox)).Select(static one => Text(one, "failure")).ShouldBe(["declined", "provider_refused"]);
        var owed = (await OwedAsync(sandbox)).ShouldHaveSingleItem();
        (owed["attempts"]!.GetValue<int>(), Text(owed, "stopped_at")).ShouldBe((1, "2027-03-01T00:00:00Z"));
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();

        await host.AddCardAsync(sandbox, StripeCard.Good);
        var paid = await PaymentSteps.ChargeAsync(sandbox, Text(owed, "invoice"));
        PaymentSteps.Word(paid, "status").ShouldBe("succeeded");
        (await OwedAsync(sandbox)).ShouldBeEmpty();
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("manual")]
    [InlineData("stripe")]
    public async Task A_past_due_customer_reaches_the_end_of_the_policy_after_a_change_of_provider(string provider)
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/customers/ann/payment-methods", """{"token": "pm_sandbox_declined"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        await sandbox.SubscribeAsync("""{"customer": "ann", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-01-31T12:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("past_due");
        var chosen = provider == "manual"
            ? """{"provider": "manual"}"""
            : $$"""{"provider": "stripe", "credentials": {"secret_key": "{{StripeDouble.SecretKey}}"} }""";
        (await sandbox.Door.PutAsync("/v1/payment-settings", chosen)).Status.ShouldBe(HttpStatusCode.OK);

        await sandbox.AdvanceAsync("2027-02-10T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("canceled");
        (await PaymentsAsync(sandbox)).Select(static one => $"{Text(one, "created_at")[..10]} {Text(one, "failure")}").ShouldBe([
            "2027-01-31 declined", "2027-02-01 payment_method_missing", "2027-02-03 payment_method_missing",
            "2027-02-05 payment_method_missing",
            "2027-02-07 payment_method_missing"]);
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_who_is_not_past_due_is_not_dunned_without_automatic_charges()
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/customers/ann/payment-methods", """{"token": "pm_sandbox_visa"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.SubscribeAsync("""{"customer": "ann", "plan": "pro", "trial": false}""");

        await sandbox.AdvanceAsync("2027-03-15T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
    }

    /// <summary>ann has Pro since the 31st of January, which she has not paid; her card was saved after that.</summary>
    private async Task<BillingSandbox> SubscribedAsync(StripeCard card)
    {
        var (sandbox, _, _) = await host.OwingAsync(card);
        return sandbox;
    }

    private static async Task GiveAsync(BillingSandbox sandbox, long amount) =>
        (await sandbox.Door.PostAsync(
            $"/v1/customers/{StripeHost.Customer}/credits", $$"""{"amount": {{amount}}, "kind": "prepaid"}""")).Status.ShouldBe(
            HttpStatusCode.Created);

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    private static async Task<string> StatusAsync(BillingSandbox sandbox) =>
        Text((await sandbox.Door.GetAsync("/v1/subscriptions?customer=ann"))["data"][0]!, "status");

    private static async Task<JsonNode> NewestInvoiceAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/invoices?customer=ann"))["data"][0]!;

    private static async Task<JsonNode[]> OwedAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/dunning?customer=ann"))["data"].AsArray().Select(static one => one!)];

    private static async Task<string[]> MailsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/mails?customer=ann"))["data"].AsArray().Select(static one => Text(one!, "type"))];

    /// <summary>Oldest first.</summary>
    private static async Task<JsonNode[]> PaymentsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=ann&limit=100"))["data"].AsArray().Reverse().Select(static one => one!)];
}
