using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Brings a database to the schema of this server: forward only, each file in a transaction of its own, one server at a
/// time (advisory lock). A migration that cannot get its table lock within two seconds gives up and retries, so that requests do not queue
/// behind it.
/// </summary>
public static class Migrator
{
    /// <summary>The longest wait for another server that is migrating the same database.</summary>
    public static readonly TimeSpan OtherServerLimit = TimeSpan.FromMinutes(10);

    private const int LockAttempts = 10;

    /// <summary>1. takes the lock; 2. compares the applied migrations with the files; 3. applies the missing ones, in order.</summary>
    /// <returns>The number of files that this call applied.</returns>
    /// <exception cref="StartRefusedException">The database is newer than the server, or an applied file was changed.</exception>
    public static async Task<int> RunAsync(
        string connectionString, IReadOnlyList<MigrationFile> files, ILogger logger, CancellationToken cancel)
    {
        // Outside the pool: the lock ends with the connection, and the connection with this method.
        await using var source = Database.ForStart(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancel);
        await TakeLockAsync(connection, logger, cancel);
        try
        {
            await ExecuteAsync(connection, MigratorSql.SetLockTimeout, cancel);
            await ExecuteAsync(connection, MigratorSql.CreateTable, cancel);
            var applied = await AppliedAsync(connection, cancel);
            RefuseWhatDoesNotFit(applied, files, DatabaseUrl.WithoutSecrets(connectionString));

            var missing = files.Where(file => !applied.ContainsKey(file.Version)).ToList();
            foreach (var file in missing)
            {
                logger.LogInformation("Applying migration {Version} {Name}.", file.Version, file.Name);
                await ApplyAsync(connection, file, logger, cancel);
            }

            return missing.Count;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StartRefusedException(
                $"The user of --database may not create tables: {e.MessageText}. Make it the owner of the database, "
                + "or GRANT CREATE ON SCHEMA public to it.", e);
        }
    }

    private static async Task TakeLockAsync(NpgsqlConnection connection, ILogger logger, CancellationToken cancel)
    {
        var waiting = Stopwatch.StartNew();
        await using var command = new NpgsqlCommand(MigratorSql.TryLock, connection);
        for (var isLogged = false; !(bool)(await command.ExecuteScalarAsync(cancel))!; isLogged = true)
        {
            if (waiting.Elapsed > OtherServerLimit)
            {
                throw new StartRefusedException(
                    $"Another server has been migrating this database for more than {OtherServerLimit.TotalMinutes:0} minutes. "
                    + "Check its log, then start again.");
            }

            if (!isLogged)
            {
                logger.LogInformation("Another server is migrating this database; waiting for it.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }
    }

    private static void RefuseWhatDoesNotFit(
        Dictionary<int, (string Name, string Checksum)> applied, IReadOnlyList<MigrationFile> files, string database)
    {
        // Texts first: a database of a development checkout may have more files than this server, and no newer Tollgate made it.
        var known = files.ToDictionary(file => file.Version);
        foreach (var (version, (name, checksum)) in applied.OrderBy(a => a.Key))
        {
            if (known.TryGetValue(version, out var file) && file.Checksum != checksum)
            {
                throw new StartRefusedException(
                    $"Migration {version} ({name}) was applied to the database {database} with a different text from this server's. "
                    + "The migrations of a release never change, so a development checkout made the database, "
                    + "and this server cannot upgrade it: "
                    + "start the checkout that made it, or use a new data folder or an empty database.");
            }
        }

        var newest = applied.Count == 0 ? 0 : applied.Keys.Max();
        if (newest > files.Count)
        {
            throw new StartRefusedException(
                $"The database {database} has schema version {newest}, and this server knows versions up to {files.Count}. "
                + "It was migrated by a newer Tollgate: start that one, or restore a backup from before the upgrade.");
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, MigrationFile file, ILogger logger, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await ExecuteAsync(connection, file.Sql, cancel);
                await using var record = new NpgsqlCommand(MigratorSql.Record, connection)
                {
                    Parameters = { new() { Value = file.Version }, new() { Value = file.Name }, new() { Value = file.Checksum } },
                };
                await record.ExecuteNonQueryAsync(cancel);
                await transaction.CommitAsync(cancel);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (attempt == LockAttempts)
                {
                    throw new StartRefusedException(
                        $"Migration {file.Version} ({file.Name}) did not get its table lock in {LockAttempts} attempts: an open "
                        + "transaction locks it. Find the transaction in pg_stat_activity, end it, then start again.", e);
                }

                logger.LogWarning("Migration {Version} waits for open transactions; trying again ({Attempt}).", file.Version, attempt);
                await Task.Delay(TimeSpan.FromSeconds(1), cancel);
            }
        }
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> AppliedAsync(NpgsqlConnection connection,
        CancellationToken cancel)
    {
        var applied = new Dictionary<int, (string, string)>();
        await using var command = new NpgsqlCommand(MigratorSql.Applied, connection);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        while (await rows.ReadAsync(cancel))
        {
            applied.Add(rows.GetInt32(0), (rows.GetString(1), rows.GetString(2)));
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Every statement of the migrator and of the monthly partitions.</summary>
internal static class MigratorSql
{
    /// <summary>Any number that no other program on the database uses.</summary>
    public const string TryLock = "SELECT pg_try_advisory_lock(7234000)";

    public const string SetLockTimeout = "SET lock_timeout = '2s'";

    public const string CreateTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    integer     PRIMARY KEY CHECK (version > 0),
            name       text        NOT NULL,
            checksum   text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """;

    public const string Applied = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";

    public const string Record = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";

    /// <summary>Two months back for late events, and two ahead, so that operators have weeks to notice a stopped loop.</summary>
    public const string EnsureMonths = """
        SELECT ensure_events_month((date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month')::date)
          FROM generate_series(-2, 2) AS n
        """;
}
