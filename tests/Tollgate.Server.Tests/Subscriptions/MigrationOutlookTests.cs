using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>The effect of a catalogue that is not in force yet on subscribers, if they were moved to it.</summary>
[Collection(RunningServerTests.Others)]
public sealed class MigrationOutlookTests(RunningServer running)
{
    private static readonly string Dearer = BillingSandbox.Catalog
        .Replace("amount: 2900,", "amount: 3900,", StringComparison.Ordinal)
        .Replace("amount: 29000 ", "amount: 31000 ", StringComparison.Ordinal)
        .Replace("amount: 3000,", "amount: 3300,", StringComparison.Ordinal);

    /// <summary>
    /// Before, in dollars: 29 + 3 × 29 + 290 ÷ 12 + 20 agreed + half of 29 + 29 + 29 of a customer who waits for another plan = 232.67.
    /// After: 39 + 117 + 310 ÷ 12 + 20 + 19.50 + 39 + 29 = 289.33. A trial and a pause add nothing, and are counted all the same.
    /// </summary>
    [Fact]
    public async Task A_dry_run_counts_who_would_be_moved_and_what_they_would_pay_in_a_month()
    {
        var sandbox = await FilledAsync();
        var planned = await sandbox.PutCatalogAsync(Dearer, dryRun: true);
        planned["changed_plans"]!.ToJsonString().ShouldBe("""["pro"]""");
        Told(planned).ShouldBe("10: JPY 3000 → 3300 (300), USD 23267 → 28933 (5666)");

        // The publication returns the same, and the migration reads the same subscriptions.
        Told(await sandbox.PutCatalogAsync(Dearer, dryRun: false)).ShouldBe(Told(planned));
        var look = (await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"when": "now", "dry_run": true}"""))["data"].AsArray();
        look.Count.ShouldBe(10);
        look.Where(static one => one!["refused"] is not null).Select(static one => one!["customer"]!.GetValue<string>())
            .ShouldBe(["waits"]);

        Told(await sandbox.PutCatalogAsync(Dearer, dryRun: true)).ShouldBe("0: ");
    }

    [Fact]
    public async Task Everybody_on_an_older_version_counts_and_those_who_were_moved_count_from_where_they_are()
    {
        var sandbox = await FilledAsync();
        await sandbox.PutCatalogAsync(Dearer, dryRun: false);
        var back = Told(await sandbox.PutCatalogAsync(BillingSandbox.Catalog, dryRun: true));
        back.ShouldBe("10: JPY 3000 → 3000 (0), USD 23267 → 23267 (0)", "They never left the old prices.");
        await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"when": "now"}""");
        Told(await sandbox.PutCatalogAsync(BillingSandbox.Catalog, dryRun: true))
            .ShouldBe("10: JPY 3300 → 3000 (-300), USD 28933 → 23267 (-5666)");
    }

    [Fact]
    public async Task A_publication_without_a_new_version_affects_nobody()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "team", "plan": "team"}""");
        var without = BillingSandbox.Catalog[..BillingSandbox.Catalog.IndexOf("  - code: team", StringComparison.Ordinal)];
        Told(await sandbox.PutCatalogAsync(without, dryRun: false)).ShouldBe("0: ", "Customers keep a plan that is no longer sold.");

        // A plan that returns to earlier terms gets its earlier version.
        var again = await sandbox.PutCatalogAsync(BillingSandbox.Catalog, dryRun: true);
        (again["changed_plans"]!.ToJsonString(), Told(again)).ShouldBe(("""["team"]""", "0: "));
        var dearer = await sandbox.PutCatalogAsync(
            BillingSandbox.Catalog.Replace("amount: 5000", "amount: 6000", StringComparison.Ordinal), dryRun: true);
        Told(dearer).ShouldBe("1: USD 5000 → 6000 (1000)");

        // A subscription that the new version does not support stays on its version.
        var yearly = await sandbox.PutCatalogAsync(
            BillingSandbox.Catalog.Replace("interval: monthly, amount: 5000", "interval: yearly, amount: 5000", StringComparison.Ordinal),
            dryRun: true);
        Told(yearly).ShouldBe("1: USD 5000 → 5000 (0)");
    }

    [Fact]
    public async Task The_command_line_says_what_a_month_would_bring()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false, "quantity": 12}""");
        using var folder = TestFolder.Create();
        var file = folder.Combine("catalog.yaml");
        await File.WriteAllTextAsync(file, Dearer);
        var diff = await ServerProcess.RunAsync("catalog", "diff", file, "--data", running.Server.Data, "--project", sandbox.Code);
        diff.Output.ShouldContain(
            "1 subscription keeps its version until it is migrated. MRR after a migration of all: 348.00 USD → 468.00 USD (+120.00 USD).");
    }

    private async Task<BillingSandbox> FilledAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "HALF", "percent_off": 50, "duration": "forever"}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "ONCE", "percent_off": 50, "duration": "once"}""");
        await sandbox.SubscribeAsync("""{"customer": "one", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "three", "plan": "pro", "trial": false, "quantity": 3}""");
        await sandbox.SubscribeAsync("""{"customer": "year", "plan": "pro", "period": "yearly"}""");
        await sandbox.SubscribeAsync("""{"customer": "yen", "plan": "pro", "trial": false, "currency": "JPY"}""");
        await sandbox.SubscribeAsync("""{"customer": "agreed", "plan": "pro", "trial": false, "amount": 2000}""");
        await sandbox.SubscribeAsync("""{"customer": "half", "plan": "pro", "trial": false, "coupon": "HALF"}""");
        await sandbox.SubscribeAsync("""{"customer": "once", "plan": "pro", "trial": false, "coupon": "ONCE"}""");
        await sandbox.SubscribeAsync("""{"customer": "trial", "plan": "pro", "trial": true}""");
        var rests = await sandbox.SubscribeAsync("""{"customer": "rests", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{rests}/pause");
        var waits = await sandbox.SubscribeAsync("""{"customer": "waits", "plan": "pro", "trial": false}""");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{waits}", """{"plan": "team", "when": "period_end"}""");
        var over = await sandbox.SubscribeAsync("""{"customer": "over", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{over}/cancel", """{"at": "now"}""");
        await sandbox.SubscribeAsync("""{"customer": "other", "plan": "enterprise"}""");
        return sandbox;
    }

    private static string Told(JsonNode planned) => string.Create(
        CultureInfo.InvariantCulture,
        $"{planned["affected_subscriptions"]}: {string.Join(", ", planned["mrr_change"]!.AsArray().Select(static one => $"{one!["currency"]} {one["before"]} → {one["after"]} ({one["change"]})"))}");
}
