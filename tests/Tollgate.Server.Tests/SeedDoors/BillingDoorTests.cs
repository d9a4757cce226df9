using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>
/// The seeds' doors to subscriptions, in sandboxes whose clocks the tests move: B's <c>/api/billing</c> and A's <c>/admin/stats/plans</c>.
/// </summary>
[Collection(RunningServerTests.Commands)]
public sealed class BillingDoorTests(RunningServer running)
{
    private Task<BillingSandbox> EmailAssistantAsync() => BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", "email-assistant");

    /// <summary>The answer without the parts that differ each time.</summary>
    private static Came Comparable(Came came)
    {
        Guid.TryParse(came["id"].GetValue<string>(), out _).ShouldBeTrue();
        came.Json!["id"] = "id";
        return came;
    }

    private static string Told(
        string tier, long cents, string updated, string scheduled = "null", string cancel = "null", string status = "active",
        string trialEnd = "null",
        string end = "2027-05-01T00:00:00Z", string created = "2027-04-01T00:00:00Z", string period = "monthly") =>
        $$"""
        {"id": "id", "user_id": "u", "tier": "{{tier}}", "status": "{{status}}", "stripe_subscription_id": null, "billing_period": "{{period}}",
         "current_period_start": "{{created}}", "current_period_end": "{{end}}", "trial_end": {{trialEnd}}, "scheduled_tier": {{scheduled}},
         "cancel_at": {{cancel}}, "amount_cents": {{cents}}, "currency": "USD", "created_at": "{{created}}", "updated_at": "{{updated}}"}
        """;

    // ---- B ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task B_a_life_from_subscribing_over_an_upgrade_and_a_downgrade_to_the_end()
    {
        var sandbox = await EmailAssistantAsync();
        var door = sandbox.Door;
        Comparable(await door.PostAsync("/api/billing/subscribe", """{"user_id": "u", "tier": "starter"}""")).ShouldBe(
            HttpStatusCode.Created, Told("starter", 1900, "2027-04-01T00:00:00Z"));
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe("starter");

        // Half of April: 950 back of 1900, 2450 of 4900.
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        Comparable(await door.PutAsync("/api/billing/upgrade", """{"user_id": "u", "tier": "professional"}""")).ShouldBe(
            HttpStatusCode.OK, Told("professional", 1500, "2027-04-16T00:00:00Z"));
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe("professional");

        await sandbox.AdvanceAsync("2027-04-20T00:00:00Z");
        Comparable(await door.PutAsync("/api/billing/downgrade", """{"user_id": "u", "tier": "starter"}""")).ShouldBe(
            HttpStatusCode.OK, Told("professional", 0, "2027-04-20T00:00:00Z", scheduled: "\"starter\""));
        await sandbox.AdvanceAsync("2027-05-02T00:00:00Z");
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe("starter");

        var canceled = await door.DeleteAsync("/api/billing/cancel?user_id=u&reason=too_expensive");
        (canceled.Status, canceled["status"].GetValue<string>(),
            canceled["cancel_at"].GetValue<string>()).ShouldBe((HttpStatusCode.OK, "active", "2027-06-01T00:00:00Z"));
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe("free");
        (await sandbox.InvoicesAsync("u")).ShouldBe(
        [
            "000001 start 1900 = subscription 1900", "000002 change 1500 = proration_credit -950, proration_charge 2450",
            "000003 renewal 1900 = subscription 1900",
        ]);
    }

