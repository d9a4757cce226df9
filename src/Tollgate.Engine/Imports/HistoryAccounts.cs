using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Imports;

/// <summary>The account that carries a customer's use.</summary>
/// <param name="Account">0: there is none yet, in a dry run.</param>
/// <param name="IsOwners">True: it is that of the customer whose member this one is.</param>
/// <param name="HasLive">True: it has live events, whose ids count as known.</param>
internal readonly record struct HistoryAccount(short Partition, int Account, bool IsOwners, bool HasLive);

/// <summary>Finds the accounts of customers, and creates missing ones. Known ones stay in memory for a turn of the loop.</summary>
internal sealed class HistoryAccounts(NpgsqlConnection connection, ProjectSnapshot project, bool creates)
{
    private readonly Dictionary<string, HistoryAccount> _known = new(StringComparer.Ordinal);

    /// <summary>Customers that the current transaction created.</summary>
    public List<string> Created { get; } = [];

    public HistoryAccount this[string customer] => _known[customer];

    public async Task LoadAsync(IEnumerable<string> customers, CancellationToken cancel)
    {
        var missing = customers.Where(id => !_known.ContainsKey(id)).Distinct(StringComparer.Ordinal).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var partitions = Array.ConvertAll(missing, id => CustomerPlace.PartitionOf(project.Id, id));
        if (creates)
        {
            await CreateAsync(partitions, missing, cancel);
        }

        await using var command = connection.Command(
            HistorySql.Accounts, project.Id, Of(partitions, NpgsqlDbType.Smallint), Of(missing, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            _known[reader.GetString(0)] = new(reader.GetInt16(1), reader.GetInt32(2), reader.GetBoolean(3), reader.GetBoolean(4));
        }

        for (var i = 0; i < missing.Length; i++)
        {
            _known.TryAdd(missing[i], new(partitions[i], 0, false, false));
        }
    }

    private async Task CreateAsync(short[] partitions, string[] ids, CancellationToken cancel)
    {
        await using var command = connection.Command(
            CustomerSql.CreateMissing, Of(partitions, NpgsqlDbType.Smallint),
            Of(Array.ConvertAll(ids, _ => project.Id), NpgsqlDbType.Integer), Of(ids, NpgsqlDbType.Text),
            Of<byte[]>([], NpgsqlDbType.Bytea));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetBoolean(CustomerSql.IsNew))
            {
                Created.Add(reader.GetString(CustomerSql.ProjectOfMissing + 1));
            }
        }
    }

    private static NpgsqlParameter Of<T>(T[] values, NpgsqlDbType type) =>
        new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
