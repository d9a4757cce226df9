using Tollgate.Core.Money;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Holds that expire while no request concerns their customers.</summary>
public sealed class HoldSweeperTests(TestPostgres postgres)
{
    private const string Catalog =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scans, name: Scans}]
        plans:
          - {code: free, name: Free, entitlements: [{feature: scans, quota: 1000}]}
        """;

    [Fact]
    public async Task A_busy_customer_of_one_project_keeps_no_hold_of_another()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog);
        var other = await rig.AddProjectAsync("other", Catalog);
        await ReserveAsync(rig, rig.Project, "busy", TimeSpan.FromSeconds(2));
        await ReserveAsync(rig, other, "idle", TimeSpan.FromSeconds(4));
        await using var held = await HeldRow.OfAsync(database, "busy");

        // The sweeper has processed the first by the time the second expires.
        await Task.Delay(TimeSpan.FromSeconds(4));
        await Eventually.UntilAsync(async () => await OpenAsync(other.Id) == 0, within: TimeSpan.FromSeconds(3));
        (await OpenAsync(rig.Project.Id)).ShouldBe(1);
        await held.DisposeAsync();
        await Eventually.UntilAsync(async () => await OpenAsync(rig.Project.Id) == 0, within: TimeSpan.FromSeconds(10));

        Task<long> OpenAsync(int project) =>
            database.ScalarAsync<long>("SELECT count(*) FROM holds WHERE state = 'open' AND project_id = $1", project);
    }

    [Fact]
    public async Task A_read_after_the_expiry_shows_no_hold_before_and_after_the_sweep()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog);
        await Eventually.UntilAsync(() => rig.Alone);
        await rig.StopSweepingAsync();
        await database.ExecuteAsync("UPDATE projects SET mode = 'sandbox', test_clock = '2027-01-10 12:00Z'");
        var (before, after) =
            (rig.Project with { Mode = ProjectMode.Sandbox, TestClock = new(1_800_000_000_000_000) },
                rig.Project with { Mode = ProjectMode.Sandbox, TestClock = new(1_800_000_060_000_000) });
        await ReserveAsync(rig, before, "one", TimeSpan.FromMinutes(1));
        (await HeldAsync(before)).ShouldBe(1);
        (await HeldAsync(after)).ShouldBe(0);

        async Task<decimal> HeldAsync(ProjectSnapshot project) =>
            (await rig.Gate.StandingAsync(project, "one", CancellationToken.None))!.Features.Single().Standing!.Held.Value;
    }

    private static async Task ReserveAsync(LedgerRig rig, ProjectSnapshot project, string customer, TimeSpan life) =>
        (await rig.Gate.ReserveAsync(
            project, new(customer, [new("scans", Quantity.One)], null, life), CancellationToken.None)).Fault.ShouldBe(GateFault.None);
}
