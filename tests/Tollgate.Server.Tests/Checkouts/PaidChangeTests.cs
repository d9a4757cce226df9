using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Inbox;
using Tollgate.Server.Tests.Subscriptions;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>An upgrade by API whose payment arrives seconds later: Tollgate makes it only if its price is still the same.</summary>
public sealed class PaidChangeTests(PatientServer server) : IClassFixture<PatientServer>
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task Nothing_happens_meanwhile_and_the_change_is_made()
    {
        var (sandbox, _) = await UpgradingAsync();

        await UntilAsync(async () => await PlanAsync(sandbox) == "enterprise");

        (await CreditAsync(sandbox)).ShouldBe(0);
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_subscription_moved_meanwhile_and_the_money_is_the_customers()
    {
        var (sandbox, subscription) = await UpgradingAsync();
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/cancel", """{"at": "period_end"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/uncancel")).Status.ShouldBe(HttpStatusCode.OK);

        await ShouldBeKeptAsync(sandbox, 0);
    }

    [Fact]
    public async Task It_costs_something_else_meanwhile_and_the_money_is_the_customers()
    {
        var (sandbox, _) = await UpgradingAsync();
        (await sandbox.Door.PostAsync("/v1/customers/acme/credits", """{"kind": "prepaid", "amount": 1000}""")).Status.ShouldBe(
            HttpStatusCode.Created);

        await ShouldBeKeptAsync(sandbox, 1000);
    }

    /// <summary>acme's Pro is changing to Enterprise, and the bank answers in five seconds.</summary>
    private async Task<(BillingSandbox Sandbox, string Subscription)> UpgradingAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await AddCardAsync(sandbox, "pm_sandbox_late");
        var asked = await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"plan": "enterprise"}""");
        (asked.Status, Word(asked, "code")).ShouldBe((HttpStatusCode.Conflict, "payment_pending"));
        return (sandbox, subscription);
    }

    private async Task ShouldBeKeptAsync(BillingSandbox sandbox, long hadBefore)
    {
        await UntilAsync(async () => (string?)(await PaymentAsync(sandbox))["status"] == "succeeded");
        var payment = await PaymentAsync(sandbox);
        payment["invoice"].ShouldBeNull();
        (await CreditAsync(sandbox) - hadBefore).ShouldBe((long)payment["amount"]!);
        (await PlanAsync(sandbox)).ShouldBe("pro");
        (await sandbox.InvoicesAsync("acme")).Length.ShouldBe(1, "Nothing was numbered.");
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> PaymentAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/payments?customer=acme"))["data"].AsArray().ShouldHaveSingleItem()!;

    private static async Task<string> PlanAsync(BillingSandbox sandbox) => Word(await sandbox.Door.GetAsync("/v1/customers/acme"), "plan");

    private static async Task<long> CreditAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>());
}
