using System.Diagnostics;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Privacy;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Privacy;

/// <summary>Changes between two steps of a run.</summary>
public sealed class RunRetentionTests(TestPostgres postgres) : IAsyncLifetime
{
    /// <summary>More than one step does.</summary>
    private const int Events = 700;

    private readonly Clock _clock = new();
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
    public async Task A_notice_that_ends_in_the_middle_of_a_customer_leaves_no_text()
    {
        await Rig.ConsumeAsync("u1", "job", 1);
        await InsertAsync(100);
        await InsertAsync(50);
        var day = Instant.FromUtc(_clock.Now().ToUtc().Date.AddDays(1));
        SetTo(day.Plus(TimeSpan.FromHours(1)));
        await Database.ExecuteAsync(
            $"""
            INSERT INTO privacy_settings (project_id, retention_days) VALUES ({Rig.Project.Id}, 40);
            INSERT INTO retention_marks (partition, account, project_id, days, next_days, next_at, imports)
            SELECT partition, account, project_id, 90, 40, '{day.Plus(TimeSpan.FromHours(2)).ToUtc():O}', 0 FROM customers
            """);
        var run = new RunRetention(Database.Source, _clock);
        (await run.StepAsync(Rig.Project, CancellationToken.None)).ShouldBeTrue();
        (await LeftAsync()).ShouldBe((2 * Events) - 500, "The first step ends in the middle of the events before the last 90 days.");

        SetTo(day.Plus(TimeSpan.FromHours(3)));
        while (await run.StepAsync(Rig.Project, CancellationToken.None))
        {
        }

        (await LeftAsync()).ShouldBe(0, "All events are older than 40 days.");
        (await Database.ScalarAsync<long>("SELECT events FROM retention_runs WHERE done_at IS NOT NULL")).ShouldBe(2 * Events);
    }

    [Fact]
    public async Task A_place_inside_an_erased_customer_skips_nothing_of_the_next_one()
    {
        await Rig.ConsumeAsync("u1", "job", 1);
        await InsertAsync(100);
        await Database.ExecuteAsync(
            $"""
            INSERT INTO privacy_settings (project_id, retention_days) VALUES ({Rig.Project.Id}, 90);
            INSERT INTO retention_marks (partition, account, project_id, days, imports)
            SELECT partition, account, project_id, 90, 0 FROM customers
            """);
        var run = new RunRetention(Database.Source, _clock);
        (await run.StepAsync(Rig.Project, CancellationToken.None)).ShouldBeTrue();
        await Database.ExecuteAsync(
            "UPDATE retention_runs SET place = replace(place, '/' || (SELECT account FROM customers) || '/', '/999999999/')");
        await Database.ExecuteAsync("UPDATE events SET data = '{\"type\": \"x\", \"props\": {\"who\": \"zed\"}}' WHERE data ? 'gone'");
        while (await run.StepAsync(Rig.Project, CancellationToken.None))
        {
        }

        (await LeftAsync()).ShouldBe(0);
    }

    private Task InsertAsync(int days) => Database.ExecuteAsync(
        $$"""
        SELECT ensure_events_month((now() - interval '{{days}} days')::date);
        INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
        SELECT now() - interval '{{days}} days', e.period_start, gen_random_uuid(), e.account, 0,
               date_trunc('month', now() - interval '{{days}} days')::date, e.partition, 1, 0, '{"type": "x", "props": {"who": "zed"} }'
          FROM (SELECT * FROM events WHERE feature > 0 LIMIT 1) e, generate_series(1, {{Events}})
        """);

    private Task<long> LeftAsync() => Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE data::text LIKE '%zed%'");

    private void SetTo(Instant now)
    {
        var at = Stopwatch.GetTimestamp();
        _clock.Observe(at, at, now);
    }
}
