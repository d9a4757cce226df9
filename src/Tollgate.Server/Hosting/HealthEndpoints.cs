using System.Diagnostics;
using System.Text.Json.Serialization;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can decide, because the database answers, has this server's
/// schema, and its clock agrees with ours. Both are open: they hold no secrets, and load balancers have no key.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>Live projects follow the database's clock; a server whose own clock is far off still works, but its logs mislead.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    /// <summary>
    /// $1 and $2: the process of the standing connection and when it began. After a restart of PostgreSQL that is another one, or none yet: until the server has
    /// noticed, its lanes and its pool hold connections that would fail whoever comes next.
    /// </summary>
    private const string Question = """
        SELECT clock_timestamp(), (SELECT coalesce(max(version), 0) FROM schema_migrations),
               EXISTS (SELECT FROM pg_stat_get_activity($1) WHERE backend_start = $2)
        """;

    private const string ReadyExample = """
        {
          "status": "ready",
          "checks": {
            "database": {"status": "ok", "latency_ms": 0.4},
            "migrations": {"status": "ok", "version": 2, "expected": 2},
            "clock": {"status": "ok", "skew_ms": 0}
          }
        }
        """;

    public static void Map(WebApplication app)
    {
        app.MapGet("/health/live", () => TypedResults.Json(new LiveAnswer("live"), HealthJson.Default.LiveAnswer))
            .OpenToAll("Load balancers have no key.")
            .Describe(new("Health", "Whether the process answers", "Answers as long as the process runs; it asks nobody else.")
            {
                Answers = [Example.Of<LiveAnswer>(200, "It does.", """{"status": "live"}""")],
            });
        app.MapGet("/health/ready", async (HttpContext context, Database database, ServerPresence presence, CancellationToken cancel) =>
            {
                var answer = await AskAsync(database, presence.StandingConnection, cancel);
                var ready = answer.Status == "ready";
                if (!ready)
                {
                    context.Response.Headers.RetryAfter = "2";
                }

                return TypedResults.Json(answer, HealthJson.Default.ReadyAnswer, statusCode: ready ? 200 : 503);
            })
            .OpenToAll("Load balancers have no key.")
            .Describe(new("Health", "Whether the server can decide", "Looks at the database, its schema and its clock. 503 with the same body when it cannot decide.")
            {
                Answers =
                [
                    Example.Of<ReadyAnswer>(200, "It can.", ReadyExample),
                    Example.Of<ReadyAnswer>(503, "It cannot, for now.", ReadyExample.Replace("\"ready\"", "\"not_ready\"", StringComparison.Ordinal)),
                ],
            });
    }

    private static async Task<ReadyAnswer> AskAsync(Database database, ServerPresence.Standing? standing, CancellationToken cancel)
    {
        var expected = MigrationFile.BuiltIn.Count;
        try
        {
            await using var command = database.Source.CreateCommand(Question);
            command.CommandTimeout = 2;
            command.Parameters.Add(new() { Value = standing?.Process ?? 0 });
            command.Parameters.Add(new() { Value = standing?.StartedAt ?? DateTime.UnixEpoch });
            var started = Stopwatch.GetTimestamp();
            await using var row = await command.ExecuteReaderAsync(cancel);
            await row.ReadAsync(cancel);
            var latency = Stopwatch.GetElapsedTime(started);
            var skew = TimeProvider.System.GetUtcNow().UtcDateTime - row.GetDateTime(0);
            var version = row.GetInt32(1);

            var connected = row.GetBoolean(2);

            // A newer schema is fine for a server that still runs while its successor is being rolled out.
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
                new ReadyChecks(new DatabaseHealth("unavailable", null), new MigrationsHealth("unknown", null, expected), new ClockHealth("unknown", null)));
        }
    }
}

internal sealed record LiveAnswer(string Status);

internal sealed record ReadyAnswer(string Status, ReadyChecks Checks);

internal sealed record ReadyChecks(DatabaseHealth Database, MigrationsHealth Migrations, ClockHealth Clock);

internal sealed record DatabaseHealth(string Status, decimal? LatencyMs);

internal sealed record MigrationsHealth(string Status, int? Version, int Expected);

/// <param name="SkewMs">This machine's clock minus the database's.</param>
internal sealed record ClockHealth(string Status, long? SkewMs);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
