using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>
/// Terms that wait for the next period are never lost silently: other changes keep them, or the answer names them.
/// </summary>
[Collection(RunningServerTests.Others)]
public sealed class ScheduledChangeTests(RunningServer running)
{
    [Fact]
    public async Task A_cheaper_plan_that_waits_has_the_seats_that_were_added_since()
    {
        var (sandbox, path) = await WaitingAsync();
        var changed = await ChangeAsync(sandbox, path, """{"quantity": 12}""");
        (Told(changed["subscription"]), Told(changed["subscription"]!["scheduled_change"]),
            Told(changed["replaced_change"])).ShouldBe(("enterprise × 12", "pro × 12", "pro × 10"));

        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe("000003 renewal 34800 = subscription 34800");
    }

    [Fact]
    public async Task Another_cheaper_change_waits_with_it()
    {
        var (sandbox, path) = await WaitingAsync();
        var changed = await ChangeAsync(sandbox, path, """{"quantity": 8}""");
        (Told(changed["subscription"]), Told(changed["subscription"]!["scheduled_change"]),
            changed["invoice"]).ShouldBe(("enterprise × 10", "pro × 8", null));
        var again = await ChangeAsync(sandbox, path, """{"quantity": 8}""");
        (Told(again["subscription"]!["scheduled_change"]), again["replaced_change"]).ShouldBe(("pro × 8", null));
    }

    [Fact]
    public async Task Another_plan_replaces_it_and_the_answer_says_so()
    {
        var (sandbox, path) = await WaitingAsync();
        var look = await ChangeAsync(sandbox, path + "/preview", """{"plan": "team", "when": "now"}""");
        (Told(look["subscription"]), look["subscription"]!["scheduled_change"],
            Told(look["replaced_change"])).ShouldBe(("team × 10", null, "pro × 10"));

        // The request is for the present plan.
        var stays = await ChangeAsync(sandbox, path, """{"plan": "enterprise"}""");
        (Told(stays["subscription"]), stays["subscription"]!["scheduled_change"],
            Told(stays["replaced_change"])).ShouldBe(("enterprise × 10", null, "pro × 10"));
    }

    [Fact]
    public async Task A_cancellation_that_is_taken_back_leaves_it_as_it_was()
    {
        var (sandbox, path) = await WaitingAsync();
        (await sandbox.Door.PostAsync(path + "/cancel", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        Told((await sandbox.Door.PostAsync(path + "/uncancel", "{}"))["scheduled_change"]).ShouldBe("pro × 10");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe("000002 renewal 29000 = subscription 29000");
    }

    [Fact]
    public async Task Terms_agreed_for_the_current_plan_do_not_apply_to_the_scheduled_one()
    {
        var (sandbox, path) = await WaitingAsync();
        var changed = await ChangeAsync(sandbox, path, """{"amount": 30000}""");
        (changed["subscription"]!["amount"]!.GetValue<long>(),
            changed["subscription"]!["scheduled_change"]!["amount"]!.GetValue<long>()).ShouldBe((300_000, 29_000));
    }

    /// <summary>Ten of Enterprise, and ten of Pro from the next period on.</summary>
    private async Task<(BillingSandbox Sandbox, string Path)> WaitingAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var path = "/v1/subscriptions/" + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise", "quantity": 10}""");
        await sandbox.AdvanceAsync("2027-04-11T00:00:00Z");
        Told((await ChangeAsync(sandbox, path, """{"plan": "pro"}"""))["subscription"]!["scheduled_change"]).ShouldBe("pro × 10");
        return (sandbox, path);
    }

    private static async Task<JsonNode> ChangeAsync(BillingSandbox sandbox, string path, string body)
    {
        var came = path.EndsWith("/preview", StringComparison.Ordinal)
            ? await sandbox.Door.PostAsync(path, body)
            : await sandbox.Door.PatchAsync(path, body);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }

    private static string Told(JsonNode? terms) => $"{terms!["plan"]!.GetValue<string>()} × {terms["quantity"]!.GetValue<long>()}";
}
