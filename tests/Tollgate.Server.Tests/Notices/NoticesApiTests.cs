using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Notices;

/// <summary>Notices to customers, for as long as their reason lasts. Each test has a project of its own.</summary>
[Collection(nameof(ImpatientServer))]
public sealed class NoticesApiTests(ImpatientServer server)
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_payment_that_failed_is_told_until_it_is_paid_and_what_it_cost_after_the_last_attempt()
    {
        foreach (var isPaid in new[] { true, false })
        {
            var sandbox = await FailingAsync();
            var failed = (await NoticesAsync(sandbox)).ShouldHaveSingleItem();
            (Text(failed, "code"), Text(failed, "severity"),
                Text(failed, "title")).ShouldBe(("payment_failed", "warning", "Your payment of $29.00 failed"));
            Text(failed, "text")
                .ShouldEndWith(
                    "We try again on 1 Mar 2027. You keep Pro for now. If you do not pay by 7 Mar 2027, Pro ends and you move to Free.");
            (Text(failed["action"]!, "do"), Text(failed["action"]!, "label"), failed["amount_due"]!.GetValue<long>(),
                Text(failed, "currency")).ShouldBe(("pay_invoice", "Pay $29.00", 2900, "USD"));
            (At(failed, "since"), At(failed, "next_attempt_at"), At(failed, "happens_at"))
                .ShouldBe((At("2027-02-28T00:00:00Z"), At("2027-03-01T00:00:00Z"), At("2027-03-07T00:00:00Z")));
            await sandbox.AdvanceAsync("2027-03-06T00:00:00Z");
            (Text((await NoticesAsync(sandbox)).Single(), "severity"),
                At((await NoticesAsync(sandbox)).Single(), "next_attempt_at")).ShouldBe(("critical", At("2027-03-07T00:00:00Z")));

            if (isPaid)
            {
                (await sandbox.Door.PostAsync($"/v1/invoices/{Text(failed, "invoice")}/pay")).Status.ShouldBe(HttpStatusCode.OK);
                (await NoticesAsync(sandbox)).ShouldBeEmpty();
                continue;
            }

            await sandbox.AdvanceAsync("2027-03-07T00:00:00Z");
            var ended = (await NoticesAsync(sandbox)).ShouldHaveSingleItem();
            (Text(ended, "code"), Text(ended, "severity"),
                At(ended, "since")).ShouldBe(("plan_ended", "critical", At("2027-03-07T00:00:00Z")));
            Text(ended, "text").ShouldStartWith("Pro ended on 7 Mar 2027 because invoice ");

            await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
            (await NoticesAsync(sandbox)).Select(static one => Text(one, "code"))
                .ShouldBe(["invoice_due", "invoice_due"], "The plan is there again; what is owed still is.");
        }
    }

    [Fact]
    public async Task A_plan_that_waits_for_its_invoice_says_that_paying_gives_it_back()
    {
        var sandbox = await FailingAsync("""{"final_action": "default_plan"}""");
        Text((await NoticesAsync(sandbox)).Single(), "text")
            .ShouldEndWith("If you do not pay by 7 Mar 2027, you move to Free until you do.");

        await sandbox.AdvanceAsync("2027-03-10T00:00:00Z");

        var ended = (await NoticesAsync(sandbox)).ShouldHaveSingleItem();
        Text(ended, "text").ShouldEndWith("You are now on Free. If you pay $29.00, Pro continues at once.");
        (await sandbox.Door.PostAsync($"/v1/invoices/{Text(ended, "invoice")}/pay")).Status.ShouldBe(HttpStatusCode.OK);
        (await NoticesAsync(sandbox)).ShouldAllBe(static one => Text(one, "code") != "plan_ended");
    }

    [Fact]
    public async Task A_customer_without_a_card_is_asked_to_add_one()
    {
        var sandbox = await FailingAsync();
        var card = (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"][0]!;
        await sandbox.Door.SendAsync(HttpMethod.Delete, $"/v1/customers/acme/payment-methods/{Text(card, "id")}", null);

        await sandbox.AdvanceAsync("2027-03-01T00:00:00Z");

        var notice = (await NoticesAsync(sandbox)).Single();
        Text(notice["action"]!, "do").ShouldBe("add_payment_method");
        Text(notice, "text").ShouldContain("no payment method is on file");
    }

    [Fact]
    public async Task The_end_of_a_trial_is_told_for_three_days_and_what_is_scheduled_until_it_comes()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro"}""");
        await sandbox.AdvanceAsync("2027-01-11T23:59:59Z");
        (await NoticesAsync(sandbox)).ShouldBeEmpty();
        await sandbox.AdvanceAsync("2027-01-12T00:00:00Z");
        var trial = (await NoticesAsync(sandbox)).ShouldHaveSingleItem();
        (Text(trial, "code"), Text(trial, "title"),
            At(trial, "happens_at")).ShouldBe(("trial_ending", "Your trial of Pro ends on 15 Jan 2027", At("2027-01-15T00:00:00Z")));

        await sandbox.AdvanceAsync("2027-01-20T00:00:00Z");
        await sandbox.Door.SendAsync(HttpMethod.Patch, "/v1/subscriptions/" + id, """{"plan": "enterprise", "when": "period_end"}""");
        var change = (await NoticesAsync(sandbox)).Single(static one => Text(one, "code") == "change_scheduled");
        (Text(change, "text"), At(change, "since"), At(change, "happens_at"))
            .ShouldBe(
                ("From then on, you have Enterprise for $299.00 a month. You keep Pro until then.", At("2027-01-20T00:00:00Z"),
                    At("2027-02-15T00:00:00Z")));

        await sandbox.AdvanceAsync("2027-01-21T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "period_end"}""");
        var end = (await NoticesAsync(sandbox)).Single(static one => Text(one, "code") is "change_scheduled" or "cancel_scheduled");
        (Text(end, "code"), Text(end, "title"), Text(end["action"]!, "do"),
            At(end, "since")).ShouldBe(("cancel_scheduled", "Pro ends on 15 Feb 2027", "keep_plan", At("2027-01-21T00:00:00Z")));
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/uncancel");
        (await NoticesAsync(sandbox)).ShouldNotContain(static one => Text(one, "code") == "cancel_scheduled");
    }

    [Fact]
    public async Task Usage_that_went_through_a_threshold_is_told_until_more_is_granted()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}""");
        (await NoticesAsync(sandbox)).ShouldBeEmpty();
        await sandbox.UseAsync("acme", "calls", 8);
        await sandbox.AdvanceAsync("2027-01-31T05:00:00Z");
        await sandbox.UseAsync("acme", "calls", 1);

        var notice = (await NoticesAsync(sandbox)).ShouldHaveSingleItem();
        (Text(notice, "code"), Text(notice, "feature"), notice["percent"]!.GetValue<int>(), Text(notice, "severity"), At(notice, "since"))
            .ShouldBe(("quota_reached", "calls", 90, "warning", At("2027-01-31T05:00:00Z")));
        (Text(notice, "title"), Text(notice, "text")).ShouldBe(("Calls: 90% used", "9 of 10 are used. It resets on 1 Feb 2027."));
        await sandbox.UseAsync("acme", "calls", 1);
        Text((await NoticesAsync(sandbox)).Single(), "severity").ShouldBe("critical", "The default plan's cap is a hard one.");

        (await sandbox.Door.PostAsync("/v1/customers/acme/grants", """{"feature": "calls", "amount": 90}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        (await NoticesAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_member_is_told_of_usage_and_not_of_money()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        (await sandbox.Door.PostAsync("/v1/customers/acme/members", """{"id": "grace"}""")).Status.ShouldBe(HttpStatusCode.Created);
        await sandbox.UseAsync("grace", "calls", 85);

        (await NoticesAsync(sandbox, "grace")).Select(static one => Text(one, "code")).ShouldBe(["quota_reached"]);
        (await NoticesAsync(sandbox)).Select(static one => Text(one, "code")).Order().ShouldBe(["invoice_due", "quota_reached"]);
        (await sandbox.Door.GetAsync("/v1/customers/nobody/notices"))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task A_project_that_is_paid_by_hand_announces_no_charge()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        Text((await NoticesAsync(sandbox)).Single(), "text").ShouldEndWith("is charged to your card on 31 Jan 2027.");
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}""")).Status.ShouldBe(HttpStatusCode.OK);

        var notice = (await NoticesAsync(sandbox)).Single();

        Text(notice, "text").ShouldEndWith(" You cannot pay it online. Please follow the payment instructions on the invoice.");
        (notice["action"], notice["next_attempt_at"]).ShouldBe((null, null));
    }

    /// <summary>acme's renewal of the 28th of February has failed once, and nothing will be paid.</summary>
    private async Task<BillingSandbox> FailingAsync(string? policy = null)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        if (policy is not null)
        {
            (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/dunning-policy", policy)).Status.ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "decline", "times": 9}""");
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        return sandbox;
    }

    private static async Task<JsonNode[]> NoticesAsync(BillingSandbox sandbox, string customer = "acme")
    {
        var came = await sandbox.Door.GetAsync($"/v1/customers/{customer}/notices");
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return [.. came["data"].AsArray().Select(static one => one!)];
    }

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    private static DateTimeOffset At(JsonNode from, string member) => from[member]!.GetValue<DateTimeOffset>();

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
