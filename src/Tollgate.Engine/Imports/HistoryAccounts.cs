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

/// <summary>
/// Finds the accounts of customers, and creates missing ones. Known ones stay in memory for a turn of the loop, which is many transactions:
/// each locks those that it books to, so that nothing goes to a customer that was erased, or left its owner, meanwhile.
/// </summary>
internal sealed class HistoryAccounts(NpgsqlConnection connection, ProjectSnapshot project, bool creates)
{
    private readonly Dictionary<string, Found> _known = new(StringComparer.Ordinal);

    /// <summary>Customers that the current transaction created.</summary>
    public List<string> Created { get; } = [];

    public HistoryAccount this[string customer] => _known[customer].Account;

    public async Task LoadAsync(IEnumerable<string> customers, CancellationToken cancel)
    {
        var wanted = customers.Distinct(StringComparer.Ordinal).ToArray();
        do
        {
            await FindAsync([.. wanted.Where(id => !_known.ContainsKey(id))], cancel);
        }
        while (creates && !await LockAsync(wanted, cancel));
    }

    /// <returns>False: some have changed, and are unknown again.</returns>
    private async Task<bool> LockAsync(string[] customers, CancellationToken cancel)
    {
        var rows = customers.SelectMany(id => (CustomerState[])[_known[id].Own, _known[id].Carrier]).Distinct().ToArray();
        if (rows.Length == 0)
        {
            return true;
        }

        var unchanged = new HashSet<CustomerState>(rows.Length);
        await using (var command = connection.Command(
            HistorySql.LockUnchanged, Of(Array.ConvertAll(rows, static one => one.Partition), NpgsqlDbType.Smallint),
            Of(Array.ConvertAll(rows, static one => one.Account), NpgsqlDbType.Integer),
            Of(Array.ConvertAll(rows, static one => one.Id), NpgsqlDbType.Text),
            Of(Array.ConvertAll(rows, static one => one.Owner), NpgsqlDbType.Text)))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                unchanged.Add(rows[reader.GetInt64(0) - 1]);
            }
        }

        var changed = unchanged.Count == rows.Length
            ? []
            : Array.FindAll(customers, id => !unchanged.Contains(_known[id].Own) || !unchanged.Contains(_known[id].Carrier));
        foreach (var id in changed)
        {
            _known.Remove(id);
        }

        return changed.Length == 0;
    }

    private async Task FindAsync(string[] missing, CancellationToken cancel)
    {
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
            var found = Read(reader);
            _known[found.Own.Id] = found;
        }

        for (var i = 0; i < missing.Length; i++)
        {
            var none = new CustomerState(partitions[i], 0, missing[i], null);
            _known.TryAdd(missing[i], new(new(partitions[i], 0, false, false), none, none));
        }
    }

    private Found Read(NpgsqlDataReader reader)
    {
        var account = new HistoryAccount(reader.GetInt16(1), reader.GetInt32(2), reader.GetBoolean(3), reader.GetBoolean(4));
        var (id, owner) = (reader.GetString(0), reader.IsDBNull(6) ? null : reader.GetString(6));
        var own = new CustomerState(CustomerPlace.PartitionOf(project.Id, id), reader.GetInt32(5), id, owner);
        return new(
            account, own,
            account.IsOwners ? new(account.Partition, account.Account, owner!, reader.IsDBNull(7) ? null : reader.GetString(7)) : own);
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

    /// <summary>The part of a customer that must not change while a transaction books to its account.</summary>
    private readonly record struct CustomerState(short Partition, int Account, string Id, string? Owner);

    /// <param name="Carrier">The customer whose account it is: the owner, or the customer itself.</param>
    private sealed record Found(HistoryAccount Account, CustomerState Own, CustomerState Carrier);
}
