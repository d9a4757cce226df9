using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Ledger;

/// <summary>The place of an event; ciphertexts are bound to it.</summary>
public readonly record struct EventPlace(short Partition, int Account, Guid Id);

/// <summary>The keys of some accounts that this server can open.</summary>
internal sealed class KnownUsageKeys
{
    private readonly Dictionary<(short Partition, int Account, short Number), UsageKey> _all = [];
    private readonly Dictionary<(short Partition, int Account), (short Last, UsageKey? Newest)> _newest = [];

    public UsageKey? Find(in EventPlace place, short number) => _all.GetValueOrDefault((place.Partition, place.Account, number));

    /// <summary>Returns the newest key of an account that can be opened; usage is encrypted with it.</summary>
    public UsageKey? NewestOf(short partition, int account) => _newest.GetValueOrDefault((partition, account)).Newest;

    /// <summary>Returns the number of an account's newest key; 0: it has none.</summary>
    public short LastOf(short partition, int account) => _newest.GetValueOrDefault((partition, account)).Last;

    /// <summary>Adds a key; those of an account come in the order of their numbers.</summary>
    /// <param name="secret">Null: no master key of this server opens it.</param>
    public void Add(short partition, int account, short number, byte[]? secret)
    {
        var key = secret is null ? null : new UsageKey(number, secret);
        _newest[(partition, account)] = (number, key ?? NewestOf(partition, account));
        if (key is not null)
        {
            _all[(partition, account, number)] = key;
        }
    }
}

/// <summary>
/// Reads and makes the keys that encrypt the texts of customers' usage. A lane keeps the key in the state of the account, so a decision
/// reads it with the account and not with each event, and the limit on accounts bounds the memory for keys.
/// </summary>
public sealed class UsageKeys(SecretBox secrets)
{
    /// <summary>
    /// Gives the accounts of a batch their keys, if an operation has texts to encrypt. The fast path commits a new key at once; on the
    /// exact path it is part of the transaction, and the states are dropped if that is not committed.
    /// </summary>
    internal ValueTask GiveAsync(NpgsqlConnection connection, List<LaneOp> ops)
    {
        HashSet<AccountState>? wanted = null;
        foreach (var op in ops)
        {
            if (op is UseOp { HasTexts: true, Project.EncryptsUsage: true, Account: { UsageKey: null } account })
            {
                (wanted ??= []).Add(account);
            }
        }

        return wanted is null ? ValueTask.CompletedTask : GiveAsync(connection, wanted);
    }

    private async ValueTask GiveAsync(NpgsqlConnection connection, HashSet<AccountState> wanted)
    {
        var known = await EnsureAsync(
            connection, [.. wanted.Select(static one => (one.Partition, one.Key, (string?)one.Customer))], CancellationToken.None);
        foreach (var account in wanted)
        {
            account.UsageKey = known.NewestOf(account.Partition, account.Key)
                ?? throw new PostgresException(
                    $"Customer {account.Customer} was erased while its usage was recorded.", "ERROR", "ERROR", BatchWriter.StaleState);
        }
    }

    /// <summary>Returns the keys of accounts, and first makes one for each account without a key that this server can open.</summary>
    /// <param name="accounts">With the id of the customer; null: the caller has locked the account of this customer.</param>
    internal async Task<KnownUsageKeys> EnsureAsync(
        NpgsqlConnection connection, IReadOnlyList<(short Partition, int Account, string? Customer)> accounts, CancellationToken cancel)
    {
        var places = accounts.Select(static one => new EventPlace(one.Partition, one.Account, default)).ToArray();
        var known = await ReadAsync(connection, places, cancel);
        var missing = accounts.Where(one => known.NewestOf(one.Partition, one.Account) is null).ToArray();
        if (missing.Length == 0)
        {
            return known;
        }

        var numbers = Array.ConvertAll(missing, one => Next(known.LastOf(one.Partition, one.Account)));
        await using (var command = connection.Command(
            UsageKeySql.Add, Column(missing.Select(static one => one.Partition), NpgsqlDbType.Smallint),
            Column(missing.Select(static one => one.Account), NpgsqlDbType.Integer),
            Column(missing.Select(static one => one.Customer), NpgsqlDbType.Text), Column(numbers, NpgsqlDbType.Smallint),
            Column(missing.Select((one, at) => Make(one.Partition, one.Account, numbers[at])), NpgsqlDbType.Bytea)))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        return await ReadAsync(connection, places, cancel);
    }

    /// <summary>Returns the keys that this server opens, in one statement; none for no places.</summary>
    internal async Task<KnownUsageKeys> ReadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<EventPlace> places, CancellationToken cancel)
    {
        var known = new KnownUsageKeys();
        if (places.Count == 0)
        {
            return known;
        }

        var accounts = places.Select(static place => (place.Partition, place.Account)).Distinct().ToArray();
        await using var command = connection.Command(
            UsageKeySql.Read, Column(accounts.Select(static one => one.Partition), NpgsqlDbType.Smallint),
            Column(accounts.Select(static one => one.Account), NpgsqlDbType.Integer));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var (partition, account, number) = (reader.GetInt16(0), reader.GetInt32(1), reader.GetInt16(2));
            known.Add(
                partition, account, number,
                secrets.Open(reader.GetFieldValue<byte[]>(3), SecretPlace.UsageKey(partition, account, number)));
        }

        return known;
    }

    private static short Next(short last)
    {
        Invariant.That(last < short.MaxValue, $"A customer has {last} keys, and this server opens none of them. Give it their master key.");
        return (short)(last + 1);
    }

    private byte[] Make(short partition, int account, short number) =>
        secrets.Close(RandomNumberGenerator.GetBytes(Aead.KeyBytes), SecretPlace.UsageKey(partition, account, number));

    private static NpgsqlParameter Column<T>(IEnumerable<T> values, NpgsqlDbType type) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
