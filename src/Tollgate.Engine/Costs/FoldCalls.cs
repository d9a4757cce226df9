using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Costs;

/// <summary>
/// Moves calls from the queue, where the ledger puts each with its event, into the rollups. One transaction takes them out
/// and adds them, so that each counts once, whatever is killed when and however many servers fold.
/// </summary>
public sealed class FoldCalls(Database database, ParkedWork parked)
{
    /// <summary>Calls of one transaction: a tenth of a second of work, for which others may wait.</summary>
    public const int MostAtOnce = 2_000;

    /// <summary>
    /// Calls of all projects among which a read looks for those of its own: some 50 ms. Beyond that the loop is behind by a second, and the
    /// read does not wait for it.
    /// </summary>
    private const int MostLookedThrough = 20_000;

    /// <summary>Folds what waits and nobody else is folding, at most <see cref="MostAtOnce"/>.</summary>
    /// <returns>How many calls were taken out of the queue.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        try
        {
            var isAgain = parked.AnyDue(WorkNames.CallCosts);
            var taken = await RunAsync(CostSql.Fold, OnlyOf(null), cancel);
            if (isAgain)
            {
                await using var folded = database.Source.Command(ParkedSql.UnparkFolded);
                await folded.ExecuteNonQueryAsync(cancel);
            }

            return taken;
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested && ParkedWork.IsItsOwn(broken)
            && broken is not PostgresException { IsTransient: true })
        {
            return await RunOneByOneAsync(cancel);
        }
    }

    /// <summary>After a fold failed: the call that is to blame fails alone and is parked, the others are counted.</summary>
    private async Task<int> RunOneByOneAsync(CancellationToken cancel)
    {
        var calls = new List<(short Partition, int Account, Guid Id)>();
        await using (var command = database.Source.Command(CostSql.Queued, (long)MostAtOnce))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                calls.Add((reader.GetInt16(0), reader.GetInt32(1), reader.GetGuid(2)));
            }
        }

        foreach (var call in calls)
        {
            await parked.TryAsync(
                WorkNames.CallCosts, null, $"{call.Partition}/{call.Account}/{call.Id}", () => RunAsync(CostSql.Fold, OnlyOf(call), cancel),
                cancel);
        }

        return calls.Count;
    }

    /// <summary>
    /// For a read of a project that follows: its calls that were answered before are in the rollups afterwards, except when so many wait
    /// that a read must not (the loop is then at work on them). It neither does the work of other projects nor waits for it.
    /// </summary>
    public async Task CatchUpAsync(int projectId, CancellationToken cancel)
    {
        if (await AnyQueuedAsync(cancel))
        {
            try
            {
                await RunAsync(CostSql.FoldOfProject, [(long)MostAtOnce, projectId, (long)MostLookedThrough], cancel);
            }
            catch (PostgresException busy) when (ParkedWork.IsItsOwn(busy))
            {
                // Somebody folds more slowly than a read may wait, or a call cannot be folded, which the loop deals with: it shows what
                // there is.
            }
        }
    }

    /// <summary>The parameters of <see cref="CostSql.Fold"/>.</summary>
    private static object[] OnlyOf((short Partition, int Account, Guid Id)? only) =>
    [
        (long)MostAtOnce, SqlCommands.OrNull(only?.Partition, NpgsqlDbType.Smallint),
        SqlCommands.OrNull(only?.Account, NpgsqlDbType.Integer),
        SqlCommands.OrNull(only?.Id, NpgsqlDbType.Uuid),
    ];

    private async Task<int> RunAsync(string fold, object[] parameters, CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var prepare = new NpgsqlCommand(CostSql.PrepareFold, connection))
        {
            await prepare.ExecuteNonQueryAsync(cancel);
        }

        await using var command = connection.Command(fold, parameters);
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
