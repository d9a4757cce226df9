using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Engine.Backup;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Backup;

/// <summary>Backups of a small database: the restored data, and refusals that do not change the target.</summary>
public sealed class RestoreBackupTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Passphrase = "correct horse battery";

    private readonly TestFolder _folder = TestFolder.Create();
    private TestDatabase? _source;
    private TestDatabase? _target;

    private TestDatabase Source => _source!;

    private TestDatabase Target => _target!;

    public async ValueTask InitializeAsync()
    {
        (_source, _target) = (await postgres.CreateDatabaseAsync(), await postgres.CreateEmptyDatabaseAsync());
        await Source.ExecuteAsync("INSERT INTO projects (code, name, mode) VALUES ('shop', 'Laden ''متجر''', 'live')");
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Passphrase)]
    public async Task A_backup_is_restored_completely_and_replaces_projects_only_with_force(string? passphrase)
    {
        var file = await BackUpAsync(passphrase);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var restored = await RestoreAsync(file, passphrase);
        (await Target.ScalarAsync<string>("SELECT name FROM projects")).ShouldBe("Laden 'متجر'");
        (restored.Manifest.Rows["projects"], restored.Report.IsClean).ShouldBe((1, true));

        await Target.ExecuteAsync("UPDATE projects SET name = 'mine'");
        (await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, passphrase))).Message.ShouldContain("--force");
        (await Target.ScalarAsync<string>("SELECT name FROM projects")).ShouldBe("mine");
        await RestoreAsync(file, passphrase, force: true);
        (await Target.ScalarAsync<string>("SELECT name FROM projects")).ShouldBe("Laden 'متجر'");
        (await DatabasesBesideAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_encrypted_backup_reveals_nothing_and_opens_with_its_passphrase_only()
    {
        var file = await BackUpAsync(Passphrase);
        (await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1)).ShouldNotContain("schema_migrations");

        (await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, null))).Message.ShouldContain("passphrase");
        (await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, "wrong horse battery"))).Message.ShouldContain(
            "passphrase");
        (await Target.ScalarAsync<bool>("SELECT to_regclass('projects') IS NULL")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Passphrase)]
    public async Task A_file_that_was_changed_or_cut_is_refused_before_anything_is_touched(string? passphrase)
    {
        var whole = await File.ReadAllBytesAsync(await BackUpAsync(passphrase));
        var file = _folder.Combine("broken");
        foreach (var at in (int[])[30, 200, whole.Length / 2, whole.Length - 1])
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(file, changed);
            await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, passphrase), $"byte {at}");
        }

        foreach (var length in (int[])[0, 10, 100, whole.Length / 2, whole.Length - 1])
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, passphrase), $"{length} bytes");
        }

        (await Target.ScalarAsync<bool>("SELECT to_regclass('projects') IS NULL")).ShouldBeTrue();
        (await DatabasesBesideAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_backup_of_a_newer_schema_is_refused_with_both_versions()
    {
        await Source.ExecuteAsync("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', 'x')");
        var file = await BackUpAsync(null);

        var refusal = await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, null));
        (refusal.Message.Contains("9999", StringComparison.Ordinal),
            refusal.Message.Contains($"up to {MigrationFile.BuiltIn.Count}", StringComparison.Ordinal)).ShouldBe((true, true));
    }

    [Fact]
    public async Task A_backup_of_a_development_checkout_is_refused_and_the_target_stays_as_it_was()
    {
        await RestoreAsync(await BackUpAsync(null), null);
        await Target.ExecuteAsync("UPDATE projects SET name = 'mine'");
        Target.Source.Clear();
        await Source.ExecuteAsync("UPDATE schema_migrations SET name = 'before', checksum = 'x' WHERE version = 2");
        File.Delete(_folder.Combine("shop.backup"));
        var file = await BackUpAsync(null);

        var refusal = await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, null, force: true));

        refusal.Message.ShouldContain("Migration 2 (before)");
        refusal.Message.ShouldContain("development checkout");
        (await Target.ScalarAsync<string>("SELECT name FROM projects")).ShouldBe("mine");
        (await DatabasesBesideAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Interrupted_anywhere_a_restore_leaves_the_target_as_it_was_and_the_next_one_works()
    {
        var file = await BackUpAsync(null);
        await RestoreAsync(file, null);
        await Target.ExecuteAsync("UPDATE projects SET name = 'mine'");
        foreach (var step in (string[])["checking the file", "restoring", "counting projects", "verifying"])
        {
            Target.Source.Clear();
            using var stop = new CancellationTokenSource();
            await Should.ThrowAsync<OperationCanceledException>(() => new RestoreBackup(
                Target.ConnectionString, force: true, (doing, _) =>
                {
                    if (doing.StartsWith(step, StringComparison.Ordinal))
                    {
                        stop.Cancel();
                    }
                },
                NullLogger.Instance).RunAsync(file, null, stop.Token), step);
            (await Target.ScalarAsync<string>("SELECT name FROM projects")).ShouldBe("mine", step);
            (await DatabasesBesideAsync()).ShouldBe(0, step);
        }

        // The database that kill -9 leaves.
        await Source.ExecuteAsync($"CREATE DATABASE {new NpgsqlConnectionStringBuilder(Target.ConnectionString).Database}_restoring");
        await RestoreAsync(file, null, force: true);
        (await DatabasesBesideAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_target_that_somebody_uses_is_refused()
    {
        var file = await BackUpAsync(null);
        await using var session = new NpgsqlConnection(Target.ConnectionString + ";Pooling=false");
        await session.OpenAsync();

        (await Should.ThrowAsync<StartRefusedException>(() => RestoreAsync(file, null))).Message.ShouldContain("in use");
    }

    /// <summary>
    /// Another PostgreSQL counts its transactions from the beginning: the copy publishes facts that were not published before, and new
    /// facts come after them.
    /// </summary>
    [Fact]
    public async Task Facts_that_were_not_told_yet_are_told_by_the_copy_and_new_ones_stand_behind_them()
    {
        await Source.ExecuteAsync("UPDATE mail_place SET derived_below = '9000000000'");
        await Source.ExecuteAsync("INSERT INTO webhook_projects (project_id, published_below) VALUES (1, '9000000001')");
        var file = await BackUpAsync(null);

        await RestoreAsync(file, null);

        (await Target.ScalarAsync<bool>("SELECT facts_stand_below() > (SELECT published_below FROM webhook_projects)")).ShouldBeTrue();
        (await Target.ScalarAsync<bool>("SELECT place_of_fact() >= facts_stand_below()")).ShouldBeTrue();
        var again = _folder.Combine("again");
        await MakeBackup.RunAsync(Target.ConnectionString, again, null, null, static (_, _) => { }, default);
        await RestoreAsync(again, null, force: true);
        (await Target.ScalarAsync<bool>("SELECT facts_stand_below() > (SELECT published_below FROM webhook_projects)")).ShouldBeTrue();
    }

    private async Task<string> BackUpAsync(string? passphrase)
    {
        var file = _folder.Combine("shop.backup");
        await MakeBackup.RunAsync(Source.ConnectionString, file, passphrase, null, static (_, _) => { }, default);
        return file;
    }

    private async Task<Restored> RestoreAsync(string file, string? passphrase, bool force = false)
    {
        NpgsqlConnection.ClearAllPools();
        Target.Source.Clear();
        return await new RestoreBackup(Target.ConnectionString, force, static (_, _) => { }, NullLogger.Instance).RunAsync(file, passphrase,
            default);
    }

    private async Task<long> DatabasesBesideAsync() => await Source.ScalarAsync<long>(
        "SELECT count(*) FROM pg_database WHERE datname LIKE $1",
        new NpgsqlConnectionStringBuilder(Target.ConnectionString).Database! + "\\_%");
}
