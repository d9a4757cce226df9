using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>A month is billed by what was agreed in it, and money is given back once.</summary>
[Collection(RunningServerTests.Name)]
public sealed class BilledOnceTests(RunningServer running)
{
    [Theory]
    [InlineData("""{"calls": {"quota": 600}}""", 550)]
    [InlineData("""{"calls": {"quota": null, "overage_price": []}}""", 5000)] // unlimited
    public async Task An_override_that_ends_changes_nothing_of_the_months_that_had_it(string agreed, decimal used)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        (await sandbox.Door.PutAsync("/v1/customers/a/overrides", agreed)).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("a", "calls", used);
        await sandbox.AdvanceAsync("2027-05-02T00:00:00Z");
        (await sandbox.Door.PutAsync("/v1/customers/a/overrides", """{"calls": null}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("a", "calls", 20, "2027-04-29T00:00:00Z");
        await sandbox.AdvanceAsync("2027-07-02T00:00:00Z");
        (await sandbox.InvoicesAsync("a")).Select(static line => line[7..]).ShouldBe(
            ["start 2900 = subscription 2900", "renewal 2900 = subscription 2900", "renewal 2900 = subscription 2900", "renewal 2900 = subscription 2900"]);
        (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"].AsArray().Count.ShouldBe(4);
    }

    [Fact]
    public async Task What_a_credit_note_gave_back_a_change_does_not_give_back_again()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", "{}");
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"lines": [1], "reason": "A bad month"}""")).Status.ShouldBe(HttpStatusCode.Created);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 14950 = proration_charge 14950");
        change["invoice"]["paid_from_credits"]!.GetValue<long>().ShouldBe(2900);
    }

    [Fact]
    public async Task What_was_asked_for_by_a_void_invoice_is_not_given_back()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "enterprise"}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 1450 = proration_charge 1450");
    }

    // 120 of 50,000 calls are used: nearly all is left, and half of the time.
    [Fact]
    public async Task A_credit_by_usage_knows_the_quota_that_was_agreed()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        await sandbox.Door.PutAsync("/v1/customers/a/overrides", """{"calls": {"quota": 50000}}""");
        await sandbox.UseAsync("a", "calls", 120);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now", "proration": "usage_aware", "preview": true}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("change 13500 = proration_credit -1450, proration_charge 14950");
    }
}
