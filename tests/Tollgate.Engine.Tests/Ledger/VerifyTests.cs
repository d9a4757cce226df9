using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

public sealed class VerifyTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, GatePolicyTests.Shop);
        await TrafficAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    /// <summary>Traffic of every kind: plain and pooled uses, facts beyond caps, holds in all states, voids, uniques, denials.</summary>
    private async Task TrafficAsync()
    {
        foreach (var customer in (string[])["ann", "bob"])
        {
            await Rig.ConsumeAsync(customer, "job", 9, $"job-{customer}");
            await Rig.ConsumeAsync(customer, "job", 9);
            await Rig.ConsumeAsync(customer, "cv", 2);
            await Rig.ConsumeAsync(customer, "soft", 5);
            await Rig.RecordAsync(customer, "scan", 4);
            await Rig.RecordAsync(customer, "login", properties: """{"user":"x"}""");
            await Rig.RecordAsync(customer, "load", properties: """{"gb":4}""");
            await Rig.RecordAsync(customer, "signal");
            await Rig.RecordAsync(customer, "soft", 1, $"void-{customer}");
            await Rig.Gate.VoidAsync(Rig.Project, $"void-{customer}", customer, CancellationToken.None);
            await Rig.ReserveAsync(customer, "clip", 2);
            await Rig.SettleAsync((await Rig.ReserveAsync(customer, "clip", 2)).Id!, 1);
            await Rig.Gate.ReleaseAsync(Rig.Project, (await Rig.ReserveAsync(customer, "clip", 2)).Id!, customer, CancellationToken.None);
        }
    }

    private Task<VerifyReport> VerifyAsync() => VerifyLedger.RunAsync(_database!.Connections, Rig.Project.Id, null, CancellationToken.None);

    [Fact]
    public async Task Mixed_traffic_is_clean_and_overshoot_is_shown_as_such()
    {
        var report = await VerifyAsync();
        report.Findings.Where(f => f.IsBreak && f.Count > 0).ShouldBeEmpty();
        report.Findings.Single(f => f.Kind == "overshoot").Count.ShouldBe(4);
        report.Events.ShouldBe(await _database!.ScalarAsync<long>("SELECT count(*) FROM events"));
    }

    [Theory]
    [InlineData("used", "UPDATE balances SET used = used + 1 WHERE used = 9")]
    [InlineData("used", "UPDATE events SET quantity = quantity + 1 WHERE quantity = 9")]
    [InlineData("used", "DELETE FROM events WHERE quantity = 9")]
    [InlineData("drawn", "UPDATE balances SET drawn = 0 WHERE drawn > 0")]
    [InlineData("missing_balance", "DELETE FROM balances WHERE used = 9")]
    [InlineData("held", "UPDATE balances SET held = held + 1 WHERE held > 0")]
    [InlineData("open_holds", "UPDATE balances SET open_holds = 0 WHERE open_holds > 0")]
    [InlineData("held", "UPDATE holds SET state = 'released', closed_at = now() WHERE state = 'open'")]
    [InlineData("oversold", "UPDATE balances SET quota = 8 WHERE used = 9")]
    [InlineData(
        "overdue_hold",
        "UPDATE holds SET created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute' WHERE state = 'open'")]
    [InlineData("unique_values", "DELETE FROM unique_values")]
    [InlineData("unique_values", "UPDATE unique_values SET value = gen_random_uuid()")]
    [InlineData("threshold", "UPDATE threshold_crossings SET used = 1 WHERE percent = 80 AND used = 9")]
    [InlineData("threshold", "UPDATE balances SET fired = 80 WHERE fired = 90")]
    [InlineData("repeated_id",
        "INSERT INTO events SELECT occurred_at, period_start, id, account, feature, (month - interval '1 month')::date, partition, "
            + "quantity, used_after, data FROM events WHERE quantity = 9")]
    [InlineData(
        "grant_used",
        "INSERT INTO grants SELECT partition, account, feature, gen_random_uuid(), 'topup', 100, 5, 1, 0, now(), now() + interval '1 day', "
            + "now(), NULL FROM balances WHERE used = 9")]
    public async Task Tampering_is_found_with_whom_and_where(string kind, string tampering)
    {
        await Rig.StopSweepingAsync();
        await _database!.ExecuteAsync(tampering);
        var report = await VerifyAsync();
        report.IsClean.ShouldBeFalse();
        var finding = report.Findings.Single(f => f.Kind == kind);
        finding.Count.ShouldBe(2, string.Join('\n', report.Findings.Where(f => f.Count > 0).Select(f => $"{f.Kind} {f.Count}")));
        finding.First.Select(p => p.Customer).ShouldBe(["ann", "bob"]);
    }

    [Fact]
    public async Task A_row_that_names_a_feature_of_another_project_is_found()
    {
        await _database!.ExecuteAsync("INSERT INTO projects (code, name, mode) VALUES ('other', 'Other', 'live')");
        await _database.ExecuteAsync(
            "INSERT INTO features (project_id, code, document) SELECT id, 'theirs', '{}' FROM projects WHERE code = 'other'");
        await _database.ExecuteAsync("UPDATE balances SET feature = (SELECT id FROM features WHERE code = 'theirs') WHERE used = 9");
        (await VerifyAsync()).Findings.Single(f => f.Kind == "foreign_row").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_project_sees_its_own_breaks_only()
    {
        await _database!.ExecuteAsync("UPDATE balances SET used = used + 1");
        (await VerifyLedger.RunAsync(_database.Connections, Rig.Project.Id + 1_000, null, CancellationToken.None)).IsClean.ShouldBeTrue();
        (await VerifyLedger.RunAsync(_database.Connections, null, null, CancellationToken.None)).IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task A_small_project_pays_nothing_for_what_its_neighbour_recorded()
    {
        const int Recorded = 60_000;
        await _database!.ExecuteAsync(
            $"""
            INSERT INTO projects (code, name, mode) VALUES ('large', 'Large', 'live');
            INSERT INTO customers (partition, account, project_id, id)
            SELECT n % 64, 1000000 + n, (SELECT id FROM projects WHERE code = 'large'), 'c' || n FROM generate_series(1, 600) AS n;
            INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after)
            SELECT now(), now(), gen_random_uuid(), 1000000 + k, 0, date_trunc('month', now())::date, k % 64, 1, 1
              FROM (SELECT 1 + n % 600 AS k FROM generate_series(1, {Recorded}) AS n) AS x;
            ANALYZE;
            """);
        var before = await ReadAsync();
        (await VerifyAsync()).IsClean.ShouldBeTrue();
        (await ReadAsync() - before).ShouldBeLessThan(Recorded / 10);
    }

    /// <summary>The number of rows of events that were read. A session reports it at its end.</summary>
    private async Task<long> ReadAsync()
    {
        await Eventually.UntilAsync(
            async () =>
                await _database!.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> "
                        + "'idle'") == 0);
        return await _database!.ScalarAsync<long>(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables WHERE relname LIKE "
                + "'events_2%'");
    }
}
