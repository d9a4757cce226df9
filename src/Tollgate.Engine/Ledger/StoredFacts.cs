using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>An event as it is stored.</summary>
internal sealed record StoredEvent(
    Guid Id, int FeatureKey, Quantity Quantity, Quantity UsedAfter, Instant OccurredAt, Instant PeriodStart, EventData Data, DateOnly Month)
{
    /// <summary>What it did to balances; the columns say it unless the data does.</summary>
    public IReadOnlyList<Posting> Postings =>
        Data.Postings.Count > 0 || FeatureKey == 0 ? Data.Postings : [new(FeatureKey, PeriodStart, Quantity, Quantity.Zero)];

    public static StoredEvent Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(2), reader.GetInt32(3), Quantity.Of(reader.GetDecimal(4)), Quantity.Of(reader.GetDecimal(5)),
        AccountLoader.At(reader, 6), AccountLoader.At(reader, 7), EventData.Read(reader.GetString(8)), reader.GetFieldValue<DateOnly>(9));
}

/// <summary>
/// What the database knows about the ids of a batch, read under the locks of the exact path. Empty on the fast path,
/// where the unique keys find out.
/// </summary>
internal sealed class StoredFacts
{
    public Dictionary<(int Account, Guid Id), StoredEvent> Events { get; } = [];

    public Dictionary<(int Account, Guid Id), Hold> Holds { get; } = [];

    public HashSet<(int Account, int FeatureKey, Instant PeriodStart, Guid Value)> Unique { get; } = [];

    /// <summary>What a void falls back to: the highest value that the other events of the period have for a max meter. Missing: there is none.</summary>
    public Dictionary<(int Account, Guid Event, int FeatureKey), Quantity> Highest { get; } = [];

    /// <summary>Values of unique meters of an event to be voided that other events of the period have too.</summary>
    public HashSet<(int Account, Guid Event, int FeatureKey, Guid Value)> SeenElsewhere { get; } = [];

    /// <summary>
    /// What a void takes back. Sums are simply reversed; a maximum falls to that of the other events of the period, and a
    /// unique value counts on while another event of the period has it.
    /// </summary>
    public IReadOnlyList<Posting> PostingsToReverse(int account, StoredEvent target)
    {
        var postings = new List<Posting>();
        foreach (var posting in target.Postings)
        {
            var used = posting.Used;
            if (target.Data.Raw.Any(r => r.FeatureKey == posting.FeatureKey))
            {
                var most = target.Data.Raw.First(r => r.FeatureKey == posting.FeatureKey).Value;
                var rest = Highest.GetValueOrDefault((account, target.Id, posting.FeatureKey));
                used = (most - rest).FloorAtZero();
            }
            else if (target.Data.Unique.Any(u => u.FeatureKey == posting.FeatureKey))
            {
                used = NoLongerSeen(account, target).Any(u => u.FeatureKey == posting.FeatureKey) ? Quantity.One : Quantity.Zero;
            }

            postings.Add(posting with { Used = used, Drawn = Quantity.Min(posting.Drawn, used) });
        }

        return postings;
    }

    /// <summary>The values of unique meters that only <paramref name="target"/> still showed.</summary>
    public IReadOnlyList<(int FeatureKey, Guid Value)> NoLongerSeen(int account, StoredEvent target) =>
        [.. target.Data.Unique.Where(u => !SeenElsewhere.Contains((account, target.Id, u.FeatureKey, u.Value)))];

    public async Task LoadEventsAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Book, Guid Id)> wanted, Instant now, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        // The month after this one: a client's clock may run ahead over the boundary.
        var newest = EventKey.MonthOf(now).AddMonths(1);
        await using var command = new NpgsqlCommand(LedgerSql.LoadEvents, connection);
        AddKeys(command, wanted);
        command.Parameters.Add(new() { Value = wanted.Select(_ => newest).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = newest.AddMonths(-EventKey.MonthsSearched - 1), NpgsqlDbType = NpgsqlDbType.Date });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var stored = StoredEvent.Read(reader);
            Events[(reader.GetInt32(1), stored.Id)] = stored;
        }
    }

    public async Task LoadHoldsAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Book, Guid Id)> wanted, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(LedgerSql.LoadHoldsByKey, connection);
        AddKeys(command, wanted);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var hold = AccountLoader.ReadHold(reader);
            Holds[(reader.GetInt32(1), hold.Id)] = hold;
        }
    }

    public async Task LoadUniqueAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Book, int FeatureKey, Instant PeriodStart, Guid Value)> wanted, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(LedgerSql.LoadUnique, connection);
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Account).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.FeatureKey).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.PeriodStart.ToUtc()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            Unique.Add((reader.GetInt32(1), reader.GetInt32(2), AccountLoader.At(reader, 3), reader.GetGuid(4)));
        }
    }

    /// <summary>
    /// What the other events of its periods say about an event to be voided. PostgreSQL answers one number or one word for each meter: the events
    /// themselves may be any number, of any size.
    /// </summary>
    public async Task LoadOthersAsync(NpgsqlConnection connection, AccountState book, StoredEvent target, ProjectSnapshot project, CancellationToken cancel)
    {
        foreach (var posting in target.Postings)
        {
            var end = book.BookOf(project.Catalog.FeaturesByKey[posting.FeatureKey]).PeriodAt(target.OccurredAt).End;
            if (target.Data.Raw.Any(raw => raw.FeatureKey == posting.FeatureKey)
                && await AskAsync(connection, LedgerSql.HighestOfOthers, book, target, posting, end, null, cancel) is decimal highest)
            {
                Highest[(book.Account, target.Id, posting.FeatureKey)] = Quantity.Of(highest);
            }

            foreach (var (feature, value) in target.Data.Unique.Where(seen => seen.FeatureKey == posting.FeatureKey))
            {
                if (await AskAsync(connection, LedgerSql.SeenByOthers, book, target, posting, end, value, cancel) is true)
                {
                    SeenElsewhere.Add((book.Account, target.Id, feature, value));
                }
            }
        }
    }

    private static async Task<object?> AskAsync(
        NpgsqlConnection connection, string sql, AccountState book, StoredEvent target, Posting posting, Instant end, Guid? value, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = book.Partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = book.Account, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = posting.PeriodStart.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = end.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = posting.FeatureKey, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = target.Id, NpgsqlDbType = NpgsqlDbType.Uuid });
        if (value is { } seen)
        {
            command.Parameters.Add(new() { Value = seen, NpgsqlDbType = NpgsqlDbType.Uuid });
        }

        return await command.ExecuteScalarAsync(cancel);
    }

    private static void AddKeys(NpgsqlCommand command, IReadOnlyList<(AccountState Book, Guid Id)> wanted)
    {
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Account).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Id).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
    }
}
