using System.Data;
using Npgsql;

namespace Tollgate.Engine.Ledger;

/// <summary>Tells the failures of a batch apart.</summary>
internal static class LaneFailures
{
    /// <summary>True if another transaction changed the rows since they were read, or knows an id: the exact path decides again.</summary>
    public static bool IsStale(PostgresException refused) => refused.SqlState
        is BatchWriter.StaleState or BatchWriter.DuplicateState or PostgresErrorCodes.UniqueViolation
        or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>
    /// True if the connection or the server is gone, which no operation causes. Also if Npgsql takes a statement for prepared that
    /// PostgreSQL never saw, because one before it in its batch was refused: every later batch on this connection would fail.
    /// </summary>
    public static bool IsLost(Exception failed, NpgsqlConnection? connection) =>
        failed is NpgsqlException and not PostgresException { IsTransient: false }
            or PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName }
        || connection is not { State: ConnectionState.Open };

    /// <summary>True if the database is slow rather than gone: a second attempt would double the callers' wait.</summary>
    public static bool IsTimeout(Exception lost) => lost is TimeoutException or { InnerException: TimeoutException };
}
