using System.Net;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>The seeds' payment doors of a project with Stripe, against a double.</summary>
public sealed class StripeDoorTests(StripeHost host) : IClassFixture<StripeHost>
{
    [Theory]
    [InlineData("/webhooks/stripe")]
    [InlineData("/billing/webhook")]
    [InlineData("/billing/webhooks/stripe")]
    public async Task A_webhook_is_taken_at_the_products_own_path_and_applied_once(string path)
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var paid = await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        var payment = paid["id"].GetValue<string>();
        var intent = (string)host.Stripe.Books.All("payment_intent")
            .Single(one => (string?)one["metadata"]!["tollgate_payment"] == payment)["id"]!;
        var from = host.Stripe.Books.Events.Count;
        host.Stripe.Books.Refund(intent, 900);
        foreach (var happened in host.Stripe.Books.Events.Skip(from).ToList())
        {
            for (var i = 0; i < 3; i++)
            {
                using var answer = await StripeDouble.SendAsync(
                    host.Running.Server.Http, path, happened, TimeProvider.System.GetUtcNow(), StripeHost.SecretOf(sandbox));
                (answer.StatusCode, await answer.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, """{"status":"success"}"""));
            }
        }

        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/payments/" + payment))["amount_refunded"].GetValue<long>() == 900);
        (await sandbox.Door.GetAsync("/v1/payments/" + payment))["refunds"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task C_the_pages_are_Stripes()
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z", "resume-ats");
        var chosen = await sandbox.Door.PutAsync(
            "/v1/payment-settings",
            $$"""{"provider": "stripe", "credentials": {"secret_key": "{{StripeDouble.SecretKey}}", "webhook_secret": "{{StripeHost.SecretOf(sandbox)}}"} }""");
        chosen.Status.ShouldBe(HttpStatusCode.OK, chosen.Json?.ToJsonString());
        (await sandbox.Door.GetAsync("/billing/status")).ShouldBe(
            HttpStatusCode.OK, """{"status": "ok", "configured": true, "provider": "stripe"}""");

        var made = await sandbox.Door.SendAsync(
            HttpMethod.Post, "/billing/create-checkout-session",
            """{"plan": "pro", "success_url": "http://localhost:3000/dashboard?success=true", "cancel_url": "http://localhost:3000/billing?canceled=true"}""",
            ("X-Tollgate-Customer", "u"));
        made.Status.ShouldBe(HttpStatusCode.OK, made.Json?.ToJsonString());
        made["checkout_url"].GetValue<string>().ShouldStartWith("https://checkout.stripe.com/");
        made["session_id"].GetValue<string>().ShouldBe((string)host.Stripe.Books.All("checkout.session").Last()["id"]!);
        made["session_id"].GetValue<string>().ShouldStartWith("cs_test_");

        var managed = await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "stripe", "subscriptions": "provider"}""");
        managed.Status.ShouldBe(HttpStatusCode.OK, managed.Json?.ToJsonString());
        await sandbox.Door.PostAsync("/v1/stripe/sync", "{}");
        var subscribed = await sandbox.Door.SendAsync(
            HttpMethod.Post, "/billing/create-checkout-session",
            """{"plan": "pro", "success_url": "http://localhost:3000/dashboard?success=true", "cancel_url": "http://localhost:3000/billing?canceled=true"}""",
            ("X-Tollgate-Customer", "v"));
        subscribed.Status.ShouldBe(HttpStatusCode.OK, subscribed.Json?.ToJsonString());
        ((string?)host.Stripe.Books.All("checkout.session").Last()["mode"]).ShouldBe(
            "subscription", "The door follows the project's setting.");
        subscribed["session_id"].GetValue<string>().ShouldBe((string)host.Stripe.Books.All("checkout.session").Last()["id"]!);

        var portal = await sandbox.Door.SendAsync(HttpMethod.Post, "/billing/create-portal-session", null, ("X-Tollgate-Customer", "u"));
        portal.Status.ShouldBe(HttpStatusCode.OK, portal.Json?.ToJsonString());
        portal["portal_url"].GetValue<string>().ShouldStartWith("https://billing.stripe.com/");
    }

    /// <summary>The column <c>stripe_subscription_id</c> of the seed's <c>subscriptions</c>.</summary>
    [Fact]
    public async Task B_a_subscription_that_Stripe_manages_has_its_stripe_subscription_id()
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z", "email-assistant");
        var chosen = await sandbox.Door.PutAsync(
            "/v1/payment-settings",
            $$"""
            {"provider": "stripe", "subscriptions": "provider",
             "credentials": {"secret_key": "{{StripeDouble.SecretKey}}", "webhook_secret": "{{StripeHost.SecretOf(sandbox)}}"} }
            """);
        chosen.Status.ShouldBe(HttpStatusCode.OK, chosen.Json?.ToJsonString());
        await sandbox.Door.PostAsync("/v1/stripe/sync", "{}");
        var opened = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "u", "plan": "starter", "period": "monthly", "success_url": "http://a.example", "cancel_url": "http://b.example"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        var told = host.Stripe.Books.Events.Count;
        host.Stripe.Books.Pay((string)host.Stripe.Books.All("checkout.session").Last()["id"]!);
        foreach (var happened in host.Stripe.Books.Events.Skip(told).ToList())
        {
            using var answer = await StripeDouble.SendAsync(
                host.Running.Server.Http, "/webhooks/stripe", happened, TimeProvider.System.GetUtcNow(), StripeHost.SecretOf(sandbox));
        }

        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/subscriptions?customer=u"))["data"].AsArray().Count == 1);
        var canceled = await sandbox.Door.DeleteAsync("/api/billing/cancel?user_id=u");
        canceled.Status.ShouldBe(HttpStatusCode.OK, canceled.Json?.ToJsonString());
        canceled["stripe_subscription_id"].GetValue<string>()
            .ShouldBe((string)host.Stripe.Books.All("subscription").Last()["id"]!);
        canceled["stripe_subscription_id"].GetValue<string>().ShouldStartWith("sub_");
    }
}