    [Fact]
    public async Task B_a_trial_is_had_when_it_is_asked_for_and_cancel_may_be_now()
    {
        var sandbox = await EmailAssistantAsync();
        Comparable(
            await sandbox.Door.PostAsync(
                "/api/billing/subscribe", """{"user_id": "u", "tier": "starter", "billing_period": "yearly", "trial": true}""")).ShouldBe(
            HttpStatusCode.Created,
            Told("starter", 0, "2027-04-01T00:00:00Z", status: "trialing", trialEnd: "\"2027-04-15T00:00:00Z\"",
                end: "2027-04-15T00:00:00Z", period: "yearly"));

        var upgraded = await sandbox.Door.PutAsync("/api/billing/upgrade", """{"user_id": "u", "tier": "business"}""");
        (upgraded["tier"].GetValue<string>(), upgraded["status"].GetValue<string>(),
            upgraded["amount_cents"].GetValue<long>()).ShouldBe(("business", "trialing", 0));
        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        (await sandbox.Door.DeleteAsync("/api/billing/cancel?user_id=u&at=now"))["status"].GetValue<string>().ShouldBe("canceled");
        (await sandbox.Door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe("free");
    }

    [Theory]
    [InlineData("pm_sandbox_visa", HttpStatusCode.OK, "professional", "paid")]
    [InlineData("pm_sandbox_declined", HttpStatusCode.PaymentRequired, "starter", null)]
    public async Task B_an_upgrade_is_paid_before_the_user_gets_the_tier(string card, HttpStatusCode status, string tier, string? invoice)
    {
        var sandbox = await EmailAssistantAsync();
        var door = sandbox.Door;
        await door.PostAsync("/api/billing/subscribe", """{"user_id": "u", "tier": "starter"}""");
        (await door.PostAsync("/v1/customers/u/payment-methods", $$"""{"token": "{{card}}"}""")).Status.ShouldBe(HttpStatusCode.Created);

        var upgraded = await door.PutAsync("/api/billing/upgrade", """{"user_id": "u", "tier": "professional"}""");

        upgraded.Status.ShouldBe(status, upgraded.Json?.ToJsonString());
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe(tier);
        var invoices = (await door.GetAsync("/v1/invoices?customer=u"))["data"].AsArray();
        invoices.Where(static one => one!["number"]!.GetValue<string>().EndsWith("000002", StringComparison.Ordinal))
            .Select(static one => one!["status"]!.GetValue<string>())
            .SingleOrDefault().ShouldBe(invoice);

        // An upgrade to a cheaper tier is refused before any charge.
        (await door.PutAsync("/api/billing/downgrade", """{"user_id": "u", "tier": "business"}""")).Status.ShouldBe(
            HttpStatusCode.Conflict);
        (await door.GetAsync("/api/usage/limits?user_id=u"))["tier"].GetValue<string>().ShouldBe(tier);
    }

    [Fact]
    public async Task B_a_change_in_the_wrong_direction_is_refused_and_the_present_tier_takes_back_what_was_to_come()
    {
        var sandbox = await EmailAssistantAsync();
        var door = sandbox.Door;
        await door.PostAsync("/api/billing/subscribe", """{"user_id": "u", "tier": "professional"}""");
        (await door.PutAsync("/api/billing/upgrade", """{"user_id": "u", "tier": "starter"}""")).ShouldBe(
            HttpStatusCode.Conflict, """{"detail": "Plan 'starter' costs no more a month than 'professional', which the customer has."}""");
        (await door.PutAsync("/api/billing/downgrade", """{"user_id": "u", "tier": "business"}""")).ShouldBe(
            HttpStatusCode.Conflict,
            """{"detail": "Plan 'business' costs no less a month than 'professional', which the customer has."}""");
        (await door.PostAsync("/api/billing/subscribe", """{"user_id": "u", "tier": "starter"}""")).Status.ShouldBe(
            HttpStatusCode.Conflict);

        (await door.PutAsync("/api/billing/downgrade", """{"user_id": "u", "tier": "free"}"""))["scheduled_tier"].GetValue<string>()
            .ShouldBe("free");
        Comparable(await door.PutAsync("/api/billing/upgrade", """{"user_id": "u", "tier": "professional"}""")).ShouldBe(
            HttpStatusCode.OK, Told("professional", 0, "2027-04-01T00:00:00Z"));
    }

    [Theory]
    [InlineData("POST", "subscribe", """{"user_id": "n", "tier": "gold"}""", 404)]
    [InlineData("POST", "subscribe", """{"user_id": "n"}""", 422)]
    [InlineData("POST", "subscribe", """{"user_id": "n", "tier": "starter", "billing_period": "daily"}""", 422)]
    [InlineData("POST", "subscribe", """{"user_id": "n", "tier": "starter", "price": 1}""", 422)]
    [InlineData("POST", "subscribe", """{"tier": "starter"}""", 422)]
    [InlineData("POST", "subscribe", """{"user_id": """, 400)]
    [InlineData("PUT", "upgrade", """{"user_id": "n", "tier": "starter"}""", 404)]
    [InlineData("PUT", "downgrade", """{"user_id": "n", "tier": "starter"}""", 404)]
    [InlineData("DELETE", "cancel?user_id=n", null, 404)]
    [InlineData("DELETE", "cancel?user_id=n&at=soon", null, 422)]
    [InlineData("DELETE", "cancel", null, 422)]
    public async Task B_what_is_impossible_is_a_detail(string method, string path, string? body, int status)
    {
        var refused = await running.DoorOf("email-assistant").SendAsync(new HttpMethod(method), "/api/billing/" + path, body);
        ((int)refused.Status).ShouldBe(status, refused.Json?.ToJsonString());
        refused.Json!.AsObject().Select(static member => member.Key).ShouldBe(["detail"]);
        refused["detail"].GetValue<string>().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task B_a_user_cannot_take_a_tier_without_paying()
    {
        var made = await running.DoorOf("email-assistant").PostAsync("/v1/customers/b-token/tokens", "{}");
        var token = running.DoorWith(made["token"].GetValue<string>());
        (await token.GetAsync("/api/usage/current")).Status.ShouldBe(HttpStatusCode.OK);
        (await token.PostAsync("/api/billing/subscribe", """{"tier": "business"}""")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    // ---- A ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_plans_counts_users_and_subscriptions_of_the_project()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "plain"}""");
        await sandbox.SubscribeAsync("""{"customer": "trying", "plan": "pro"}""");
        await sandbox.SubscribeAsync("""{"customer": "yearly", "plan": "pro", "period": "yearly", "trial": false}""");
        var pausing = await sandbox.SubscribeAsync("""{"customer": "pausing", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{pausing}/pause");
        var gone = await sandbox.SubscribeAsync("""{"customer": "gone", "plan": "enterprise"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{gone}/cancel", """{"at": "now"}""");

        var stats = await running.DoorWith(null).SendAsync(
            HttpMethod.Get, "/admin/stats/plans", null, ("X-Admin-Key", running.Server.AdminKey), ("X-Project", sandbox.Code));

        stats.ShouldBe(HttpStatusCode.OK, """
            {"total_users": 5, "total_subscriptions": 3, "plans": [
             {"plan_code": "free", "name": "Free", "users": 3, "percentage": 60, "subscriptions": 0, "by_status": {}, "by_billing_period": {} },
             {"plan_code": "pro", "name": "Pro", "users": 2, "percentage": 40, "subscriptions": 3, "by_status": {"active": 1, "paused": 1, "trialing": 1},
              "by_billing_period": {"monthly": 2, "yearly": 1} },
             {"plan_code": "enterprise", "name": "Enterprise", "users": 0, "percentage": 0, "subscriptions": 0, "by_status": {}, "by_billing_period": {} },
             {"plan_code": "team", "name": "Team", "users": 0, "percentage": 0, "subscriptions": 0, "by_status": {}, "by_billing_period": {} }]}
            """);
        (await running.DoorWith(null).GetAsync("/admin/stats/plans")).ShouldBe(HttpStatusCode.Forbidden, """{"detail": "Forbidden"}""");
    }
}
