using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Inbox;

/// <summary>Stripe's events at <c>/v1/webhooks/stripe</c> of a real server.</summary>
public sealed class StripeInboxTests(StripeHost host) : IClassFixture<StripeHost>
{
    private StripeBooks Books => host.Stripe.Books;

    private async Task<(BillingSandbox Sandbox, string Payment, string Intent)> PaidAsync()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var paid = await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        var id = paid["id"].GetValue<string>();
        return (sandbox, id, (string)Books.All("payment_intent").Single(one => (string?)one["metadata"]!["tollgate_payment"] == id)["id"]!);
    }

    private static async Task<string[]> StatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/provider-events?limit=100"))["data"].AsArray().Select(static one => (string)one!["state"]!)];

    private static Task SettledAsync(BillingSandbox sandbox) => UntilAsync(async () => !(await StatesAsync(sandbox)).Contains("waiting"));

    [Fact]
    public async Task Money_that_went_back_on_Stripes_pages_is_booked_once_however_often_it_is_told()
    {
        var (sandbox, payment, intent) = await PaidAsync();
        var from = Books.Events.Count;
        Books.Refund(intent, 900);
        foreach (var happened in Books.Events.Skip(from).Reverse().SelectMany(static one => new[] { one, StripeHooks.Older(one), one })
            .ToList())
        {
            (await host.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        }

        await SettledAsync(sandbox);
        var shown = await sandbox.Door.GetAsync("/v1/payments/" + payment);
        (shown["amount_refunded"].GetValue<long>(), shown["refunds"].AsArray().Count).ShouldBe((900, 1));
        (await StatesAsync(sandbox)).ShouldBe(["done", "done"]);
    }

    [Theory]
    [InlineData("needs_response")]
    [InlineData("lost")]
    public async Task Money_that_went_back_before_a_dispute_is_booked_also_when_the_dispute_is_told_first(string status)
    {
        var (sandbox, payment, intent) = await PaidAsync();
        var from = Books.Events.Count;
        Books.Refund(intent, 900);
        var refunds = Books.Events.Skip(from).ToList();
        var dispute = Books.Dispute(intent, status);
        (await host.SendAsync(sandbox, Books.EventsOf((string)dispute["id"]!)[^1])).ShouldBe(HttpStatusCode.OK);
        await SettledAsync(sandbox);

        foreach (var happened in refunds)
        {
            await host.SendAsync(sandbox, happened);
        }

        await SettledAsync(sandbox);
        (await sandbox.Door.GetAsync("/v1/payments/" + payment))["amount_refunded"].GetValue<long>().ShouldBe(900);
        (await StatesAsync(sandbox)).ShouldAllBe(static one => one == "done");
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refund_that_comes_back_is_the_customers_credit_and_can_be_tried_again()
    {
        var (sandbox, payment, intent) = await PaidAsync();
        (await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900}""")).Status.ShouldBe(HttpStatusCode.Created);
        var refund = Books.All("refund").Single(one => (string?)one["payment_intent"] == intent);
        Books.FailRefund((string)refund["id"]!);
        var told = Books.EventsOf((string)refund["id"]!)[^1];

        for (var times = 0; times < 2; times++)
        {
            told["id"] = $"evt_{sandbox.Code}_{times}";
            (await host.SendAsync(sandbox, told)).ShouldBe(HttpStatusCode.OK);
            await SettledAsync(sandbox);
        }

        var shown = await sandbox.Door.GetAsync("/v1/payments/" + payment);
        (Word(shown, "status"), shown["amount_refunded"].GetValue<long>(),
            (string?)shown["refunds"][0]!["status"]).ShouldBe(("succeeded", 0, "failed"));
        (await StatesAsync(sandbox)).ShouldAllBe(static one => one == "done");
        (await CreditAsync(sandbox)).ShouldBe(900);
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();

        var again = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900}""");
        (again.Status, (string?)again["refunds"][1]!["status"],
            (long?)again["refunds"][1]!["from_credit"]).ShouldBe((HttpStatusCode.Created, "succeeded", 900), again.Json?.ToJsonString());
        (await CreditAsync(sandbox)).ShouldBe(0);
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();

        static async Task<long> CreditAsync(BillingSandbox of) =>
            (await of.Door.GetAsync($"/v1/customers/{StripeHost.Customer}/credits"))["balances"].AsArray()
                .Sum(static one => one!["amount"]!.GetValue<long>());
        static string Word(Came came, string member) => came[member].GetValue<string>();
    }

    [Fact]
    public async Task A_dispute_that_was_decided_stays_so_when_its_beginning_is_told_after_it()
    {
        var (sandbox, payment, intent) = await PaidAsync();
        var from = Books.Events.Count;
        Books.Dispute(intent);
        Books.Dispute(intent, "lost");
        foreach (var happened in Books.Events.Skip(from).Reverse().ToList())
        {
            await host.SendAsync(sandbox, happened);
            await SettledAsync(sandbox);
        }

        var dispute = (await sandbox.Door.GetAsync("/v1/disputes?payment=" + payment))["data"].AsArray().ShouldHaveSingleItem();
        ((string?)dispute!["status"], (long?)dispute["amount"]).ShouldBe(("lost", 2900));
    }

    [Fact]
    public async Task A_forged_event_is_refused_and_leaves_nothing_but_a_line_in_the_log()
    {
        var (sandbox, _, _) = await PaidAsync();
        (await host.SendAsync(sandbox, Books.Events[^1], "whsec_forged")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatesAsync(sandbox)).ShouldBeEmpty();
        host.Running.Server.Log.ShouldContain("Security: a webhook for stripe");
    }

    [Fact]
    public async Task With_two_projects_on_one_account_each_gets_its_own_events_and_the_older_one_the_rest()
    {
        var (first, _, _) = await PaidAsync();
        var (second, payment, intent) = await PaidAsync();
        (await second.Door.PutAsync(
            "/v1/payment-settings",
            $$"""{"provider": "stripe", "credentials": {"secret_key": "{{StripeDouble.SecretKey}}", "webhook_secret": "{{StripeHost.SecretOf(first)}}"} }"""))
            .Status.ShouldBe(HttpStatusCode.OK);
        var from = Books.Events.Count;
        Books.Refund(intent, 900);
        Books.Dispute(intent);
        var told = Books.Events.Skip(from).Append(Books.EventsOf(intent).Last(one => (string?)one["data"]!["object"]!["id"] == intent))
            .ToList();
        var nameless = Books.Events[^1].DeepClone().AsObject();
        (nameless["id"], nameless["type"], nameless["data"]!["object"]) =
            ("evt_nameless", "payout.paid", new System.Text.Json.Nodes.JsonObject { ["id"] = "po_1", ["object"] = "payout" });

        foreach (var happened in told.Append(nameless))
        {
            (await host.SendAsync(first, happened)).ShouldBe(HttpStatusCode.OK);
        }

        await SettledAsync(first);
        await SettledAsync(second);
        (await StatesAsync(first)).ShouldBe(["ignored"]);
        (await StatesAsync(second)).ShouldBe(["done", "done", "done", "done"]);
        (await second.Door.GetAsync("/v1/payments/" + payment))["amount_refunded"].GetValue<long>().ShouldBe(900);
        (await second.Door.GetAsync("/v1/disputes"))["data"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Events_that_nothing_is_done_for_are_kept_and_ignored()
    {
        var (sandbox, _, _) = await PaidAsync();
        var happened = Books.Events[^1].DeepClone().AsObject();
        (happened["id"], happened["type"]) = ("evt_new_thing", "some.thing.new");
        (await host.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        await SettledAsync(sandbox);
        (await StatesAsync(sandbox)).ShouldBe(["ignored"]);
    }

    /// <summary>This happens with the key of another account, or of the other mode: no event may be lost.</summary>
    [Theory]
    [InlineData("payment_intent.succeeded", """{"id": "pi_elsewhere", "object": "payment_intent"}""", "pi_elsewhere")]
    [InlineData("checkout.session.completed", """{"id": "cs_elsewhere", "object": "checkout.session"}""", "cs_elsewhere")]
    [InlineData("refund.updated", """{"id": "re_elsewhere", "object": "refund", "payment_intent": "pi_elsewhere"}""", "pi_elsewhere")]
    [InlineData(
        "customer.subscription.updated", """{"id": "sub_elsewhere", "object": "subscription", "customer": "cus_elsewhere"}""",
        "sub_elsewhere")]
    [InlineData("invoice.paid", """{"id": "in_elsewhere", "object": "invoice", "customer": "cus_elsewhere"}""", "in_elsewhere")]
    public async Task An_object_unknown_to_the_projects_key_waits_with_a_reason(string type, string told, string named)
    {
        var (sandbox, _, _) = await PaidAsync();
        (await host.SendAsync(sandbox, EventOf(type, told))).ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () => (await EventAsync(sandbox))["reason"] is not null);
        var shown = await EventAsync(sandbox);
        ((string?)shown["state"], (string?)shown["reason"]).ShouldBe(
            ("waiting",
                $"Stripe knows no {named} by the project's key: does the key belong to the account and the mode that send the webhooks?"));
    }

    [Fact]
    public async Task A_deleted_object_of_Stripe_is_ignored()
    {
        var (sandbox, _, _) = await PaidAsync();
        (await host.SendAsync(sandbox, EventOf("invoice.deleted", """{"id": "in_gone", "object": "invoice", "deleted": true}"""))).ShouldBe(
            HttpStatusCode.OK);
        await SettledAsync(sandbox);
        (await StatesAsync(sandbox)).ShouldBe(["ignored"]);
    }

    private JsonObject EventOf(string type, string told)
    {
        var happened = Books.Events[^1].DeepClone().AsObject();
        (happened["id"], happened["type"], happened["data"]!["object"]) =
            ("evt_" + Guid.NewGuid().ToString("N"), type, JsonNode.Parse(told));
        return happened;
    }

    private static async Task<JsonNode> EventAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/provider-events"))["data"].AsArray().ShouldHaveSingleItem()!;

    [Fact]
    public async Task Signatures_of_Stripes_own_library_are_accepted()
    {
        await NpmClients.InstallAsync();
        var (sandbox, _, _) = await PaidAsync();
        var happened = Books.Events[^1].DeepClone().AsObject();
        happened["id"] = "evt_of_library";
        var body = happened.ToJsonString();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/stripe")
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        message.Headers.TryAddWithoutValidation(
            "Stripe-Signature",
            await NpmClients.StripeSignsAsync(StripeHost.SecretOf(sandbox), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), body));
        (await host.Running.Server.Http.SendAsync(message)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await SettledAsync(sandbox);
        (await StatesAsync(sandbox)).ShouldBe(["done"]);
    }
}
