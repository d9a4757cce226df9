using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Holds the locks of a statement, as a long transaction would, until this is disposed.</summary>
internal sealed class HeldLocks : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldLocks(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    public static async Task<HeldLocks> OfAsync(TestDatabase database, string sql)
    {
        var connection = await database.Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new(connection, transaction);
    }

    /// <summary>Waits until a transaction of the database has waited for a lock for longer than a lane does at first.</summary>
    public static Task UntilWaitedForAsync(TestDatabase database) => Eventually.UntilAsync(
        async () => await database.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                            WHERE a.datname = current_database() AND l.waitstart < clock_timestamp() - interval '150 ms')
            """));

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
