using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Time-weighted levels, through the gate on the real PostgreSQL. Bills of them: <c>TimedLives</c>.</summary>
public sealed class TimedLevelTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: calls, name: Calls, meters: [{event_type: load}]}
          - {code: gb, name: Storage, meters: [{event_type: stored, aggregate: weighted_sum, value_property: gb}, {event_type: load, aggregate: weighted_sum, value_property: gb}]}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: calls, quota: 20}
              - {feature: gb, quota: 100, hard_cap: false, thresholds: [50, 100]}
        """;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    private static Instant Now => Instant.From(DateTimeOffset.UtcNow);

    /// <summary>The running month of the calendar, and the one before it.</summary>
    private static Period Month => QuotaPeriods.Of(QuotaPeriodKind.CalendarMonth, Now, TimeZoneInfo.Utc, null, null);

    private static Period Before => QuotaPeriods.Of(
        QuotaPeriodKind.CalendarMonth, new(Month.Start.UnixMicroseconds - 1), TimeZoneInfo.Utc, null, null);

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
    public async Task Usage_grows_with_time_and_a_month_without_reports_has_what_holds_from_before()
    {
        var at = Month.Start.Minus(Day);
        await ReportAsync(310, at, "a");
        var seen = await Rig.StandingAsync("u1", "gb");
        seen.Period.ShouldBe(Month);
        ShouldBeBetween(seen.Used, 310m, since: Month.Start, Month);
        seen.UsedAtEnd!.Value.Value.ShouldBe(310);
        seen.Remaining!.Value.ShouldBe((Quantity.Of(100) - seen.Used).FloorAtZero());
        await Task.Delay(20);
        (await Rig.StandingAsync("u1", "gb")).Used.ShouldBeGreaterThan(seen.Used);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM balances")).ShouldBe(1, "reading writes nothing");
        (await UsedOfRowAsync(Before)).ShouldBe(Share(310, at, Before.End, Before));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_late_report_a_void_and_a_repeat_change_every_month_that_they_reach()
    {
        var late = Before.End.Minus(2 * Day);
        await ReportAsync(20, Before.End.Minus(4 * Day), "a");
        await ReportAsync(50, Month.Start, "b");
        await ReportAsync(40, late, "c");
        (await UsedOfRowAsync(Before)).ShouldBe(
            Share(20, Before.End.Minus(4 * Day), late, Before) + Share(40, late, Before.End, Before), 0.000000001m);
        (await UsedOfRowAsync(Month)).ShouldBe(50);
        (await Rig.RecordAsync("u1", "stored", 1, "c", late, """{"gb":40}""")).Replayed.ShouldBeTrue();
        await VoidAsync("b");
        (await UsedOfRowAsync(Month)).ShouldBe(40, "the level of before holds on");
        await VoidAsync("c");
        (await UsedOfRowAsync(Month),
            await UsedOfRowAsync(Before)).ShouldBe((20, Share(20, Before.End.Minus(4 * Day), Before.End, Before)));
        await VoidAsync("a");
        (await UsedOfRowAsync(Month), await UsedOfRowAsync(Before)).ShouldBe((0, 0));
        (await Rig.StandingAsync("u1", "gb")).Used.Value.ShouldBe(0);
        (await Rig.Gate.VoidAsync(Rig.Project, "a", "u1", CancellationToken.None)).Replayed.ShouldBeTrue();
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM level_reports")).ShouldBe(0);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task An_event_moves_a_sum_and_a_level_and_its_void_takes_back_what_each_had()
    {
        await ReportAsync(8, Month.Start, "a");
        await Rig.RecordAsync("u1", "load", 5, "b", Month.Start, """{"gb":2}""");
        (await Rig.StandingAsync("u1", "calls")).Used.Value.ShouldBe(5);
        (await UsedOfRowAsync(Month)).ShouldBe(2, "of two reports of one instant, the one recorded last holds");
        await VoidAsync("b");
        (await Rig.StandingAsync("u1", "calls")).Used.Value.ShouldBe(0);
        (await UsedOfRowAsync(Month)).ShouldBe(8);
        await Rig.RecordAsync("u1", "load", 5, "c", Month.Start, """{"gb":3}""");
        (await UsedOfRowAsync(Month)).ShouldBe(3);
        await ShouldVerifyAsync();
    }

    /// <summary>The calls are too many, so the level of the same event is not reported either.</summary>
    [Fact]
    public async Task No_cap_refuses_a_report_and_what_a_refused_event_says_is_not_known()
    {
        (await Rig.RecordAsync("u1", "stored", 1, "a", Month.Start, """{"gb":100000}""", enforce: true)).Decision!.Outcome
            .ShouldBe(Outcome.Overage);
        (await Rig.RecordAsync("u1", "load", 21, "b", null, """{"gb":7}""", enforce: true)).Decision!.Outcome.ShouldBe(
            Outcome.QuotaExceeded);
        (await UsedOfRowAsync(Month)).ShouldBe(100_000);
        (await Rig.RecordAsync("u1", "load", 20, "c", Month.Start, """{"gb":7}""", enforce: true)).Decision!.Outcome
            .ShouldBe(Outcome.WithinQuota);
        (await UsedOfRowAsync(Month)).ShouldBe(7);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_level_is_not_consumed_reserved_or_granted()
    {
        (await Rig.ConsumeAsync("u1", "gb")).Fault.ShouldBe(GateFault.LevelNotConsumed);
        (await Rig.ReserveAsync("u1", "gb", 1)).Fault.ShouldBe(GateFault.LevelNotConsumed);
        var order = new GrantOrder("gb", Quantity.One, GrantSource.Gift, null, null, null, null);
        GrantTerms.FaultsOf(order, Rig.Project.Catalog.Features["gb"].Feature, Now).ShouldHaveSingleItem().Field.ShouldBe("feature");
    }

    /// <summary>A report crosses the thresholds that time has reached since the last one.</summary>
    [Fact]
    public async Task Thresholds_are_crossed_when_a_report_comes()
    {
        await ReportAsync(1_000_000, Month.Start, "a");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings WHERE used >= granted / 2")).ShouldBe(2);
        await ReportAsync(0, Now, "b");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings")).ShouldBe(2);
        await ShouldVerifyAsync();
    }

    /// <summary>Overrides obey the catalogue's rules for such a level, too.</summary>
    [Fact]
    public void An_override_makes_no_cap_of_it()
    {
        var catalog = Rig.Project.Catalog.Document;
        var change = new EntitlementOverride { Feature = "gb", HardCap = Setting.To(true) };
        OverrideRules.FaultsOf(catalog, catalog.Plans[0], [change]).ShouldHaveSingleItem().Field.ShouldBe("gb.hard_cap");
        OverrideRules.FaultsOf(
            catalog, catalog.Plans[0], [change with { HardCap = Setting.To(false), Quota = Setting.To<Quantity?>(Quantity.Of(5)) }])
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Any_reports_and_voids_on_two_servers_leave_what_a_naive_reader_of_the_events_finds()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        var random = new Random(11);
        var reports = Enumerable.Range(0, 60).Select(i => (Id: $"r{i}",
            At: Month.Start.Plus(TimeSpan.FromHours(((i * 37) % 29) - 20)), Gb: random.Next(0, 40))).ToList();
        await Parallel.ForEachAsync(reports, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
            (await (one.Gb % 2 == 0 ? Rig : second).RecordAsync(
                "u1", "stored", 1, one.Id, one.At, $$"""{"gb":{{one.Gb}}}""")).Fault.ShouldBe(GateFault.None));
        await ShouldVerifyAsync();
        foreach (var some in reports.OrderBy(_ => random.Next()).Chunk(12).ToList())
        {
            await Parallel.ForEachAsync(some, async (one, _) =>
                (await (one.Gb % 3 == 0 ? Rig : second).Gate.VoidAsync(Rig.Project, one.Id, "u1", CancellationToken.None)).Fault.ShouldBe(
                    GateFault.None));
            reports.RemoveAll(some.Contains);
            await ShouldVerifyAsync();
            (await _database!.ScalarAsync<long>("SELECT count(*) FROM level_reports")).ShouldBe(reports.Count);
            var both = (await Rig.StandingAsync("u1", "gb"), await second.StandingAsync("u1", "gb"));
            both.Item1.UsedAtEnd.ShouldBe(both.Item2.UsedAtEnd);
            var level = reports.GroupBy(static one => one.At).MaxBy(static group => group.Key);
            if (level?.Count() == 1)
            {
                (await _database!.ScalarAsync<decimal>("SELECT level FROM balances ORDER BY period_start DESC LIMIT 1"))
                    .ShouldBe(level.Single().Gb);
            }
        }

        (await Rig.StandingAsync("u1", "gb")).UsedAtEnd!.Value.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData("UPDATE balances SET used = used + 0.000000001 WHERE level IS NOT NULL", "timed_levels")]
    [InlineData("UPDATE balances SET level_time = level_time + 1 WHERE level IS NOT NULL", "timed_levels")]
    [InlineData("UPDATE balances SET period_end = period_end - interval '1 hour' WHERE level IS NOT NULL", "timed_levels")]
    [InlineData("UPDATE events SET data = jsonb_set(data, '{timed,0,1}', '11') WHERE data ? 'timed'", "timed_levels")]
    [InlineData("UPDATE events SET data = jsonb_set(data, '{timed,0,1}', '11') WHERE data ? 'timed'", "level_reports")]
    [InlineData("DELETE FROM level_reports", "level_reports")]
    public async Task Verify_finds_a_level_that_is_not_what_its_events_say(string tampering, string kind)
    {
        await ReportAsync(3, Month.Start, "a");
        await ShouldVerifyAsync();
        await _database!.ExecuteAsync(tampering);
        var report = await VerifyLedger.RunAsync(_database.Connections, null, null, CancellationToken.None);
        report.Findings.Single(finding => finding.Kind == kind).Count.ShouldBe(1);
    }

    /// <summary>PostgreSQL counts for bills and for cuts of periods as the rules count.</summary>
    [Fact]
    public async Task The_functions_of_the_database_count_as_the_rules_do()
    {
        var random = new Random(3);
        for (var i = 0; i < 25; i++)
        {
            var at = Before.Start.Plus(TimeSpan.FromMicroseconds(random.NextInt64((Now - Before.Start).Ticks / 10)));
            at = at < Now.Minus(34 * Day) ? Now.Minus(34 * Day) : at;
            await ReportAsync(random.Next(1, 1_000_000_000) / 1_000_000m, at, $"r{i}");
        }

        foreach (var period in (Period[])[Before, Month])
        {
            (await _database!.ScalarAsync<bool>(
                $"""
                SELECT bool_and(b.level_time = o.level_time AND b.level = o.level AND b.report_at IS NOT DISTINCT FROM o.report_at
                                AND b.used = level_used(o.level_time, b.level_whole) AND used_by(b, b.period_end) = b.used
                                AND used_by(b, b.report_at) <= b.used)
                  FROM balances b
                 CROSS JOIN LATERAL level_over(b.partition, b.account, b.feature, b.period_start, b.period_end) AS o
                 WHERE b.period_start = '{period.Start}'
                """)).ShouldBeTrue();
        }

        await ShouldVerifyAsync();
    }

    private static void ShouldBeBetween(Quantity used, decimal level, Instant since, Period period)
    {
        var now = Now;
        used.Value.ShouldBeInRange(
            Share(level, since, now.Minus(TimeSpan.FromSeconds(60)), period),
            Share(level, since, now.Plus(TimeSpan.FromSeconds(1)), period)); // a gate's clock may run a little ahead
    }

    private static decimal Share(decimal level, Instant from, Instant until, Period period) => decimal.Round(
        level * (until.UnixMicroseconds - from.UnixMicroseconds) / (period.End.UnixMicroseconds - period.Start.UnixMicroseconds), 9,
        MidpointRounding.AwayFromZero);

    private async Task ReportAsync(decimal gb, Instant at, string id) => (await Rig.RecordAsync(
        "u1", "stored", 1, id, at, $$"""{"gb":{{gb.ToString(CultureInfo.InvariantCulture)}}}""")).Fault.ShouldBe(GateFault.None);

    private async Task VoidAsync(string id) =>
        (await Rig.Gate.VoidAsync(Rig.Project, id, "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);

    /// <summary>At the end of a period, if nothing is reported until then.</summary>
    private Task<decimal> UsedOfRowAsync(Period period) => _database!.ScalarAsync<decimal>(
        $"SELECT used FROM balances WHERE level IS NOT NULL AND period_start = '{period.Start}'");

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }
}
