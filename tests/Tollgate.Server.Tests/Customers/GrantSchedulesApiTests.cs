using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Customers;

/// <summary>Recurring grants exist with or without reads, each once, and withdrawals take credits in burn order.</summary>
[Collection(RunningServerTests.Others)]
public sealed class GrantSchedulesApiTests(RunningServer running)
{
    private const string Schedules = "/v1/customers/ada/grant-schedules", Club = Schedules + "/club";

    private const string Monthly =
        """{"id": "club", "feature": "calls", "amount": 100, "every": "month", "expires_after": 1, "source": "gift"}""";

    [Fact]
    public async Task Each_month_has_its_grant_although_nobody_looked()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T08:00:00Z");
        (await sandbox.Door.PostAsync(Schedules, Monthly)).ShouldBe(HttpStatusCode.Created,
            """
            {"id": "club", "feature": "calls", "amount": 100, "every": "month", "expires_after": 1, "source": "gift", "priority": 50, "status": "active",
             "starts_at": "2027-01-31T08:00:00Z", "ends_at": null, "next_at": "2027-01-31T08:00:00Z", "created_at": "2027-01-31T08:00:00Z"}
            """);
        await sandbox.AdvanceAsync("2027-05-15T00:00:00Z");
        (await GrantsAsync(sandbox)).ShouldBe([
            "club:5 2027-05-31T08:00:00Z 2027-06-30T08:00:00Z pending", "club:4 2027-04-30T08:00:00Z 2027-05-31T08:00:00Z active",
            "club:3 2027-03-31T08:00:00Z 2027-04-30T08:00:00Z expired", "club:2 2027-02-28T08:00:00Z 2027-03-31T08:00:00Z expired",
            "club:1 2027-01-31T08:00:00Z 2027-02-28T08:00:00Z expired",
        ]);
        (await sandbox.Door.PostAsync(
            "/v1/consume", """{"customer": "ada", "feature": "calls", "amount": 105}"""))["remaining"].GetValue<int>().ShouldBe(5);
        await sandbox.UseAsync("ada", "calls", 30, "2027-04-20T00:00:00Z");
        (await sandbox.Door.GetAsync("/v1/customers/ada/grants/club:3"))["used"].GetValue<int>()
            .ShouldBe(30, "late use burns the grant of its own time");

