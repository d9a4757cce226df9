using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Verification;

namespace Tollgate.Engine.Backup;

/// <summary>The result of a restore.</summary>
public sealed record Restored(BackupManifest Manifest, VerifyReport Report);

/// <summary>
/// Restores a backup: 1. read and check the whole file; 2. check the target; 3. let pg_restore fill a database beside it; 4. shift the
/// positions of facts to this PostgreSQL, and migrate the schema; 5. count rows and verify the ledger; 6. give the new database the
/// target's name, in one transaction. A failure before step 6 leaves the target unchanged.
/// </summary>
/// <param name="connectionString">The target. Its user may create databases.</param>
/// <param name="force">Replaces a target with data.</param>
/// <param name="progress">Receives the current step and the completed fraction of it.</param>
public sealed class RestoreBackup(string connectionString, bool force, Action<string, decimal> progress, ILogger log)
{
    private readonly string _target = new NpgsqlConnectionStringBuilder(connectionString).Database!;

    private string Beside => _target + "_restoring";

    public static bool IsEncrypted(string path) => BackupReader.IsEncrypted(path);

    /// <summary>Reads and checks the whole file.</summary>
    /// <exception cref="StartRefusedException">
    /// The file is damaged, the passphrase is wrong, or the backup is from a newer version.
    /// </exception>
    public static async Task<BackupManifest> CheckAsync(
        string path, string? passphrase, Action<string, decimal> progress, CancellationToken cancel)
    {
        BackupManifest? manifest = null;
        await foreach (var chunk in BackupReader.Open(path, passphrase).ChunksAsync(part => progress("checking the file", part), cancel))
        {
            manifest ??= BackupManifest.Read(chunk.Span);
        }

        var newest = MigrationFile.BuiltIn.Count;
        return manifest is null ? throw new StartRefusedException($"The backup {path} is empty.")
            : manifest.Schema <= newest ? manifest
            : throw new StartRefusedException(
                $"The backup {path} has schema version {manifest.Schema} (Tollgate {manifest.Version}), "
                    + $"and this Tollgate knows versions up to {newest}. Restore it with the Tollgate that wrote it, "
                    + "or with a newer release.");
    }

