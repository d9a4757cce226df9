using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>Adds prices to the book. Existing prices never change; the newest one for a provider, model and start is valid.</summary>
public sealed class SetModelPrices(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>Adds checked prices. When it returns, this server uses them, and the others do within seconds.</summary>
    /// <param name="projectId">Null: shared by all projects.</param>
    /// <returns>Null: the project would exceed <see cref="PriceRules.MostOwnPrices"/>, and nothing was added.</returns>
    public async Task<IReadOnlyList<PriceRow>?> RunAsync(int? projectId, IReadOnlyList<ModelPrice> prices, CancellationToken cancel)
    {
        IReadOnlyList<long> ids;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await LockAsync(connection, cancel);
            if (!await HasRoomAsync(connection, projectId, prices.Count, cancel))
            {
                return null;
            }

            ids = await InsertAsync(connection, projectId, prices, cancel);
            await ChangeNotice.SendAsync(connection, ChangeNotice.Prices, cancel);
            await transaction.CommitAsync(cancel);
        }

        // Release the connection first: callers that wait for the lock may occupy all others.
        await directory.RefreshAsync(CancellationToken.None);
        return [.. ids.Zip(prices, (id, price) => new PriceRow(id, projectId is not null, price))];
    }

    /// <summary>
    /// Adds the prices of a checked list that the book does not have. A price that replaces a current one begins at the time that the list
    /// gives for the change, if that is later than the start of the current one, otherwise now. Recorded calls keep their cost; a call that
    /// is reported late uses the book's price for its time, which may be one that the list starts in the past.
    /// </summary>
    /// <param name="projectId">Null: the shared prices.</param>
    /// <param name="dryRun">Adds nothing.</param>
    /// <returns>Null: the project would exceed <see cref="PriceRules.MostOwnPrices"/>, and nothing was added.</returns>
    public async Task<IReadOnlyList<PriceChange>?> ImportAsync(
        int? projectId, IReadOnlyList<ModelPrice> list, Instant now, bool dryRun, CancellationToken cancel)
    {
        IReadOnlyList<PriceChange> changes;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await LockAsync(connection, cancel);
            changes = PriceImport.Plan(await PriceQueries.LoadAsync(connection, projectId, cancel), list, now);
            var added = changes.Where(change => change.IsAdded).Select(change => change.Price).ToList();
            if (dryRun || added.Count == 0)
            {
                return changes;
            }

            if (!await HasRoomAsync(connection, projectId, added.Count, cancel))
            {
                return null;
            }

            await InsertAsync(connection, projectId, added, cancel);
            await ChangeNotice.SendAsync(connection, ChangeNotice.Prices, cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
        return changes;
    }

    /// <summary>Sets the markup on the prices of a project's calls. Recorded calls keep their cost.</summary>
    public async Task SetMarkupAsync(int projectId, int basisPoints, Instant now, CancellationToken cancel)
    {
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await using var command = new NpgsqlCommand(LlmSql.SetMarkup, connection);
            command.Parameters.Add(new() { Value = projectId });
            command.Parameters.Add(new() { Value = basisPoints });
            command.Parameters.Add(new() { Value = now.ToUtc() });
            await command.ExecuteNonQueryAsync(cancel);
            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(projectId), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
    }

    public async Task<bool> IsEmptyAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await IsEmptyAsync(connection, cancel);
    }

    /// <summary>Fills an empty book. If several servers start at once, exactly one does it.</summary>
    /// <param name="own">By project code. It skips projects that do not exist.</param>
    /// <returns>False: the book was not empty.</returns>
    public async Task<bool> FillAsync(
        IReadOnlyList<ModelPrice> shared, IReadOnlyDictionary<string, IReadOnlyList<ModelPrice>> own, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await LockAsync(connection, cancel);
        if (!await IsEmptyAsync(connection, cancel))
        {
            return false;
        }

        await InsertAsync(connection, null, shared, cancel);
        foreach (var project in await ProjectQueries.ReadAsync(connection, cancel, static (_, _) => { }))
        {
            if (own.TryGetValue(project.Code, out var prices))
            {
                await InsertAsync(connection, project.Id, prices, cancel);
            }
        }

        await ChangeNotice.SendAsync(connection, ChangeNotice.Prices, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory uses another one.
        await directory.RefreshAsync(CancellationToken.None);
        return true;
    }

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LlmSql.LockPrices, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>True if the project may have more prices. Shared prices are the operator's, and have no limit.</summary>
    private static async Task<bool> HasRoomAsync(NpgsqlConnection connection, int? projectId, int more, CancellationToken cancel)
    {
        if (projectId is not { } project)
        {
            return true;
        }

        await using var command = new NpgsqlCommand(LlmSql.CountOwnPrices, connection);
        command.Parameters.Add(new() { Value = project });
        return (long)(await command.ExecuteScalarAsync(cancel))! + more <= PriceRules.MostOwnPrices;
    }

    private static async Task<bool> IsEmptyAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LlmSql.AnySharedPriceExists, connection);
        return !(bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<IReadOnlyList<long>> InsertAsync(
        NpgsqlConnection connection, int? projectId, IReadOnlyList<ModelPrice> prices, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LlmSql.InsertPrices, connection);
        command.Parameters.Add(new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = prices.Select(p => p.Provider).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(
            new() { Value = prices.Select(p => p.Model).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(
            new() { Value = prices.Select(p => p.ValidFrom.ToUtc()).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(
            new() { Value = prices.Select(PriceText.Write).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<long> ids = [];
        while (await reader.ReadAsync(cancel))
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }
}
