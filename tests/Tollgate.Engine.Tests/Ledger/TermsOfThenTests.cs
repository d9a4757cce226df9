using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>
/// Rollover and carried overage follow the terms of their time: two customers live the same life, and one of them is read before the terms
/// change. Every event is recorded for both, and they end in the same state.
/// </summary>
public sealed class TermsOfThenTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scan, name: Scans}, {code: roll, name: Rolling}, {code: wide, name: Wide}, {code: carry, name: Carrying}, {code: both, name: Both}]
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 10}
              - {feature: roll, quota: 100, rollover: {max: 1000, periods: 1}}
              - {feature: wide, quota: 500, rollover: {max: 600, periods: 2}}
              - {feature: carry, quota: 100, hard_cap: false, rollover: {max: 0, periods: 1, carry_overage: true}}
              - {feature: both, quota: 100, hard_cap: false, rollover: {max: 1000, periods: 1, carry_overage: true}}
          - code: wider
            name: Wider
            entitlements: [{feature: wide, quota: 500, rollover: {max: 1000, periods: 2}}]
          - code: narrow
            name: Narrow
            entitlements: [{feature: wide, quota: 500, rollover: {max: 600, periods: 2}}]
          - code: plain
            name: Plain
            entitlements: [{feature: roll, quota: 500}]
          - {code: long, name: Long, entitlements: [{feature: wide, quota: 500, rollover: {max: 600, periods: 4}}]}
          - {code: brief, name: Brief, entitlements: [{feature: wide, quota: 100, rollover: {max: 100, periods: 1}}]}
          - {code: kept, name: Kept, entitlements: [{feature: wide, quota: 500}]}
          - {code: forever, name: Forever, entitlements: [{feature: wide, quota: 1000, period: lifetime}]}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop);
        await _database.ExecuteAsync("UPDATE projects SET mode = 'sandbox', test_clock = '2027-04-10 12:00Z'");
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await _database!.DisposeAsync();
    }

    // B: two idle months of 500 with a bound of 600 leave 600, independent of later bounds.
    [Fact]
    public Task A_wider_bound_does_not_reach_back() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(4, 10)),
        async u => await AssignAsync(u, "wider", Day(6, 3)),
        Day(6, 5), "wide", 1100);

    // B, the other way round: two months under a bound of 1000, and the smaller plan trims the rest.
    [Fact]
    public Task A_narrower_bound_trims_what_was_rolled() => BothAsync(
        async u => await AssignAsync(u, "wider", Day(4, 10)),
        async u => await AssignAsync(u, "narrow", Day(6, 3)),
        Day(6, 5), "wide", 1100);

    // C1: a plan without rollover keeps units that rolled over under the plan before.
    [Fact]
    public Task A_plan_without_rollover_keeps_what_was_rolled() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(4, 10)),
        async u => await AssignAsync(u, "plain", Day(5, 3)),
        Day(5, 5), "roll", 600);

    // C2: a catalogue that raises the default plan's quota gives nothing to the month before it.
    [Fact]
    public Task A_new_catalogue_does_not_reach_back() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(4, 10)),
        async _ =>
            await PublishAsync(
                Shop.Replace("{feature: roll, quota: 100,", "{feature: roll, quota: 1000,", StringComparison.Ordinal), Day(5, 3)),
        Day(5, 5), "roll", 1100);

    // C3
    [Fact]
    public Task An_override_does_not_reach_back() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(4, 10)),
        async u => await OverrideAsync(u, new() { Feature = "roll", Quota = new(true, Quantity.Of(700)) }, Day(5, 3)),
        Day(5, 5), "roll", 800);

    // C4
    [Fact]
    public Task The_rest_of_a_used_month_rolls_over_under_its_own_plan() => BothAsync(
        async u => await ConsumeAsync(u, "roll", 40, Day(4, 10)),
        async u => await AssignAsync(u, "plain", Day(5, 3)),
        Day(5, 5), "roll", 560);

    // D2: 50 of April's overage are taken from May, whose other 50 roll into June.
    [Fact]
    public Task An_idle_month_pays_what_was_carried_into_it_before_it_rolls() => BothAsync(
        async u => await RecordAsync(u, "both", 150, Day(4, 10), Day(4, 10)),
        _ => Task.CompletedTask,
        Day(6, 5), "both", 150);

    // 300 used in April: 200 over. May pays 100 and June the other 100.
    [Theory]
    [InlineData(5, 0, 200)]
    [InlineData(6, 0, 100)]
    [InlineData(7, 100, 0)]
    public async Task Overage_above_the_next_quota_stays_carried_and_visible(int month, decimal limit, decimal carried)
    {
        await BothAsync(
            async u => await RecordAsync(u, "carry", 300, Day(4, 10), Day(4, 10)),
            _ => Task.CompletedTask,
            Day(month, 5), "carry", limit);
        (await StandingAsync("unseen", "carry", Day(month, 5))).Carried.Value.ShouldBe(carried);
    }

    // 60 of April, reported in May: 40 are left of April's 100, and 40 rolled over.
    [Fact]
    public Task Late_use_takes_back_what_rolled() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(4, 10)),
        async u => await RecordAsync(u, "roll", 60, Day(4, 20), Day(5, 3)),
        Day(5, 5), "roll", 140);

    // 250 of April, reported in June: May and half of June were committed.
    [Fact]
    public Task Late_overage_is_carried_as_if_it_had_been_told_in_time() => BothAsync(
        async u => await ConsumeAsync(u, "scan", 1, Day(5, 10)),
        async u => await RecordAsync(u, "carry", 250, Day(5, 20), Day(6, 18)),
        Day(7, 5), "carry", 50);

    // The quota of the earlier plan: 40 of 100 were left, and a grant paid nothing.
    [Fact]
    public async Task A_late_event_is_booked_on_the_plan_of_its_time()
    {
        await AssignAsync("u1", "plain", Day(5, 3));
        var late = await RecordAsync("u1", "roll", 60, Day(4, 20), Day(5, 4));
        late.ShouldBe((100m, 60m));
    }

    // 100 a month: April's use that is taken back in May rolls over as far as the bound leaves room; reported again, it does not.
    [Theory]
    [InlineData(60, 140, 200)]
    [InlineData(100, 100, 200)]
    [InlineData(30, 170, 200)]
    public async Task Voided_usage_of_an_ended_month_rolls_over(decimal used, decimal before, decimal after)
    {
        var id = await UseAsync(used, Day(4, 20), Day(4, 20));
        (await LimitAsync("u1", "roll", Day(5, 2))).ShouldBe(before);
        await Rig.Gate.VoidAsync(At(Day(5, 3)), id, "u1", CancellationToken.None);
        (await LimitAsync("u1", "roll", Day(5, 3))).ShouldBe(after);

        id = await UseAsync(used, Day(4, 21), Day(5, 4));
        (await LimitAsync("u1", "roll", Day(5, 4))).ShouldBe(before);
        await Rig.Gate.VoidAsync(At(Day(5, 5)), id, "u1", CancellationToken.None);
        (await LimitAsync("u1", "roll", Day(5, 5))).ShouldBe(after);

        async Task<string> UseAsync(decimal amount, Instant occurred, Instant at) => (await Rig.Gate.RecordAsync(
            At(at), [new(Guid.NewGuid().ToString(), "u1", "roll", Quantity.Of(amount), occurred, null, Enforce: false)],
            CancellationToken.None))[0].Id!;
    }

    // All of April was used and nothing rolled. The other server has opened May when 100 of April are voided.
    [Fact]
    public async Task Usage_voided_on_one_server_rolls_over_on_the_other()
    {
        await ConsumeAsync("u1", "roll", 100, Day(4, 20));
        await using var other = await LedgerRig.StartAsync(_database!);
        await Eventually.UntilAsync(() => !Rig.Alone && !other.Alone);
        var first = await other.Gate.ConsumeAsync(
            At(Day(5, 1)), new("u1", "roll", Quantity.Of(1), null, null, null), CancellationToken.None);
        first.Decision!.Allowed.ShouldBeTrue();
        var used = await _database!.ScalarAsync<Guid>("SELECT id FROM events WHERE quantity = 100");
        await Rig.Gate.VoidAsync(At(Day(5, 3)), used.ToString("D"), "u1", CancellationToken.None);
        var held = await other.Gate.ReserveAsync(
            At(Day(5, 4)), new("u1", [new("roll", Quantity.Of(199))], null, TimeSpan.FromHours(1)), CancellationToken.None);
        held.Decision!.Allowed.ShouldBeTrue();
    }

    // All of April was used, May was idle and rolled 500 of a bound of 600. Voided in June, April's 500 would have lost 400 to May's.
    [Fact]
    public async Task A_new_rollover_is_limited_by_later_rollovers()
    {
        await ConsumeAsync("u1", "wide", 500, Day(4, 20));
        (await LimitAsync("u1", "wide", Day(6, 2))).ShouldBe(1000);
        var used = await _database!.ScalarAsync<Guid>("SELECT id FROM events");
        await Rig.Gate.VoidAsync(At(Day(6, 3)), used.ToString("D"), "u1", CancellationToken.None);
        (await LimitAsync("u1", "wide", Day(6, 3))).ShouldBe(1100);
    }

    // 100 rolled over, and the seller withdrew 40 of them. 30 of April reported late leave 30; taken back, 60.
    [Theory]
    [InlineData(40, 60, 30)]
    [InlineData(100, 0, 0)]
    public async Task Late_events_do_not_return_withdrawn_units(decimal withdrawn, decimal before, decimal after)
    {
        await ConsumeAsync("u1", "scan", 1, Day(4, 10));
        (await LimitAsync("u1", "roll", Day(5, 2))).ShouldBe(200);
        await _database!.ExecuteAsync(
            $"UPDATE grants SET forfeited = {withdrawn}, withdrawn = {withdrawn} WHERE effective_at = '2027-05-01Z'");
        await Rig.Gate.ForgetAsync(At(Day(5, 2)), "u1");
        (await LimitAsync("u1", "roll", Day(5, 2))).ShouldBe(100 + before);

        var late = (await Rig.Gate.RecordAsync(
            At(Day(5, 3)), [new("late", "u1", "roll", Quantity.Of(30), Day(4, 20), null, Enforce: false)], CancellationToken.None))[0];
        (await LimitAsync("u1", "roll", Day(5, 3))).ShouldBe(100 + after);
        await Rig.Gate.VoidAsync(At(Day(5, 4)), late.Id!, "u1", CancellationToken.None);
        (await LimitAsync("u1", "roll", Day(5, 4))).ShouldBe(100 + before);
    }

    // April's 500 rolled, and 450 of them were used when the bound became 100: 50 are left. Voided, they are 100, not 500.
    [Fact]
    public async Task Units_returned_to_a_rollover_are_limited_by_the_terms_since_then()
    {
        await ConsumeAsync("u1", "wide", 1, Day(4, 10));
        var used = await Rig.Gate.ConsumeAsync(
            At(Day(5, 2)), new("u1", "wide", Quantity.Of(950), null, null, null), CancellationToken.None);
        used.Decision!.Allowed.ShouldBeTrue();
        await AssignAsync("u1", "brief", Day(5, 3));
        await Rig.Gate.VoidAsync(At(Day(5, 4)), used.Id!, "u1", CancellationToken.None);
        (await LimitAsync("u1", "wide", Day(5, 4))).ShouldBe(200);
    }

    // May rolls 100 under a bound of 100, which takes the last of April's 500. In August May's have long ended, and April's are still gone.
    [Fact]
    public async Task An_expired_rollover_still_limits_an_earlier_live_one()
    {
        foreach (var customer in (string[])["seen", "unseen"])
        {
            await AssignAsync(customer, "long", Day(4, 10));
            foreach (var (plan, month) in new[] { ("brief", 5), ("kept", 6) })
            {
                if (customer == "seen")
                {
                    await LimitAsync(customer, "wide", Day(month, 2));
                }

                await AssignAsync(customer, plan, Day(month, 3));
            }
        }

        (await LimitAsync("unseen", "wide", Day(8, 20)), await LimitAsync("seen", "wide", Day(8, 20))).ShouldBe((500m, 500m));
    }

    // 400 of a month's 500 are left when the plan changes to a quota for life.
    [Fact]
    public async Task The_rest_of_a_month_rolls_over_into_a_lifetime()
    {
        await ConsumeAsync("u1", "wide", 100, Day(4, 10));
        await AssignAsync("u1", "forever", Day(4, 20));
        (await LimitAsync("u1", "wide", Day(4, 21))).ShouldBe(1400);
    }

    // One server read the customer in April and does not know the other's records of the last day: 40 of 100 are left to roll over.
    [Fact]
    public async Task The_first_event_of_a_month_on_another_server_does_not_roll_over()
    {
        await ConsumeAsync("u1", "scan", 1, Day(4, 10));
        await using var other = await LedgerRig.StartAsync(_database!);
        await Eventually.UntilAsync(() => !Rig.Alone && !other.Alone);
        var used = await other.Gate.ConsumeAsync(
            At(Day(4, 30)), new("u1", "roll", Quantity.Of(60), null, null, null), CancellationToken.None);
        used.Decision!.Allowed.ShouldBeTrue();
        await ConsumeAsync("u1", "roll", 1, Day(5, 2));
        (await LimitAsync("u1", "roll", Day(5, 2))).ShouldBe(140);
    }

    // A server whose clock is a second behind records April's first use when the other has closed April already.
    [Fact]
    public async Task The_first_use_of_a_month_that_another_server_has_just_closed_takes_back_what_rolled()
    {
        await ConsumeAsync("u1", "scan", 1, Day(4, 10));
        await using var other = await LedgerRig.StartAsync(_database!);
        await Eventually.UntilAsync(() => !Rig.Alone && !other.Alone);
        var may = Instant.FromUtc(new(2027, 5, 1, 0, 0, 0, DateTimeKind.Utc));
        await other.Gate.ConsumeAsync(At(Day(4, 12)), new("u1", "scan", Quantity.Of(1), null, null, null), CancellationToken.None);
        await ConsumeAsync("u1", "roll", 1, may.Plus(TimeSpan.FromMilliseconds(500)));
        var used = await other.Gate.ConsumeAsync(
            At(may.Minus(TimeSpan.FromMilliseconds(500))), new("u1", "roll", Quantity.Of(60), null, null, null), CancellationToken.None);
        used.Decision!.Allowed.ShouldBeTrue();
        (await LimitAsync("u1", "roll", Day(5, 2))).ShouldBe(140);
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue();
    }

    /// <summary>Checks that both have the same limit and the same grants at the end.</summary>
    /// <param name="before">The events of each customer in its first month.</param>
    /// <param name="change">The later events; <c>seen</c> is read shortly before them.</param>
    private async Task BothAsync(Func<string, Task> before, Func<string, Task> change, Instant end, string feature, decimal limit)
    {
        foreach (var customer in (string[])["seen", "unseen"])
        {
            await before(customer);
        }

        foreach (var at in (Instant[])[Day(5, 1), Day(5, 2), Day(6, 1), Day(6, 2)])
        {
            if (at < end)
            {
                await LimitAsync("seen", feature, at);
            }
        }

        await change("seen");
        await change("unseen");
        (await LimitAsync("unseen", feature, end), await LimitAsync("seen", feature, end)).ShouldBe((limit, limit));
        (await GrantsAsync("unseen", end)).ShouldBe(await GrantsAsync("seen", end));
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }

    private static Instant Day(int month, int day) => Instant.FromUtc(new(2027, month, day, 12, 0, 0, DateTimeKind.Utc));

    private ProjectSnapshot At(Instant at) => Rig.Project with { TestClock = at };

    private async Task<decimal> LimitAsync(string customer, string feature, Instant at) =>
        (await StandingAsync(customer, feature, at)).Limit!.Value.Value;

    private async Task<Standing> StandingAsync(string customer, string feature, Instant at)
    {
        var all = await Rig.Gate.StandingAsync(At(at), customer, CancellationToken.None);
        return all!.Features.Single(one => one.Feature.Code == feature).Standing!;
    }

    private async Task<string> GrantsAsync(string customer, Instant at) => await _database!.ScalarAsync<string>(
        $"""
        SELECT coalesce(string_agg(concat_ws(' ', g.amount, g.used, g.forfeited, g.effective_at, g.expires_at), '; ' ORDER BY g.id), '')
          FROM grants g JOIN customers c USING (partition, account)
         WHERE c.id = '{customer}' AND g.expires_at > '{at}' AND g.amount > g.forfeited
        """) ?? "";

    private async Task ConsumeAsync(string customer, string feature, decimal amount, Instant at) =>
        (await Rig.Gate.ConsumeAsync(
            At(at), new(customer, feature, Quantity.Of(amount), null, null, null),
            CancellationToken.None)).Decision!.Allowed.ShouldBeTrue();

    private async Task<(decimal Limit, decimal Used)> RecordAsync(string customer, string feature, decimal amount, Instant occurred,
        Instant at)
    {
        var answer = (await Rig.Gate.RecordAsync(
            At(at), [new(Guid.NewGuid().ToString(), customer, feature, Quantity.Of(amount), occurred, null, Enforce: false)],
            CancellationToken.None))[0];
        return (answer.Decision!.Standing!.Limit!.Value.Value, answer.Decision.Standing.Used.Value);
    }

    private async Task AssignAsync(string customer, string plan, Instant at) =>
        (await new AssignPlan(Rig.Changes, Rig.Clock).RunAsync(At(at), customer, plan, CancellationToken.None)).Outcome.ShouldBe(
            AssignPlanOutcome.Assigned);

    private async Task OverrideAsync(string customer, EntitlementOverride change, Instant at) =>
        (await new SetOverrides(Rig.Changes, Rig.Clock).RunAsync(
            At(at), customer, new Dictionary<string, EntitlementOverride> { [change.Feature] = change }, [],
            CancellationToken.None)).Faults.ShouldBeEmpty();

    private async Task PublishAsync(string yaml, Instant at)
    {
        var before = Rig.Project.Catalog.Revision;
        await _database!.ExecuteAsync($"UPDATE projects SET test_clock = '{at}'");
        await new PublishCatalog(_database.Source).PublishAsync(
            Rig.Project.Id, CatalogReader.ReadYaml(yaml).Document!, null, CancellationToken.None);
        await Eventually.UntilAsync(() => Rig.Project.Catalog.Revision >= Math.Max(before, 2));
    }
}
