using Tollgate.Core;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>All customers share a lane: no customer's data or requests stop another.</summary>
public sealed class SharedLaneTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: credits, name: Credits}
          - {code: cv, name: CVs}
          - code: peak
            name: Peak
            meters: [{event_type: load, aggregate: max, value_property: gb}]
          - code: seats
            name: Seats
            meters: [{event_type: login, aggregate: unique, value_property: user}]
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: null}
              - {feature: credits, quota: null}
              - {feature: cv, quota: 1, pool: {feature: credits, rate: 5}}
              - {feature: peak, quota: 100}
              - {feature: seats, quota: 3}
        """;

    private const string WithPro = Shop +
        """

          - code: pro
            name: Pro
            entitlements: [{feature: scan, quota: 7}]
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop, new LedgerOptions { Lanes = 1 });
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>An advance of a clock, or a migration of plans, holds the rows of its customers for seconds.</summary>
    [Fact]
    public async Task A_locked_customer_delays_no_other_of_the_lane_and_continues_afterwards()
    {
        foreach (var customer in (string[])["held", "free"])
        {
            (await Rig.ConsumeAsync(customer, "scan")).Fault.ShouldBe(GateFault.None);
        }

        await using var holder = await Database.Source.OpenConnectionAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var hold = holder.CreateCommand())
        {
            hold.CommandText =
                "SELECT FROM customers c LEFT JOIN balances b ON b.partition = c.partition AND b.account = c.account WHERE c.id = 'held' "
                    + "FOR UPDATE OF c";
            await hold.ExecuteNonQueryAsync();
            hold.CommandText =
                "UPDATE balances SET version = version WHERE (partition, account) IN (SELECT partition, "
                    + "account FROM customers WHERE id = 'held')";
            (await hold.ExecuteNonQueryAsync()).ShouldBeGreaterThan(0);
        }

        var held = Enumerable.Range(0, 20).Select(_ => Rig.ConsumeAsync("held", "scan")).ToArray();
        var waiting = System.Diagnostics.Stopwatch.StartNew();
        for (var at = 0; at < 20; at++)
        {
            (await Rig.ConsumeAsync("free", "scan")).Fault.ShouldBe(GateFault.None);
        }

        waiting.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2), "a lane waited for locks of 10 seconds");
        held.ShouldAllBe(static one => !one.IsCompleted);
        (await Rig.StandingAsync("held", "scan").WaitAsync(TimeSpan.FromSeconds(2))).Used.ShouldBe(Quantity.One, "a read takes no lock");
        await holding.RollbackAsync();
        (await Task.WhenAll(held)).ShouldAllBe(static answer => answer.Fault == GateFault.None);
        (await Database.ScalarAsync<decimal>("SELECT sum(used) FROM balances")).ShouldBe(42);
    }

    /// <summary>
    /// After a refused batch Npgsql may consider a statement prepared that PostgreSQL does not have. Every later batch of the connection
    /// then fails.
    /// </summary>
    [Fact]
    public async Task A_lane_whose_prepared_statements_are_gone_goes_on_with_a_new_connection()
    {
        for (var at = 0; at < 5; at++)
        {
            (await Rig.ConsumeAsync("one", "scan")).Fault.ShouldBe(GateFault.None);
        }

        await Database.ExecuteAsync(
            """
            CREATE FUNCTION forget_statements() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END $$;
            CREATE TRIGGER forget_statements AFTER UPDATE ON balances FOR EACH STATEMENT EXECUTE FUNCTION forget_statements();
            """);
        await Rig.ConsumeAsync("one", "scan");
        await Database.ExecuteAsync("DROP TRIGGER forget_statements ON balances");
        for (var at = 0; at < 5; at++)
        {
            (await Rig.ConsumeAsync("one", "scan")).Fault.ShouldBe(GateFault.None);
        }

        (await Database.ScalarAsync<decimal>("SELECT sum(used) FROM balances")).ShouldBe(11);
    }

    [Fact]
    public async Task An_account_that_cannot_be_read_fails_alone()
    {
        await Rig.ConsumeAsync("broken", "scan");
        await Database.ExecuteAsync(
            """
            INSERT INTO customer_terms (partition, account, from_at, sequence, overrides, add_ons, sets, cause)
            SELECT partition, account, now(), version, '{"scan": 5}', '[]', '{overrides}', 'broken' FROM customers WHERE id = 'broken'
            """);
        await Rig.Gate.ForgetAsync(Rig.Project, "broken");

        var answers = await TogetherAsync([.. Enumerable.Range(0, 20).Select(i => $"c{i}"), "broken"]);
        answers["broken"].ShouldBeOfType<InvariantBrokenException>();
        answers.Where(one => one.Key != "broken").ShouldAllBe(one => one.Value == null);

        await Database.ExecuteAsync("DELETE FROM customer_terms WHERE cause = 'broken'");
        await Should.ThrowAsync<InvariantBrokenException>(() => Rig.ConsumeAsync("broken", "scan"), "it is not read for each request");
        await Rig.Gate.ForgetAsync(Rig.Project, "broken");
        (await Rig.ConsumeAsync("broken", "scan")).Fault.ShouldBe(GateFault.None, "a change of the customer has it read at once");
    }

    [Fact]
    public async Task A_poisoned_operation_fails_alone_and_costs_its_batch_few_transactions()
    {
        await Rig.ConsumeAsync("c13", "scan");
        await Database.ExecuteAsync(
            "ALTER TABLE balances ADD CONSTRAINT poison CHECK (used < 2 OR account <> "
                + await Database.ScalarAsync<int>("SELECT account FROM customers") + ")");
        var answers = await TogetherAsync([.. Enumerable.Range(0, 64).Select(i => $"c{i}")]);

        answers.Where(one => one.Value is not null).Select(one => one.Key).ShouldBe(["c13"]);
        (await Database.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM events")).ShouldBeLessThan(12);
    }

    [Fact]
    public async Task A_request_of_before_a_publication_is_decided_by_the_plan_that_was_published()
    {
        var before = Rig.Project;
        await Rig.ConsumeAsync("u1", "scan");
        await new PublishCatalog(Database.Source).PublishAsync(
            before.Id, CatalogReader.ReadYaml(WithPro).Document!, null, CancellationToken.None);
        await Database.ExecuteAsync(
            """
            UPDATE customers SET version = version + 1 WHERE id = 'u1';
            INSERT INTO customer_terms (partition, account, from_at, sequence, plan_version_id, overrides, add_ons, sets, cause)
            SELECT partition, account, now(), version, (SELECT id FROM plan_versions WHERE plan = 'pro'), '{}', '[]', '{plan}', 'test'
                   FROM customers WHERE id = 'u1';
            """);
        await Rig.Gate.ForgetAsync(before, "u1");

        var answer = await Rig.Gate.ConsumeAsync(before, new("u1", "scan", Quantity.One, null, null, null), CancellationToken.None);
        (answer.Decision!.Plan, answer.Decision.Standing!.Limit).ShouldBe(("pro", Quantity.Of(7)));
    }

    /// <summary>The project's clock advanced while requests waited: the month has ended for some of a batch and not for others.</summary>
    [Fact]
    public async Task Requests_of_before_and_after_the_end_of_a_period_are_decided_together()
    {
        var (before, after) = (Rig.Project with { TestClock = Moment(2027, 1, 31) }, Rig.Project with { TestClock = Moment(2027, 2, 1) });
        await ConsumeAsync(before);
        await Rig.Gate.ForgetAsync(before, "u1");
        await HeldUpAsync(() => Task.WhenAll(Enumerable.Range(0, 30).Select(at => ConsumeAsync(at % 3 == 2 ? after : before))));

        (await Database.ScalarAsync<string>(
            "SELECT string_agg(trim_scale(used)::text, ' ' ORDER BY period_start) FROM balances b JOIN customers c USING (partition, "
                + "account) WHERE c.id = 'u1'"))
            .ShouldBe("21 10");
        (await Database.ScalarAsync<long>(
            "SELECT count(DISTINCT e.xmin::text) FROM events e JOIN customers c USING (partition, account) WHERE c.id = 'u1'"))
            .ShouldBeLessThan(4, "batches were decided again and again");
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_request_before_a_grants_end_uses_it_in_spite_of_a_later_request()
    {
        var (before, after) = (Rig.Project with { TestClock = Moment(2027, 1, 31) }, Rig.Project with { TestClock = Moment(2027, 2, 1) });
        await new AddGrant(Rig.Changes, Rig.Clock).RunAsync(
            before, "u1", new("cv", Quantity.Of(5), GrantSource.TopUp, null, Moment(2027, 1, 1), Moment(2027, 2, 1), "pack"),
            CancellationToken.None);
        await Rig.Gate.ForgetAsync(after, "u1");
        (await Rig.Gate.StandingAsync(after, "u1", CancellationToken.None)).ShouldNotBeNull();

        var answer = await Rig.Gate.ConsumeAsync(before, new("u1", "cv", Quantity.Of(3), null, null, null), CancellationToken.None);
        answer.Burned.Sum(static one => one.Amount.Value).ShouldBe(2, "the quota has one");
        await ShouldVerifyAsync();
    }

    private static Instant Moment(int year, int month, int day) => Instant.FromUtc(new(year, month, day, 0, 0, 0, DateTimeKind.Utc));

    private async Task ConsumeAsync(ProjectSnapshot project) =>
        (await Rig.Gate.ConsumeAsync(project, new("u1", "scan", Quantity.One, null, null, null), CancellationToken.None)).Fault.ShouldBe(
            GateFault.None);

    [Fact]
    public async Task A_sum_beyond_the_range_is_refused_and_what_reaches_it_is_read_again()
    {
        const decimal Most = 999_999_999_999_999_999m;
        await Rig.RecordAsync("u1", "scan", Most);
        await Rig.RecordAsync("u1", "scan", 0.5m, id: "k");
        await Rig.Gate.ForgetAsync(Rig.Project, "u1");
        (await Rig.RecordAsync("u1", "scan", 0.5m, id: "k")).Replayed.ShouldBeTrue();

        (await Rig.RecordAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.OutOfRange);
        (await Rig.ConsumeAsync("u1", "scan", Most)).Decision!.Outcome.ShouldBe(Outcome.OutOfRange);
        (await Rig.ConsumeAsync("u1", "cv", Most)).Decision!.Outcome.ShouldBe(Outcome.OutOfRange);
        (await Rig.StandingAsync("u1", "scan")).Used.Value.ShouldBe(Most + 0.5m);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_hold_whose_settle_is_beyond_the_range_stays_open()
    {
        await Rig.RecordAsync("u1", "scan", 999_999_999_999_999_990m);
        var hold = await Rig.ReserveAsync("u1", "scan", 5);
        (await Rig.SettleAsync(hold.Id!, 50)).Decision!.Outcome.ShouldBe(Outcome.OutOfRange);
        (await Rig.StandingAsync("u1", "scan")).Held.Value.ShouldBe(5);
        (await Rig.SettleAsync(hold.Id!, 6)).Decision!.Allowed.ShouldBeTrue();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Voids_that_come_together_take_back_the_maximum_and_the_value()
    {
        foreach (var (id, gb) in ((string, int)[])[("a", 5), ("b", 8), ("c", 7), ("d", 3)])
        {
            await Rig.RecordAsync("u1", "load", id: id, properties: $$"""{"gb":{{gb}}}""");
            await Rig.RecordAsync("u1", "login", id: "l" + id, properties: """{"user":"ann"}""");
        }

        await HeldUpAsync(() => Task.WhenAll(((string[])["b", "c", "la", "lb", "lc", "ld"])
            .Select(id => Rig.Gate.VoidAsync(Rig.Project, id, "u1", CancellationToken.None).AsTask())));
        (await Rig.StandingAsync("u1", "peak")).Used.Value.ShouldBe(5);
        (await Rig.StandingAsync("u1", "seats")).Used.Value.ShouldBe(0);
        (await Rig.RecordAsync("u1", "login", properties: """{"user":"ann"}""")).Decision!.Standing!.Used.Value.ShouldBe(1);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Expired_holds_are_found_by_project_first() =>
        (await Database.ScalarAsync<string>("SELECT indexdef FROM pg_indexes WHERE indexname = 'holds_to_free'"))!.ShouldContain(
            "(project_id, expires_at)");

    /// <summary>One use for each of the customers, in one batch: the result, or the exception.</summary>
    private async Task<Dictionary<string, Exception?>> TogetherAsync(string[] customers)
    {
        var answers = new Dictionary<string, Exception?>();
        await HeldUpAsync(async () =>
        {
            var uses = customers.Select(customer => (customer, Use: Rig.ConsumeAsync(customer, "scan"))).ToArray();
            foreach (var (customer, use) in uses)
            {
                answers[customer] = await Record.ExceptionAsync(() => use);
            }
        });
        return answers;
    }

    /// <summary>While the lane waits for the balance of another customer, everything that begins goes into one batch.</summary>
    private async Task HeldUpAsync(Func<Task> begin)
    {
        await Rig.ConsumeAsync("first", "scan");
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "SELECT FROM balances WHERE account = (SELECT account FROM customers WHERE id = 'first') FOR UPDATE";
            await hold.ExecuteNonQueryAsync();
        }

        var first = Rig.ConsumeAsync("first", "scan");
        await Eventually.UntilAsync(() => Rig.Lanes.LaneOf(0).Depth == 0);
        var begun = begin();
        await transaction.RollbackAsync();
        await first;
        await begun;
    }

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(Database.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }
}
