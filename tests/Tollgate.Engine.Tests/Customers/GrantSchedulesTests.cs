using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>
/// Schedules of grants on the real PostgreSQL: with any number of servers, and any delay, each grant exists once.
/// </summary>
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

        var later = Later(150);
        await using var other = await LedgerRig.StartAsync(_database!);
        await Task.WhenAll(
            Give(Rig).RunAsync(later, default), Give(other).RunAsync(later, default), Give(Rig).RunAsync(later, default),
            Give(other).RunAsync(later, default));
        var counts = await _database!.ScalarAsync<string>(
            "SELECT string_agg(n || ' ' || d, ', ') FROM (SELECT count(*) AS n, count(DISTINCT effective_at) AS d FROM grants GROUP BY "
                + "account) x");
        counts.ShouldBe("158 158, 158 158, 158 158");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM parked_work")).ShouldBe(0);
    }

    [Fact]
    public async Task A_schedule_that_would_give_too_many_grants_is_parked_and_keeps_no_other()
    {
        await AddAsync("ada", GrantInterval.Day, lives: null);
        await AddAsync("bert", GrantInterval.Month);
        var later = Later(1_100);
        (await Give(Rig).RunAsync(later, default)).ShouldBe(1);
        (await _database!.ScalarAsync<string>("SELECT work FROM parked_work")).ShouldBe("grant_schedules");
        (await _database.ScalarAsync<long>(
            "SELECT count(*) FROM grants g JOIN customers c ON c.partition = g.partition AND c.account = g.account WHERE c.id = 'ada'"))
            .ShouldBeInRange(901, 1000);
        (await _database.ScalarAsync<long>(
            "SELECT count(*) FROM grants g JOIN customers c ON c.partition = g.partition AND c.account = g.account WHERE c.id = 'bert'"))
            .ShouldBeGreaterThan(36);
    }

    [Fact]
    public async Task The_next_decision_burns_what_a_schedule_grants_and_a_deleted_customer_has_none()
    {
        await AddAsync("ada", GrantInterval.Month);
        (await Rig.ConsumeAsync("ada", "scan", 100)).Decision!.Outcome.ShouldBe(Core.Quotas.Outcome.WithinQuota);
        await AddAsync("bert", GrantInterval.Month);
        var back = new WithdrawGrants(Rig.Changes, Rig.Gate, Rig.Clock);
        (await back.RunAsync(Rig.Project, "bert", new("scan", Quantity.Of(10), null, false, null, null), default)).Outcome.ShouldBe(
            WithdrawOutcome.Withdrawn);
        (await new DeleteCustomer(Rig.Changes).RunAsync(Rig.Project, "bert", default)).ShouldBe(DeleteCustomerOutcome.Deleted);
        (await _database!.ScalarAsync<string>(
            "SELECT (SELECT count(*) FROM grant_schedules) || ' ' || (SELECT count(*) FROM grant_withdrawals)")).ShouldBe("1 0");
    }

    [Fact]
    public async Task A_grant_of_the_callers_is_neither_taken_nor_voided()
    {
        var (grants, later) = (new AddGrant(Rig.Changes, Rig.Clock), Later(70));
        await grants.RunAsync(Rig.Project, "ada", Pack("club:2"), default);
        var refused = await AddAsync("ada", GrantInterval.Month);
        (refused.Outcome, refused.TakenGrant).ShouldBe((ScheduleOutcome.GrantExists, "club:2"));

        // A grant of another caller came later: the schedule does not own it, and no pause withdraws it.
        await AddAsync("bert", GrantInterval.Month);
        (await grants.RunAsync(Rig.Project, "bert", Pack("club:3"), default)).Outcome.ShouldBe(AddGrantOutcome.Added);
        (await Give(Rig).RunAsync(later, default)).ShouldBe(1);
        (await _database!.ScalarAsync<string>("SELECT error FROM parked_work"))!.ShouldContain("club:3");
        (await Schedules.PauseAsync(later, "bert", "club", true, default)).Outcome.ShouldBe(ScheduleOutcome.GrantExists);
        (await Schedules.EndAsync(later, "bert", "club", default)).Outcome.ShouldBe(ScheduleOutcome.Done);
        (await Give(Rig).RunAsync(later, default)).ShouldBe(0);

        await AddAsync("carl", GrantInterval.Month);
        await grants.RunAsync(Rig.Project, "carl", Pack("club:3"), default);
        (await Schedules.EndAsync(Rig.Project, "carl", "club", default)).Outcome.ShouldBe(ScheduleOutcome.Done);
        (await _database.ScalarAsync<string>(
            "SELECT string_agg(c.id || ' ' || g.reference, ', ' ORDER BY c.id, g.reference) FROM grants g JOIN customers c USING "
                + "(partition, account) WHERE g.voided_at IS NULL"))
            .ShouldBe("ada club:2, bert club:1, bert club:2, bert club:3, carl club:1, carl club:3");
    }

    [Fact]
    public async Task A_pause_keeps_what_was_due_before_it()
    {
        await AddAsync("ada", GrantInterval.Day);
        (await Schedules.PauseAsync(Later(10.5), "ada", "club", true, default)).Outcome.ShouldBe(ScheduleOutcome.Done);
        (await _database!.ScalarAsync<string>(
            "SELECT count(*) FILTER (WHERE voided_at IS NULL) || ' ' || count(*) FILTER (WHERE voided_at IS NOT NULL) FROM grants"))
            .ShouldBe("11 7");
        (await Schedules.PauseAsync(Later(12.5), "ada", "club", false, default)).Schedule!.NameOf(13).ShouldBe("club:14.1");
        (await _database.ScalarAsync<string>(
            "SELECT min(effective_at)::date - current_date || ' ' || count(*) FROM grants WHERE reference LIKE '%.1'")).ShouldBe("13 7");
    }

    private static GrantOrder Pack(string id) => new("scan", Quantity.Of(5), GrantSource.TopUp, null, null, null, id);

    private ScheduleGrants Schedules => new(_database!.Source, Rig.Changes, Rig.Clock);

    private ProjectSnapshot Later(double days) => Rig.Project with { TestClock = Rig.Clock.Now().Plus(TimeSpan.FromDays(days)) };

    private Task<ScheduleAnswer> AddAsync(string customer, GrantInterval every, int? lives = 1) =>
        Schedules.AddAsync(
            Rig.Project, customer, new("scan", Quantity.Of(100), GrantSource.Gift, null, every, lives, null, null, "club"), default);

    private GiveScheduled Give(LedgerRig rig) => new(_database!.Source, rig.Directory, rig.Changes, rig.Clock, rig.Parked);
}
