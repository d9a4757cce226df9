using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

public sealed class MigratorTests(TestPostgres postgres)
{
    private static readonly MigrationFile First = new(1, "first", "CREATE TABLE first (id integer PRIMARY KEY)");
    private static readonly MigrationFile Second = new(
        2, "second", "ALTER TABLE first ADD COLUMN name text; CREATE TABLE second (id integer)");

    [Fact]
    public async Task A_fresh_database_gets_every_file_in_order()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();

        (await RunAsync(database, MigrationFile.BuiltIn)).ShouldBe(MigrationFile.BuiltIn.Count);

        (await database.ScalarAsync<string>("SELECT string_agg(version::text, ',' ORDER BY applied_at, version) FROM schema_migrations"))
            .ShouldBe(string.Join(',', MigrationFile.BuiltIn.Select(file => file.Version)));
        (await database.ScalarAsync<bool>(
            "SELECT to_regclass('projects') IS NOT NULL AND to_regclass('balances') IS NOT NULL")).ShouldBeTrue();
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

    /// <summary>A release's files do not change, and each change of the schema is a new file after them.</summary>
    [Fact]
    public async Task A_file_after_the_baseline_keeps_the_rows_that_are_there()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, MigrationFile.BuiltIn);
        await database.ScalarAsync<int>("INSERT INTO projects (code, name, mode) VALUES ('shop', 'Shop', 'live') RETURNING id");
        MigrationFile next = new(
            MigrationFile.BuiltIn.Count + 1, "next", "ALTER TABLE projects ADD COLUMN note text NOT NULL DEFAULT 'none'");

        (await RunAsync(database, [.. MigrationFile.BuiltIn, next])).ShouldBe(1);

        (await database.ScalarAsync<string>("SELECT code || ' ' || note FROM projects")).ShouldBe("shop none");
        (await database.ScalarAsync<int>("SELECT max(version) FROM schema_migrations")).ShouldBe(next.Version);
    }

    /// <summary>
    /// Before the first release the schema had more files than the baseline, with other texts: a database with these is not from a newer
    /// Tollgate.
    /// </summary>
    [Fact]
    public async Task A_database_of_a_development_checkout_is_refused_with_what_to_do()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        await RunAsync(database, [First, Second]);

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => RunAsync(database, [new(1, "projects", "CREATE TABLE projects (id integer)")]));

        refusal.Message.ShouldContain("Migration 1 (first)");
        refusal.Message.ShouldContain("development checkout");
        refusal.Message.ShouldContain("new data folder");
        refusal.Message.ShouldNotContain("newer Tollgate");
        (await database.ScalarAsync<bool>("SELECT to_regclass('projects') IS NULL")).ShouldBeTrue();
    }

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

        // The previous two, this and the next two months, and imported history.
        (await database.ScalarAsync<long>("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass")).ShouldBe(6);
    }

    private static Task<int> RunAsync(TestDatabase database, IReadOnlyList<MigrationFile> files) =>
        Migrator.RunAsync(database.ConnectionString, files, NullLogger.Instance, CancellationToken.None);
}
