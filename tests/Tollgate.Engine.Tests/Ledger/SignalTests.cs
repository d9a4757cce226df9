using System.Globalization;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Signals of customer success are written with their events, once, on any number of servers.</summary>
public sealed class SignalTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, GatePolicyTests.Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    private static readonly (string Type, string? Properties)[] Kinds =
    [
        ("onboarding_completed", null), ("support_ticket", """{"id": 7}"""), ("csat", """{"score": 1}"""), ("csat", """{"score": "5"}"""),
        ("value_metric", """{"name": "hours_saved", "unit": "hours", "value": 1.25}"""), ("value_metric", """{"name": "letters"}"""),
        ("scan", null),
    ];

    [Fact]
    public async Task Uses_repeats_and_voids_on_two_servers_leave_each_signal_once()
    {
        await using var other = await LedgerRig.StartAsync(_database!);
        LedgerRig[] servers = [Rig, other];
        var live = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var gone = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 120; i++)
            {
                var (server, number) = (servers[random.Next(2)], random.Next(200));
                var (customer, id) = ($"c{number % 5}", $"e-{number}");
                if (random.Next(4) == 0)
                {
                    var voided = await server.Gate.VoidAsync(Rig.Project, id, customer, CancellationToken.None);
                    if (voided.Fault == GateFault.None)
                    {
                        gone[id] = true;
                    }

                    continue;
                }

                var (type, properties) = Kinds[number % Kinds.Length];
                var at = Core.Time.Instant.From(DateTimeOffset.UtcNow.Date.AddDays(-number % 30));
                var answer = await server.RecordAsync(customer, type, 2, id, at, properties);
                answer.Fault.ShouldBe(GateFault.None);
                live[id] = number % Kinds.Length;
            }
        })));

        var left = live.Where(one => !gone.ContainsKey(one.Key) && Kinds[one.Value].Type != "scan").ToArray();
        left.Length.ShouldBeGreaterThan(20);
        gone.Count.ShouldBeGreaterThan(20);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM signals")).ShouldBe(left.Length);
        (await _database!.ScalarAsync<decimal>("SELECT sum(signals) FROM signal_months")).ShouldBe(left.Length);
        (await _database!.ScalarAsync<decimal>("SELECT sum(total) FROM signal_months WHERE name = 'hours_saved'"))
            .ShouldBe(left.Count(static one => one.Value == 4) * 1.25m);
        (await _database!.ScalarAsync<decimal>("SELECT sum(total) FROM signal_months WHERE name = 'letters'"))
            .ShouldBe(left.Count(static one => one.Value == 5) * 2m);
        (await VerifyAsync()).Findings.Where(static one => one.IsBreak && one.Count > 0).Select(static one => one.Kind).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_million_names_make_a_hundred_lines_and_lose_nothing()
    {
        await using var other = await LedgerRig.StartAsync(_database!);
        LedgerRig[] servers = [Rig, other];
        await Task.WhenAll(Enumerable.Range(0, 12).Select(worker => Task.Run(async () =>
        {
            var answers = await servers[worker % 2].Gate.RecordAsync(
                Rig.Project,
                [
                    .. Enumerable.Range(0, 500).Select(number => new Quotas.EventOrder(
                        $"n-{worker}-{number}", $"c{worker}", "value_metric", Core.Money.Quantity.One, null,
                        $$"""{"name": "n{{worker * 500 + number}}"}""", false)),
                ], CancellationToken.None);
            answers.ShouldAllBe(static one => one.Fault == GateFault.None && !one.IsUnmatched);
        })));
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM value_names")).ShouldBe(100);
        (await _database!.ScalarAsync<long>("SELECT count(DISTINCT name) FROM signal_months")).ShouldBe(101);
        (await _database!.ScalarAsync<decimal>("SELECT sum(signals) FROM signal_months")).ShouldBe(6_000);
        (await VerifyAsync()).Findings.Where(static one => one.IsBreak && one.Count > 0).Select(static one => one.Kind).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("csat", null, "it is missing")]
    [InlineData("csat", """{"score": null}""", "it is missing")]
    [InlineData("csat", """{"score": 99}""", "99 was sent")]
    [InlineData("csat", """{"score": 0}""", "0 was sent")]
    [InlineData("csat", """{"score": 3.5}""", "3.5 was sent")]
    [InlineData("csat", """{"score": 4e0}""", "4e0 was sent")]
    [InlineData("csat", """{"score": "abc"}""", "'abc' was sent")]
    [InlineData("csat", """{"score": [5]}""", "a list was sent")]
    [InlineData("value_metric", null, "properties.name")]
    [InlineData("value_metric", """{"name": "Hours"}""", "'Hours' was sent")]
    [InlineData("value_metric", """{"name": "ساعات'; DROP TABLE signals"}""", "properties.name")]
    [InlineData("value_metric", """{"name": "hours", "unit": "%"}""", "properties.unit")]
    [InlineData("value_metric", """{"name": "hours", "value": -5}""", "-5 was sent")]
    [InlineData("value_metric", """{"name": "hours", "value": "5"}""", "'5' was sent")]
    [InlineData("value_metric", """{"name": "hours", "value": 1e-40}""", "1e-40 was sent")]
    [InlineData("value_metric", """{"name": "hours", "value": 0.1000000000000000000000000000000001}""", "properties.value")]
    [InlineData("value_metric", """{"name": "hours", "value": 1000000000000000000}""", "properties.value")]
    public async Task A_signal_without_what_its_type_needs_is_refused_with_what_it_had(string type, string? properties, string detail)
    {
        var answer = await Rig.RecordAsync("ann", type, id: "bad", properties: properties);
        answer.Fault.ShouldBe(GateFault.SignalInvalid);
        answer.FaultDetail!.ShouldContain(detail);
        (await _database!.ScalarAsync<long>("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM signals)")).ShouldBe(0);
    }

    [Theory]
    [InlineData("csat", """{"score": 4.0}""", "4")]
    [InlineData("csat", """{"score": "2", "note": "it's slow"}""", "2")]
    [InlineData("value_metric", """{"name": "hours_saved", "unit": "hours", "value": 0.000000001}""", "0.000000001")]
    [InlineData("value_metric", """{"name": "hours_saved", "unit": null, "value": 1e3}""", "1000")]
    [InlineData("value_metric", """{"name": "hours_saved", "value": null}""", "3")]
    [InlineData("value_metric", """{"name": "hours_saved", "value": 0}""", "0")]
    [InlineData("support_ticket", null, "1")]
    public async Task The_database_reads_a_recorded_signal_as_the_rules_do(string type, string? properties, string value)
    {
        (await Rig.RecordAsync("ann", type, 3, "good", properties: properties)).Fault.ShouldBe(GateFault.None);
        (await _database!.ScalarAsync<decimal>("SELECT trim_scale(value) FROM signals"))
            .ShouldBe(decimal.Parse(value, CultureInfo.InvariantCulture));
        (await VerifyAsync()).IsClean.ShouldBeTrue();
        (await Rig.RecordAsync("ann", type, 3, "good", properties: properties)).Replayed.ShouldBeTrue();
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM signals")).ShouldBe(1);
    }

    [Theory]
    [InlineData("signals", "UPDATE signals SET value = 2, name = '2' WHERE type = 'csat'")]
    [InlineData("signals", "DELETE FROM signals WHERE type = 'csat'")]
    [InlineData("signals", "UPDATE signals SET name = 'minutes_saved' WHERE type = 'value_metric'")]
    [InlineData("signals", "UPDATE signals SET at = at - interval '1 hour' WHERE type = 'onboarding_completed'")]
    [InlineData("signals", "DELETE FROM events WHERE data ->> 'type' = 'support_ticket'")]
    [InlineData("signal_months", "UPDATE signal_months SET signals = signals + 1 WHERE type = 'support_ticket'")]
    [InlineData("signal_months", "UPDATE signal_months SET total = total / 2 WHERE type = 'value_metric'")]
    [InlineData("signal_months", "UPDATE signal_months SET month = (month - interval '1 month')::date WHERE type = 'csat'")]
    [InlineData("signal_months", "DELETE FROM signal_months WHERE type = 'onboarding_completed'")]
    [InlineData("customer_signals", "UPDATE customer_signals SET first_value_at = first_value_at - interval '1 hour'")]
    [InlineData("customer_signals", "UPDATE customer_signals SET onboarded_at = NULL")]
    [InlineData("customer_signals", "DELETE FROM customer_signals")]
    public async Task Verify_names_a_tampered_row(string kind, string tampering)
    {
        foreach (var (type, properties) in Kinds)
        {
            await Rig.RecordAsync("ann", type, properties: properties);
        }

        (await VerifyAsync()).IsClean.ShouldBeTrue();
        await _database!.ExecuteAsync(tampering);
        var report = await VerifyAsync();
        report.IsClean.ShouldBeFalse();
        report.Findings.Single(one => one.Kind == kind).Count.ShouldBeGreaterThan(0);
        report.Findings.Single(one => one.Kind == kind).First.ShouldAllBe(static one => one.Project == "shop");
    }

    /// <summary>Otherwise a batch of another server that adds a csat and then a value would wait for this one in a circle.</summary>
    [Fact]
    public async Task A_batch_that_voids_and_adds_locks_months_in_the_order_of_all_batches()
    {
        await using var server = await LedgerRig.StartAsync(_database!, options: new() { Lanes = 1 });
        await server.ConsumeAsync("first", "scan");
        await server.RecordAsync("ann", "value_metric", id: "v", properties: """{"name": "letters"}""");
        await server.RecordAsync("ann", "csat", properties: """{"score": 4}""");
        Task<GateAnswer> voided, added;
        await using (await HeldLocks.OfAsync(_database!, "SELECT FROM signal_months WHERE type = 'csat' FOR UPDATE"))
        {
            await using (await HeldLocks.OfAsync(_database!, "SELECT FROM balances FOR UPDATE"))
            {
                // While the lane waits for a balance, the other operations gather to one batch.
                _ = server.ConsumeAsync("first", "scan");
                await Eventually.UntilAsync(() => server.Lanes.LaneOf(0).Depth == 0);
                voided = server.Gate.VoidAsync(server.Project, "v", "ann", CancellationToken.None).AsTask();
                added = server.RecordAsync("ann", "csat", properties: """{"score": 4}""");
            }

            await HeldLocks.UntilWaitedForAsync(_database!);
            await using var value = await HeldLocks.OfAsync(
                _database!, "SELECT FROM signal_months WHERE type = 'value_metric' FOR UPDATE NOWAIT");
        }

        (await Task.WhenAll(voided, added)).ShouldAllBe(static answer => answer.Fault == GateFault.None);
        (await _database!.ScalarAsync<string>("SELECT string_agg(type || signals, ' ' ORDER BY type) FROM signal_months"))
            .ShouldBe("csat2 value_metric0");
        (await VerifyAsync()).IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task The_scan_of_the_upgrade_may_be_parallel_and_locks_no_other_table()
    {
        (await _database!.ScalarAsync<bool>("SELECT proparallel = 's' FROM pg_proc WHERE proname = 'signal_of'")).ShouldBeTrue();
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'value_names'::regclass"))
            .ShouldBe(0);
    }

    private Task<VerifyReport> VerifyAsync() => VerifyLedger.RunAsync(_database!.Connections, Rig.Project.Id, null, CancellationToken.None);
}
