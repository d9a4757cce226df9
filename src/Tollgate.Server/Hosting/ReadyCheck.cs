using System.Diagnostics;
using Npgsql;
using Tollgate.Contracts.Hosting;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Checks whether the server can decide. Anybody may call it at any rate: it runs one query at a time, and reuses the answer for a second,
/// so that it needs at most one connection of the pool.
/// </summary>
internal sealed class ReadyCheck(Database database, ServerPresence presence)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(1);

    /// <summary>Live projects follow the database's clock; a server whose own clock is far off still works, but its logs mislead.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    /// <summary>
    /// $1 and $2: the process of the standing connection and its start time. After a restart of PostgreSQL there is another one, or none
    /// yet; until the server has noticed, its lanes and its pool hold connections that would fail the next request.
    /// </summary>
    private const string Question = """
        SELECT clock_timestamp(), (SELECT coalesce(max(version), 0) FROM schema_migrations),
               EXISTS (SELECT FROM pg_stat_get_activity($1) WHERE backend_start = $2)
        """;

    private readonly Lock _one = new();
    private Task<ReadyAnswer>? _latest;
    private ServerPresence.Standing? _standing;
    private long _askedAt;

    /// <summary>
    /// Returns the latest answer, or the pending one. A new standing connection means that the database has restarted, so it runs the query
    /// again.
    /// </summary>
    public Task<ReadyAnswer> AskAsync()
    {
        lock (_one)
        {
            var standing = presence.StandingConnection;
            if (_latest is { } latest
                && (!latest.IsCompleted
                    || (latest.IsCompletedSuccessfully && standing == _standing && Stopwatch.GetElapsedTime(_askedAt) < Life)))
            {
                return latest;
            }

            (_standing, _askedAt) = (standing, Stopwatch.GetTimestamp());
            return _latest = QuestionAsync(database, standing);
        }
    }

    private static async Task<ReadyAnswer> QuestionAsync(Database database, ServerPresence.Standing? standing)
    {
        var expected = MigrationFile.BuiltIn.Count;
        try
        {
            await using var command = database.Source.CreateCommand(Question);
            command.CommandTimeout = 2;
            command.Parameters.Add(new() { Value = standing?.Process ?? 0 });
            command.Parameters.Add(new() { Value = standing?.StartedAt ?? DateTime.UnixEpoch });
            var started = Stopwatch.GetTimestamp();
            await using var row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            var latency = Stopwatch.GetElapsedTime(started);
            var skew = TimeProvider.System.GetUtcNow().UtcDateTime - row.GetDateTime(0);
            var version = row.GetInt32(1);

            var connected = row.GetBoolean(2);

            // A server may still run on a newer schema during the rollout of its successor.
            var migrated = version >= expected;
            return new ReadyAnswer(
                migrated && connected ? "ready" : "not_ready",
                new ReadyChecks(
                    new DatabaseHealth(connected ? "ok" : "reconnecting", Math.Round((decimal)latency.TotalMilliseconds, 1)),
                    new MigrationsHealth(migrated ? "ok" : "behind", version, expected),
                    new ClockHealth(skew.Duration() <= ClockTolerance ? "ok" : "skewed", (long)skew.TotalMilliseconds)));
        }
        catch (Exception away) when (away is not OperationCanceledException)
        {
            return new ReadyAnswer(
                "not_ready",
                new ReadyChecks(
                    new DatabaseHealth("unavailable", null), new MigrationsHealth("unknown", null, expected),
                    new ClockHealth("unknown", null)));
        }
    }
}
