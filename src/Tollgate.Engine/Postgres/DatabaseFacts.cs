using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// The facts that <c>tollgate doctor</c> reads from PostgreSQL, in addition to those that a start checks (<see cref="DatabaseCheck"/>).
/// </summary>
/// <param name="Reserved">The part of <paramref name="MostConnections"/> that is reserved for superusers.</param>
/// <param name="Connections">The present number of client connections.</param>
/// <param name="OldestTransaction">The age of the oldest open client transaction in this database.</param>
/// <param name="Skew">This machine's clock minus the database's.</param>
public sealed record DatabaseFacts(
    string Version, string TimeZone, int MostConnections, int Reserved, long Connections, TimeSpan OldestTransaction, TimeSpan Skew)
{
    private const string Question = """
        SELECT current_setting('server_version'),
               current_setting('TimeZone'),
               current_setting('max_connections')::int,
               current_setting('superuser_reserved_connections')::int,
               count(*) FILTER (WHERE a.backend_type = 'client backend'),
               coalesce(max(clock_timestamp() - a.xact_start) FILTER (WHERE a.backend_type = 'client backend'
               AND a.datname = current_database() AND a.pid <> pg_backend_pid()), '0'),
               clock_timestamp()
          FROM pg_stat_activity a
        """;

    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<DatabaseFacts> ReadAsync(string connectionString, TimeProvider time, CancellationToken cancel)
    {
        await using var source = Database.ForStart(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(Question, connection);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return new(
            row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.GetInt64(4), row.GetTimeSpan(5),
            time.GetUtcNow().UtcDateTime - row.GetDateTime(6));
    }
}
