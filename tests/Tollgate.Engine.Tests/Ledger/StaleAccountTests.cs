using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>
/// Two servers on one database: one has a customer's book in memory, the other changes data that the book depends on. Only the guards of
/// the statements tell the first; each test needs one of them.
/// </summary>
public sealed class StaleAccountTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: job, name: Jobs}
          - {code: export, name: Exports, kind: switch}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 2}
              - {feature: job, quota: 10}
          - code: pro
            name: Pro
            entitlements:
              - {feature: scan, quota: 20}
              - {feature: job, quota: 100}
              - {feature: export, enabled: true}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await Database.DisposeAsync();
    }

    [Fact]
    public async Task The_first_use_of_a_period_is_decided_by_the_plan_that_another_server_has_just_assigned()
    {
        await using var other = await LedgerRig.StartAsync(Database);
        await AssignAsync(other, "pro");
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
        await AssignAsync(other, "free");

        // The book in memory has 100, and there is no row of this feature whose version could have changed.
        (await Rig.ConsumeAsync("u1", "job", 11)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.ConsumeAsync("u1", "job", 10)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_switch_is_decided_by_the_plan_that_another_server_has_just_assigned()
    {
        await using var other = await LedgerRig.StartAsync(Database);
        await AssignAsync(other, "pro");
        (await Rig.ConsumeAsync("u1", "export")).Decision!.Allowed.ShouldBeTrue();
        await AssignAsync(other, "free");
        (await Rig.ConsumeAsync("u1", "export")).Decision!.Allowed.ShouldBeFalse();
        await AssignAsync(other, "pro");
        (await Rig.ConsumeAsync("u1", "export")).Decision!.Allowed.ShouldBeTrue();
    }

    /// <summary>The event changes no balance, so the customer's version is all that can tell.</summary>
    [Fact]
    public async Task An_event_that_no_meter_reads_does_not_go_to_a_customer_that_another_server_erased()
    {
        (await Rig.RecordAsync("u1", "page_view")).Fault.ShouldBe(GateFault.None);
        await Database.ExecuteAsync("UPDATE customers SET id = 'erased', version = version + 1 WHERE id = 'u1'");

        (await Rig.RecordAsync("u1", "page_view")).Fault.ShouldBe(GateFault.None);

        (await Database.ScalarAsync<string>(
            "SELECT string_agg(c.id, ' ' ORDER BY c.account) FROM events e JOIN customers c USING (partition, account)"))
            .ShouldBe("erased u1");
    }

    [Fact]
    public async Task A_hold_that_another_server_released_is_not_extended()
    {
        await using var other = await LedgerRig.StartAsync(Database);
        var hold = await Rig.ReserveAsync("u1", "job", 5);
        (await other.Gate.ReleaseAsync(other.Project, hold.Id!, "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);

        (await Rig.Gate.ExtendAsync(Rig.Project, hold.Id!, "u1", TimeSpan.FromHours(1), CancellationToken.None)).Fault.ShouldBe(
            GateFault.HoldClosed);
        (await Database.ScalarAsync<string>("SELECT state FROM holds")).ShouldBe("released");
        (await Rig.StandingAsync("u1", "job")).Held.Value.ShouldBe(0);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_hold_that_another_server_extended_does_not_expire_at_its_old_time()
    {
        await Rig.StopSweepingAsync();
        await using var other = await LedgerRig.StartAsync(Database);
        await Rig.ConsumeAsync("u1", "scan");
        var hold = await Rig.ReserveAsync("u1", "scan", 1, TimeSpan.FromSeconds(4));
        (await other.Gate.ExtendAsync(other.Project, hold.Id!, "u1", TimeSpan.FromHours(1), CancellationToken.None)).Fault.ShouldBe(
            GateFault.None);
        await Task.Delay(4_100);

        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Database.ScalarAsync<string>("SELECT state FROM holds")).ShouldBe("open");
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task One_grant_that_two_servers_burn_from_two_periods_burns_no_further_than_it_reaches()
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;

        // In the other server's memory the grant is unused, and last month's own quota is used up.
        (await other.RecordAsync("u1", "scan", 2, at: lastMonth)).Burned.ShouldBeEmpty();
        (await Rig.ConsumeAsync("u1", "scan", 5)).Burned.Sum(burned => burned.Amount.Value).ShouldBe(3);

        (await other.RecordAsync("u1", "scan", 4, at: lastMonth)).Burned.Sum(burned => burned.Amount.Value).ShouldBe(2);
        (await Database.ScalarAsync<decimal>("SELECT used FROM grants")).ShouldBe(5);
        await ShouldVerifyAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Units_that_another_server_burned_for_last_month_cannot_be_reserved(bool hasRow)
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;
        await Rig.ConsumeAsync("u1", hasRow ? "scan" : "job", 1);

        // In Rig's memory the grant is unused: last month's two, and then three of the five, are reported to the other server.
        (await other.RecordAsync("u1", "scan", 5, at: lastMonth)).Burned.Sum(burned => burned.Amount.Value).ShouldBe(3);
        var left = hasRow ? 3 : 4;
        (await Rig.ReserveAsync("u1", "scan", left + 1)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.ReserveAsync("u1", "scan", left)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Units_that_another_server_returned_for_last_month_can_be_reserved()
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;
        var late = await other.RecordAsync("u1", "scan", 5, at: lastMonth);
        await Rig.ConsumeAsync("u1", "scan", 1);
        await other.Gate.VoidAsync(other.Project, late.Id!, "u1", CancellationToken.None);
        (await Rig.ReserveAsync("u1", "scan", 6)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Theory]
    [InlineData("scan")]
    [InlineData("job")]
    public async Task Units_that_another_server_returned_this_month_burn_for_last_month(string known)
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;
        var all = await Rig.ConsumeAsync("u1", "scan", 7, id: "all");
        all.Burned.Sum(burned => burned.Amount.Value).ShouldBe(5);

        // In the other server's memory the grant is burned, and last month's row exists or does not.
        await other.RecordAsync("u1", known, 2, at: lastMonth);
        (await Rig.Gate.VoidAsync(Rig.Project, all.Id!, "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);
        (await other.RecordAsync("u1", "scan", known == "scan" ? 4 : 6, at: lastMonth)).Burned.Sum(burned => burned.Amount.Value)
            .ShouldBe(4);
        (await Rig.ConsumeAsync("u1", "scan", 4)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.ConsumeAsync("u1", "scan", 3)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Units_that_another_server_burned_this_month_are_gone_for_last_month()
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;
        (await other.RecordAsync("u1", "scan", 1, at: lastMonth)).Decision!.Standings.Single().Limit!.Value.Value.ShouldBe(7);
        (await Rig.ConsumeAsync("u1", "scan", 7)).Burned.Sum(burned => burned.Amount.Value).ShouldBe(5);

        // Burns nothing, so no statement compares the grant.
        (await other.RecordAsync("u1", "scan", 1, at: lastMonth)).Decision!.Standings.Single().Limit!.Value.Value.ShouldBe(2);
    }

    [Fact]
    public async Task Units_that_another_server_burned_last_month_cannot_be_reserved_first()
    {
        var (other, lastMonth) = await WithGrantAsync();
        await using var leaves = other;
        var (then, next) = (lastMonth.Plus(TimeSpan.FromDays(1)), lastMonth.Plus(TimeSpan.FromDays(32)));
        await other.Gate.ConsumeAsync(At(then), new("u1", "job", Quantity.One, null, null, null), CancellationToken.None);
        (await Rig.Gate.ConsumeAsync(At(then), new("u1", "scan", Quantity.Of(7), null, null, null), CancellationToken.None)).Burned.Sum(
            burned => burned.Amount.Value).ShouldBe(5);

        // No row of the next month whose version could have moved, and a reservation changes no grant.
        (await other.Gate.ReserveAsync(
            At(next), new("u1", [new("scan", Quantity.Of(3))], null, null), CancellationToken.None)).Decision!.Outcome.ShouldBe(
            Outcome.QuotaExceeded);

        ProjectSnapshot At(Instant at) => other.Project with { Mode = ProjectMode.Sandbox, TestClock = at };
    }

    [Fact]
    public async Task Grants_whose_sum_no_decimal_holds_are_compared_exactly()
    {
        await Rig.RecordAsync("u1", "job", 0);
        await Database.ExecuteAsync(
            """
            INSERT INTO grants (partition, account, feature, id, source, priority, amount, used, effective_at, expires_at, created_at)
            SELECT c.partition, c.account, f.id, gen_random_uuid(), 'gift', 100, 999999999999999999.999999999, n * 0.000000001,
              now() - interval '60 days', now() + interval '60 days', now()
              FROM customers c, features f, generate_series(1, 100) n WHERE f.code = 'scan'
            """);
        await Rig.Gate.ForgetAsync(Rig.Project, "u1");
        (await Rig.ConsumeAsync("u1", "scan", 3)).Decision!.Allowed.ShouldBeTrue();
    }

    /// <summary>u1 has a grant of 5 since two months ago, which the book of no server has.</summary>
    private async Task<(LedgerRig Other, Instant LastMonth)> WithGrantAsync()
    {
        var lastMonth = new DateTime(DateTime.UtcNow.Year, DateTime.UtcNow.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(-1);
        await Rig.RecordAsync("u1", "job", 0);
        await Database.ExecuteAsync(
            """
            INSERT INTO grants (partition, account, feature, id, source, priority, amount, effective_at, expires_at, created_at)
            SELECT c.partition, c.account, f.id, gen_random_uuid(), 'topup', 100, 5, now() - interval '60 days',
              now() + interval '60 days', now()
              FROM customers c, features f WHERE f.code = 'scan'
            """);
        await Rig.Gate.ForgetAsync(Rig.Project, "u1");
        return (await LedgerRig.StartAsync(Database), Instant.FromUtc(lastMonth));
    }

    private static async Task AssignAsync(LedgerRig server, string plan)
    {
        var answer = await new AssignPlan(server.Changes, server.Clock).RunAsync(server.Project, "u1", plan, CancellationToken.None);
        answer.Outcome.ShouldBe(AssignPlanOutcome.Assigned);
    }

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(Database.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }
}