    /// <exception cref="StartRefusedException">Nothing was restored; the message says why.</exception>
    public async Task<Restored> RunAsync(string path, string? passphrase, CancellationToken cancel)
    {
        // 1.
        var manifest = await CheckAsync(path, passphrase, progress, cancel);

        // 2.
        await using var server = Database.ForStart(Of("postgres"));
        await using var outside = await server.OpenConnectionAsync(cancel);
        var tools = await PostgresTools.FindAsync(Math.Max(outside.PostgreSqlVersion.Major, manifest.Postgres), cancel);
        if (outside.PostgreSqlVersion.Major < manifest.Postgres)
        {
            throw new StartRefusedException(
                $"The backup is of PostgreSQL {manifest.Postgres}, and the target is PostgreSQL {outside.PostgreSqlVersion.Major}. "
                    + $"Restore into version {manifest.Postgres} or later.");
        }

        var exists = await RefuseWhatIsInUseAsync(outside, cancel);
        try
        {
            // 3. to 6.
            await outside.ExecuteAsync(BackupSql.Drop(Beside), cancel);
            await outside.ExecuteAsync(BackupSql.Create(Beside), cancel);
            await FillAsync(tools, path, passphrase, cancel);
            var report = await FitAsync(manifest, cancel);
            await SwapAsync(outside, exists, cancel);
            return new(manifest, report);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StartRefusedException(
                $"The user of --database may not create databases: {e.MessageText}. ALTER ROLE … CREATEDB, or use a user that may.", e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DiskFull)
        {
            throw new StartRefusedException("The disk of the target is full. Nothing was changed: make room, then restore again.", e);
        }
        finally
        {
            await outside.ExecuteAsync(BackupSql.Drop(Beside), CancellationToken.None);
        }
    }

    private async Task<bool> RefuseWhatIsInUseAsync(NpgsqlConnection outside, CancellationToken cancel)
    {
        if (await AskAsync<int>(outside, BackupSql.Exists, cancel, _target) == 0)
        {
            return false;
        }

        await using var database = Database.ForStart(connectionString);
        await using (var inside = await database.OpenConnectionAsync(cancel))
        {
            var projects = await AskAsync<bool>(inside, BackupSql.HasProjects, cancel)
                ? await AskAsync<long>(inside, BackupSql.CountProjects, cancel)
                : 0;
            if (projects > 0 && !force)
            {
                throw new StartRefusedException(
                    $"The database {DatabaseUrl.WithoutSecrets(connectionString)} holds {projects} projects. Restore elsewhere, "
                        + "or replace it with --force.");
            }
        }

        // PostgreSQL may still list a session that was closed a moment ago, as the one above.
        for (var tries = 0; tries < 100; tries++)
        {
            if (await AskAsync<long>(outside, BackupSql.Users, cancel, _target) == 0)
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }

        throw new StartRefusedException(
            $"The database {DatabaseUrl.WithoutSecrets(connectionString)} is in use. Stop every server and session on it, "
                + "then restore again.");
    }

    private async Task FillAsync(PostgresTools tools, string path, string? passphrase, CancellationToken cancel)
    {
        var start = tools.Start(
            "pg_restore", Of(Beside), "--no-owner", "--no-privileges", "--no-password", "--exit-on-error", $"--dbname={Beside}");
        await using var program = new ChildProgram(start, static _ => { });
        var isManifest = true;
        try
        {
            await foreach (var chunk in BackupReader.Open(path, passphrase).ChunksAsync(part => progress("restoring", part), cancel))
            {
                if (!isManifest)
                {
                    await program.Input.WriteAsync(chunk, cancel);
                }

                isManifest = false;
            }

            program.Input.Close();
        }
        catch (IOException)
        {
            // The program has already ended; its exit code says why.
        }

        progress("restoring indexes", 1);
        if (await program.EndAsync(cancel) is var code && code != 0)
        {
            cancel.ThrowIfCancellationRequested();
            throw new StartRefusedException(
                program.LastWords.Contains("No space left", StringComparison.OrdinalIgnoreCase)
                    ? "The disk of the target is full. Nothing was changed: make room, then restore again."
                    : $"pg_restore ended with exit code {code}: {program.LastWords}");
        }
    }

    private async Task<VerifyReport> FitAsync(BackupManifest manifest, CancellationToken cancel)
    {
        await using (var database = Database.ForStart(Of(Beside)))
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            CompareRows(manifest, await RowCounts.OfAsync(connection, progress, cancel));
            await Migrator.RunAsync(Of(Beside), MigrationFile.BuiltIn, log, cancel);
            await connection.ExecuteAsync(BackupSql.ForgetServers, cancel);
            await ShiftPlacesAsync(connection, cancel);
        }

        await using var books = new Database(Of(Beside) + ";Pooling=false", new DatabaseOptions { CommandSeconds = 0 });
        var report = await VerifyLedger.RunAsync(books, null, check => progress($"verifying {check}", 1), cancel);
        return report.IsClean
            ? report
            : throw new StartRefusedException(
                "The restored copy does not pass verification, so it was not put in place: "
                + string.Join(
                    "; ", report.Findings.Where(static one => one.IsBreak && one.Count > 0)
                        .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Count} × {one.Meaning}"))));
    }

    private static void CompareRows(BackupManifest manifest, Dictionary<string, long> found)
    {
        var wrong = manifest.Rows.Where(one => found.GetValueOrDefault(one.Key, -1) != one.Value)
            .Select(one => $"{one.Key}: {one.Value} rows were backed up, {found.GetValueOrDefault(one.Key)} came back").ToList();
        if (wrong.Count > 0)
        {
            throw new StartRefusedException("The restored copy is not what was backed up, so it was not put in place: "
                + string.Join("; ", wrong));
        }
    }

    private static async Task ShiftPlacesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var columns = new List<(string Table, string Column)>();
        await using (var list = connection.Command(BackupSql.Places))
        {
            await using var row = await list.ExecuteReaderAsync(cancel);
            while (await row.ReadAsync(cancel))
            {
                columns.Add((row.GetString(0), row.GetString(1)));
            }
        }

        var last = 0L;
        foreach (var (table, column) in columns)
        {
            last = Math.Max(last, await AskAsync<long>(connection, BackupSql.LastPlace(table, column), cancel));
        }

        var shift = Math.Max(0, last + 1 - await AskAsync<long>(connection, BackupSql.NextPlace, cancel));
        await connection.ExecuteAsync(BackupSql.Shift(shift), cancel);
    }

    private async Task SwapAsync(NpgsqlConnection outside, bool exists, CancellationToken cancel)
    {
        var old = _target + "_replaced";
        await outside.ExecuteAsync(BackupSql.Drop(old), cancel);
        try
        {
            await using var transaction = await outside.BeginTransactionAsync(cancel);
            if (exists)
            {
                await outside.ExecuteAsync(BackupSql.Rename(_target, old), cancel);
            }

            await outside.ExecuteAsync(BackupSql.Rename(Beside, _target), cancel);
            await transaction.CommitAsync(cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            throw new StartRefusedException(
                $"Somebody opened the database {_target} meanwhile. Nothing was changed: stop every server and session on it, "
                    + "then restore again.",
                e);
        }

        await outside.ExecuteAsync(BackupSql.Drop(old), CancellationToken.None);
    }

    private string Of(string database) => new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;

    private static async Task<T?> AskAsync<T>(
        NpgsqlConnection connection, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteScalarAsync(cancel) is T value ? value : default;
    }
}
