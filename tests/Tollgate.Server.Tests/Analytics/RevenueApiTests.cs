using System.Globalization;
using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>A project's earned revenue by day, as its own figure and as the seed's <c>total_revenue_usd</c>.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class RevenueApiTests(RunningServer running)
{
    [Fact]
    public async Task A_month_is_earned_day_by_day_and_a_credit_note_takes_back()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");

        (await EarnedAsync(sandbox, "2027-04-01", "2027-04-30")).ShouldBe((29.00m, "0.97"));
        (await EarnedAsync(sandbox, "2027-03-01", "2027-03-31")).ShouldBe((0m, "0"));

        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"amount": 1450, "reason": "Outage"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        (await EarnedAsync(sandbox, "2027-04-01", "2027-04-30")).Total.ShouldBe(14.50m);
    }

    [Fact]
    public async Task A_year_in_advance_is_earned_over_the_year()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "period": "yearly", "trial": false}""");

        var (quarter, aDay) = await EarnedAsync(sandbox, "2027-01-01", "2027-03-31");

        aDay.ShouldBe("0.79", "29000 cents in 365 days.");
        quarter.ShouldBe(71.51m, "29000 × 90 ÷ 365.");
        var door = await sandbox.Door.GetAsync("/admin/stats/revenue-vs-cost?days=1");
        (door["total_revenue_usd"].GetValue<decimal>(), door["estimated_profit_usd"].GetValue<decimal>(),
            door["profit_margin_percent"].GetValue<decimal>()).ShouldBe((0.79m, 0.79m, 100m));
    }

    [Fact]
    public async Task A_void_invoice_earns_nothing_and_an_upgrade_earns_more_from_then_on()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "gone", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=gone"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void")).Status.ShouldBe(HttpStatusCode.OK);
        (await EarnedAsync(sandbox, "2027-04-01", "2027-04-30")).ShouldBe((0m, "0"));

        var made = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{made}", """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);
        var days = await sandbox.Door.GetAsync("/v1/analytics/revenue-vs-cost?from=2027-04-15&to=2027-04-16");

        days["daily"].AsArray().Select(static day => day!["revenue"]!.GetValue<string>())
            .ShouldBe(["0.97", "9.96"], "96.67 and 996.67 cents: the days add up to 1,093.33.");
    }

    [Fact]
    public async Task A_lost_dispute_reduces_revenue()
    {
        var (sandbox, invoice) = await PaymentSteps.OwingAsync(running, "pm_sandbox_visa");
        var payment = PaymentSteps.Word(await PaymentSteps.ChargeAsync(sandbox, invoice), "id");
        await PaymentSteps.HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 2000");
        await UntilAsync(async () => await HasDisputeAsync("open"));
        (await EarnedAsync(sandbox, "2027-01-01", "2027-03-31")).Total.ShouldBe(29.00m, "It is not decided.");

        await PaymentSteps.HappenAsync(sandbox, "dispute.lost", payment, ", \"amount\": 2000");
        await UntilAsync(async () => await HasDisputeAsync("lost"));

        (await EarnedAsync(sandbox, "2027-01-01", "2027-03-31")).Total.ShouldBe(9.00m);

        async Task<bool> HasDisputeAsync(string status) =>
            (await sandbox.Door.GetAsync("/v1/disputes?status=" + status))["data"].AsArray().Count == 1;
    }

    private static async Task<(decimal Total, string FirstDay)> EarnedAsync(BillingSandbox sandbox, string from, string to)
    {
        var came = await sandbox.Door.GetAsync($"/v1/analytics/revenue-vs-cost?from={from}&to={to}");
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return (decimal.Parse(came["revenue"].GetValue<string>(), CultureInfo.InvariantCulture),
            came["daily"][0]!["revenue"]!.GetValue<string>());
    }
}
