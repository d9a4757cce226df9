using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Costs;

/// <summary>
/// Moves calls from the queue, where the ledger puts each with its event, into the rollups. One transaction takes and adds them, so each
/// call counts once, even if a server is killed, and with any number of servers.
/// </summary>
public sealed class FoldCalls(Database database, ParkedWork parked)
{
    /// <summary>The most calls of one transaction: a tenth of a second of work, for which others may wait.</summary>
    public const int MostAtOnce = 2_000;

    /// <summary>
    /// The most queued calls of all projects among which a read looks for those of its own: some 50 ms. Beyond that the loop is behind by a
    /// second, and the read does not wait for it.
    /// </summary>
    private const int MostLookedThrough = 20_000;

    /// <summary>Folds queued calls that no other server is folding, at most <see cref="MostAtOnce"/>.</summary>
    /// <returns>The number of calls taken from the queue.</returns>
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

    /// <summary>Folds call by call after a failed fold: the call that causes the failure is parked, and the others count.</summary>
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
    /// Folds the calls of a project before a read. Calls that were answered before are then in the rollups, unless the queue is too long
    /// for a read to wait (the loop is working on it). It neither does the work of other projects nor waits for it.
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
                // Another fold takes longer than a read may wait, or a call cannot be folded, which the loop handles: the read shows the
                // current rollups.
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
