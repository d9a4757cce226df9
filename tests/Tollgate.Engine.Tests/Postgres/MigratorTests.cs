using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

public sealed class MigratorTests(TestPostgres postgres)
{
    private static readonly MigrationFile First = new(1, "first", "CREATE TABLE first (id integer PRIMARY KEY)");
    private static readonly MigrationFile Second = new(2, "second", "ALTER TABLE first ADD COLUMN name text; CREATE TABLE second (id integer)");

    [Fact]
    public async Task A_fresh_database_gets_every_file_in_order()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();

        (await RunAsync(database, MigrationFile.BuiltIn)).ShouldBe(MigrationFile.BuiltIn.Count);

        (await database.ScalarAsync<string>("SELECT string_agg(version::text, ',' ORDER BY applied_at, version) FROM schema_migrations"))
            .ShouldBe(string.Join(',', MigrationFile.BuiltIn.Select(file => file.Version)));
        (await database.ScalarAsync<bool>("SELECT to_regclass('projects') IS NOT NULL AND to_regclass('balances') IS NOT NULL")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_repeated_run_applies_nothing_and_a_later_one_only_what_is_new()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();

        (await RunAsync(database, [First])).ShouldBe(1);
        (await RunAsync(database, [First])).ShouldBe(0);
        (await RunAsync(database, [First, Second])).ShouldBe(1);

        (await database.ScalarAsync<bool>("SELECT to_regclass('second') IS NOT NULL")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_database_newer_than_the_server_is_refused_with_both_versions()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [First, Second]);

        var refusal = await Should.ThrowAsync<StartRefusedException>(() => RunAsync(database, [First]));

        refusal.Message.ShouldContain("schema version 2");
        refusal.Message.ShouldContain("up to 1");
    }

