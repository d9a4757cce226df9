using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Policies of an entitlement and of meters, through the gate on the real PostgreSQL.</summary>
public sealed class GatePolicyTests(TestPostgres postgres) : IAsyncLifetime
{
    internal const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: job, name: Jobs}
          - {code: roll, name: Rolling}
          - {code: carry, name: Carrying}
          - {code: slow, name: Slow}
          - {code: lane, name: Lanes}
          - {code: clip, name: Clipped}
          - {code: soft, name: Soft}
          - {code: credits, name: Credits}
          - {code: cv, name: CVs}
          - code: peak
            name: Peak
            meters: [{event_type: load, aggregate: max, value_property: gb}]
          - code: seats
            name: Seats
            meters: [{event_type: login, aggregate: unique, value_property: user}]
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 2}
              - {feature: job, quota: 10}
              - {feature: roll, quota: 10, rollover: {max: 5, periods: 1}}
              - {feature: carry, quota: 10, hard_cap: false, rollover: {max: 0, periods: 1, carry_overage: true}}
              - {feature: slow, quota: null, rate_limits: [{limit: 2, per: minute}]}
              - {feature: lane, quota: null, rate_limits: [{limit: 1, per: concurrency}]}
              - {feature: clip, quota: 5, settle_over: clip}
              - {feature: soft, quota: 2, hard_cap: false}
              - {feature: credits, quota: 10}
              - {feature: cv, quota: 1, pool: {feature: credits, rate: 5}}
              - {feature: peak, quota: 100}
              - {feature: seats, quota: 3}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    private static Instant Now => Instant.From(DateTimeOffset.UtcNow);

    private static Instant ThisMonth =>
        Instant.FromUtc(new DateTime(DateTime.UtcNow.Year, DateTime.UtcNow.Month, 1, 0, 0, 0, DateTimeKind.Utc));

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

    private async Task<decimal> UsedAsync(string feature) => (await Rig.StandingAsync("u1", feature)).Used.Value;

    private async Task ShouldVerifyAsync(LedgerRig? rig = null)
    {
        var report = await VerifyLedger.RunAsync((rig ?? Rig).Database.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }

    [Fact]
    public async Task A_late_event_counts_in_the_period_in_which_it_happened()
    {
        await Rig.ConsumeAsync("u1", "scan");
        var late = await Rig.RecordAsync("u1", "scan", 2, at: ThisMonth.Minus(TimeSpan.FromHours(1)));
        late.Decision!.Standing!.Period.End.ShouldBe(ThisMonth);
        late.Decision.Standing.Used.Value.ShouldBe(2);
        (await UsedAsync("scan")).ShouldBe(1);
        (await _database!.ScalarAsync<long>(
            "SELECT count(*) FROM balances b JOIN features f ON f.id = b.feature WHERE f.code = 'scan'")).ShouldBe(2);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Events_outside_the_accept_window_are_refused()
    {
        (await Rig.RecordAsync("u1", "scan", at: Now.Minus(TimeSpan.FromDays(36)))).Fault.ShouldBe(GateFault.TooOld);
        (await Rig.RecordAsync("u1", "scan", at: Now.Plus(TimeSpan.FromMinutes(6)))).Fault.ShouldBe(GateFault.InFuture);
        (await Rig.RecordAsync("u1", "scan", at: Now.Plus(TimeSpan.FromMinutes(4)))).Fault.ShouldBe(GateFault.None);
        (await Rig.RecordAsync("u1", "scan", at: Now.Minus(TimeSpan.FromDays(34)))).Fault.ShouldBe(GateFault.None);
    }

    [Fact]
    public async Task A_maximum_rises_to_the_highest_value_and_falls_when_that_is_voided()
    {
        await Rig.RecordAsync("u1", "load", id: "a", properties: """{"gb":5}""");
        await Rig.RecordAsync("u1", "load", id: "b", properties: """{"gb":8}""");
        await Rig.RecordAsync("u1", "load", id: "c", properties: """{"gb":7}""");
        (await UsedAsync("peak")).ShouldBe(8);
        (await Rig.RecordAsync("u1", "load", properties: """{"gb":"x"}""")).Fault.ShouldBe(GateFault.ValueInvalid);
        await Rig.Gate.VoidAsync(Rig.Project, "b", "u1", CancellationToken.None);
        (await UsedAsync("peak")).ShouldBe(7);
        await Rig.Gate.VoidAsync(Rig.Project, "a", "u1", CancellationToken.None);
        (await UsedAsync("peak")).ShouldBe(7);
        await Rig.Gate.VoidAsync(Rig.Project, "c", "u1", CancellationToken.None);
        (await UsedAsync("peak")).ShouldBe(0);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_value_counts_once_until_its_last_event_is_voided()
    {
        foreach (var (id, user) in ((string, string)[])[("a", "ann"), ("b", "bob"), ("c", "ann")])
        {
            await Rig.RecordAsync("u1", "login", id: id, properties: $$"""{"user":"{{user}}"}""");
        }

        (await UsedAsync("seats")).ShouldBe(2);
        await Rig.Gate.VoidAsync(Rig.Project, "a", "u1", CancellationToken.None);
        (await UsedAsync("seats")).ShouldBe(2);
        await ShouldVerifyAsync();
        await Rig.Gate.VoidAsync(Rig.Project, "c", "u1", CancellationToken.None);
        (await UsedAsync("seats")).ShouldBe(1);
        await Rig.RecordAsync("u1", "login", properties: """{"user":"ann"}""");
        (await UsedAsync("seats")).ShouldBe(2);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_void_of_what_no_meter_read_changes_nothing()
    {
        await Rig.RecordAsync("u1", "signal", id: "s");
        var undone = await Rig.Gate.VoidAsync(Rig.Project, "s", "u1", CancellationToken.None);
        (undone.Fault, undone.Decision).ShouldBe((GateFault.None, null));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Unused_quota_rolls_over_up_to_its_bound_when_a_period_opens()
    {
        await EndedMonthAsync("roll", used: 3);
        var standing = (await Rig.ConsumeAsync("u1", "roll")).Decision!.Standing!;
        standing.Limit!.Value.Value.ShouldBe(15);
        (await _database!.ScalarAsync<decimal>("SELECT used FROM grants")).ShouldBe(1);
        (await Rig.ConsumeAsync("u1", "roll", 14)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("u1", "roll")).Decision!.Allowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Overage_is_carried_into_the_next_period_where_the_policy_says_so()
    {
        await EndedMonthAsync("carry", used: 13);
        (await Rig.ConsumeAsync("u1", "carry")).Decision!.Standing!.Limit!.Value.Value.ShouldBe(7);
        (await Rig.ConsumeAsync("u1", "carry", 7)).Decision!.Outcome.ShouldBe(Outcome.Overage);
    }

    private async Task EndedMonthAsync(string feature, decimal used)
    {
        await Rig.RecordAsync("u1", "signal");
        await _database!.ExecuteAsync("UPDATE customers SET created_at = now() - interval '100 days'");
        await _database.ExecuteAsync(
            """
            INSERT INTO balances (partition, account, feature, period_start, period_end, used, quota)
            SELECT c.partition, c.account, f.id, $1 - interval '1 month', $1, $3, 10 FROM customers c, features f WHERE f.code = $2
            """, ThisMonth.ToUtc(), feature, used);
        await Rig.Gate.ForgetAsync(Rig.Project, "u1");
    }

    [Fact]
    public async Task Grants_burn_by_priority_around_the_plans_own_quota()
    {
        await Rig.RecordAsync("u1", "signal");
        var promotion = await GrantAsync("promotion", priority: 50, amount: 1, days: 90);
        var topup = await GrantAsync("topup", priority: 100, amount: 5, days: 90);
        await Rig.Gate.ForgetAsync(Rig.Project, "u1");
        var answer = await Rig.ConsumeAsync("u1", "scan", 4, "burner");
        answer.Burned.ShouldBe([(promotion.ToString(), Quantity.One), (topup.ToString(), Quantity.One)]);
        answer.Decision!.Standing!.Remaining!.Value.Value.ShouldBe(4);
        (await _database!.ScalarAsync<decimal>("SELECT drawn FROM balances")).ShouldBe(2);
        await ShouldVerifyAsync();
        await Rig.Gate.VoidAsync(Rig.Project, "burner", "u1", CancellationToken.None);
        (await _database.ScalarAsync<decimal>("SELECT sum(used) FROM grants")).ShouldBe(0);
        await ShouldVerifyAsync();
    }

    private async Task<Guid> GrantAsync(string source, int priority, decimal amount, int days)
    {
        var id = Guid.CreateVersion7();
        await _database!.ExecuteAsync(
            """
            INSERT INTO grants (partition, account, feature, id, source, priority, amount, effective_at, expires_at, created_at)
            SELECT c.partition, c.account, f.id, $1, $2, $3, $4, now() - interval '1 minute', now() + make_interval(days => $5), now()
              FROM customers c, features f WHERE f.code = 'scan'
            """, id, source, (short)priority, amount, days);
        return id;
    }

    [Fact]
    public async Task A_full_rate_window_is_full_on_every_server()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        (await Rig.ConsumeAsync("u1", "slow")).Decision!.Allowed.ShouldBeTrue();
        (await second.ConsumeAsync("u1", "slow")).Decision!.Allowed.ShouldBeTrue();
        var third = (await Rig.ConsumeAsync("u1", "slow")).Decision!;
        third.Outcome.ShouldBe(Outcome.RateLimited);
        third.RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        (await second.ConsumeAsync("u1", "slow")).Decision!.Outcome.ShouldBe(Outcome.RateLimited);
        (await UsedAsync("slow")).ShouldBe(2);
    }

    [Fact]
    public async Task As_many_holds_are_open_as_the_plan_allows()
    {
        var first = await Rig.ReserveAsync("u1", "lane", 1);
        (await Rig.ReserveAsync("u1", "lane", 1)).Decision!.Outcome.ShouldBe(Outcome.ConcurrencyLimited);
        await Rig.Gate.ReleaseAsync(Rig.Project, first.Id!, "u1", CancellationToken.None);
        (await Rig.ReserveAsync("u1", "lane", 1)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_threshold_is_recorded_once_in_a_period()
    {
        await Rig.ConsumeAsync("u1", "job", 8);
        await Rig.ConsumeAsync("u1", "job", 2, "last");
        await Rig.Gate.VoidAsync(Rig.Project, "last", "u1", CancellationToken.None);
        await Rig.ConsumeAsync("u1", "job", 2);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings")).ShouldBe(3);
        (await _database.ScalarAsync<long>("SELECT sum(percent) FROM threshold_crossings")).ShouldBe(270);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_settle_is_clipped_to_what_is_available_where_the_policy_says_so()
    {
        var hold = await Rig.ReserveAsync("u1", "clip", 3);
        (await Rig.SettleAsync(hold.Id!, 10)).Decision!.Standing!.Used.Value.ShouldBe(5);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_reservation_of_several_features_holds_all_or_none()
    {
        async Task<GateAnswer> Reserve(decimal scans) => await Rig.Gate.ReserveAsync(
            Rig.Project, new("u1", [new("job", Quantity.Of(5)), new("scan", Quantity.Of(scans)), new("cv", Quantity.Of(2))], null, null),
            CancellationToken.None);
        var refused = await Reserve(3);
        refused.Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.StandingAsync("u1", "job")).Held.Value.ShouldBe(0);
        var taken = await Reserve(2);
        taken.Decision!.Allowed.ShouldBeTrue();
        ((await Rig.StandingAsync("u1", "job")).Held.Value, (await Rig.StandingAsync("u1", "credits")).Held.Value).ShouldBe((5m, 5m));
        await ShouldVerifyAsync();
        await Rig.SettleAsync(taken.Id!);
        ((await UsedAsync("job")), await UsedAsync("scan"), await UsedAsync("credits")).ShouldBe((5m, 2m, 5m));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_hold_that_expires_frees_on_every_server()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        await Rig.ReserveAsync("u1", "scan", 2, TimeSpan.FromSeconds(4));
        (await second.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        await Task.Delay(4_100);
        (await second.ConsumeAsync("u1", "scan", 2)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        await ShouldVerifyAsync();
    }

    /// <summary>Work may be reported until a day after its hold expired, to the last tick.</summary>
    [Theory]
    [InlineData(0, GateFault.None)]
    [InlineData(1, GateFault.HoldClosed)]
    public async Task A_hold_settles_late_for_a_day_after_its_expiry(int microseconds, GateFault fault)
    {
        var reserved = new DateTime(2031, 5, 15, 12, 0, 0, DateTimeKind.Utc);
        await _database!.ExecuteAsync("UPDATE projects SET mode = 'sandbox', test_clock = $1", reserved);
        await using (var then = await LedgerRig.StartAsync(_database))
        {
            (await then.ReserveAsync("u1", "job", 3, TimeSpan.FromMinutes(10), "held")).Decision!.Allowed.ShouldBeTrue();
        }

        await _database.ExecuteAsync(
            "UPDATE projects SET test_clock = $1", reserved.AddMinutes(10).AddDays(1).AddMicroseconds(microseconds));
        await using var later = await LedgerRig.StartAsync(_database);
        var answer = await later.SettleAsync("held");
        (answer.Fault, answer.Late).ShouldBe((fault, fault == GateFault.None));
        (await later.StandingAsync("u1", "job")).Used.Value.ShouldBe(fault == GateFault.None ? 3 : 0);
        await ShouldVerifyAsync(later);
    }

    /// <summary>An answer 200 is on disk: a connection that commits without waiting for the disk would lose it with PostgreSQL.</summary>
    [Fact]
    public async Task Every_event_is_committed_to_disk_before_it_is_answered()
    {
        await _database!.ExecuteAsync(
            """
            CREATE TABLE seen (setting text NOT NULL, events_in text NOT NULL);
            CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit'), TG_TABLE_NAME); RETURN NULL; END $$;
            CREATE TRIGGER see AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION see();
            """);
        await Rig.ConsumeAsync("u1", "soft");
        await Rig.ConsumeAsync("u1", "soft");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Rig.ConsumeAsync("u1", "soft")));
        (await _database.ScalarAsync<long>("SELECT count(*) FROM seen")).ShouldBe(22);
        (await _database.ScalarAsync<string>("SELECT string_agg(DISTINCT setting, ',') FROM seen")).ShouldBe("on");
        (await _database.ScalarAsync<string>(
            "SELECT current_setting('synchronous_commit') || current_setting('fsync') || current_setting('full_page_writes')"))
            .ShouldBe("ononon", "The pool's connections, which commit everything else, wait for the disk too.");
    }

    [Fact]
    public async Task A_test_clock_years_ahead_settles_and_voids()
    {
        await _database!.ExecuteAsync("UPDATE projects SET mode = 'sandbox', test_clock = '2031-05-15T12:00:00Z'");
        await using var ahead = await LedgerRig.StartAsync(_database);
        await ahead.ConsumeAsync("u1", "job", 2, "used");
        var hold = await ahead.ReserveAsync("u1", "job", 3, id: "held");
        (await ahead.SettleAsync(hold.Id!)).Decision!.Standing!.Used.Value.ShouldBe(5);
        (await ahead.Gate.VoidAsync(ahead.Project, "used", "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);
        (await ahead.StandingAsync("u1", "job")).Used.Value.ShouldBe(3);
        await ShouldVerifyAsync(ahead);
    }
}
