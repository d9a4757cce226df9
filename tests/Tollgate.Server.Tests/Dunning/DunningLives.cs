using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Dunning;

/// <summary>
/// Renewals that Tollgate collects automatically, and the consequences of failures. Each test has a project of its own.
/// </summary>
[Collection(nameof(ImpatientServer))]
public sealed class DunningLives(ImpatientServer server)
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_year_of_renewals_is_paid_by_the_card_on_the_day_of_each()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");

        var came = await sandbox.AdvanceAsync("2028-01-15T00:00:00Z");

        came["processed"]["collected"]!.GetValue<int>()
            .ShouldBe(12, "Eleven renewals, and the first invoice an hour after it was asked for.");
        var payments = await PaymentsAsync(sandbox);
        payments.Select(static one => MadeAt(one, "MM-dd HH"))
            .ShouldBe(
                ["01-31 01", "02-28 00", "03-31 00", "04-30 00", "05-31 00", "06-30 00", "07-31 00", "08-31 00", "09-30 00", "10-31 00",
                    "11-30 00", "12-31 00"]);
        (await InvoiceStatesAsync(sandbox)).ShouldAllBe(static one => one == "paid");
        (await StatusAsync(sandbox)).ShouldBe("active");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_customer_who_never_had_a_card_is_not_dunned()
    {
        var sandbox = await SubscribedAsync(null);

        await sandbox.AdvanceAsync("2027-04-15T00:00:00Z");

        (await InvoiceStatesAsync(sandbox)).ShouldBe(["open", "open", "open"]);
        (await StatusAsync(sandbox)).ShouldBe("active");
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_customer_who_removes_the_card_while_the_clock_stands_still_is_dunned()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync("/v1/payments", PaymentSteps.Body(invoice))).Status.ShouldBe(HttpStatusCode.Created);
        var card = (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.DeleteAsync("/v1/customers/acme/payment-methods/" + card)).Status.ShouldBe(HttpStatusCode.NoContent);

        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("past_due");
    }

    [Fact]
    public async Task A_card_that_fails_for_a_week_keeps_the_plan_until_then_and_loses_it_after()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await BehaveAsync(sandbox, "decline", 5);

        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("past_due");
        var owed = (await sandbox.Door.GetAsync("/v1/dunning?customer=acme"))["data"].AsArray().Single()!;
        (owed["attempts"]!.GetValue<int>(), owed["failure"]!.GetValue<string>(), owed["next_attempt_at"]!.GetValue<DateTimeOffset>(),
            owed["amount_due"]!.GetValue<long>())
            .ShouldBe((1, "declined", At("2027-03-01T00:00:00Z"), 2900));
        (await ExportsAsync(sandbox)).ShouldBe(10, "The plan is kept.");
        await ShouldBeCleanAsync(sandbox);

        await sandbox.AdvanceAsync("2027-03-06T23:59:59Z");
        (await StatusAsync(sandbox)).ShouldBe("past_due");
        (await ExportsAsync(sandbox)).ShouldBe(10);

        var processed = (await sandbox.AdvanceAsync("2027-03-07T00:00:00Z"))["processed"];
        (processed["canceled"]!.GetValue<int>(), processed["collecting_failed"]!.GetValue<int>(),
            processed["collected"]!.GetValue<int>()).ShouldBe((1, 1, 0));
        (await StatusAsync(sandbox)).ShouldBe("canceled");
        (await ExportsAsync(sandbox)).ShouldBe(0, "The default plan.");
        (await InvoiceStatesAsync(sandbox)).ShouldBe(["paid", "uncollectible"]);
        var payments = await PaymentsAsync(sandbox);
        payments.Skip(1).Select(static one => MadeAt(one, "MM-dd")).ShouldBe(["02-28", "03-01", "03-03", "03-05", "03-07"]);
        var last = (await sandbox.Door.GetAsync($"/v1/subscriptions/{await IdAsync(sandbox)}/events"))["data"].AsArray()
            .Select(static fact => Text(fact!, "type")).ToArray();
        last.ShouldBe(["start", "renew", "fail_payment", "cancel"]);
        (await sandbox.Door.GetAsync("/v1/dunning"))["data"].AsArray().ShouldBeEmpty();
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await PaymentsAsync(sandbox)).Length.ShouldBe(6, "Nobody is asked any more.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_year_in_one_go_comes_to_the_same_as_day_by_day()
    {
        var (fast, slow) = (await SubscribedAsync("pm_sandbox_visa"), await SubscribedAsync("pm_sandbox_visa"));
        foreach (var sandbox in new[] { fast, slow })
        {
            await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
            await BehaveAsync(sandbox, "insufficient_funds", 2);
        }

        await fast.AdvanceAsync("2027-06-10T00:00:00Z");
        for (var day = At("2027-02-01T00:00:00Z"); day <= At("2027-06-10T00:00:00Z"); day = day.AddDays(1))
        {
            await slow.AdvanceAsync(day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }

        (await ToldAsync(fast)).ShouldBe(await ToldAsync(slow));
        (await InvoiceStatesAsync(fast)).ShouldAllBe(static one => one == "paid");
        await ShouldBeCleanAsync(fast);
        await ShouldBeCleanAsync(slow);

        static async Task<string[]> ToldAsync(BillingSandbox sandbox) =>
            [.. (await PaymentsAsync(sandbox)).Select(static one => $"{Text(one, "status")} {MadeAt(one, "MM-dd HH:mm")}")];
    }

    [Fact]
    public async Task A_third_attempt_that_succeeds_recovers_the_subscription()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await BehaveAsync(sandbox, "decline", 2);

        await sandbox.AdvanceAsync("2027-03-03T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await TimelineAsync(sandbox)).ShouldBe(["start", "renew", "fail_payment", "recover_payment"]);
        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("active");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Money_that_comes_by_hand_recovers_the_subscription_at_once()
    {
        var sandbox = await FailingAsync();
        var invoice = await NewestInvoiceAsync(sandbox);

        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "Bank transfer"}""")).Status.ShouldBe(HttpStatusCode.OK);

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await sandbox.Door.GetAsync("/v1/dunning"))["data"].AsArray().ShouldBeEmpty();
        await sandbox.AdvanceAsync("2027-03-20T00:00:00Z");
        (await PaymentsAsync(sandbox)).Length.ShouldBe(3, "The first invoice, the failure, the transfer.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Theory]
    [InlineData("void", "{}")]
    [InlineData("mark-uncollectible", "{}")]
    [InlineData("credit-notes", """{"reason": "Sorry", "amount": 2900}""")]
    public async Task An_invoice_that_is_no_longer_due_recovers_the_subscription(string verb, string body)
    {
        var sandbox = await FailingAsync();

        var came = await sandbox.Door.PostAsync($"/v1/invoices/{await NewestInvoiceAsync(sandbox)}/{verb}", body);
        ((int)came.Status).ShouldBeLessThan(300, came.Json?.ToJsonString());

        await UntilAsync(async () => await StatusAsync(sandbox) == "active");
        (await PaymentsAsync(sandbox)).Length.ShouldBe(2);
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_new_card_is_tried_at_once_and_one_that_fails_leaves_the_schedule_as_it_is()
    {
        var sandbox = await FailingAsync();

        await AddCardAsync(sandbox, "pm_sandbox_insufficient_funds");
        await UntilAsync(async () => (await PaymentsAsync(sandbox)).Length == 3 && Next(await OwedAsync(sandbox)) is not null);
        var owed = await OwedAsync(sandbox);
        (owed["attempts"]!.GetValue<int>(), Next(owed),
            Text(owed, "failure")).ShouldBe((1, At("2027-03-01T00:00:00Z"), "insufficient_funds"));

        await AddCardAsync(sandbox, "pm_sandbox_mastercard");
        await UntilAsync(async () => await StatusAsync(sandbox) == "active");
        (await InvoiceStatesAsync(sandbox)).ShouldBe(["paid", "paid"]);
        await ShouldBeCleanAsync(sandbox);

        static DateTimeOffset? Next(JsonNode one) => one["next_attempt_at"]?.GetValue<DateTimeOffset>();
        static async Task<JsonNode> OwedAsync(BillingSandbox from) => (await from.Door.GetAsync("/v1/dunning"))["data"].AsArray().Single()!;
    }

    [Fact]
    public async Task A_removed_card_counts_as_a_failed_charge_and_the_customer_is_asked_for_another()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        var card = (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.SendAsync(HttpMethod.Delete, "/v1/customers/acme/payment-methods/" + card, null);

        await sandbox.AdvanceAsync("2027-03-10T00:00:00Z");

        (await PaymentsAsync(sandbox)).Skip(1).Select(static one => Text(one, "failure"))
            .ShouldBe(Enumerable.Repeat("payment_method_missing", 5));
        (await StatusAsync(sandbox)).ShouldBe("canceled");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_paused_ending_gives_the_plan_again_when_the_invoice_is_paid_after_all()
    {
        var sandbox = await FailingAsync(failures: 5, policy: """{"final_action": "default_plan"}""");
        await sandbox.AdvanceAsync("2027-03-10T00:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("paused");
        (await ExportsAsync(sandbox)).ShouldBe(0);
        (await InvoiceStatesAsync(sandbox)).ShouldBe(["paid", "uncollectible"]);
        await ShouldBeCleanAsync(sandbox);

        var paid = await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{await NewestInvoiceAsync(sandbox)}}"}""");
        Text(paid.Json!, "status").ShouldBe("succeeded");

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await ExportsAsync(sandbox)).ShouldBe(10);
        (await TimelineAsync(sandbox)).ShouldBe(["start", "renew", "fail_payment", "pause", "resume"]);
        await sandbox.AdvanceAsync("2027-03-11T00:00:00Z");
        (await InvoiceStatesAsync(sandbox)).ShouldBe(["paid", "paid", "paid"], "The paid and unused time is credited on the new period.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_lost_answer_goes_on_as_it_ended()
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await BehaveAsync(sandbox, "decline", 1);
        await BehaveAsync(sandbox, "timeout", 1);

        await sandbox.AdvanceAsync("2027-03-01T00:00:00Z");

        (await StatusAsync(sandbox)).ShouldBe("active");
        (await InvoiceStatesAsync(sandbox)).ShouldBe(["paid", "paid"]);
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task The_policy_is_shown_set_and_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        (await sandbox.Door.GetAsync("/v1/dunning-policy"))["retry_days"].AsArray().Select(static day => day!.GetValue<int>())
            .ShouldBe([1, 3, 5, 7]);

        var refused = await sandbox.Door.SendAsync(
            HttpMethod.Put, "/v1/dunning-policy", """{"retry_days": [3, 3], "final_action": "shrug"}""");
        (refused.Status, refused["errors"].AsArray().Count).ShouldBe((HttpStatusCode.UnprocessableEntity, 2));
        (await sandbox.Door.SendAsync(
            HttpMethod.Put, "/v1/dunning-policy", """{"retry_days": [], "final_action": "default_plan"}""")).Status.ShouldBe(
            HttpStatusCode.OK);

        Text((await sandbox.Door.GetAsync("/v1/dunning-policy")).Json!, "final_action").ShouldBe("default_plan");
    }

    [Fact]
    public async Task Books_of_collecting_that_were_tampered_with_are_found()
    {
        var sandbox = await FailingAsync();
        await using var connection = new Npgsql.NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var tamper = new Npgsql.NpgsqlCommand(
            "UPDATE collections SET state = 'dropped', collect_at = NULL, ended_at = now() WHERE invoice = "
                + $"'{await NewestInvoiceAsync(sandbox)}'",
            connection);
        (await tamper.ExecuteNonQueryAsync()).ShouldBe(1);

        (await FoundAsync(sandbox)).ShouldBe(["collecting"]);
    }

    /// <summary>acme has Pro since the 31st of January; it costs $29 a month.</summary>
    private async Task<BillingSandbox> SubscribedAsync(string? card)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        if (card is not null)
        {
            await AddCardAsync(sandbox, card);
        }

        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        return sandbox;
    }

    /// <summary>The renewal of the 28th of February has failed once, and it is noon.</summary>
    private async Task<BillingSandbox> FailingAsync(int failures = 1, string? policy = null)
    {
        var sandbox = await SubscribedAsync("pm_sandbox_visa");
        if (policy is not null)
        {
            (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/dunning-policy", policy)).Status.ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await BehaveAsync(sandbox, "decline", failures);
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        (await StatusAsync(sandbox)).ShouldBe("past_due");
        return sandbox;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string MadeAt(JsonNode payment, string format) =>
        payment["created_at"]!.GetValue<DateTimeOffset>().ToString(format, CultureInfo.InvariantCulture);

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    private static async Task<string> IdAsync(BillingSandbox sandbox) =>
        Text((await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"][0]!, "id");

    private static async Task<string> StatusAsync(BillingSandbox sandbox) =>
        Text((await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"][0]!, "status");

    private static async Task<string[]> TimelineAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync($"/v1/subscriptions/{await IdAsync(sandbox)}/events"))["data"].AsArray()
            .Select(static fact => Text(fact!, "type"))];

    private static async Task<string> NewestInvoiceAsync(BillingSandbox sandbox) =>
        Text((await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!, "id");

    private static async Task<string[]> InvoiceStatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc&limit=100"))["data"].AsArray()
            .Select(static one => Text(one!, "status"))];

    /// <summary>Oldest first.</summary>
    private static async Task<JsonNode[]> PaymentsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=acme&limit=100"))["data"].AsArray().Reverse().Select(static one => one!)];

    /// <summary>The limit of exports in the plan.</summary>
    private static async Task<decimal> ExportsAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/customers/acme/usage"))["features"]["exports"]!["limit"]!.GetValue<decimal>();

    private static async Task AddCardAsync(BillingSandbox sandbox, string token) =>
        (await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", $$"""{"token": "{{token}}"}""")).Status.ShouldBe(
            HttpStatusCode.Created);

    private static async Task BehaveAsync(BillingSandbox sandbox, string outcome, int times) =>
        (await sandbox.Door.PostAsync(
            "/v1/sandbox/payment-behavior", $$"""{"customer": "acme", "outcome": "{{outcome}}", "times": {{times}}}"""))
            .Status.ShouldBe(HttpStatusCode.NoContent);

    private async Task<string[]> FoundAsync(BillingSandbox sandbox)
    {
        var report = await _running.DoorWith(_running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        return [.. report["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => Text(one!, "kind"))];
    }

    private async Task ShouldBeCleanAsync(BillingSandbox sandbox) => (await FoundAsync(sandbox)).ShouldBeEmpty();
}
