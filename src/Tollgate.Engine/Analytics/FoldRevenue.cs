using Npgsql;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Analytics;

/// <summary>
/// Writes the revenue of changed invoices to the tables that reports read. One transaction takes invoices from the queue and replaces
/// their revenue, so each counts once, even if a server is killed, and with any number of servers.
/// </summary>
public sealed class FoldRevenue(NpgsqlDataSource database)
{
    /// <summary>The most queued changes of one transaction: a fifth of a second of work.</summary>
    public const int MostAtOnce = 2_000;

    /// <summary>The most transactions for which a read waits. Beyond that it reads the invoices themselves, and the loop folds.</summary>
    private const int MostOfRead = 3;

    /// <summary>Returns the projects with changed invoices.</summary>
    public async Task<IReadOnlyList<int>> DueAsync(IEnumerable<int> projects, CancellationToken cancel)
    {
        await using var command = database.Command(RevenueFoldSql.Due, projects.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<int>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add(reader.GetInt32(0));
        }

        return due;
    }

    /// <summary>Folds at most <see cref="MostAtOnce"/> changes of a project.</summary>
    /// <returns>The number of changes.</returns>
    public Task<int> RunAsync(int projectId, CancellationToken cancel) => RunAsync(projectId, isRead: false, cancel);

    private async Task<int> RunAsync(int projectId, bool isRead, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(RevenueFoldSql.Prepare, cancel);
        if (isRead)
        {
            await connection.ExecuteAsync(RevenueFoldSql.WaitLess, cancel);
        }

        await connection.ExecuteAsync(RevenueFoldSql.Lock, cancel, projectId);
        var (taken, keys) = await TakeAsync(connection, projectId, cancel);
        object[] parameters =
        [
            projectId, keys.Select(static key => key.Partition).ToArray(), keys.Select(static key => key.Account).ToArray(),
            keys.Select(static key => key.Invoice).ToArray(),
        ];
        await connection.ExecuteAsync(RevenueFoldSql.TakeOut, cancel, parameters);
        await connection.ExecuteAsync(RevenueFoldSql.PutIn, cancel, parameters);
        await transaction.CommitAsync(cancel);
        return taken;
    }

    /// <summary>Folds the changes of a project before a read.</summary>
    /// <returns>False: too many wait, or they cannot be folded, which the loop handles. The tables are then behind the invoices.</returns>
    public async Task<bool> CatchUpAsync(int projectId, CancellationToken cancel)
    {
        try
        {
            for (var run = 0; run < MostOfRead; run++)
            {
                if (!await AnyQueuedAsync(projectId, cancel))
                {
                    return true;
                }

                await RunAsync(projectId, isRead: true, cancel);
            }

            return !await AnyQueuedAsync(projectId, cancel);
        }
        catch (PostgresException busy) when (ParkedWork.IsItsOwn(busy))
        {
            return false;
        }
    }

    private static async Task<(int Taken, HashSet<(short Partition, int Account, Guid Invoice)> Keys)> TakeAsync(
        NpgsqlConnection connection, int projectId, CancellationToken cancel)
    {
        var (taken, keys) = (0, new HashSet<(short, int, Guid)>());
        await using var command = connection.Command(RevenueFoldSql.Take, projectId, (long)MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            taken++;
            keys.Add((reader.GetInt16(0), reader.GetInt32(1), reader.GetGuid(2)));
        }

        return (taken, keys);
    }

    private async Task<bool> AnyQueuedAsync(int projectId, CancellationToken cancel)
    {
        await using var command = database.Command(RevenueFoldSql.AnyQueued, projectId);
        return await command.ExecuteScalarAsync(cancel) is true;
    }
}
