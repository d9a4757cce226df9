using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

/// <summary>Reads grants. The project or one of its customers bounds every read.</summary>
public sealed class GrantQueries(NpgsqlDataSource database, CustomerQueries customers)
{
    /// <summary>Lists the newest first; returns null if this project has no such customer.</summary>
    public async Task<IReadOnlyList<GrantRow>?> ListGrantsAsync(
        ProjectSnapshot project, string customer, int limit, string? after, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, customer, cancel) is not { } row)
        {
            return null;
        }

        var start = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Uuid, Value = after is null ? DBNull.Value : GrantRow.KeyOf(after) };
        await using var command = database.Command(GrantSql.ListGrants, row.Partition, row.Account, start, limit);
        return await ReadAsync(command, cancel);
    }

    /// <summary>Returns null if the project has no such customer, or the customer no such grant.</summary>
    public async Task<GrantRow?> FindGrantAsync(ProjectSnapshot project, string customer, string grant, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, customer, cancel) is not { } row)
        {
            return null;
        }

        await using var command = database.Command(GrantSql.FindGrant, row.Partition, row.Account, GrantRow.KeysSought(grant));
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>Returns the grants of a feature that can burn now, in burn order.</summary>
    public async Task<IReadOnlyList<GrantRow>> BurningGrantsAsync(CustomerRow customer, int feature, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(GrantSql.LiveGrants, customer.Partition, customer.Account, feature, now.ToUtc());
        var rows = (await ReadAsync(command, cancel)).ToDictionary(row => row.Grant.Id);
        return [.. GrantRules.InBurnOrder([.. rows.Values.Select(row => row.Grant)], now).Select(grant => rows[grant.Id])];
    }

    private static async Task<List<GrantRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<GrantRow> rows = [];
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(GrantRow.Read(row));
        }

        return rows;
    }
}
