using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>
/// Reads change nothing, at any time and in any number. Pairs of customers live the same random life of a year and a half: months in use
/// and idle ones, late events, plans, overrides, grants, reservations, voids, new catalogues. One of each pair is read at random moments,
/// by two servers, and removed from memory. Every answer, and the final state of both, is the same.
/// </summary>
/// <remarks>
/// <c>TOLLGATE_READ_LIVES</c>: the number of lives, 1,000 before a release, other ones each time; unset: always the same 16.
/// <c>TOLLGATE_READ_SEED</c>: the seed of the first one.
/// </remarks>
public sealed class ReadsChangeNothingTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int Steps = 60;

    private static readonly string[] Features = ["scan", "roll", "wide", "carry", "both", "daily"];
    private static readonly string?[] Plans = [null, "wider", "narrow", "plain"];

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private static string Shop(int quota, int max) =>
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scan, name: Scans}, {code: roll, name: Rolling}, {code: wide, name: Wide}, {code: carry, name: Carrying}, {code: both, name: Both}, {code: daily, name: Daily}]
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 100}
              - {feature: roll, quota: QUOTA, rollover: {max: 1000, periods: 1}}
              - {feature: wide, quota: 50, rollover: {max: MAX, periods: 2}}
              - {feature: carry, quota: 100, hard_cap: false, rollover: {max: 0, periods: 1, carry_overage: true}}
              - {feature: both, quota: 100, hard_cap: false, rollover: {max: 80, periods: 3, carry_overage: true}}
              - {feature: daily, quota: 10, period: day, rollover: {max: 25, periods: 4}}
          - code: wider
            name: Wider
            entitlements: [{feature: wide, quota: 60, rollover: {max: 200, periods: 2}}, {feature: daily, quota: 40, period: week, rollover: {max: 60, periods: 2}}]
          - code: narrow
            name: Narrow
            entitlements: [{feature: wide, quota: 50, rollover: {max: 30, periods: 2}, grant_on_change: prorated}, {feature: both, quota: 10, rollover: {max: 10, periods: 1}}]
          - code: plain
            name: Plain
            entitlements: [{feature: roll, quota: 50}, {feature: carry, quota: 20}, {feature: daily, quota: 10}]
        """.Replace("QUOTA", $"{quota}", StringComparison.Ordinal).Replace("MAX", $"{max}", StringComparison.Ordinal);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop(100, 120));
        await _database.ExecuteAsync("UPDATE projects SET mode = 'sandbox', test_clock = '2027-01-10 12:00Z'");
        await _rig.StopSweepingAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_life_is_the_same_for_who_is_looked_at(int servers)
    {
        await using var second = servers == 2 ? await LedgerRig.StartAsync(_database!) : null;
        if (second is not null)
        {
            await second.StopSweepingAsync();
            await Eventually.UntilAsync(() => !_rig!.Alone && !second.Alone);
        }

        var count = Number("TOLLGATE_READ_LIVES", 0);
        var first = Number("TOLLGATE_READ_SEED", count > 0 ? Random.Shared.Next(1_000_000) : 41);
        await LiveAsync(second, first, servers, Enumerable.Range(0, (count > 0 ? count : 16) / 2));
    }

    /// <summary>
    /// Lives that once differed: one server's data about grants or terms was old, and no version of the rows that it wrote showed this.
    /// </summary>
    [Theory]
    [InlineData(29_271, 364)]
    [InlineData(501_400, 434)]
    [InlineData(502_100, 229)]
    public async Task A_life_that_once_differed_is_the_same(int first, int number)
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        await second.StopSweepingAsync();
        await Eventually.UntilAsync(() => !_rig!.Alone && !second.Alone);
        await LiveAsync(second, first, servers: 2, [number]);
    }

    /// <param name="first">The seed of the catalogues, and of the first life.</param>
    private async Task LiveAsync(LedgerRig? second, int first, int servers, IEnumerable<int> numbers)
    {
        var lives = numbers
            .Select(i => new TwinLife(_database!, second is null ? [_rig!] : [_rig!, second], (2 * (first + i)) + servers)).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"TOLLGATE_READ_SEED={first}");
        var catalogues = new Random(first);
        var now = new DateTime(2027, 1, 10, 12, 0, 0, DateTimeKind.Utc);
        for (var step = 0; step < Steps; step++)
        {
            now = now.AddHours(catalogues.Next(6, 24 * 14));
            if (catalogues.Next(8) == 0)
            {
                await PublishAsync(Shop(catalogues.Next(1, 20) * 10, catalogues.Next(0, 16) * 10), now, second);
            }

            var at = Instant.FromUtc(now);
            await Parallel.ForEachAsync(lives, async (life, _) => await life.StepAsync(at));
        }

        foreach (var life in lives)
        {
            await life.CompareAsync(Instant.FromUtc(now));
        }

        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var given) ? given : otherwise;

    private async Task PublishAsync(string yaml, DateTime now, LedgerRig? second)
    {
        await _database!.ExecuteAsync($"UPDATE projects SET test_clock = '{now:yyyy-MM-dd HH:mm}Z'");
        var published = await new PublishCatalog(_database.Source).PublishAsync(
            _rig!.Project.Id, CatalogReader.ReadYaml(yaml).Document!, null, CancellationToken.None);
        await Eventually.UntilAsync(() => _rig.Project.Catalog.Revision >= published.Revision
            && (second?.Project.Catalog.Revision ?? int.MaxValue) >= published.Revision);
    }

    /// <summary>Two customers that get the same requests, on one server after the other.</summary>
    private sealed class TwinLife(TestDatabase database, LedgerRig[] servers, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Random _looks = new(seed + 1_000_003);
        private readonly List<string> _events = [];
        private readonly List<string> _holds = [];
        private readonly List<string> _story = [];
        private int _number;

        private string Unread => $"unread-{seed}";

        private string Read => $"read-{seed}";

        public async Task StepAsync(Instant at)
        {
            await LookAsync(at);
            var rig = servers[_random.Next(servers.Length)];
            var project = rig.Project with { TestClock = at };
            if (Next() is { } act)
            {
                var (unread, read) = (await act(rig, project, Unread), await act(rig, project, Read));
                _story.Add($"{at}: {unread}");
                read.ShouldBe(
                    unread,
                    $"seed {seed}\n{string.Join('\n', _story)}\nGrants of {Read}:\n{await GrantsAsync(Read)}\nGrants of "
                        + $"{Unread}:\n{await GrantsAsync(Unread)}");
            }

            await LookAsync(at);
        }

        private async Task LookAsync(Instant at)
        {
            while (_looks.Next(3) == 0)
            {
                var rig = servers[_looks.Next(servers.Length)];
                var project = rig.Project with { TestClock = at };
                if (_looks.Next(2) == 0)
                {
                    await rig.Gate.ForgetAsync(project, Read);
                }

                await rig.Gate.StandingAsync(project, Read, CancellationToken.None);
            }
        }

        private Func<LedgerRig, ProjectSnapshot, string, Task<string>>? Next()
        {
            var (feature, amount, id) = (Features[_random.Next(Features.Length)], _random.Next(1, 90), $"{seed}-{++_number}");
            switch (_random.Next(16))
            {
                case 0 or 1 or 2:
                    _events.Add(id);
                    return (rig, project, customer) =>
                        ConsumeAsync(rig, project, new(customer, feature, Quantity.Of(amount), id, null, null));
                case 3 or 4:
                    _events.Add(id);
                    var beyond = _random.Next(1, 300);
                    return (rig, project, customer) =>
                        RecordAsync(rig, project, new(id, customer, feature, Quantity.Of(beyond), null, null, Enforce: false));
                case 5 or 6:
                    _events.Add(id);
                    var late = TimeSpan.FromHours(_random.Next(1, 24 * 34));
                    return (rig, project, customer) => RecordAsync(
                        rig, project,
                        new(id, customer, feature, Quantity.Of(amount), project.TestClock!.Value.Minus(late), null, Enforce: false));
                case 7:
                    var plan = Plans[_random.Next(Plans.Length)];
                    return async (rig, project, customer) =>
                        $"{plan} {(await new AssignPlan(rig.Changes, rig.Clock).RunAsync(project, customer, plan, CancellationToken.None)).Outcome}";
                case 8:
                    return Override(feature, _random.Next(0, 20) * 10, _random.Next(3) == 0);
                case 9:
                    var days = _random.Next(10, 90);
                    return (rig, project, customer) => GrantAsync(rig, project, customer, feature, amount, id, days);
                case 10 when _events.Count > 0:
                    var voided = _events[_random.Next(_events.Count)];
                    return async (rig, project, customer) => $"void {voided} "
                        + TextOf(await rig.Gate.VoidAsync(project, voided, customer, CancellationToken.None));
                case 11:
                    _holds.Add(id);
                    var hours = _random.Next(1, 24);
                    return async (rig, project, customer) => $"reserve {amount} {feature} " + TextOf(await rig.Gate.ReserveAsync(
                        project, new(customer, [new(feature, Quantity.Of(amount))], customer + id, TimeSpan.FromHours(hours)),
                        CancellationToken.None));
                case 12 when _holds.Count > 0:
                    var (hold, settles) = (_holds[_random.Next(_holds.Count)], _random.Next(2) == 0);
                    return async (rig, project, customer) => $"settle {settles} {hold} " + TextOf(settles
                        ? await rig.Gate.SettleAsync(
                            project, customer + hold, customer, [new("", Quantity.Of(amount))], CancellationToken.None)
                        : await rig.Gate.ReleaseAsync(project, customer + hold, customer, CancellationToken.None));
                default:
                    return null;
            }
        }

        private static Func<LedgerRig, ProjectSnapshot, string, Task<string>> Override(string feature, int quota, bool removes) =>
            async (rig, project, customer) =>
        {
            var set = removes
                ? []
                : new Dictionary<string, EntitlementOverride>
                {
                    [feature] = new() { Feature = feature, Quota = new(true, Quantity.Of(quota)) },
                };
            var (json, faults, _) = await new SetOverrides(rig.Changes, rig.Clock).RunAsync(project, customer, set, removes ? Features : [],
                CancellationToken.None);
            return $"overrides {json} {faults.Count}";
        };

        private static async Task<string> GrantAsync(
            LedgerRig rig, ProjectSnapshot project, string customer, string feature, int amount, string id, int days)
        {
            var order = new GrantOrder(
                feature, Quantity.Of(amount), GrantSource.Promotion, null, null, project.TestClock!.Value.Plus(TimeSpan.FromDays(days)),
                id);
            return $"grant {amount} {feature} {(await new AddGrant(rig.Changes, rig.Clock).RunAsync(project, customer, order, CancellationToken.None)).Outcome}";
        }

        private static async Task<string> ConsumeAsync(LedgerRig rig, ProjectSnapshot project, ConsumeOrder order) =>
            $"consume {order.Amount} {order.Feature} " + TextOf(await rig.Gate.ConsumeAsync(project, order, CancellationToken.None));

        private static async Task<string> RecordAsync(LedgerRig rig, ProjectSnapshot project, EventOrder order) =>
            $"record {order.Quantity} {order.Type} of {order.OccurredAt} "
                + TextOf((await rig.Gate.RecordAsync(project, [order], CancellationToken.None))[0]);

        private static string TextOf(GateAnswer answer) => string.Join(' ',
            [
                answer.Fault, answer.Replayed, answer.Late, answer.Decision?.Outcome, answer.Decision?.Plan,
                .. answer.Decision?.Standings.Select(static one =>
                    $"{one.FeatureKey}: {one.Limit} {one.Used} {one.Held} {one.Remaining} {one.Period}") ?? [],
                .. answer.Burned.Select(static one => $"burned {one.Amount} of {one.Grant}"),
            ]);

        /// <summary>Compares the final states, reading the customer that was never read last.</summary>
        public async Task CompareAsync(Instant at) =>
            (await StateAsync(Read, at)).ShouldBe(await StateAsync(Unread, at), $"seed {seed}\n{string.Join('\n', _story)}");

        private async Task<string> StateAsync(string customer, Instant at)
        {
            var project = servers[0].Project with { TestClock = at };
            if (await servers[0].Gate.StandingAsync(project, customer, CancellationToken.None) is not { } standing)
            {
                return "nobody";
            }

            var lines = standing.Features.Select(static one =>
                $"{one.Feature.Code}: {one.Standing?.Limit} {one.Standing?.Used} {one.Standing?.Held} {one.Standing?.Remaining}");
            return string.Join('\n', [.. lines, await GrantsAsync(customer, at)]);
        }

        private async Task<string> GrantsAsync(string customer, Instant? at = null) => await database.ScalarAsync<string>(
            $"""
            SELECT string_agg(concat_ws(' ', g.feature, g.source, g.amount, g.used, g.forfeited, g.effective_at, g.expires_at), E'\n'
              ORDER BY g.feature, g.effective_at, g.expires_at, g.amount)
              FROM grants g JOIN customers c USING (partition, account)
             WHERE c.id = '{customer}' AND g.expires_at > '{at ?? Instant.Epoch}'
            """) ?? "";
    }
}
