using System.Net;
using System.Web;
using Tollgate.Server.Tests.Subscriptions;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>Renewals paid by a card that was saved on Paymob's page. Each test has a project of its own.</summary>
public sealed class PaymobChargeLives(PaymobServer server) : IClassFixture<PaymobServer>
{
    private const string Pay = "/api/acceptance/payments/pay";

    private readonly PaymobDouble _paymob = server.Paymob;

    [Fact]
    public async Task Only_who_has_an_integration_for_it_charges_saved_cards()
    {
        (await CanChargeAsync(server.Sandbox)).ShouldBeFalse();
        (await CanChargeAsync(await server.ProjectAsync(chargesCards: true))).ShouldBeTrue();

        static async Task<bool> CanChargeAsync(BillingSandbox of) =>
            (await of.Door.GetAsync("/v1/payment-settings"))["capabilities"]["charges_saved_methods"]!.GetValue<bool>();
    }

    [Fact]
    public async Task A_year_of_renewals_is_paid_by_the_saved_card()
    {
        var sandbox = await SavedAsync("tok_good");

        await sandbox.AdvanceAsync("2028-01-15T00:00:00Z");

        (await StatesAsync(sandbox)).ShouldBe(Enumerable.Repeat("succeeded", 12));
        (await sandbox.Door.GetAsync("/v1/invoices?customer=amal&limit=100"))["data"].AsArray()
            .ShouldAllBe(static one => (string?)one!["status"] == "paid");
        (await FoundAsync(server.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_saved_card_that_is_declined_makes_past_due_and_is_tried_again()
    {
        var sandbox = await SavedAsync("tok_poor");
        _paymob.Declining["tok_poor"] = "INSUFFICIENT_FUNDS";

        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("past_due");
        (await sandbox.Door.GetAsync("/v1/dunning"))["data"][0]!["failure"]!.GetValue<string>().ShouldBe("insufficient_funds");
        _paymob.Declining.TryRemove("tok_poor", out _);
        await sandbox.AdvanceAsync("2027-03-01T12:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("active");
        (await StatesAsync(sandbox)).ShouldBe(["succeeded", "failed", "succeeded"]);
        (await FoundAsync(server.Running, sandbox)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(PaymobTrouble.LosesAnswer)]
    [InlineData(PaymobTrouble.FailsAfter)]
    public async Task A_charge_whose_answer_is_lost_is_asked_for_and_not_sent_again(PaymobTrouble trouble)
    {
        var sandbox = await SavedAsync($"tok_{trouble}");
        var sent = _paymob.CallsOf(Pay);
        _paymob.Next(Pay, trouble);

        await sandbox.AdvanceAsync("2027-03-01T00:00:00Z");

        await UntilAsync(async () => (await StatesAsync(sandbox)).SequenceEqual(["succeeded", "succeeded"]));
        (_paymob.CallsOf(Pay) - sent).ShouldBe(1);
        (await FoundAsync(server.Running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_charge_of_which_Paymob_knows_nothing_waits_and_is_not_sent_again()
    {
        var sandbox = await SavedAsync("tok_nothing");
        var sent = _paymob.CallsOf(Pay);
        _paymob.Next(Pay, PaymobTrouble.Fails);

        await sandbox.AdvanceAsync("2027-03-01T00:00:00Z");
        await Task.Delay(TimeSpan.FromSeconds(3));

        (await StatesAsync(sandbox)).ShouldBe(["succeeded", "pending"]);
        (_paymob.CallsOf(Pay) - sent).ShouldBe(1);
    }

    /// <summary>amal has paid for Pro on Paymob's page on the 31st of January, and agreed to save the card.</summary>
    private async Task<BillingSandbox> SavedAsync(string token)
    {
        var sandbox = await server.ProjectAsync(chargesCards: true);
        var opened = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "amal", "plan": "pro", "period": "monthly", "currency": "EGP", "success_url": "https://app.example.com/paid", "cancel_url": "https://app.example.com/not"}""");
        var paid = _paymob.Pay(HttpUtility.ParseQueryString(new Uri(Word(opened, "url")).Query)["clientSecret"]!);
        var anybody = server.Running.DoorWith(null);
        foreach (var (query, body) in new[] { _paymob.CallbackOf(paid), _paymob.CardOf(paid, token) })
        {
            (await anybody.PostAsync("/v1/webhooks/paymob" + query, body)).Status.ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => (await StatesAsync(sandbox)).SequenceEqual(["succeeded"]));
        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/customers/amal/payment-methods"))["data"].AsArray().Count == 1);
        return sandbox;
    }

    private static async Task<string> StatusAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=amal"))["data"][0]!["status"]!.GetValue<string>();

    /// <summary>Oldest first.</summary>
    private static async Task<string[]> StatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=amal&limit=100"))["data"].AsArray().Reverse()
            .Select(static one => one!["status"]!.GetValue<string>())];
}
