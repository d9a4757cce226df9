using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

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
        BookLoader.At(reader, 6), BookLoader.At(reader, 7), EventData.Read(reader.GetString(8)), reader.GetFieldValue<DateOnly>(9));
}

/// <summary>
/// What the database knows about the ids of a batch, read under the locks of the exact path. Empty on the fast path,
/// where the unique keys find out.
/// </summary>
internal sealed class KnownFacts
{
    public Dictionary<(int Account, Guid Id), StoredEvent> Events { get; } = [];

    public Dictionary<(int Account, Guid Id), Hold> Holds { get; } = [];

    public HashSet<(int Account, int FeatureKey, Instant PeriodStart, Guid Value)> Unique { get; } = [];

    /// <summary>Events of the period of an event to be voided that max and unique meters read, by account.</summary>
    public Dictionary<int, List<StoredEvent>> PeriodEvents { get; } = [];

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
                var rest = Others(account, target, posting).SelectMany(e => e.Data.Raw).Where(r => r.FeatureKey == posting.FeatureKey)
                    .Select(r => r.Value).DefaultIfEmpty(Quantity.Zero).Max();
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
        [.. target.Data.Unique.Where(u => !target.Postings.Where(p => p.FeatureKey == u.FeatureKey)
            .SelectMany(p => Others(account, target, p)).Any(e => e.Data.Unique.Contains(u)))];

    private IEnumerable<StoredEvent> Others(int account, StoredEvent target, Posting posting)
    {
        var events = PeriodEvents.GetValueOrDefault(account) ?? [];
        var voided = events.Where(e => e.Data.Voids is not null).Select(e => e.Data.Voids!.Value).ToHashSet();
        return events.Where(e => e.Id != target.Id && !voided.Contains(e.Id) && e.PeriodStart == posting.PeriodStart);
    }

    public async Task LoadEventsAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountBook Book, Guid Id)> wanted, Instant now, CancellationToken cancel)
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
        NpgsqlConnection connection, IReadOnlyList<(AccountBook Book, Guid Id)> wanted, CancellationToken cancel)
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
            var hold = BookLoader.ReadHold(reader);
            Holds[(reader.GetInt32(1), hold.Id)] = hold;
        }
    }

    public async Task LoadUniqueAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountBook Book, int FeatureKey, Instant PeriodStart, Guid Value)> wanted, CancellationToken cancel)
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
            Unique.Add((reader.GetInt32(1), reader.GetInt32(2), BookLoader.At(reader, 3), reader.GetGuid(4)));
        }
    }

    /// <summary>The period's events that a max or unique meter read, for the void of one of them.</summary>
    public static async Task<List<StoredEvent>> LoadPeriodAsync(NpgsqlConnection connection, AccountBook book, Period period, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LedgerSql.LoadPeriodEvents, connection);
        command.Parameters.Add(new() { Value = book.Partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = book.Account, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = period.Start.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = period.End.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var events = new List<StoredEvent>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            events.Add(StoredEvent.Read(reader));
        }

        return events;
    }

    private static void AddKeys(NpgsqlCommand command, IReadOnlyList<(AccountBook Book, Guid Id)> wanted)
    {
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Book.Account).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Id).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
    }
}
