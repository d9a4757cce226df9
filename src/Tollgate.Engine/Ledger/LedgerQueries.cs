using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>Reads outside the lanes: the customer of a hold or an event by its id, and the holds that are due.</summary>
public static class LedgerQueries
{
    /// <summary>A customer and its partition.</summary>
    /// <param name="Member">The member of the customer that did it; null: the customer itself.</param>
    public readonly record struct Place(short Partition, string Customer, string? Member = null);

    public static Task<(Place Place, GateFault Fault)> FindHoldAsync(Database database, int projectId, Guid id, CancellationToken cancel) =>
        FindAsync(database, LedgerSql.FindHold, projectId, id, GateFault.HoldUnknown, cancel);

    /// <summary>Costs one index probe for each customer and month: name the customer if it is known.</summary>
    public static Task<(Place Place, GateFault Fault)> FindEventAsync(Database database, int projectId, Guid id,
        CancellationToken cancel) =>
        SearchLimit.RunAsync(
            SearchLimit.Longest, limited => FindAsync(database, LedgerSql.FindEvent, projectId, id, GateFault.EventUnknown, limited),
            cancel);

    /// <summary>Reads open holds that have expired, the longest due first.</summary>
    public static async Task<IReadOnlyList<(Place Place, Guid Hold)>> FindExpiredHoldsAsync(
        Database database, ProjectSnapshot project, Instant now, int most, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(LedgerSql.FindExpiredHolds);
        command.Parameters.Add(new() { Value = most, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = project.Id, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = now.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var due = new List<(Place, Guid)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            due.Add((new(reader.GetInt16(0), reader.GetString(1)), reader.GetGuid(2)));
        }

        return due;
    }

    private static async Task<(Place Place, GateFault Fault)> FindAsync(
        Database database, string sql, int projectId, Guid id, GateFault missing, CancellationToken cancel)
    {
        try
        {
            await using var command = database.Source.CreateCommand(sql);
            command.Parameters.Add(new() { Value = projectId, NpgsqlDbType = NpgsqlDbType.Integer });
            command.Parameters.Add(new() { Value = id, NpgsqlDbType = NpgsqlDbType.Uuid });
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
            {
                return (default, missing);
            }

            var place = new Place(reader.GetInt16(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2));
            return await reader.ReadAsync(cancel) ? (place, GateFault.HoldAmbiguous) : (place, GateFault.None);
        }
        catch (NpgsqlException lost) when (lost is not PostgresException { IsTransient: false })
        {
            return (default, GateFault.StorageUnavailable);
        }
    }
}
