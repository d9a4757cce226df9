using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Inbox;

/// <summary>
/// A provider's webhooks, in any order and number. The server queries no provider for half an hour: only webhooks report anything.
/// </summary>
public sealed class PatientServer(TestPostgres postgres) : IAsyncLifetime
{
    public RunningServer Running { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_PAYMENT_SECONDS"] = "1800" },
    };

    public ValueTask InitializeAsync() => Running.InitializeAsync();

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}

public sealed class InboxApiTests(PatientServer server) : IClassFixture<PatientServer>
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_lost_answer_comes_by_webhook_three_times_with_a_forged_one_and_the_money_is_booked_once()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_timeout");
        await BehaveAsync(sandbox, """{"copies": 3, "tamper": true}""");
        var pending = await ChargeAsync(sandbox, invoice);
        Word(pending, "status").ShouldBe("pending");

        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + Word(pending, "id")), "status") == "succeeded");

        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        (await EventsAsync(sandbox)).ShouldBe(
            [("payment.succeeded", "done")], "Copies are one event, and of the forged one nothing is kept.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_late_success_is_told_seconds_later()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_late");
        Word(await ChargeAsync(sandbox, invoice), "status").ShouldBe("pending");
        await Task.Delay(TimeSpan.FromSeconds(1));
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("open", 0, 2900), "It is not told yet.");

        await UntilAsync(async () => (await InvoiceAsync(sandbox, invoice)).Status == "paid");

        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_change_that_is_asked_for_again_while_the_first_is_under_way_is_not_charged_again()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await AddCardAsync(sandbox, "pm_sandbox_timeout");

        var first = await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"plan": "enterprise"}""");
        var again = await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"plan": "enterprise"}""");

        (Word(first, "code"), Word(again, "code")).ShouldBe(("payment_pending", "payment_pending"));
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_money_of_a_failed_payment_that_comes_after_all_pays_the_invoice()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_declined");
        var failed = Word(await ChargeAsync(sandbox, invoice), "id");

        await HappenAsync(sandbox, "payment.succeeded", failed);
        await UntilAsync(async () => (await InvoiceAsync(sandbox, invoice)).Status == "paid");

        var payment = await sandbox.Door.GetAsync("/v1/payments/" + failed);
        (Word(payment, "status"), payment.Json!["failure"]).ShouldBe(("succeeded", null));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_disputed_amount_cannot_be_refunded_and_a_decision_is_final()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");

        await HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 2000, \"reason\": \"fraudulent\"");
        await UntilAsync(async () => (await DisputesAsync(sandbox)).SequenceEqual([(2000, "open")]));
        (await OfCustomerAsync("acme"), await OfCustomerAsync("nobody")).ShouldBe((1, 0));
        (await ShownAsync()).ShouldBe(((2000, "open"), (2000, "open")));
        var tooMuch = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 901}""");
        (tooMuch.Status,
            Word(tooMuch, "detail")).ShouldBe(
                (HttpStatusCode.UnprocessableEntity,
                    "At most 9.00 USD can be refunded: 20.00 USD is held or was taken by the customer's bank in a dispute."));

        await HappenAsync(sandbox, "dispute.won", payment, ", \"amount\": 2000");
        await UntilAsync(async () => (await DisputesAsync(sandbox)).SequenceEqual([(2000, "won")]));
        (await ShownAsync()).ShouldBe(((0, "won"), (0, "won")));
        await HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 2000");
        await UntilAsync(async () => (await EventsAsync(sandbox)).Count(static one => one.State == "done") == 3);

        (await DisputesAsync(sandbox)).ShouldBe([(2000, "won")], "The opening is reported after the end.");
        var refunded = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds");
        refunded["amount_refunded"].GetValue<long>().ShouldBe(2900);
        await ShouldBeCleanAsync(sandbox);

        async Task<((long, string?), (long, string?))> ShownAsync() =>
            (DisputeOf((await sandbox.Door.GetAsync("/v1/payments/" + payment)).Json!),
                DisputeOf((await sandbox.Door.GetAsync("/v1/payments"))["data"][0]!));

        static (long, string?) DisputeOf(JsonNode shown) => (shown["amount_disputed"]!.GetValue<long>(), (string?)shown["dispute"]);

        async Task<int> OfCustomerAsync(string customer) =>
            (await sandbox.Door.GetAsync("/v1/disputes?customer=" + customer))["data"].AsArray().Count;
    }

    [Fact]
    public async Task A_payment_that_is_disputed_whole_has_nothing_to_refund_and_says_why()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var charged = await ChargeAsync(sandbox, invoice);
        (charged["amount_disputed"].GetValue<long>(), charged.Json!["dispute"]).ShouldBe((0, null));
        await HappenAsync(sandbox, "dispute.lost", Word(charged, "id"));
        await UntilAsync(async () => (await DisputesAsync(sandbox)).SequenceEqual([(2900, "lost")]));

        var refused = await sandbox.Door.PostAsync($"/v1/payments/{Word(charged, "id")}/refunds");
        (refused.Status, Word(refused, "detail")).ShouldBe(
            (HttpStatusCode.UnprocessableEntity,
                "Nothing is left to refund: 29.00 USD is held or was taken by the customer's bank in a dispute."));
    }

    [Fact]
    public async Task A_refund_that_was_made_at_the_provider_has_a_credit_note_here_once()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        await BehaveAsync(sandbox, """{"copies": 4, "delay_seconds": 1, "shuffle": true}""");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");

        await HappenAsync(sandbox, "refund.succeeded", payment, ", \"amount\": 900, \"reason\": \"Two days of outage\"");
        await UntilAsync(async () => (await EventsAsync(sandbox)).Count(static one => one.State == "done") == 2);

        var shown = await sandbox.Door.GetAsync("/v1/payments/" + payment);
        shown["amount_refunded"].GetValue<long>().ShouldBe(900);
        var note = shown["refunds"][0]!["credit_note"]!.GetValue<string>();
        (await sandbox.Door.GetAsync("/v1/invoices/" + invoice))["credit_notes"].AsArray()
            .Select(static one => one!["id"]!.GetValue<string>()).ShouldBe([note]);
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray().ShouldBeEmpty("It went back to the card.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task More_than_can_be_booked_waits_with_its_reason_and_is_read_again_when_somebody_asks()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        await HappenAsync(sandbox, "refund.succeeded", payment, ", \"amount\": 2901");

        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/provider-events?state=waiting"))["data"].AsArray() is [{ } one]
            && one["reason"] is not null);

        var waiting = (await sandbox.Door.GetAsync("/v1/provider-events"))["data"][0]!;
        waiting["reason"]!.GetValue<string>()
            .ShouldBe("The provider refunded 29.01 USD, and Tollgate cannot record it: At most 29.00 USD can be refunded.");
        var again = await sandbox.Door.PostAsync($"/v1/provider-events/{waiting["id"]!.GetValue<string>()}/retry");
        (again.Status, Word(again, "state")).ShouldBe((HttpStatusCode.OK, "waiting"));
        JsonNode.Parse(
            Word(await sandbox.Door.GetAsync("/v1/provider-events/" + waiting["id"]!.GetValue<string>()),
                "body"))!["type"]!.GetValue<string>().ShouldBe("refund.succeeded");
        await ShouldBeCleanAsync(sandbox);
    }

    [Theory]
    [InlineData("sandbox", "webhook-signature", "v1,AAAA")]
    [InlineData("stripe", "Stripe-Signature", "t=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990")]
    [InlineData("paymob", "X-Any", "x")]
    public async Task An_unsigned_webhook_is_refused_and_leaves_nothing(string provider, string header, string signature)
    {
        var (sandbox, _) = await OwingAsync("pm_sandbox_visa");
        await BehaveAsync(sandbox, """{"copies": 1}""");
        const string Forged =
            """{"id":"evt_1","object":"event","type":"payment.succeeded","created":"2027-01-31T00:00:00Z","data":{"reference":"ch_1"}}""";

        var came = await _running.DoorWith(null).SendAsync(
            HttpMethod.Post, "/v1/webhooks/" + provider, Forged, (header, signature), ("webhook-id", "evt_1"),
            ("webhook-timestamp", "1700000000"));

        (came.Status, Word(came, "code")).ShouldBe((HttpStatusCode.BadRequest, "webhook_signature_invalid"));
        (await EventsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_project_chooses_its_provider_and_its_keys_never_come_back()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        (await sandbox.Door.GetAsync("/v1/payment-settings"))["provider"].GetValue<string>().ShouldBe("sandbox");

        var manual = await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}""");
        (Word(manual, "provider"), manual["capabilities"]["charges_saved_methods"]!.GetValue<bool>()).ShouldBe(("manual", false));
        await RefusedAsync(sandbox, "/v1/payments", Body(invoice), HttpStatusCode.Conflict, "billing_not_configured");

        var unknown = await sandbox.Door.PutAsync(
            "/v1/payment-settings", """{"provider": "sandbox", "credentials": {"secret_key": "sk_test_do_not_show"}}""");
        (unknown.Status, Word(unknown, "code")).ShouldBe((HttpStatusCode.UnprocessableEntity, "validation_failed"));
        unknown.Json!.ToJsonString().ShouldNotContain("do_not_show");

        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "sandbox"}""")).Status.ShouldBe(HttpStatusCode.OK);
        Word(await ChargeAsync(sandbox, invoice), "status").ShouldBe("succeeded");
        (await _running.DoorOf("trendit").PutAsync("/v1/payment-settings", """{"provider": "sandbox"}"""))["code"].GetValue<string>()
            .ShouldBe("validation_failed");
    }

    private Task<(BillingSandbox Sandbox, string Invoice)> OwingAsync(string? card) => PaymentSteps.OwingAsync(_running, card);

    private async Task ShouldBeCleanAsync(BillingSandbox sandbox) => (await FoundAsync(_running, sandbox)).ShouldBeEmpty();

    private static async Task BehaveAsync(BillingSandbox sandbox, string body) =>
        (await sandbox.Door.PostAsync("/v1/sandbox/webhook-behavior", body)).Status.ShouldBe(HttpStatusCode.NoContent);

    private static async Task<(string Type, string State)[]> EventsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/provider-events"))["data"].AsArray()
            .Select(static one => (one!["type"]!.GetValue<string>(), one["state"]!.GetValue<string>()))];

    private static async Task<(long Amount, string Status)[]> DisputesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/disputes"))["data"].AsArray()
            .Select(static one => (one!["amount"]!.GetValue<long>(), one["status"]!.GetValue<string>()))];
}
