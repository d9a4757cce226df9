using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>Schedules of grants on the real PostgreSQL: however many servers follow them, and however late, each grant is there once.</summary>
public sealed class GrantSchedulesTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scan, name: Scans}]
        plans: [{code: free, name: Free, entitlements: [{feature: scan, quota: 2}]}]
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Servers_that_come_months_late_and_at_once_make_each_grant_once()
    {
        foreach (var customer in (string[])["ada", "bert", "carl"])
        {
            (await AddAsync(customer, GrantInterval.Day)).Outcome.ShouldBe(ScheduleOutcome.Done);
        }

        var later = Rig.Project with { TestClock = Rig.Clock.Now().Plus(TimeSpan.FromDays(150)) };
        await using var other = await LedgerRig.StartAsync(_database!);
        await Task.WhenAll(Give(Rig).RunAsync(later, default), Give(other).RunAsync(later, default), Give(Rig).RunAsync(later, default), Give(other).RunAsync(later, default));
        var counts = await _database!.ScalarAsync<string>("SELECT string_agg(n || ' ' || d, ', ') FROM (SELECT count(*) AS n, count(DISTINCT effective_at) AS d FROM grants GROUP BY account) x");
        counts.ShouldBe("158 158, 158 158, 158 158");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM parked_work")).ShouldBe(0);
    }

    [Fact]
    public async Task A_schedule_that_would_give_too_many_grants_is_parked_and_keeps_no_other()
    {
        await AddAsync("ada", GrantInterval.Day, lives: null);
        await AddAsync("bert", GrantInterval.Month);
        var later = Rig.Project with { TestClock = Rig.Clock.Now().Plus(TimeSpan.FromDays(1_100)) };
        await Give(Rig).RunAsync(later, default);
        (await _database!.ScalarAsync<string>("SELECT work FROM parked_work")).ShouldBe("grant_schedules");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM grants g JOIN customers c ON c.partition = g.partition AND c.account = g.account WHERE c.id = 'ada'")).ShouldBeInRange(901, 1000);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM grants g JOIN customers c ON c.partition = g.partition AND c.account = g.account WHERE c.id = 'bert'")).ShouldBeGreaterThan(36);
    }

    [Fact]
    public async Task The_next_decision_burns_what_a_schedule_grants_and_a_deleted_customer_has_none()
    {
        await AddAsync("ada", GrantInterval.Month);
        (await Rig.ConsumeAsync("ada", "scan", 100)).Decision!.Outcome.ShouldBe(Core.Quotas.Outcome.WithinQuota);
        await AddAsync("bert", GrantInterval.Month);
        (await new DeleteCustomer(_database!.Source, Rig.Gate).RunAsync(Rig.Project, "bert", default)).ShouldBe(DeleteCustomerOutcome.Deleted);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM grant_schedules")).ShouldBe(1);
    }

    private Task<ScheduleAnswer> AddAsync(string customer, GrantInterval every, int? lives = 1) =>
        new ScheduleGrants(_database!.Source, Rig.Gate, Rig.Clock).AddAsync(
            Rig.Project, customer, new("scan", Quantity.Of(100), GrantSource.Gift, null, every, lives, null, null, "club"), default);

    private GiveScheduled Give(LedgerRig rig) => new(_database!.Source, rig.Directory, rig.Gate, rig.Clock, rig.Parked);
}
