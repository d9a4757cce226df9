using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Costs;

/// <summary>
/// Moves calls from the queue, where the ledger puts each with its event, into the rollups. One transaction takes them out
/// and adds them, so that each counts once, whatever is killed when and however many servers fold.
/// </summary>
public sealed class FoldCalls(Database database)
{
    /// <summary>Calls of one transaction: a tenth of a second of work, for which others may wait.</summary>
    public const int MostAtOnce = 2_000;

    /// <summary>Folds what waits and nobody else is folding, at most <see cref="MostAtOnce"/>.</summary>
    /// <returns>How many calls were taken out of the queue.</returns>
    public Task<int> RunAsync(CancellationToken cancel) => RunAsync(CostSql.Fold, cancel);

    /// <summary>
    /// For a read that follows: calls that were answered before are in the rollups afterwards, except when so many wait that a
    /// read must not (the loop is then at work on them).
    /// </summary>
    public async Task CatchUpAsync(CancellationToken cancel)
    {
        if (await AnyQueuedAsync(cancel))
        {
            try
            {
                await RunAsync(CostSql.FoldAfterOthers, cancel);
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                // Somebody folds more slowly than a read may wait: it shows what there is.
            }
        }
    }

    private async Task<int> RunAsync(string fold, CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var prepare = new NpgsqlCommand(CostSql.PrepareFold, connection))
        {
            await prepare.ExecuteNonQueryAsync(cancel);
        }

        await using var command = new NpgsqlCommand(fold, connection) { Parameters = { new() { Value = (long)MostAtOnce } } };
        var taken = (long)(await command.ExecuteScalarAsync(cancel))!;
        await transaction.CommitAsync(cancel);
        return (int)taken;
    }

    private async Task<bool> AnyQueuedAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(CostSql.AnyQueued);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
