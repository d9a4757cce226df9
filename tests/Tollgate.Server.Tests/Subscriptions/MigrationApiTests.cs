using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>Moves all subscriptions on an old version of a plan, page by page.</summary>
[Collection(RunningServerTests.Others)]
public sealed class MigrationApiTests(RunningServer running)
{
    [Fact]
    public async Task Page_by_page_everybody_is_looked_at_once_whether_moved_or_not()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        foreach (var n in Enumerable.Range(0, 7))
        {
            await sandbox.SubscribeAsync($$"""{"customer": "c{{n}}", "plan": "pro", "trial": {{(n is 1 or 2 ? "true" : "false")}}}""");
        }

        foreach (var n in (int[])[3, 4])
        {
            var id = (await sandbox.Door.GetAsync($"/v1/subscriptions?customer=c{n}"))["data"][0]!["id"]!.GetValue<string>();
            await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "team", "when": "period_end"}""");
        }

        await PublishAsync(sandbox);
        var look = await PagesAsync(sandbox, dry: true);
        look.Select(static one => Told(one)).Order().ShouldBe(
        [
            "c0 period_end moved", "c1 now moved", "c2 now moved",
            "c3 period_end A change to plan 'team' is scheduled, which this would undo.",
            "c4 period_end A change to plan 'team' is scheduled, which this would undo.", "c5 period_end moved", "c6 period_end moved",
        ]);
        (await PagesAsync(sandbox, dry: false)).Select(static one => Told(one)).Order()
            .ShouldBe(look.Select(static one => Told(one)).Order());

        // A moved customer is not moved twice.
        (await PagesAsync(sandbox, dry: false)).Select(static one => one["customer"]!.GetValue<string>()).Order().ShouldBe(["c3", "c4"]);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("c1"))[^1][7..].ShouldBe("start 3900 = subscription 3900");
        (await sandbox.InvoicesAsync("c3"))[^1][7..].ShouldBe("renewal 5000 = subscription 5000");
        (await sandbox.InvoicesAsync("c6"))[^1][7..].ShouldBe("renewal 3900 = subscription 3900");
    }

    [Fact]
    public async Task Now_hastens_what_was_to_come_with_the_renewal()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "soon", "plan": "pro", "trial": false}""");
        await PublishAsync(sandbox);
        await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"when": "period_end"}""");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"when": "now"}"""))["data"][0]!["due_now"]!.GetValue<long>()
            .ShouldBe(500);
        (await sandbox.InvoicesAsync("soon"))[^1][7..].ShouldBe("change 500 = proration_credit -1450, proration_charge 1950");
    }

    [Fact]
    public async Task A_paused_subscription_migrates_when_the_pause_ends()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "rests", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/pause");
        await PublishAsync(sandbox);
        foreach (var when in (string[])["period_end", "now"])
        {
            var moved = (await sandbox.Door.PostAsync("/v1/plans/pro/migrate", $$"""{"when": "{{when}}", "dry_run": true}"""))["data"][0]!;
            (moved["when"]!.GetValue<string>(), moved["refused"]).ShouldBe(("resume", null));
        }

        await sandbox.Door.PostAsync("/v1/plans/pro/migrate");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/resume");
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}"))["plan_version"].GetValue<int>().ShouldBe(2);
    }

    private static string Told(JsonNode one) => $"{one["customer"]} {one["when"]} {one["refused"]?.GetValue<string>() ?? "moved"}";

    private static async Task PublishAsync(BillingSandbox sandbox)
    {
        using var dearer = new StringContent(
            BillingSandbox.Catalog.Replace("amount: 2900,", "amount: 3900,", StringComparison.Ordinal), System.Text.Encoding.UTF8,
            "application/yaml");
        (await sandbox.PutCatalogAsync(dearer)).ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Two at a time, each page after the last of the one before.</summary>
    private static async Task<IReadOnlyList<JsonNode>> PagesAsync(BillingSandbox sandbox, bool dry)
    {
        var all = new List<JsonNode>();
        for (var more = true; more;)
        {
            var body =
                new JsonObject
                {
                    ["limit"] = 2, ["dry_run"] = dry,
                    ["starting_after"] = all.Count == 0 ? null : all[^1]["subscription"]!.GetValue<string>(),
                };
            var page = await sandbox.Door.PostAsync("/v1/plans/pro/migrate", body.ToJsonString());
            page.Status.ShouldBe(HttpStatusCode.OK, page.Json?.ToJsonString());
            all.AddRange(page["data"].AsArray().Select(static one => one!));
            more = page["has_more"].GetValue<bool>();
            all.Count.ShouldBeLessThan(20, "It does not end.");
        }

        return all;
    }
}
