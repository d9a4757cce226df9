using System.Diagnostics;
using System.Reflection;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Backup;

/// <summary>
/// Takes a backup while servers run: 1. export a snapshot of the database; 2. count its rows; 3. run pg_dump on the same snapshot; 4.
/// rename the file when it is complete. Only schema changes wait for it.
/// </summary>
public static class MakeBackup
{
    /// <param name="passphrase">Null: the file is not encrypted.</param>
    /// <param name="keys">Keys to include in the file; only with a passphrase.</param>
    /// <param name="progress">Receives the current step and the completed fraction of it.</param>
    /// <exception cref="StartRefusedException">There is no backup; the message says why.</exception>
    public static async Task<BackupManifest> RunAsync(
        string connectionString, string path, string? passphrase, IReadOnlyList<MasterKey>? keys, Action<string, decimal> progress,
        CancellationToken cancel)
    {
        try
        {
            // 1.
            await using var database = Database.ForStart(connectionString);
            await using var connection = await database.OpenConnectionAsync(cancel);
            if (!await AskAsync<bool>(connection, BackupSql.HasTables, cancel))
            {
                throw new StartRefusedException(
                    $"The database {DatabaseUrl.WithoutSecrets(connectionString)} is not one of Tollgate: there is nothing to back up.");
            }

            await connection.ExecuteAsync(BackupSql.Begin, cancel);
            var (snapshot, manifest) = await LookAsync(connection, keys, cancel);
            var tools = await PostgresTools.FindAsync(manifest.Postgres, cancel);
            await using var writer = await BackupWriter.CreateAsync(path, passphrase, cancel);

            // 2.
            manifest = manifest with { Rows = await RowCounts.OfAsync(connection, progress, cancel) };
            await writer.WriteAsync(manifest.Write(), cancel);

            // 3.
            var start = tools.Start(
                "pg_dump", connectionString, "--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-password",
                "--verbose", $"--snapshot={snapshot}");
            var weights = await WeightsAsync(connection, cancel);
            await DumpAsync(start, writer, line => weights.Report(line, progress), cancel);

            // 4.
            await writer.CompleteAsync(cancel);
            return manifest;
        }
        catch (IOException e)
        {
            throw new StartRefusedException($"The backup {path} could not be written: {e.Message} Nothing was left behind.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException($"The backup {path} could not be written: {e.Message}", e);
        }
    }

    private static async Task<(string Snapshot, BackupManifest Manifest)> LookAsync(NpgsqlConnection connection,
        IReadOnlyList<MasterKey>? keys, CancellationToken cancel)
    {
        var id = await AskAsync<bool>(connection, BackupSql.HasMasterKeys, cancel)
            ? await AskAsync<string>(connection, SecretsSql.Current, cancel)
            : null;
        await using var command = connection.Command(BackupSql.Snapshot);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        var version = typeof(MakeBackup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return (row.GetString(0), new(
            version, row.GetInt32(3), row.GetInt32(2), row.GetDateTime(1).ToUniversalTime(), new Dictionary<string, long>(), id,
            keys?.Select(static key => key.Text).ToList()));
    }

    private static async Task DumpAsync(ProcessStartInfo start, BackupWriter writer, Action<string> said, CancellationToken cancel)
    {
        await using var program = new ChildProgram(start, said);
        var (buffer, filled) = (new byte[BackupFile.ChunkBytes], 0);
        while (await program.Output.ReadAsync(buffer.AsMemory(filled), cancel) is > 0 and var read)
        {
            filled += read;
            if (filled == buffer.Length)
            {
                await writer.WriteAsync(buffer, cancel);
                filled = 0;
            }
        }

        if (filled > 0)
        {
            await writer.WriteAsync(buffer.AsMemory(0, filled), cancel);
        }

        if (await program.EndAsync(cancel) is var code && code != 0)
        {
            throw new StartRefusedException($"pg_dump ended with exit code {code}: {program.LastWords}");
        }
    }

    private static async Task<TableWeights> WeightsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(BackupSql.Sizes);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancel))
        {
            sizes.Add(row.GetString(0), row.GetInt64(1));
        }

        return new(sizes);
    }

    private static async Task<T?> AskAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.Command(sql);
        return await command.ExecuteScalarAsync(cancel) is T value ? value : default;
    }
}

/// <summary>
/// Computes the progress of pg_dump from the sizes of the tables that it names: <c>pg_dump: dumping contents of table
/// "public.events_202611"</c>.
/// </summary>
internal sealed class TableWeights(IReadOnlyDictionary<string, long> sizes)
{
    private const string Before = "dumping contents of table \"public.";

    private readonly long _all = Math.Max(1, sizes.Values.Sum());
    private long _done;
    private long _current;

    public void Report(string line, Action<string, decimal> progress)
    {
        if (line.IndexOf(Before, StringComparison.Ordinal) is >= 0 and var at)
        {
            var table = line[(at + Before.Length)..].TrimEnd('"');
            (_done, _current) = (_done + _current, sizes.GetValueOrDefault(table));
            progress($"dumping {table}", (decimal)_done / _all);
        }
    }
}

/// <summary>Counts the rows of each table.</summary>
internal static class RowCounts
{
    public static async Task<Dictionary<string, long>> OfAsync(
        NpgsqlConnection connection, Action<string, decimal> progress, CancellationToken cancel)
    {
        var tables = new List<string>();
        await using (var list = connection.Command(BackupSql.Tables))
        {
            await using var reader = await list.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                tables.Add(reader.GetString(0));
            }
        }

        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            progress($"counting {table}", (decimal)rows.Count / tables.Count);
            await using var count = connection.Command(BackupSql.Count(table));
            rows.Add(table, (long)(await count.ExecuteScalarAsync(cancel))!);
        }

        return rows;
    }
}
