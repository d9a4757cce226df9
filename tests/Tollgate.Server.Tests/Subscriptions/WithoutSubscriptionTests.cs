using System.Net;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>The rights of a customer whose subscription has ended or is paused, by the policy of the catalogue.</summary>
[Collection(RunningServerTests.Others)]
public sealed class WithoutSubscriptionTests(RunningServer running)
{
    private static readonly string Inactive = BillingSandbox.Catalog.Replace(
        "default_plan: free", "default_plan: free\nwithout_subscription: inactive", StringComparison.Ordinal);

    private static Task<Came> ConsumeAsync(Door door, string customer, string feature = "calls") =>
        door.PostAsync("/v1/consume", $$"""{"customer": "{{customer}}", "feature": "{{feature}}"}""");

    [Fact]
    public async Task Under_inactive_every_decision_is_402_and_facts_are_recorded()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z", Inactive);
        var door = sandbox.Door;
        (await ConsumeAsync(door, "new")).Status.ShouldBe(HttpStatusCode.OK, "who never had a subscription has the default plan");
        var id = await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro", "period": "monthly", "trial": false}""");
        (await ConsumeAsync(door, "c")).Status.ShouldBe(HttpStatusCode.OK);
        var hold = await door.PostAsync("/v1/reservations", """{"customer": "c", "feature": "calls", "amount": 2}""");

        await door.PostAsync($"/v1/subscriptions/{id}/pause", "{}");
        var refused = await ConsumeAsync(door, "c");
        refused.Status.ShouldBe(HttpStatusCode.PaymentRequired);
        (refused["code"].GetValue<string>(), refused["reason"].GetValue<string>(),
            refused["plan"].GetValue<string>()).ShouldBe(("subscription_inactive", "subscription_inactive", "free"));
        var check = await door.PostAsync("/v1/check", """{"customer": "c", "feature": "calls"}""");
        (check["allowed"].GetValue<bool>(), check["reason"].GetValue<string>()).ShouldBe((false, "subscription_inactive"));
        (await door.PostAsync("/v1/reservations", """{"customer": "c", "feature": "calls", "amount": 1}""")).Status.ShouldBe(
            HttpStatusCode.PaymentRequired);
        var enforced = await door.PostAsync("/v1/events?enforce=true", """{"customer": "c", "type": "calls"}""");
        enforced["rejected"][0]!["code"]!.GetValue<string>().ShouldBe("subscription_inactive");
        await door.SendAsync(HttpMethod.Put, "/v1/upstreams/openai", """{"api_key": "k"}""");
        var call = await door.SendAsync(
            HttpMethod.Post, "/gateway/openai/v1/chat/completions", """{"model": "gpt-4o", "max_tokens": 5, "messages": []}""",
            ("X-Tollgate-Customer", "c"), ("X-Tollgate-Feature", "calls"));
        (call.Status,
            call.Message.Headers.GetValues("X-Tollgate-Error")
                .Single()).ShouldBe((HttpStatusCode.PaymentRequired, "subscription_inactive"));
        (await door.PostAsync("/v1/events", """{"customer": "c", "type": "calls"}"""))["accepted"].GetValue<int>()
            .ShouldBe(1, "a fact is recorded");
        (await door.PostAsync($"/v1/reservations/{hold["id"].GetValue<string>()}/settle", """{"amount": 2}""")).Status.ShouldBe(
            HttpStatusCode.OK, "the work was done");

        await door.PostAsync($"/v1/subscriptions/{id}/resume", "{}");
        (await ConsumeAsync(door, "c")).Status.ShouldBe(HttpStatusCode.OK);
        await door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "period_end"}""");
        (await ConsumeAsync(door, "c")).Status.ShouldBe(HttpStatusCode.OK, "until the period ends");
        await sandbox.AdvanceAsync("2027-03-20T00:00:00Z");
        (await ConsumeAsync(door, "c")).Status.ShouldBe(HttpStatusCode.PaymentRequired);

        await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro", "period": "monthly", "trial": false}""");
        (await ConsumeAsync(door, "c")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_plan_that_is_assigned_by_hand_stands_in_place_of_the_subscription_and_the_policy_may_change()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z", Inactive);
        var id = await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro", "period": "monthly", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now"}""");
        await sandbox.AdvanceAsync("2027-01-11T00:00:00Z");
        (await ConsumeAsync(sandbox.Door, "c")).Status.ShouldBe(HttpStatusCode.PaymentRequired);
        (await sandbox.PutCatalogAsync(BillingSandbox.Catalog, dryRun: true)).ToJsonString().ShouldContain("without_subscription");
        await sandbox.PutCatalogAsync(BillingSandbox.Catalog, dryRun: false);
        (await ConsumeAsync(sandbox.Door, "c"))["plan"].GetValue<string>().ShouldBe("free", "default_plan is the default");
        await sandbox.PutCatalogAsync(Inactive, dryRun: false);
        (await ConsumeAsync(sandbox.Door, "c")).Status.ShouldBe(HttpStatusCode.PaymentRequired);

        (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/customers/c/plan", """{"plan": "enterprise"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await ConsumeAsync(sandbox.Door, "c"))["plan"].GetValue<string>().ShouldBe("enterprise");
    }

    [Fact]
    public async Task The_doors_of_the_seeds_say_it_as_E_does()
    {
        // C's catalogue, in a sandbox whose subscription needs no payment to begin.
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z",
            Inactive.Replace(
                "- { code: exports, name: Exports, unit: export }", "- { code: export, name: Exports, unit: export }",
                StringComparison.Ordinal)
                .Replace("feature: exports", "feature: export", StringComparison.Ordinal));
        var id = await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro", "period": "monthly", "trial": false}""");
        (await sandbox.Door.SendAsync(HttpMethod.Post, "/export/posts/csv", null, ("X-Tollgate-Customer", "c"))).Status.ShouldBe(
            HttpStatusCode.OK);
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/pause", "{}");
        (await sandbox.Door.SendAsync(HttpMethod.Post, "/export/posts/csv", null, ("X-Tollgate-Customer", "c"))).ShouldBe(
            HttpStatusCode.PaymentRequired, """{"detail": "Active subscription required"}""");
    }
}