        (await sandbox.Door.PostAsync(Schedules, Monthly)).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync(Schedules, Monthly.Replace("100", "101", StringComparison.Ordinal))).Status.ShouldBe(
            HttpStatusCode.Conflict);
        (await GrantsAsync(sandbox)).Length.ShouldBe(5);
    }

    [Fact]
    public async Task A_pause_leaves_months_out_and_an_end_ends()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        await sandbox.Door.PostAsync(Schedules, Monthly);
        await sandbox.AdvanceAsync("2027-02-10T00:00:00Z");
        var paused = await sandbox.Door.PatchAsync(Club, """{"paused": true}""");
        (paused["status"].GetValue<string>(), paused.Json!["next_at"]).ShouldBe(("paused", null));
        (await sandbox.Door.PatchAsync(Club, """{"paused": true}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-04-20T00:00:00Z");
        (await sandbox.Door.PatchAsync(Club, """{"paused": false}"""))["next_at"].GetValue<string>().ShouldBe("2027-05-01T00:00:00Z");
        await sandbox.AdvanceAsync("2027-05-10T00:00:00Z");
        var ended = await sandbox.Door.DeleteAsync(Club);
        (ended["status"].GetValue<string>(), ended["ends_at"].GetValue<string>()).ShouldBe(("ended", "2027-05-10T00:00:00Z"));
        await sandbox.AdvanceAsync("2027-08-10T00:00:00Z");
        (await GrantsAsync(sandbox)).ShouldBe([
            "club:6.1 2027-06-01T00:00:00Z 2027-07-01T00:00:00Z voided", "club:5.1 2027-05-01T00:00:00Z 2027-06-01T00:00:00Z expired",
            "club:3 2027-03-01T00:00:00Z 2027-04-01T00:00:00Z voided", "club:2 2027-02-01T00:00:00Z 2027-03-01T00:00:00Z expired",
            "club:1 2027-01-01T00:00:00Z 2027-02-01T00:00:00Z expired",
        ]);
        (await sandbox.Door.DeleteAsync(Club)).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync(Schedules, Monthly)).Status.ShouldBe(
            HttpStatusCode.OK, "that it ended does not make it another order");
        (await sandbox.Door.PostAsync(
            Schedules, Monthly.Replace("{", """{"ends_at": "2027-12-01T00:00:00Z", """, StringComparison.Ordinal))).Status.ShouldBe(
            HttpStatusCode.Conflict);
        (await sandbox.Door.PatchAsync(Club, """{"paused": true}""")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await sandbox.Door.GetAsync(Schedules))["data"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_schedule_that_makes_no_sense_is_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        var refused = await sandbox.Door.PostAsync(
            Schedules,
            """{"feature": "calls", "amount": 0, "every": "fortnight", "expires_after": 0, "starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-11-01T00:00:00Z"}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"].AsArray().Select(static one => one!["param"]!.GetValue<string>())
            .ShouldBe(["every", "amount", "expires_after", "starts_at", "ends_at"], ignoreOrder: true);
        (await sandbox.Door.PostAsync(Schedules, """{"feature": "nothing", "amount": 1, "every": "day"}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.DeleteAsync(Club)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.GetAsync("/v1/customers/nobody/grant-schedules")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Credits_are_taken_back_in_burn_order_once_and_never_below_what_was_burned()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers/ada/grants", """{"id": "late", "feature": "calls", "amount": 50}""");
        await sandbox.Door.PostAsync(
            "/v1/customers/ada/grants", """{"id": "soon", "feature": "calls", "amount": 30, "expires_at": "2027-01-20T00:00:00Z"}""");
        await sandbox.Door.PostAsync(
            "/v1/customers/ada/grants", """{"id": "given", "feature": "calls", "amount": 20, "source": "promotion"}""");
        await sandbox.UseAsync("ada", "calls", 5);

        const string Refund = """{"id": "refund-1", "feature": "calls", "amount": 40, "source": "topup", "reason": "refund"}""";
        var taken = await sandbox.Door.PostAsync("/v1/customers/ada/withdrawals", Refund);
        taken.ShouldBe(HttpStatusCode.Created,
            """
            {"id": "refund-1", "feature": "calls", "source": "topup", "requested": 40, "amount": 40, "grants": [{"grant": "soon", "amount": 30}, {"grant": "late", "amount": 10}],
             "reason": "refund", "at": "2027-01-01T00:00:00Z", "replayed": false}
            """);
        var again = await sandbox.Door.PostAsync("/v1/customers/ada/withdrawals", Refund);
        (again.Status, again["replayed"].GetValue<bool>(), again["amount"].GetValue<int>()).ShouldBe((HttpStatusCode.OK, true, 40));
        (await sandbox.Door.PostAsync(
            "/v1/customers/ada/withdrawals", Refund.Replace("40", "41", StringComparison.Ordinal))).Status.ShouldBe(
            HttpStatusCode.Conflict);
        (await sandbox.Door.GetAsync("/v1/customers/ada/grants/soon"))["status"].GetValue<string>().ShouldBe("voided");
        var late = await sandbox.Door.GetAsync("/v1/customers/ada/grants/late");
        (late["forfeited"].GetValue<int>(), late["remaining"].GetValue<int>(),
            late["status"].GetValue<string>()).ShouldBe((10, 40, "active"));

        var tooMuch = await sandbox.Door.PostAsync("/v1/customers/ada/withdrawals", """{"feature": "calls", "amount": 100}""");
        (tooMuch.Status,
            tooMuch["detail"].GetValue<string>()).ShouldBe(
                (HttpStatusCode.Conflict, "The grants have 55 left, less than the 100 to take back. Send 55, or send \"up_to\": true."));
        var rest = await sandbox.Door.PostAsync("/v1/customers/ada/withdrawals", """{"feature": "calls", "amount": 100, "up_to": true}""");
        (rest["requested"].GetValue<int>(), rest["amount"].GetValue<int>()).ShouldBe((100, 55));
        (await sandbox.Door.PostAsync(
            "/v1/check", """{"customer": "ada", "feature": "calls", "amount": 10}"""))["remaining"].GetValue<int>()
            .ShouldBe(10, "the plan's quota stays");
        (await sandbox.Door.PostAsync("/v1/customers/nobody/withdrawals", """{"feature": "calls", "amount": 1}""")).Status.ShouldBe(
            HttpStatusCode.NotFound);
        (await sandbox.Door.PostAsync("/v1/customers/ada/withdrawals", """{"feature": "nothing", "amount": 1}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
    }

    private static async Task<string[]> GrantsAsync(BillingSandbox sandbox) =>
    [
        .. (await sandbox.Door.GetAsync("/v1/customers/ada/grants"))["data"].AsArray()
            .Select(static (JsonNode? one) => $"{one!["id"]} {one["effective_at"]} {one["expires_at"]} {one["status"]}"),
    ];
}
