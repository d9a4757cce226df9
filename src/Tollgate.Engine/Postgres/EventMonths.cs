using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>Keeps the monthly partitions of <c>events</c> ahead of the clock. Called at the start and every hour.</summary>
public static class EventMonths
{
    /// <summary>Creates the missing partitions of the previous two, this and the next two months.</summary>
    public static async Task EnsureAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var limit = new NpgsqlCommand("SET LOCAL lock_timeout = '2s'", connection))
        {
            await limit.ExecuteNonQueryAsync(cancel);
        }

        await using (var ensure = new NpgsqlCommand(MigratorSql.EnsureMonths, connection))
        {
            await ensure.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
    }
}
