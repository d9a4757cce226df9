using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>Charges and refunds of a real server at the double, which allows what Stripe's OpenAPI description allows.</summary>
public sealed class StripePaymentTests(StripeHost host) : IClassFixture<StripeHost>
{
    private static string Word(Came came, string member) => came[member].GetValue<string>();

    private static Task<Came> ChargeAsync(BillingSandbox sandbox, string invoice) =>
        sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");

    private IEnumerable<System.Text.Json.Nodes.JsonObject> IntentsOf(string payment) =>
        host.Stripe.Books.All("payment_intent").Where(one => (string?)one["metadata"]!["tollgate_payment"] == payment);

    [Fact]
    public async Task A_charge_is_a_payment_intent_that_names_the_payment()
    {
        var (sandbox, invoice, card) = await host.OwingAsync(StripeCard.Good);
        var paid = await ChargeAsync(sandbox, invoice);
        paid.Status.ShouldBe(HttpStatusCode.Created, paid.Json?.ToJsonString());
        (Word(paid, "status"), Word(paid, "provider")).ShouldBe(("succeeded", "stripe"));
        var intent = IntentsOf(Word(paid, "id")).ShouldHaveSingleItem();
        ((string?)intent["payment_method"], (long?)intent["amount"], (string?)intent["currency"],
            (string?)intent["metadata"]!["tollgate_customer"])
            .ShouldBe((card, 2900, "usd", StripeHost.Customer));
        ((string?)(await sandbox.Door.GetAsync($"/v1/invoices/{invoice}"))["status"]).ShouldBe("paid");
        host.Stripe.Requests.Last(one => one.Path == "/v1/payment_intents").Key.ShouldBe(Word(paid, "id"));
    }

    [Theory]
    [InlineData(StripeCard.Declined, "declined")]
    [InlineData(StripeCard.InsufficientFunds, "insufficient_funds")]
    [InlineData(StripeCard.NeedsAuthentication, "authentication_required")]
    public async Task A_card_that_does_not_pay_says_why(StripeCard card, string failure)
    {
        var (sandbox, invoice, _) = await host.OwingAsync(card);
        var failed = await ChargeAsync(sandbox, invoice);
        (Word(failed, "status"), Word(failed, "failure")).ShouldBe(("failed", failure));
        await host.AddCardAsync(sandbox, StripeCard.Good);
        Word(await ChargeAsync(sandbox, invoice), "status").ShouldBe("succeeded");
    }

    [Theory]
    [InlineData(StripeMishap.LoseAnswer)]
    [InlineData(StripeMishap.Drop)]
    [InlineData(StripeMishap.RateLimit)]
    public async Task An_answer_that_was_lost_is_asked_for_and_the_money_is_taken_once(StripeMishap mishap)
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        host.Stripe.Next(mishap, mishap == StripeMishap.RateLimit ? 1 : 3, "/v1/payment_intents");
        var pending = await ChargeAsync(sandbox, invoice);
        Word(pending, "status").ShouldBeOneOf("pending", "succeeded");

