using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Money received, in contrast to earned revenue.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class CashApiTests(RunningServer running)
{
    [Fact]
    public async Task Money_counts_on_the_day_when_it_came_and_on_the_day_when_it_went()
    {
        var (sandbox, invoice) = await PaymentSteps.OwingAsync(running, "pm_sandbox_declined");
        await PaymentSteps.ChargeAsync(sandbox, invoice);
        (await CashAsync(sandbox)).ShouldBe(("0", "0 0 0"), "No money came.");

        await sandbox.AdvanceAsync("2027-02-01T23:59:59Z");
        await PaymentSteps.AddCardAsync(sandbox, "pm_sandbox_visa");
        var payment = PaymentSteps.Word(await PaymentSteps.ChargeAsync(sandbox, invoice), "id");
        (await CashAsync(sandbox)).ShouldBe(("29", "0 29 0"));

        await sandbox.AdvanceAsync("2027-02-02T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 901}""");
        (await CashAsync(sandbox)).ShouldBe(("19.99", "0 29 -9.01"));

        await PaymentSteps.HappenAsync(sandbox, "dispute.opened", payment, ", \"amount\": 1000");
        await UntilAsync(async () => await HasDisputeAsync("open"));
        (await CashAsync(sandbox)).Total.ShouldBe("19.99", "It is not decided.");
        await PaymentSteps.HappenAsync(sandbox, "dispute.lost", payment, ", \"amount\": 1000");
        await UntilAsync(async () => await HasDisputeAsync("lost"));
        (await CashAsync(sandbox)).ShouldBe(("9.99", "0 29 -19.01"));

        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", sandbox.Code);
        var csv = await client.GetStringAsync("/v1/analytics/revenue-vs-cost.csv?from=2027-02-01&to=2027-02-01");
        csv.ShouldStartWith("day,revenue,cost,profit,requests,cash\r\n2027-02-01,");
        csv.ShouldEndWith(",0,29\r\n");

        async Task<bool> HasDisputeAsync(string status) =>
            (await sandbox.Door.GetAsync("/v1/disputes?status=" + status))["data"].AsArray().Count == 1;
    }

    [Fact]
    public async Task A_transfer_is_cash_and_the_seeds_own_door_keeps_the_seeds_members()
    {
        var (sandbox, invoice) = await PaymentSteps.OwingAsync(running, null);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "Bank transfer"}""")).Status.ShouldBe(
            System.Net.HttpStatusCode.OK);

        (await CashAsync(sandbox)).ShouldBe(("29", "29 0 0"));
        (await sandbox.Door.GetAsync("/admin/stats/revenue-vs-cost?days=1")).Json!.AsObject().ContainsKey("cash")
            .ShouldBeFalse("The seed's own door has the seed's members.");
    }

    private static async Task<(string Total, string Days)> CashAsync(BillingSandbox sandbox)
    {
        var came = await sandbox.Door.GetAsync("/v1/analytics/revenue-vs-cost?from=2027-01-31&to=2027-02-02");
        return (came["cash"].GetValue<string>(),
            string.Join(' ', came["daily"].AsArray().Select(static day => day!["cash"]!.GetValue<string>())));
    }
}
