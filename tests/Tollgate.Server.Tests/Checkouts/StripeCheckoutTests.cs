using System.Net;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>From the plan to the page at Stripe, and back by its events.</summary>
public sealed class StripeCheckoutTests(StripeHost host) : IClassFixture<StripeHost>
{
    private StripeBooks Books => host.Stripe.Books;

    private async Task<(BillingSandbox Sandbox, string Session)> OpenAsync()
    {
        var sandbox = await host.ProjectAsync();
        var opened = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "bea", "plan": "enterprise", "period": "monthly", "success_url": "https://app.example.com/ok", "cancel_url": "https://app.example.com/no"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        new Uri((string)opened["url"]!).Host.ShouldBe("checkout.stripe.com");
        return (sandbox, (string)Books.All("checkout.session").Last()["id"]!);
    }

    [Fact]
    public async Task A_payment_on_Stripes_page_gives_the_plan_and_saves_the_card()
    {
        var (sandbox, session) = await OpenAsync();
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray()
            .ShouldBeEmpty("Nothing is given before it is paid.");

        Books.Pay(session);
        var intent = (string)Books.Get("checkout.session", session)["payment_intent"]!;
        var told = Books.EventsOf(session, intent)
            .Where(one => (string?)one["data"]!["object"]!["id"] is { } id && (id == session || id == intent));
        foreach (var happened in told.Reverse().SelectMany(static one => new[] { one, one }))
        {
            (await host.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray() is [{ } one]
            && (string?)one["status"] == "active");
        var paid = (await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"].AsArray().ShouldHaveSingleItem();
        ((string?)paid!["status"], (string?)paid["reference"], (long?)paid["amount"]).ShouldBe(("succeeded", intent, 29900));
        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/customers/bea/payment-methods"))["data"].AsArray() is [{ } one]
            && (string?)one["provider"] == "stripe");
    }

    [Fact]
    public async Task A_page_that_nobody_pays_on_gives_nothing()
    {
        var (sandbox, session) = await OpenAsync();
        await host.SendAsync(sandbox, Books.Expire(session) is var expired ? Books.EventsOf((string)expired["id"]!)[^1] : null!);
        await UntilAsync(async () => (string?)(await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"][0]!["status"] == "failed");
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=bea"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_whose_end_nobody_told_is_asked_for()
    {
        var (sandbox, session) = await OpenAsync();
        Books.Expire(session);
        await UntilAsync(async () =>
            (string?)(await sandbox.Door.GetAsync("/v1/payments?customer=bea"))["data"][0]!["failure"] == "canceled");
    }

    [Fact]
    public async Task A_page_that_Stripe_did_not_make_is_asked_for_again_and_an_invoice_has_one_page_however_often_it_is_asked_for()
    {
        var sandbox = await host.ProjectAsync();
        await sandbox.SubscribeAsync("""{"customer": "jürgen", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices"))["data"][0]!["id"]!.GetValue<string>();
        var order = $$"""{"customer": "jürgen", "invoice": "{{invoice}}"}""";
        host.Stripe.Next(StripeMishap.ServerError, 3, "/v1/checkout/sessions");

        (await sandbox.Door.PostAsync("/v1/checkouts", order)).Status.ShouldBe(HttpStatusCode.BadGateway);
        var opened = await sandbox.Door.PostAsync("/v1/checkouts", order);
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        var second = await sandbox.Door.PostAsync("/v1/checkouts", order);

        (second.Status, (string?)second["url"],
            (string?)second["id"]).ShouldBe((HttpStatusCode.OK, (string?)opened["url"], (string?)opened["id"]));
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().Select(static one => (string?)one!["status"])
            .ShouldBe(["pending", "failed"]);
        (await sandbox.Door.DeleteAsync("/v1/customers/j%C3%BCrgen")).Status.ShouldBe(HttpStatusCode.Conflict, "Money may be on its way.");
    }

    [Fact]
    public async Task A_page_over_more_than_is_due_by_now_is_closed_and_another_is_made()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var (first, url) = await PageOfAsync(sandbox, invoice);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"reason": "Sorry", "amount": 900}""")).Status.ShouldBe(
            HttpStatusCode.Created);

        var (second, other) = await PageOfAsync(sandbox, invoice);

        other.ShouldNotBe(url);
        ((string?)Books.Get("checkout.session", first)["status"],
            (long?)Books.Get("checkout.session", second)["amount_total"]).ShouldBe(("expired", 2000));
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().Select(static one => (string?)one!["status"])
            .ShouldBe(["pending", "failed"]);
    }

    [Fact]
    public async Task After_a_customer_leaves_a_page_the_saved_card_is_charged_an_hour_later()
    {
        var (sandbox, invoice, session) = await LeftAsync();

        await sandbox.AdvanceAsync("2027-03-01T00:10:00Z");
        (await StatesAsync(sandbox)).ShouldBe(["failed", "pending"], "The attempt of midnight is put off to half past.");

        await sandbox.AdvanceAsync("2027-03-01T00:30:00Z");

        (await StatesAsync(sandbox)).ShouldBe(["failed", "failed", "succeeded"]);
        ((string?)Books.Get("checkout.session", session)["status"]).ShouldBe("expired");
        ((string?)(await sandbox.Door.GetAsync($"/v1/invoices/{invoice}"))["status"]).ShouldBe("paid");
        ((string?)(await sandbox.Door.GetAsync("/v1/subscriptions?customer=ann"))["data"][0]!["status"]).ShouldBe("active");
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_who_paid_on_the_page_before_it_closed_is_not_charged_again()
    {
        var (sandbox, invoice, session) = await LeftAsync();
        Books.Pay(session);

        await sandbox.AdvanceAsync("2027-03-05T00:00:00Z");

        (await StatesAsync(sandbox)).ShouldBe(["failed", "succeeded"]);
        ((string?)(await sandbox.Door.GetAsync($"/v1/invoices/{invoice}"))["status"]).ShouldBe("paid");
        (await PaymentSteps.FoundAsync(host.Running, sandbox)).ShouldBeEmpty();
    }

    /// <summary>ann's renewal has failed, her card is good again, and she has opened a page half an hour before the next attempt.</summary>
    private async Task<(BillingSandbox Sandbox, string Invoice, string Session)> LeftAsync()
    {
        var (sandbox, _, card) = await host.OwingAsync(StripeCard.Declined);
        await sandbox.AdvanceAsync("2027-02-28T23:30:00Z");
        Books.Becomes(card, StripeCard.Good);
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=ann"))["data"][0]!["id"]!.GetValue<string>();
        return (sandbox, invoice, (await PageOfAsync(sandbox, invoice)).Session);
    }

    private async Task<(string Session, string Url)> PageOfAsync(BillingSandbox sandbox, string invoice)
    {
        var opened = await sandbox.Door.PostAsync("/v1/checkouts", $$"""{"invoice": "{{invoice}}"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        return ((string)Books.All("checkout.session").Last()["id"]!, (string)opened["url"]!);
    }

    /// <summary>The states of ann's payments, the oldest first.</summary>
    private static async Task<string?[]> StatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=ann"))["data"].AsArray().Reverse()
            .Select(static one => (string?)one!["status"])];

    [Fact]
    public async Task The_catalogue_is_brought_to_Stripe()
    {
        var sandbox = await host.ProjectAsync();
        var dry = await sandbox.Door.PostAsync("/v1/stripe/sync", """{"dry_run": true}""");
        dry.Status.ShouldBe(HttpStatusCode.OK, dry.Json?.ToJsonString());
        var lines = (await sandbox.Door.PostAsync("/v1/stripe/sync", "{}"))["lines"].AsArray();
        lines.Select(static line => $"{line!["name"]} {line["outcome"]}").ShouldContain("pro monthly JPY created");
        lines.Select(static line => $"{line!["name"]} {line["outcome"]}").ShouldContain("team monthly USD skipped");

        var other = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        var refused = await other.Door.PostAsync("/v1/stripe/sync", "{}");
        (refused.Status, (string?)refused["code"]).ShouldBe((HttpStatusCode.Conflict, "billing_not_configured"));
    }
}
