using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Features whose last reported value is used, through the gate on the real PostgreSQL.</summary>
public sealed class LevelTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: calls, name: Calls, meters: [{event_type: load}]}
          - {code: gb, name: Storage, meters: [{event_type: stored, aggregate: latest, value_property: gb}, {event_type: load, aggregate: latest, value_property: gb}]}
          - {code: peak, name: Peak, meters: [{event_type: stored, aggregate: max, value_property: gb}]}
          - {code: seats, name: Seats, meters: [{event_type: seats, aggregate: latest}]}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: calls, quota: unlimited}
              - {feature: gb, quota: 100, hard_cap: false}
              - {feature: peak, quota: 1000}
              - {feature: seats, quota: 5, period: day}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    private static Instant Now => Instant.From(DateTimeOffset.UtcNow);

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
    public async Task The_last_report_of_the_period_is_used_and_may_fall()
    {
        var start = (await Rig.StandingAsync("u1", "gb")).Period.Start;
        await ReportAsync(10, start, "a");
        (await ReportAsync(14, start.Plus(TimeSpan.FromSeconds(9)), "b")).Used.Value.ShouldBe(14);
        (await ReportAsync(12.5m, start.Plus(TimeSpan.FromSeconds(20)), "c")).Used.Value.ShouldBe(12.5m);
        (await ReportAsync(30, start.Plus(TimeSpan.FromSeconds(12)), "late")).Used.Value.ShouldBe(12.5m, "an older report changes nothing");
        await VoidAsync("c");
        (await UsedAsync("gb")).ShouldBe(30, "the last one of the others, whenever it came");
        await VoidAsync("b");
        (await UsedAsync("gb")).ShouldBe(30, "one that does not count takes nothing with it");
        await VoidAsync("late");
        (await UsedAsync("gb")).ShouldBe(10);
        (await ReportAsync(0, start.Plus(TimeSpan.FromSeconds(2)), "d")).Used.Value.ShouldBe(0);
        (await ReportAsync(7, start.Plus(TimeSpan.FromSeconds(1)), "e")).Used.Value.ShouldBe(
            0, "what was voided since no longer stands before it");
        await VoidAsync("d");
        await VoidAsync("e");
        await VoidAsync("a");
        (await UsedAsync("gb")).ShouldBe(0);
        (await ReportAsync(3, start.Plus(TimeSpan.FromSeconds(1)), "f")).Used.Value.ShouldBe(3);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task The_later_recorded_of_two_reports_of_one_instant_counts()
    {
        var at = (await Rig.StandingAsync("u1", "gb")).Period.Start;
        for (var i = 1; i <= 12; i++)
        {
            (await ReportAsync(i, at, $"r{i}")).Used.Value.ShouldBe(i);
        }

        await VoidAsync("r12");
        (await UsedAsync("gb")).ShouldBe(11);
        await VoidAsync("r3");
        (await UsedAsync("gb")).ShouldBe(11);
        await using var other = await LedgerRig.StartAsync(_database!);
        await other.RecordAsync("u1", "stored", at: at, properties: """{"gb":4}""");
        (await other.StandingAsync("u1", "gb")).Used.Value.ShouldBe(4, "the number of reports is read with the balance");
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_repeated_report_replays_and_changes_nothing()
    {
        await Rig.RecordAsync("u1", "seats", 4, "a");
        await Rig.RecordAsync("u1", "seats", 2, "b");
        var again = await Rig.RecordAsync("u1", "seats", 4, "a");
        (again.Replayed, again.Decision!.Standing!.Used.Value).ShouldBe((true, 4m));
        (await UsedAsync("seats")).ShouldBe(2);
        (await Rig.RecordAsync("u1", "seats", 5, "a")).Fault.ShouldBe(GateFault.IdReused);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_report_is_a_fact_and_with_enforce_only_one_that_rises_is_refused()
    {
        (await Rig.RecordAsync("u1", "seats", 9)).Decision!.Outcome.ShouldBe(Outcome.RecordedOverLimit);
        (await Rig.RecordAsync("u1", "seats", 10, enforce: true)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await UsedAsync("seats")).ShouldBe(9);
        (await Rig.RecordAsync("u1", "seats", 9, enforce: true)).Decision!.Outcome.ShouldBe(Outcome.RecordedOverLimit);
        (await Rig.RecordAsync("u1", "seats", 7, enforce: true)).Decision!.Outcome.ShouldBe(Outcome.RecordedOverLimit);
        (await UsedAsync("seats")).ShouldBe(7);
        (await Rig.RecordAsync("u1", "seats", 4, enforce: true)).Decision!.Outcome.ShouldBe(Outcome.WithinQuota);
        (await CheckAsync("seats", 1)).ShouldBe(Outcome.WithinQuota);
        (await CheckAsync("seats", 2)).ShouldBe(Outcome.QuotaExceeded);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_level_is_not_consumed_reserved_or_granted()
    {
        (await Rig.ConsumeAsync("u1", "seats")).Fault.ShouldBe(GateFault.LevelNotConsumed);
        (await Rig.ConsumeAsync("u1", "peak")).Fault.ShouldBe(GateFault.LevelNotConsumed);
        (await Rig.ReserveAsync("u1", "gb", 1)).Fault.ShouldBe(GateFault.LevelNotConsumed);
        var order = new GrantOrder("seats", Quantity.One, GrantSource.Gift, null, null, null, null);
        GrantTerms.FaultsOf(order, Rig.Project.Catalog.Features["seats"].Feature, Now).ShouldHaveSingleItem().Field.ShouldBe("feature");
    }

    [Fact]
    public async Task Each_period_begins_at_zero_and_a_late_report_changes_its_own_period_only()
    {
        var today = (await Rig.StandingAsync("u1", "seats")).Period;
        (await Rig.RecordAsync("u1", "seats", 3, at: today.Start.Minus(TimeSpan.FromHours(30)))).Decision!.Standing!.Used.Value.ShouldBe(3);
        (await UsedAsync("seats")).ShouldBe(0);
        await Rig.RecordAsync("u1", "seats", 4, "now");
        await Rig.RecordAsync("u1", "seats", 2, "yesterday", at: today.Start.Minus(TimeSpan.FromHours(25)));
        (await UsedAsync("seats")).ShouldBe(4);
        await VoidAsync("yesterday");
        (await UsedAsync("seats")).ShouldBe(4);
        (await _database!.ScalarAsync<decimal>(
            "SELECT sum(used) FROM balances b JOIN features f ON f.id = b.feature WHERE f.code = 'seats'")).ShouldBe(7);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task An_event_moves_a_sum_and_a_level_and_its_void_takes_back_what_each_had()
    {
        var start = (await Rig.StandingAsync("u1", "gb")).Period.Start;
        await ReportAsync(8, start, "a");
        await Rig.RecordAsync("u1", "load", 5, "b", start.Plus(TimeSpan.FromSeconds(1)), """{"gb":2}""");
        (await UsedAsync("calls"), await UsedAsync("gb"), await UsedAsync("peak")).ShouldBe((5, 2, 8));
        await VoidAsync("b");
        (await UsedAsync("calls"), await UsedAsync("gb"), await UsedAsync("peak")).ShouldBe((0, 8, 8));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Any_reports_and_voids_leave_what_a_naive_reader_of_the_events_finds()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        var (start, random) = ((await Rig.StandingAsync("u1", "gb")).Period.Start, new Random(7));
        var reports = Enumerable.Range(0, 60)
            .Select(i => (Id: $"r{i}", At: start.Plus(TimeSpan.FromMilliseconds((i * 37) % 61)), Gb: random.Next(0, 40))).ToList();
        await Parallel.ForEachAsync(reports, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
            (await (one.Gb % 2 == 0 ? Rig : second).RecordAsync(
                "u1", "stored", 1, one.Id, one.At, $$"""{"gb":{{one.Gb}}}""")).Fault.ShouldBe(GateFault.None));
        await ShouldBeAsync(reports);
        foreach (var some in reports.OrderBy(_ => random.Next()).Chunk(12).ToList())
        {
            await Parallel.ForEachAsync(some, async (one, _) =>
                (await (one.Gb % 3 == 0 ? Rig : second).Gate.VoidAsync(Rig.Project, one.Id, "u1", CancellationToken.None)).Fault.ShouldBe(
                    GateFault.None));
            reports.RemoveAll(some.Contains);
            await ShouldBeAsync(reports);
        }

        async Task ShouldBeAsync(List<(string Id, Instant At, int Gb)> live)
        {
            (await second.StandingAsync("u1", "gb")).Used.Value.ShouldBe(live.OrderBy(static one => one.At).LastOrDefault().Gb);
            (await Rig.StandingAsync("u1", "peak")).Used.Value.ShouldBe(live.Select(static one => one.Gb).DefaultIfEmpty().Max());
            await ShouldVerifyAsync();
        }
    }

    [Theory]
    [InlineData("UPDATE balances SET used = used + 1 WHERE report_at IS NOT NULL", "levels")]
    [InlineData("UPDATE balances SET report_at = report_at - interval '1 second' WHERE report_at IS NOT NULL", "reports")]
    [InlineData("UPDATE events SET data = jsonb_set(data, '{last,0,1}', '11') WHERE data ? 'last'", "levels")]
    public async Task Verify_finds_a_level_that_is_not_its_last_report(string tampering, string kind)
    {
        await Rig.RecordAsync("u1", "seats", 4);
        await Rig.RecordAsync("u1", "seats", 3);
        await ShouldVerifyAsync();
        await _database!.ExecuteAsync(tampering);
        var report = await VerifyLedger.RunAsync(_database.Connections, null, null, CancellationToken.None);
        report.Findings.Single(finding => finding.Kind == kind).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("aggregate: latest}]}", "aggregate: sum}]}", false)]
    [InlineData("aggregate: latest}]}", "aggregate: max}]}", false)]
    [InlineData(
        "{code: calls, name: Calls, meters: [{event_type: load}]}",
        "{code: calls, name: Calls, meters: [{event_type: other, aggregate: latest}]}", false)]
    [InlineData(
        "{code: calls, name: Calls, meters: [{event_type: load}]}",
        "{code: calls, name: Calls, meters: [{event_type: load, aggregate: count}]}", true)]
    [InlineData("event_type: seats, aggregate", "event_type: seats_counted, aggregate", true)]
    public async Task A_published_feature_stays_the_level_or_the_sum_that_it_is(string before, string after, bool isAllowed)
    {
        var document = CatalogReader.ReadYaml(Shop.Replace(before, after, StringComparison.Ordinal)).Document!;
        var planned = await new PreviewCatalog(_database!.Source).RunAsync(Rig.Project.Id, document, CancellationToken.None);
        planned.Faults.Count.ShouldBe(isAllowed ? 0 : 1);
        var done = await new PublishCatalog(_database.Source).PublishAsync(Rig.Project.Id, document, null, CancellationToken.None);
        done.Outcome.ShouldBe(isAllowed ? PublishOutcome.Published : PublishOutcome.Refused);
    }

    private async Task<Standing> ReportAsync(decimal gb, Instant at, string id) =>
        (await Rig.RecordAsync(
            "u1", "stored", 1, id, at,
            $$"""{"gb":{{gb.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""")).Decision!.Standings[0];

    private async Task VoidAsync(string id) =>
        (await Rig.Gate.VoidAsync(Rig.Project, id, "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);

    private async Task<decimal> UsedAsync(string feature) => (await Rig.StandingAsync("u1", feature)).Used.Value;

    private async Task<Outcome> CheckAsync(string feature, decimal amount) =>
        (await Rig.Gate.CheckAsync(Rig.Project, "u1", feature, Quantity.Of(amount), CancellationToken.None)).Decision!.Outcome;

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }
}
