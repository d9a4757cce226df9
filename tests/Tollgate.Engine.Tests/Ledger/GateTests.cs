using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Tests.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

public sealed class GateTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: soft, name: Soft}
          - {code: export, name: Exports, kind: switch}
          - {code: job, name: Jobs}
          - {code: credits, name: Credits}
          - {code: cv, name: CVs}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 2}
              - {feature: soft, quota: 2, hard_cap: false, overage_limit: 3}
              - {feature: export, enabled: true}
              - {feature: job, quota: 1000}
              - {feature: credits, quota: 10}
              - {feature: cv, quota: 1, pool: {feature: credits, rate: 5}}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

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
    public async Task The_third_of_two_is_refused_with_the_numbers()
    {
        (await Rig.ConsumeAsync("u1", "scan")).Fault.ShouldBe(GateFault.None);
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
        var third = await Rig.ConsumeAsync("u1", "scan");
        third.Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        var standing = third.Decision.Standing!;
        (standing.Limit!.Value.Value, standing.Used.Value, standing.Remaining!.Value.Value).ShouldBe((2m, 2m, 0m));
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(2);
        (await _database.ScalarAsync<long>("SELECT denied FROM balances")).ShouldBe(1);
    }

    /// <summary>The rows of a batch go to the database in a binary format that Tollgate writes itself.</summary>
    [Fact]
    public async Task Quantities_of_every_size_are_stored_exactly_in_batches_of_one_and_of_many()
    {
        decimal[] amounts =
        [
            1m, 9_999m, 10_000m, 10_001m, 100_000_000m, 123_456_789_012_345_678m, 999_999_999_999_999_999m, 0.5m, 0.0001m, 0.000000001m,
            0.999999999m, 1.000000001m, 10_000.0001m, 90_000_000.000012345m, 7.10m, 999_999_999_999_999_999m - 0.5m,
        ];
        var many = amounts.Select((amount, i) =>
            new EventOrder($"many-{i}", $"many{i}", "soft", Core.Money.Quantity.Of(amount), null, null, Enforce: false));
        foreach (var attempt in Enumerable.Range(0, 2))
        {
            // The first opens the balances, the second updates them.
            var orders = many.Select(o =>
                o with { Id = $"{o.Id}-{attempt}", Quantity = attempt == 0 ? Core.Money.Quantity.Zero : o.Quantity }).ToList();
            (await Rig.Gate.RecordAsync(Rig.Project, orders, CancellationToken.None)).ShouldAllBe(a => a.Fault == GateFault.None);
        }

        for (var i = 0; i < amounts.Length; i++)
        {
            await Rig.RecordAsync($"one{i}", "soft", 0);
            await Rig.RecordAsync($"one{i}", "soft", amounts[i]);
            foreach (var customer in new[] { $"many{i}", $"one{i}" })
            {
                const string Of = "JOIN customers c USING (partition, account) WHERE c.id = $1";
                (await _database!.ScalarAsync<decimal>($"SELECT used FROM balances {Of}", customer)).ShouldBe(amounts[i]);
                (await _database.ScalarAsync<decimal>($"SELECT max(quantity) FROM events {Of}", customer)).ShouldBe(amounts[i]);
                (await _database.ScalarAsync<decimal>($"SELECT max(used_after) FROM events {Of}", customer)).ShouldBe(amounts[i]);
            }
        }
    }

    /// <summary>One use at a time: the statement of a single use must also see that the other server has written.</summary>
    [Fact]
    public async Task Two_servers_that_take_turns_count_every_use()
    {
        await using var other = await LedgerRig.StartAsync(_database!);
        for (var turn = 1; turn <= 10; turn++)
        {
            (await Rig.ConsumeAsync("u1", "job")).Decision!.Standing!.Used.Value.ShouldBe((2 * turn) - 1);
            (await other.ConsumeAsync("u1", "job")).Decision!.Standing!.Used.Value.ShouldBe(2 * turn);
        }

        (await _database!.ScalarAsync<decimal>("SELECT used FROM balances")).ShouldBe(20m);
    }

    /// <summary>A server that is alone again has old books in memory, which it must not use.</summary>
    [Fact]
    public async Task The_remaining_server_reads_the_writes_of_a_server_that_left()
    {
        await using (var other = await LedgerRig.StartAsync(_database!))
        {
            await Rig.ConsumeAsync("u1", "scan");
            await other.ConsumeAsync("u1", "scan");
            (await Rig.StandingAsync("u1", "scan")).Used.Value.ShouldBe(2m);

            // The other server changes the books that this one remembers from here on.
            await Rig.ConsumeAsync("u1", "job");
            await other.ConsumeAsync("u1", "job", 999);
        }

        await UntilAsync(() => Rig.Alone);
        (await Rig.Gate.CheckAsync(Rig.Project, "u1", "job", Core.Money.Quantity.One, default)).Decision!.Outcome.ShouldBe(
            Outcome.QuotaExceeded);
        (await Rig.StandingAsync("u1", "job")).Used.Value.ShouldBe(1_000m);
    }

    [Fact]
    public async Task A_single_use_that_crosses_a_threshold_records_it()
    {
        await Rig.ConsumeAsync("u1", "job", 700);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings")).ShouldBe(0);
        await Rig.ConsumeAsync("u1", "job", 150);
        (await _database.ScalarAsync<int>("SELECT max(percent)::integer FROM threshold_crossings")).ShouldBe(80);
        await Rig.ConsumeAsync("u1", "job", 150);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings")).ShouldBe(3);
    }

    /// <summary>A statement that the driver prepared on the lost connection must not be sent on the next one.</summary>
    [Fact]
    public async Task A_lost_connection_is_replaced_and_its_batch_is_decided_once()
    {
        var used = 0;
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 3; i++, used++)
            {
                (await Rig.ConsumeAsync("u1", "job")).Decision!.Allowed.ShouldBeTrue();
            }

            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Rig.ConsumeAsync("u1", "job"))))
            {
                answer.Decision!.Allowed.ShouldBeTrue();
                used++;
            }

            (await _database!.ScalarAsync<long>(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^(WITH "
                    + "changed|INSERT INTO events_)'"))
                .ShouldBePositive();
            (await Rig.ConsumeAsync("u1", "job")).Decision!.Allowed.ShouldBeTrue();
            used++;
        }

        (await Rig.ConsumeAsync("u1", "job")).Decision!.Standing!.Used.Value.ShouldBe(used + 1);
    }

    /// <summary>
    /// The effect of a standstill of PostgreSQL: reservations wait longer than they live, and one batch takes a hold and closes it.
    /// </summary>
    [Theory]
    [InlineData(false, "expired")]
    [InlineData(true, "released")]
    public async Task A_hold_that_is_taken_and_closed_in_one_batch_holds_nothing(bool release, string state)
    {
        await Rig.StopSweepingAsync();
        await Rig.ConsumeAsync("u1", "job");
        await using var other = await _database!.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var standstill = new Npgsql.NpgsqlCommand("SELECT 1 FROM balances FOR UPDATE", other))
        {
            await standstill.ExecuteNonQueryAsync();
        }

        var stuck = Rig.ConsumeAsync("u1", "job");
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        var taken = Rig.ReserveAsync("u1", "job", 2, TimeSpan.FromSeconds(1), "h1");
        await Task.Delay(TimeSpan.FromMilliseconds(release ? 0 : 1200));
        var closed = release
            ? Rig.Gate.ReleaseAsync(Rig.Project, "h1", "u1", CancellationToken.None).AsTask()
            : Rig.ConsumeAsync("u1", "job");
        await transaction.CommitAsync();
        (await Task.WhenAll(stuck, taken, closed)).ShouldAllBe(answer => answer.Fault == GateFault.None);

        (await _database.ScalarAsync<string>("SELECT state FROM holds")).ShouldBe(state);
        (await _database.ScalarAsync<decimal>("SELECT held FROM balances")).ShouldBe(0m);
        (await VerifyLedger.RunAsync(_database.Connections, null, null, CancellationToken.None)).IsClean.ShouldBeTrue();
        (await Rig.ConsumeAsync("u1", "job")).Decision!.Standing!.Held.Value.ShouldBe(0m);
    }

    [Fact]
    public async Task A_balance_that_vanished_is_noticed_and_no_use_is_lost()
    {
        await Rig.ConsumeAsync("u1", "job");
        await _database!.ScalarAsync<long>("WITH gone AS (DELETE FROM balances RETURNING 1) SELECT count(*) FROM gone");
        (await Rig.ConsumeAsync("u1", "job")).Decision!.Allowed.ShouldBeTrue();
        (await _database.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(2);
        (await _database.ScalarAsync<decimal>("SELECT used FROM balances")).ShouldBe(1m, "the deleted row's use is what verify reports");
    }

    [Fact]
    public async Task A_repeated_id_replays_and_other_content_is_refused()
    {
        var first = await Rig.ConsumeAsync("u1", "scan", id: "order-1");
        first.Replayed.ShouldBeFalse();
        var again = await Rig.ConsumeAsync("u1", "scan", id: "order-1");
        again.Replayed.ShouldBeTrue();
        again.Id.ShouldBe("order-1");
        again.Decision!.Standing!.Used.Value.ShouldBe(1);
        (await Rig.ConsumeAsync("u1", "scan", 2, "order-1")).Fault.ShouldBe(GateFault.IdReused);
        (await Rig.StandingAsync("u1", "scan")).Used.Value.ShouldBe(1);
    }

    [Fact]
    public async Task An_id_used_in_an_earlier_month_replays()
    {
        await Rig.ConsumeAsync("u1", "scan", id: "order-1");
        await _database!.ExecuteAsync("UPDATE events SET month = (date_trunc('month', now()) - interval '1 month')::date");
        (await Rig.ConsumeAsync("u1", "scan", id: "order-1")).Replayed.ShouldBeTrue();
    }

    [Fact]
    public async Task Soft_caps_count_overage_up_to_its_limit()
    {
        (await Rig.ConsumeAsync("u1", "soft", 2)).Decision!.Outcome.ShouldBe(Outcome.WithinQuota);
        (await Rig.ConsumeAsync("u1", "soft", 3)).Decision!.Outcome.ShouldBe(Outcome.Overage);
        (await Rig.ConsumeAsync("u1", "soft")).Decision!.Outcome.ShouldBe(Outcome.OverageLimitReached);
    }

    [Fact]
    public async Task A_pool_pays_what_the_own_quota_lacks_in_the_same_decision()
    {
        (await Rig.ConsumeAsync("u1", "cv")).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("u1", "cv", 2)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.StandingAsync("u1", "credits")).Used.Value.ShouldBe(10);
        (await Rig.ConsumeAsync("u1", "cv")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.StandingAsync("u1", "credits")).Used.Value.ShouldBe(10);
    }

    [Fact]
    public async Task A_check_prices_what_a_pool_must_pay_as_a_consume_does()
    {
        await Rig.ConsumeAsync("u1", "credits", 3);
        await Rig.ConsumeAsync("u1", "cv");

        // The own quota is used up; 7 credits are left, and each further unit costs 5.
        foreach (var (amount, outcome) in ((decimal, Outcome)[])[(2, Outcome.QuotaExceeded), (1, Outcome.WithinQuota)])
        {
            (await Rig.Gate.CheckAsync(Rig.Project, "u1", "cv", Core.Money.Quantity.Of(amount), default)).Decision!.Outcome.ShouldBe(
                outcome);
            (await Rig.ConsumeAsync("u1", "cv", amount)).Decision!.Outcome.ShouldBe(outcome);
        }
    }

    [Fact]
    public async Task A_hold_takes_settles_with_the_truth_and_replays()
    {
        var hold = await Rig.ReserveAsync("u1", "job", 900);
        hold.Decision!.Standing!.Remaining!.Value.Value.ShouldBe(100);
        (await Rig.ConsumeAsync("u1", "job", 101)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        var settled = await Rig.SettleAsync(hold.Id!, 10);
        settled.Decision!.Standing!.Used.Value.ShouldBe(10);
        settled.Decision.Standing.Held.Value.ShouldBe(0);
        (await Rig.SettleAsync(hold.Id!, 10)).Replayed.ShouldBeTrue();
        (await Rig.StandingAsync("u1", "job")).Used.Value.ShouldBe(10);
    }

    [Fact]
    public async Task An_expired_hold_frees_by_itself_and_settles_late()
    {
        var hold = await Rig.ReserveAsync("u1", "scan", 2, TimeSpan.FromSeconds(4));
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeFalse();
        await Task.Delay(4_100);
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
        var late = await Rig.SettleAsync(hold.Id!);
        late.Late.ShouldBeTrue();
        late.Decision!.Standing!.Used.Value.ShouldBe(3);
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_void_gives_back_once()
    {
        await Rig.ConsumeAsync("u1", "scan", 2, "a");
        var undone = await Rig.Gate.VoidAsync(Rig.Project, "a", null, CancellationToken.None);
        undone.Fault.ShouldBe(GateFault.None);
        (await Rig.StandingAsync("u1", "scan")).Used.Value.ShouldBe(0);
        (await Rig.Gate.VoidAsync(Rig.Project, "a", "u1", CancellationToken.None)).Replayed.ShouldBeTrue();
        (await Rig.StandingAsync("u1", "scan")).Used.Value.ShouldBe(0);
        (await Rig.ConsumeAsync("u1", "scan", 2)).Decision!.Allowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Ten_thousand_parallel_consumes_against_a_thousand_allow_exactly_a_thousand()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => (i % 2 == 0 ? Rig : second).ConsumeAsync("u1", "job")));
        answers.Count(a => a.Fault == GateFault.None && a.Decision!.Allowed).ShouldBe(1_000);
        answers.Count(a => a.Fault != GateFault.None).ShouldBe(0);
        (await _database!.ScalarAsync<decimal>("SELECT sum(quantity) FROM events")).ShouldBe(1_000);
    }
}
