using System.Net;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>From the plan to the page at Stripe, and back by its events.</summary>
public sealed class StripeCheckoutTests(StripeStage stage) : IClassFixture<StripeStage>
{
    private StripeBooks Books => stage.Stripe.Books;

    private async Task<(BillingSandbox Sandbox, string Session)> OpenAsync()
    {
        var sandbox = await stage.ProjectAsync();
        var opened = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "bea", "plan": "enterprise", "period": "monthly", "success_url": "https://app.example.com/ok", "cancel_url": "https://app.example.com/no"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        new Uri((string)opened["url"]!).Host.ShouldBe("checkout.stripe.com");
        return (sandbox, (string)Books.All("checkout.session").Last()["id"]!);
    }

    [Fact]
    public async Task Who_pays_on_Stripes_page_has_the_plan_and_can_be_charged_again()
    {
        var (sandbox, session) = await OpenAsync();
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray().ShouldBeEmpty("Nothing is given before it is paid.");

        Books.Pay(session);
        var intent = (string)Books.Get("checkout.session", session)["payment_intent"]!;
        foreach (var happened in Books.EventsOf(one => (string?)one["id"] == session || (string?)one["id"] == intent).Reverse().SelectMany(static one => new[] { one, one }))
        {
            (await stage.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        }

        await StripePaymentTests.UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray() is [{ } one] && (string?)one["status"] == "active");
        var paid = (await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"].AsArray().ShouldHaveSingleItem();
        ((string?)paid!["status"], (string?)paid["reference"], (long?)paid["amount"]).ShouldBe(("succeeded", intent, 29900));
        await StripePaymentTests.UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/customers/bea/payment-methods"))["data"].AsArray() is [{ } one] && (string?)one["provider"] == "stripe");
    }

    [Fact]
    public async Task A_page_that_nobody_pays_on_gives_nothing()
    {
        var (sandbox, session) = await OpenAsync();
        await stage.SendAsync(sandbox, Books.Expire(session) is var expired ? Books.EventsOf(one => (string?)one["id"] == (string?)expired["id"])[^1] : null!);
        await StripePaymentTests.UntilAsync(async () => (string?)(await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"][0]!["status"] == "failed");
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_whose_end_nobody_told_is_asked_for()
    {
        var (sandbox, session) = await OpenAsync();
        Books.Expire(session);
        await StripePaymentTests.UntilAsync(async () => (string?)(await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"][0]!["failure"] == "canceled");
    }

    [Fact]
    public async Task A_page_that_Stripe_did_not_make_is_asked_for_again_and_a_second_one_of_an_invoice_waits_for_the_first()
    {
        var sandbox = await stage.ProjectAsync();
        await sandbox.SubscribeAsync("""{"customer": "jürgen", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices"))["data"][0]!["id"]!.GetValue<string>();
        var order = $$"""{"customer": "jürgen", "invoice": "{{invoice}}"}""";
        stage.Stripe.Next(StripeMishap.ServerError, 3, "/v1/checkout/sessions");

        (await sandbox.Door.PostAsync("/v1/checkouts", order)).Status.ShouldBe(HttpStatusCode.BadGateway);
        var opened = await sandbox.Door.PostAsync("/v1/checkouts", order);
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        var second = await sandbox.Door.PostAsync("/v1/checkouts", order);

        (second.Status, (string?)second["code"]).ShouldBe((HttpStatusCode.Conflict, "payment_pending"));
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().Select(static one => (string?)one!["status"]).ShouldBe(["pending", "failed"]);
        (await sandbox.Door.DeleteAsync("/v1/customers/j%C3%BCrgen")).Status.ShouldBe(HttpStatusCode.Conflict, "Money may be on its way.");
    }

    [Fact]
    public async Task The_catalogue_is_brought_to_Stripe()
    {
        var sandbox = await stage.ProjectAsync();
        var dry = await sandbox.Door.PostAsync("/v1/stripe/sync", """{"dry_run": true}""");
        dry.Status.ShouldBe(HttpStatusCode.OK, dry.Json?.ToJsonString());
        var lines = (await sandbox.Door.PostAsync("/v1/stripe/sync", "{}"))["lines"].AsArray();
        lines.Select(static line => $"{line!["name"]} {line["outcome"]}").ShouldContain("pro monthly JPY created");
        lines.Select(static line => $"{line!["name"]} {line["outcome"]}").ShouldContain("team monthly USD skipped");

        var other = await BillingSandbox.StartAsync(stage.Running, "2027-01-31T00:00:00Z");
        var refused = await other.Door.PostAsync("/v1/stripe/sync", "{}");
        (refused.Status, (string?)refused["code"]).ShouldBe((HttpStatusCode.Conflict, "billing_not_configured"));
    }
}
