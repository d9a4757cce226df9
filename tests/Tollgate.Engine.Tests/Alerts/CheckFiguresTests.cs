using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Time;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Alerts;

/// <summary>Figures that are read once in a while.</summary>
public sealed class CheckFiguresTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

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

    [Fact]
    public async Task A_project_with_a_rule_is_verified_once_a_day_and_a_difference_fires_on_one_of_two_servers()
    {
        await Rig.ConsumeAsync("u1", "job", 3);
        var (mine, other, verified) = (new Clock(), new Clock(), 0);
        var (rates, revenue) = (new RateQueries(Database.Source), new RevenueQueries(Database.Source));
        var costs = new CostQueries(Database.Connections, new(Database.Connections, Rig.Parked));
        var (first, second) = (Figures(mine), Figures(other));
        await BothAsync(Day(1));
        await BothAsync(Day(2));
        (verified, await AlertsAsync()).ShouldBe((0, 0), "No rule asks for it.");

        await Database.ExecuteAsync(
            $"""
            INSERT INTO alert_rules (id, project_id, kind, channels, repeat)
            VALUES (gen_random_uuid(), {Rig.Project.Id}, 'invariant_broken', ARRAY['in_app'], 'once')
            """);
        await BothAsync(Day(3));
        verified.ShouldBe(0, "A restart verifies nothing.");
        await BothAsync(Day(4));
        (verified, await AlertsAsync()).ShouldBe((2, 0), "The figures are right.");

        await Database.ExecuteAsync("UPDATE balances SET used = used + 1");
        await BothAsync(Day(5));
        await BothAsync(Day(5).Plus(TimeSpan.FromMinutes(2)));
        (await AlertsAsync()).ShouldBe(1);
        (await Database.ScalarAsync<string>("SELECT title FROM alerts WHERE kind = 'invariant_broken'"))
            .ShouldBe("The verification found differences: used");
        await BothAsync(Day(6));
        (await AlertsAsync()).ShouldBe(2, "It fires again on the next day.");

        CheckFigures Figures(Clock clock) => new(
            Database.Source, Rig.Parked, new(clock, NullLogger<FireAlerts>.Instance), Rig.Directory, new(rates, revenue, costs),
            new(Database.Source, new(Database.Source, rates), rates, revenue, costs),
            async (project, cancel) =>
            {
                Interlocked.Increment(ref verified);
                var report = await VerifyLedger.RunAsync(Database.Connections, project.Id, null, cancel);
                return [.. report.Findings.Where(static one => one is { IsBreak: true, Count: > 0 })
                    .Select(static one => new BrokenCheck(one.Kind, one.Meaning, one.Count))];
            },
            clock);

        async Task BothAsync(Instant now)
        {
            foreach (var clock in (Clock[])[mine, other])
            {
                var at = System.Diagnostics.Stopwatch.GetTimestamp();
                clock.Observe(at, at, now);
            }

            await first.RunAsync(CancellationToken.None);
            await second.RunAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task An_open_transaction_is_seen_as_lag_once_an_hour_and_not_after_its_end()
    {
        await Database.ExecuteAsync(
            $"""
            INSERT INTO alert_rules (id, project_id, kind, threshold, channels, repeat)
            VALUES (gen_random_uuid(), {Rig.Project.Id}, 'ingest_lag', 1, ARRAY['in_app'], 'once')
            """);
        var check = new CheckAlerts(
            Database.Source, Rig.Parked, new(Rig.Clock, NullLogger<FireAlerts>.Instance), Rig.Directory, new(Database.Source), Rig.Clock);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using (var open = await connection.BeginTransactionAsync())
        {
            await using var write = new Npgsql.NpgsqlCommand("SELECT pg_current_xact_id()", connection);
            await write.ExecuteScalarAsync();
            await check.RunAsync(CancellationToken.None);
            (await LagsAsync()).ShouldBe(0);
            await Task.Delay(TimeSpan.FromSeconds(1.2));
            await check.RunAsync(CancellationToken.None);
            await check.RunAsync(CancellationToken.None);
            (await LagsAsync()).ShouldBe(1);
            await open.RollbackAsync();
        }

        await Database.ExecuteAsync("DELETE FROM alerts");
        await check.RunAsync(CancellationToken.None);
        await check.RunAsync(CancellationToken.None);
        (await LagsAsync()).ShouldBe(0);

        Task<long> LagsAsync() => Database.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE kind = 'ingest_lag'");
    }

    private Task<long> AlertsAsync() => Database.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE kind = 'invariant_broken'");

    private static Instant Day(int day) => Instant.From(new DateTimeOffset(2028, 3, day, 12, 0, 0, TimeSpan.Zero));
}