        var id = Word(pending, "id");
        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + id), "status") == "succeeded");
        IntentsOf(id).Count().ShouldBe(1);
        ((string?)(await sandbox.Door.GetAsync($"/v1/invoices/{invoice}"))["status"]).ShouldBe("paid");
    }

    [Fact]
    public async Task A_method_that_Stripe_does_not_know_any_more_is_a_failure()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var id = Guid.Parse(
            (string)(await sandbox.Door.GetAsync($"/v1/customers/{StripeHost.Customer}/payment-methods"))["data"]![0]!["id"]!);
        await host.AskAsync("UPDATE payment_methods SET token = $2 WHERE id = $1", id, TestSecrets.Seal("pm_gone", SecretPlace.Card(id)));
        var failed = await ChargeAsync(sandbox, invoice);
        (Word(failed, "status"), Word(failed, "failure")).ShouldBe(("failed", "declined"));
    }

    [Fact]
    public async Task A_key_that_is_not_good_any_more_fails_nobodys_payment()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "stripe", "credentials": {"secret_key": "sk_test_revoked"}}""");
        var pending = await ChargeAsync(sandbox, invoice);
        Word(pending, "status").ShouldBe("pending");
        host.Running.Server.Log.ShouldNotContain("sk_test_revoked");

        await sandbox.Door.PutAsync(
            "/v1/payment-settings", $$"""{"provider": "stripe", "credentials": {"secret_key": "{{StripeDouble.SecretKey}}"} }""");
        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + Word(pending, "id")), "status") == "succeeded");
    }

    [Fact]
    public async Task A_refund_goes_back_once_also_when_its_answer_is_lost()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        host.Stripe.Next(StripeMishap.LoseAnswer, 3, "/v1/refunds");
        var refund = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900}""");
        refund.Status.ShouldBe(HttpStatusCode.Created, refund.Json?.ToJsonString());

        await UntilAsync(async () =>
            (string?)(await sandbox.Door.GetAsync("/v1/payments/" + payment))["refunds"][0]!["status"] == "succeeded");
        var intent = (string)IntentsOf(payment).Single()["id"]!;
        var sent = host.Stripe.Books.All("refund").Where(one => (string?)one["payment_intent"] == intent).ShouldHaveSingleItem();
        ((long?)sent["amount"], (string?)sent["metadata"]!["tollgate_refund"]).ShouldBe((900, (string?)refund["refunds"][0]!["id"]));
    }

    [Theory]
    [InlineData("""{"secret_key": "pk_test_1"}""", "credentials.secret_key")]
    [InlineData("""{"secret_key": "sk_live_1"}""", "credentials.secret_key")]
    [InlineData("""{"webhook_secret": "whsec_1"}""", "credentials.secret_key")]
    [InlineData("""{"secret_key": "sk_test_1", "webhook_secret": "secret"}""", "credentials.webhook_secret")]
    [InlineData("""{"secret_key": "sk_test_1", "webhook_secret": "whsec_"}""", "credentials.webhook_secret")]
    [InlineData("""{"secret_key": "sk_test_1", "previous_webhook_secret": "whsec_"}""", "credentials.previous_webhook_secret")]
    public async Task Keys_that_cannot_be_right_are_refused(string credentials, string field)
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        var refused = await sandbox.Door.PutAsync("/v1/payment-settings", $$"""{"provider": "stripe", "credentials": {{credentials}}}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, refused.Json?.ToJsonString());
        refused.Json!.ToJsonString().ShouldContain(field);
    }

    [Theory]
    [InlineData("sk_test_1", HttpStatusCode.UnprocessableEntity)]
    [InlineData("rk_test_1", HttpStatusCode.UnprocessableEntity)]
    [InlineData("sk_live_1", HttpStatusCode.OK)]
    public async Task Test_keys_are_for_sandbox_projects_only(string key, HttpStatusCode status)
    {
        var body =
            new JsonObject
            {
                ["code"] = $"live-{key.Replace('_', '-')}", ["name"] = "Live", ["mode"] = "live", ["catalog"] = BillingSandbox.Catalog,
            };
        var made = await host.Running.DoorWith(host.Running.Server.AdminKey).PostAsync("/v1/projects", body.ToJsonString());
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var door = host.Running.DoorWith(Word(made, "secret_key"));

        var set = await door.PutAsync("/v1/payment-settings", $$"""{"provider": "stripe", "credentials": {"secret_key": "{{key}}"} }""");

        set.Status.ShouldBe(status, set.Json?.ToJsonString());
        if (status != HttpStatusCode.OK)
        {
            set["errors"][0]!["param"]!.GetValue<string>().ShouldBe("credentials.secret_key");
        }
    }

    [Fact]
    public async Task Stored_credentials_are_not_shown()
    {
        var sandbox = await host.ProjectAsync();
        var shown = await sandbox.Door.GetAsync("/v1/payment-settings");
        (Word(shown, "provider"), shown["configured"].GetValue<bool>(),
            Word(shown, "webhook_path")).ShouldBe(("stripe", true, "/v1/webhooks/stripe"));
        shown.Json!.ToJsonString().ShouldNotContain(StripeDouble.SecretKey);
    }
}
