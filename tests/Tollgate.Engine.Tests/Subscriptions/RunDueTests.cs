using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Subscriptions;

/// <summary>Runs of due subscriptions, one after the other in parts, and many in parallel of which some die.</summary>
public sealed class RunDueTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: calls, name: Calls}
        plans:
          - code: free
            name: Free
            entitlements: [{feature: calls, quota: 0}]
          - code: pro
            name: Pro
            prices: [{interval: monthly, amount: 2900}]
            entitlements: [{feature: calls, quota: 10, hard_cap: false, overage_price: {mode: per_unit, tiers: [{unit_price: 0.25}]}}]
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
    public async Task A_run_with_a_limit_takes_the_earliest_and_leaves_the_rest_due()
    {
        await SubscribeAsync(7);
        var (run, until) = (Runner(), Rig.Clock.Now().Plus(TimeSpan.FromDays(32)));
        var seen = new List<(int, int, long)>();
        for (var part = 0; part < 4; part++)
        {
            var report = await run.RunAsync(Rig.Project, until, 3, null, CancellationToken.None);
            seen.Add((report.Renewals, report.Invoices, await run.CountAsync(Rig.Project, until, CancellationToken.None)));
        }

        seen.ShouldBe([(3, 3, 4), (3, 3, 1), (1, 1, 0), (0, 0, 0)]);
        (await _database!.ScalarAsync<string>(
            "SELECT string_agg(c.id, ' ' ORDER BY i.serial) FROM invoices i JOIN customers c USING (partition, "
                + "account) WHERE i.kind = 'renewal'"))
            .ShouldBe("c0 c1 c2 c3 c4 c5 c6");
    }

    [Fact]
    public async Task A_limit_counts_across_batches_and_periods()
    {
        await SubscribeAsync(4);
        var (run, until) = (Runner(), Rig.Clock.Now().Plus(TimeSpan.FromDays(100)));
        (await run.RunAsync(Rig.Project, until, 6, null, CancellationToken.None)).Renewals.ShouldBe(6);
        (await run.CountAsync(Rig.Project, until, CancellationToken.None)).ShouldBe(4);
        (await run.RunAsync(Rig.Project, until, null, CancellationToken.None)).Renewals.ShouldBe(6);
        (await run.CountAsync(Rig.Project, until, CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task A_run_with_a_limit_leaves_those_due_whose_customers_somebody_holds_and_one_without_waits_for_them()
    {
        await SubscribeAsync(2);
        var (run, until) = (Runner(), Rig.Clock.Now().Plus(TimeSpan.FromDays(32)));
        await using var held = await HeldRow.OfAsync(_database!, "c0");
        (await run.RunAsync(Rig.Project, until, 10, null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20))).Renewals.ShouldBe(1);
        (await run.RunAsync(Rig.Project, until, 10, null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20))).Handled.ShouldBe(0);

        var waiting = run.RunAsync(Rig.Project, until, null, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        waiting.IsCompleted.ShouldBeFalse();
        await held.DisposeAsync();
        (await waiting).Renewals.ShouldBe(1);
    }

    /// <summary>
    /// QUALITY R4. A biller dies when its connection dies in the middle of a transaction; it then starts again.
    /// </summary>
    [Fact]
    public async Task Eight_billers_race_and_die_and_each_period_is_invoiced_once()
    {
        var (customers, months) = Form;
        await SubscribeAsync(customers);
        var until = Rig.Clock.Now().Plus(TimeSpan.FromDays((365.25 / 12 * months) + 1));
        using var over = new CancellationTokenSource();
        var started = Stopwatch.GetTimestamp();
        var killing = KillAsync(customers / 5, over.Token);
        var deaths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => BillAsync(until, Math.Max(10, customers / 50))));
        await over.CancelAsync();
        var killed = await killing;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{customers} subscriptions × {months} months in {(int)Stopwatch.GetElapsedTime(started).TotalSeconds} s: "
                + $"{killed} connections were killed, {deaths.Sum()} runs died of it.");
        deaths.Sum().ShouldBePositive("Nobody died: the test shows nothing.");

        var invoices = customers * (months + 1L);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM invoices")).ShouldBe(invoices);
        (await _database.ScalarAsync<long>("SELECT count(DISTINCT (account, period_start)) FROM invoices")).ShouldBe(invoices);
        (await _database.ScalarAsync<long>("SELECT max(serial) FROM invoices")).ShouldBe(invoices, "Numbers have no gap.");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM subscriptions WHERE parked_at IS NOT NULL")).ShouldBe(0);
        (await Runner().CountAsync(Rig.Project, until, CancellationToken.None)).ShouldBe(0);
    }

    /// <summary>Customers and months; the whole figure of R4 by <c>TOLLGATE_BILLERS_CUSTOMERS=10000</c>.</summary>
    private static (int Customers, int Months) Form =>
        int.TryParse(Environment.GetEnvironmentVariable("TOLLGATE_BILLERS_CUSTOMERS"), CultureInfo.InvariantCulture, out var customers)
            ? (customers, 24)
            : (150, 12);

    /// <returns>The number of its deaths.</returns>
    private async Task<int> BillAsync(Instant until, int part)
    {
        for (var deaths = 0; ; deaths++)
        {
            try
            {
                // Small parts, so that there is something to race for.
                while ((await Runner().RunAsync(Rig.Project, until, part, null, CancellationToken.None)).Handled > 0
                    || await Runner().CountAsync(Rig.Project, until, CancellationToken.None) > 0)
                {
                }

                return deaths;
            }
            catch (NpgsqlException)
            {
            }
        }
    }

    /// <returns>The number of killed connections: those that have written in their transaction and have not committed it.</returns>
    private async Task<long> KillAsync(int most, CancellationToken over)
    {
        const string Kill =
            """
            SELECT count(pg_terminate_backend(pid))
              FROM (SELECT pid FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
                       AND query ~ 'invoice|subscription'
                     ORDER BY random() LIMIT 1) AS one
            """;
        var killed = 0L;
        while (!over.IsCancellationRequested && killed < most)
        {
            killed += await _database!.ScalarAsync<long>(Kill);
            await Task.Delay(10, CancellationToken.None);
        }

        return killed;
    }

    private RunDue Runner() => new(_database!.Source, Rig.Changes, Rig.Clock, Rig.Parked, NullLogger<RunDue>.Instance);

    /// <summary>Each with fifteen calls beyond the plan in its first month.</summary>
    private async Task SubscribeAsync(int customers)
    {
        var create = new CreateSubscription(Rig.Changes, Rig.Clock);
        for (var n = 0; n < customers; n++)
        {
            var order = new SubscriptionOrder($"c{n}", "pro", PriceInterval.Monthly, null, 1, null, true, null, null, null, null, [], null);
            (await create.RunAsync(Rig.Project, order, new("test", false), CancellationToken.None)).Outcome.ShouldBe(
                SubscriptionOutcome.Done);
            await Rig.RecordAsync($"c{n}", "calls", 25);
        }
    }
}