    [Fact]
    public async Task An_applied_file_whose_text_changed_is_refused_by_name()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [First]);

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => RunAsync(database, [First with { Sql = First.Sql + " " }, Second]));

        refusal.Message.ShouldContain("Migration 1 (first)");
        (await database.ScalarAsync<bool>("SELECT to_regclass('second') IS NULL")).ShouldBeTrue();
    }

    [Fact]
    public async Task Line_ends_of_another_system_are_the_same_file()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [First with { Sql = "CREATE TABLE a (\n id integer\n)" }]);

        (await RunAsync(database, [First with { Sql = "CREATE TABLE a (\r\n id integer\r\n)" }])).ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_fails_leaves_nothing_of_itself()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        var broken = new MigrationFile(2, "broken", "CREATE TABLE half (id integer); SELECT 1 / 0");

        await Should.ThrowAsync<PostgresException>(() => RunAsync(database, [First, broken]));

        (await database.ScalarAsync<bool>("SELECT to_regclass('half') IS NULL")).ShouldBeTrue();
        (await database.ScalarAsync<int>("SELECT max(version) FROM schema_migrations")).ShouldBe(1);
    }

    [Fact]
    public async Task Coupons_that_were_redeemed_before_there_were_several_are_kept_as_they_were()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        var before = MigrationFile.BuiltIn.TakeWhile(static file => file.Name != "redemptions").ToList();
        await RunAsync(database, before);
        await database.ScalarAsync<int>(
            """
            INSERT INTO projects (code, name, mode) VALUES ('shop', 'Shop', 'live');
            INSERT INTO coupons (project_id, code, document, redemptions, created_at) SELECT id, 'TEN', '{}', 2, now() FROM projects;
            INSERT INTO coupon_redemptions (partition, account, subscription, project_id, code, redeemed_at, ends_at, used, spent)
            SELECT 7, n, '01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88', id, 'TEN', '2027-01-01Z', CASE n WHEN 1 THEN timestamptz '2027-02-01Z' END, n, n = 2
              FROM projects, generate_series(1, 2) n;
            SELECT 1
            """);

        await RunAsync(database, MigrationFile.BuiltIn);

        (await database.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', account, code, at_start, redeemed_at = '2027-01-01Z', ends_at IS NULL, used, spent, amount IS NULL), ', ' ORDER BY sequence) FROM redemptions"))
            .ShouldBe("1 TEN t t f 1 f t, 2 TEN t t t 2 t t");
    }

    /// <summary>Two subscriptions that an older version billed with a fifth off, the second without naming the coupon on the line, and a third with $2 off $8 of time and $2 of usage.</summary>
    [Fact]
    public async Task What_coupons_took_off_the_running_period_is_known_after_the_upgrade()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [.. MigrationFile.BuiltIn.TakeWhile(static file => file.Name != "discounts_and_taxes_once")]);
        await database.ScalarAsync<int>(Shop +
            """
            INSERT INTO coupons (project_id, code, document, created_at)
            SELECT p.id, c.code, c.document::jsonb, now()
              FROM projects p, (VALUES ('FIFTH', '{"percent_off": 20, "duration": "forever"}'), ('HALF', '{"percent_off": 50, "duration": "forever"}'),
                                       ('TWO', '{"amount_off": 200, "currency": "USD", "duration": "forever"}')) c (code, document);
            INSERT INTO redemptions (partition, account, project_id, subscription, code, redeemed_at)
            SELECT 7, r.account, p.id, r.subscription::uuid, r.code, '2027-01-01Z'
              FROM projects p, (VALUES (1, '00000000-0000-0000-0000-000000000001', 'FIFTH'), (1, '00000000-0000-0000-0000-000000000001', 'HALF'),
                                       (2, '00000000-0000-0000-0000-000000000002', 'FIFTH'), (3, '00000000-0000-0000-0000-000000000003', 'TWO')) r (account, subscription, code);
            INSERT INTO invoices (partition, account, id, project_id, serial, number, kind, status, subscription, currency, period_start, period_end, issued_at, due_at,
                                  subtotal, discount, tax, total, from_credits, paid, details)
            SELECT 7, n, format('00000000-0000-0000-0001-%s', lpad(n::text, 12, '0'))::uuid, p.id, n, n::text, 'renewal', 'open',
                   format('00000000-0000-0000-0000-%s', lpad(n::text, 12, '0'))::uuid, 'USD', '2027-01-01Z', '2027-02-01Z', '2027-01-01Z', '2027-01-15Z', 1000, 200, 0, 800, 0, 0, '{}'
              FROM projects p, generate_series(1, 3) n;
            INSERT INTO invoice_lines (partition, account, invoice, position, kind, description, quantity, amount, period_start, period_end, redemption)
            SELECT 7, l.account, format('00000000-0000-0000-0001-%s', lpad(l.account::text, 12, '0'))::uuid, l.position, l.kind, l.description, 1, l.amount, '2027-01-01Z',
                   CASE l.kind WHEN 'usage' THEN timestamptz '2027-01-01Z' ELSE '2027-02-01Z' END,
                   CASE WHEN l.named THEN (SELECT r.sequence FROM redemptions r WHERE r.account = l.account AND r.code = split_part(l.description, ' ', 2)) END
              FROM (VALUES (1, 1, 'subscription', 'Pro', 1000, false), (1, 2, 'discount', 'Coupon FIFTH (−20 %)', -200, true), (1, 3, 'discount', 'Coupon HALF (−50 %)', -400, true),
                           (2, 1, 'subscription', 'Pro', 1000, false), (2, 2, 'discount', 'Coupon FIFTH (−20 %)', -200, false),
                           (3, 1, 'subscription', 'Pro', 800, false), (3, 2, 'usage', 'Pages', 200, false), (3, 3, 'discount', 'Coupon TWO', -200, true))
                   AS l (account, position, kind, description, amount, named);
            SELECT 1
            """);

        await RunAsync(database, MigrationFile.BuiltIn);

        (await database.ScalarAsync<string>("SELECT string_agg(concat_ws(' ', account, reduced::float8, amount_off), ', ' ORDER BY account) FROM subscriptions"))
            .ShouldBe("1 60 0, 2 20 0, 3 0 160");
        (await database.ScalarAsync<bool>("SELECT bool_and(convalidated) FROM pg_constraint WHERE conrelid IN ('subscriptions'::regclass, 'invoices'::regclass) AND contype = 'c'")).ShouldBeTrue();
    }

    /// <summary>
    /// $30 agreed of a price of $10. January: usage of $15, so $5 were missing. February: usage of $25. March runs. What was only planned to be rated is planned anew.
    /// </summary>
    [Fact]
    public async Task Minimums_that_an_older_version_billed_are_known_after_the_upgrade()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [.. MigrationFile.BuiltIn.TakeWhile(static file => file.Name != "usage_parts")]);
        await database.ScalarAsync<int>(Shop +
            """
            UPDATE subscriptions SET period_start = '2027-03-01Z', period_end = '2027-04-01Z', terms_since = '2027-03-01Z';
            INSERT INTO subscription_facts (partition, account, subscription, sequence, verb, at, actor, after)
            SELECT 7, 1, '00000000-0000-0000-0000-000000000001', n, CASE n WHEN 1 THEN 'start' ELSE 'renew' END, timestamptz '2026-12-01Z' + n * interval '1 month', 'system',
                   jsonb_build_object('status', 'active', 'plan', 'pro', 'plan_version', 1, 'interval', 'monthly', 'quantity', 1, 'amount', 1000,
                                      'period_start', to_char(timestamptz '2026-12-01Z' + n * interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SSOF'),
                                      'period_end', to_char(timestamptz '2027-01-01Z' + n * interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SSOF'))
              FROM generate_series(1, 3) n;
            INSERT INTO invoices (partition, account, id, project_id, serial, number, kind, status, subscription, currency, period_start, period_end, issued_at, due_at,
                                  subtotal, discount, tax, total, from_credits, paid, details)
            SELECT 7, 1, '00000000-0000-0000-0001-000000000001', p.id, 1, '1', 'renewal', 'open', '00000000-0000-0000-0000-000000000001', 'USD',
                   '2027-02-01Z', '2027-03-01Z', '2027-02-01Z', '2027-02-15Z', 3000, 0, 0, 3000, 0, 0, '{}'
              FROM projects p;
            INSERT INTO invoice_lines (partition, account, invoice, position, kind, description, quantity, amount, period_start, period_end)
            VALUES (7, 1, '00000000-0000-0000-0001-000000000001', 1, 'minimum', 'Up to the agreed minimum', 1, 500, '2027-01-01Z', '2027-02-01Z');
            INSERT INTO rated_usage (partition, account, feature, period_start, period_end, subscription, currency, quota, price, quantity, amount, balance_version)
            VALUES (7, 1, 1, '2027-01-01Z', '2027-02-01Z', '00000000-0000-0000-0000-000000000001', 'USD', 0, '{}', 150, 1500, 3),
                   (7, 1, 1, '2027-02-01Z', '2027-03-01Z', '00000000-0000-0000-0000-000000000001', 'USD', 0, '{}', 250, 2500, 3),
                   (7, 1, 1, '2027-03-01Z', '2027-04-01Z', '00000000-0000-0000-0000-000000000001', 'USD', 0, '{}', 0, 0, -1);
            SELECT 1
            """);

        await RunAsync(database, MigrationFile.BuiltIn);

        (await database.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', to_char(period_start AT TIME ZONE 'UTC', 'MM'), required, usage, billed), ', ' ORDER BY period_start) FROM minimum_periods"))
            .ShouldBe("01 2000 1500 500, 02 2000 2500 0");
        (await database.ScalarAsync<long>("SELECT count(*) FROM rated_usage")).ShouldBe(2);
    }

    /// <summary>A plan with a minimum, and three subscriptions to it.</summary>
    private const string Shop =
        """
        INSERT INTO projects (code, name, mode) VALUES ('shop', 'Shop', 'live');
        INSERT INTO plan_versions (project_id, plan, version, document)
        SELECT id, 'pro', 1, '{"prices": [{"interval": "monthly", "currency": "USD", "amount": 1000, "minimum": 3000}]}' FROM projects;
        INSERT INTO subscriptions (partition, account, id, project_id, status, plan_version_id, interval, currency, quantity, started_at, anchor, period_start, period_end, usage_from, terms_since)
        SELECT 7, n, format('00000000-0000-0000-0000-%s', lpad(n::text, 12, '0'))::uuid, v.project_id, 'active', v.id, 'monthly', 'USD', 1, '2027-01-01Z', '2027-01-01Z',
               '2027-01-01Z', '2027-02-01Z', '2027-01-01Z', '2027-01-01Z'
          FROM plan_versions v, generate_series(1, 3) n;

        """;

    [Fact]
    public async Task Four_servers_that_start_together_apply_each_file_once()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(database, [First, Second])));

        applied.Sum().ShouldBe(2);
    }

    [Fact]
    public async Task A_migration_gives_way_to_an_open_transaction_and_tries_again()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [First]);
        await using var holder = await database.Source.OpenConnectionAsync();
        var transaction = await holder.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("SELECT count(*) FROM first", holder))
        {
            await read.ExecuteScalarAsync();
        }

        var migration = RunAsync(database, [First, Second]);
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        migration.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();

        (await migration.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(1);
    }

    [Fact]
    public async Task The_months_around_now_have_partitions_and_asking_again_changes_nothing()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        await EventMonths.EnsureAsync(database.Source, CancellationToken.None);

        (await database.ScalarAsync<long>("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass")).ShouldBe(5);
    }

    private static Task<int> RunAsync(TestDatabase database, IReadOnlyList<MigrationFile> files) =>
        Migrator.RunAsync(database.ConnectionString, files, NullLogger.Instance, CancellationToken.None);
}
