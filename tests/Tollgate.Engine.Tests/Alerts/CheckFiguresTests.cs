using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Time;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Jobs;
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
        var (first, second) = (Daily(mine), Daily(other));
        await BothAsync(Day(1));
        (verified, await AlertsAsync()).ShouldBe((0, 0), "No rule asks for it.");

        await AddRuleAsync("invariant_broken", "NULL");
        await BothAsync(Day(3));
        (verified, await AlertsAsync()).ShouldBe((1, 0), "A new rule verifies at once, on one server; the figures are right.");
        await BothAsync(Day(3).Plus(TimeSpan.FromMinutes(2)));
        verified.ShouldBe(1, "A restart verifies nothing again.");

        await Database.ExecuteAsync("UPDATE balances SET used = used + 1");
        await BothAsync(Day(5));
        await BothAsync(Day(5).Plus(TimeSpan.FromMinutes(2)));
        (verified, await AlertsAsync()).ShouldBe((2, 1), "Of the day without a server there is one verification.");
        (await Database.ScalarAsync<string>("SELECT title FROM alerts WHERE kind = 'invariant_broken'"))
            .ShouldBe("The verification found differences: used");
        await BothAsync(Day(6));
        (verified, await AlertsAsync()).ShouldBe((3, 2), "It fires again on the next day.");

        // A server that is killed during its verification leaves it to the other one.
        await Database.ExecuteAsync($"UPDATE alert_looks SET next_at = '{Day(7).Plus(TimeSpan.FromMinutes(10))}'");
        await BothAsync(Day(7));
        verified.ShouldBe(3);
        await BothAsync(Day(7).Plus(TimeSpan.FromMinutes(11)));
        verified.ShouldBe(4);

        VerifyDaily Daily(Clock clock) => new(
            Database.Source, Rig.Parked, new(clock, NullLogger<FireAlerts>.Instance), Rig.Directory, new(Database.Source),
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
            SetTo(now, mine, other);
            await Task.WhenAll(first.RunAsync(CancellationToken.None), second.RunAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_figure_is_read_by_one_of_two_servers_and_again_within_seconds()
    {
        await AddRuleAsync("decisions_refused", "1");
        var (mine, other, now) = (new Clock(), new Clock(), Rig.Clock.Now());
        var (first, second) = (Figures(mine, TimeSpan.FromSeconds(45)), Figures(other, TimeSpan.FromSeconds(45)));
        await BothAsync();
        var looked = await NextAsync();
        await BothAsync();
        (await NextAsync()).ShouldBe(looked, "Nothing is due.");

        await Rig.ConsumeAsync("u1", "job", 10);
        await Rig.ConsumeAsync("u1", "job", 1);

        now = now.Plus(TimeSpan.FromSeconds(5));
        await BothAsync();
        await BothAsync();
        (await Database.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE kind = 'decisions_refused'")).ShouldBe(1);

        async Task BothAsync()
        {
            SetTo(now, mine, other);
            await Task.WhenAll(first.RunAsync(CancellationToken.None), second.RunAsync(CancellationToken.None));
        }

        Task<DateTime> NextAsync() => Database.ScalarAsync<DateTime>("SELECT next_at FROM alert_looks");
    }

    [Fact]
    public async Task A_figure_that_takes_too_long_is_given_up_and_delays_no_other_one()
    {
        await AddRuleAsync("churn_above", "1");
        await AddRuleAsync("decisions_refused", "1");
        var (clock, now) = (new Clock(), Rig.Clock.Now());
        SetTo(now, clock);
        await Rig.ConsumeAsync("u1", "job", 10);
        await Rig.ConsumeAsync("u1", "job", 1);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using (var open = await connection.BeginTransactionAsync())
        {
            await using var stop = new Npgsql.NpgsqlCommand("LOCK TABLE balances IN ACCESS EXCLUSIVE MODE", connection);
            await stop.ExecuteNonQueryAsync();
            await Figures(clock, TimeSpan.FromSeconds(1)).RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15));
            await open.RollbackAsync();
        }

        (await Database.ScalarAsync<string>("SELECT string_agg(subject, ' ') FROM parked_work WHERE work = 'alert_checks'"))
            .ShouldBe("decisions_refused");
        (await Database.ScalarAsync<long>("SELECT count(*) FROM alert_looks")).ShouldBe(2, "It looked at churn too.");

        await Rig.Parked.DoneAsync(WorkNames.AlertChecks, Rig.Project, "decisions_refused");
        SetTo(now.Plus(TimeSpan.FromMinutes(11)), clock);
        await Figures(clock, TimeSpan.FromSeconds(45)).RunAsync(CancellationToken.None);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE kind = 'decisions_refused'")).ShouldBe(1);
    }

    [Fact]
    public async Task An_open_transaction_is_seen_as_lag_once_an_hour_and_not_after_its_end()
    {
        await AddRuleAsync("ingest_lag", "1");
        var check = new CheckAlerts(
            Database.Source, Rig.Parked, new(Rig.Clock, NullLogger<FireAlerts>.Instance), Rig.Directory, Rig.Clock);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using (var open = await connection.BeginTransactionAsync())
        {
            await using var write = new Npgsql.NpgsqlCommand("SELECT pg_current_xact_id()", connection);
            await write.ExecuteScalarAsync();

            // A later transaction that has ended: its facts wait.
            await Database.ExecuteAsync("SELECT pg_current_xact_id()");
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

    private CheckFigures Figures(Clock clock, TimeSpan longest)
    {
        var (rates, revenue) = (new RateQueries(Database.Source), new RevenueQueries(Database.Source));
        var costs = new CostQueries(Database.Connections, new(Database.Connections, Rig.Parked));
        return new(
            Database.Source, Rig.Parked, new(clock, NullLogger<FireAlerts>.Instance), Rig.Directory, new(Database.Source), revenue,
            new(rates, revenue, costs), new(Database.Source, new(Database.Source, rates), rates, revenue, costs), clock)
        {
            Longest = longest,
        };
    }

    private Task AddRuleAsync(string kind, string threshold) => Database.ExecuteAsync(
        $"""
        INSERT INTO alert_rules (id, project_id, kind, threshold, channels, repeat)
        VALUES (gen_random_uuid(), {Rig.Project.Id}, '{kind}', {threshold}, ARRAY['in_app'], 'once')
        """);

    private static void SetTo(Instant now, params ReadOnlySpan<Clock> clocks)
    {
        foreach (var clock in clocks)
        {
            var at = System.Diagnostics.Stopwatch.GetTimestamp();
            clock.Observe(at, at, now);
        }
    }

    private Task<long> AlertsAsync() => Database.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE kind = 'invariant_broken'");

    private static Instant Day(int day) => Instant.From(new DateTimeOffset(2028, 3, day, 12, 0, 0, TimeSpan.Zero));
}
