using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>An event as the database stores it.</summary>
internal sealed record StoredEvent(
    Guid Id, int FeatureKey, Quantity Quantity, Quantity UsedAfter, Instant OccurredAt, Instant PeriodStart, EventData Data, DateOnly Month)
{
    /// <summary>Its effects on balances: from the data if it has them, otherwise from the columns.</summary>
    public IReadOnlyList<Posting> Postings =>
        Data.Postings.Count > 0 || FeatureKey == 0 ? Data.Postings : [new(FeatureKey, PeriodStart, Quantity, Quantity.Zero)];

    /// <summary>Returns the event with its texts decrypted.</summary>
    public StoredEvent Opened(KnownUsageKeys keys, in EventPlace place) => this with { Data = SealedTexts.Open(Data, keys, place) };

    public static StoredEvent Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(EventColumn.Id), reader.GetInt32(EventColumn.Feature), Quantity.Of(reader.GetDecimal(EventColumn.Quantity)),
        Quantity.Of(reader.GetDecimal(EventColumn.UsedAfter)),
        AccountLoader.At(reader, EventColumn.OccurredAt), AccountLoader.At(reader, EventColumn.PeriodStart),
        EventData.Read(reader.GetString(EventColumn.Data)), reader.GetFieldValue<DateOnly>(EventColumn.Month));
}

/// <summary>
/// The stored facts about the ids of a batch, read under the locks of the exact path. Empty on the fast path, where the unique keys detect
/// known ids.
/// </summary>
internal sealed class StoredFacts
{
    public Dictionary<(int Account, Guid Id), StoredEvent> Events { get; } = [];

    public Dictionary<(int Account, Guid Id), Hold> Holds { get; } = [];

    public HashSet<(int Account, int FeatureKey, Instant PeriodStart, Guid Value)> Unique { get; } = [];

    private readonly List<EventPlace> _sealed = [];

    private readonly Dictionary<(int Account, Guid Event), Dictionary<Reading, OtherReading>> _others = [];

    /// <summary>Returns the readings of other live events of the same periods that replace those of an event to be voided.</summary>
    public IReadOnlyDictionary<Reading, OtherReading> OthersOf(int account, StoredEvent target) =>
        _others.TryGetValue((account, target.Id), out var known) ? known : ImmutableDictionary<Reading, OtherReading>.Empty;

    public async Task LoadEventsAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Account, Guid Id)> wanted, Instant now, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        // The month after this one: a client's clock may run ahead over the boundary.
        var newest = EventKey.MonthOf(now).AddMonths(1);
        await using var command = new NpgsqlCommand(LedgerSql.LoadEvents, connection);
        AddKeys(command, wanted);
        command.Parameters.Add(
            new() { Value = wanted.Select(_ => newest).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = newest.AddMonths(-EventKey.MonthsSearched - 1), NpgsqlDbType = NpgsqlDbType.Date });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var stored = StoredEvent.Read(reader);
            Events[(reader.GetInt32(EventColumn.Account), stored.Id)] = stored;
            if (stored.Data.Box is not null)
            {
                _sealed.Add(new(reader.GetInt16(EventColumn.Partition), reader.GetInt32(EventColumn.Account), stored.Id));
            }
        }
    }

    /// <summary>Decrypts the texts of the loaded events, with which repeats are compared.</summary>
    public async Task OpenAsync(NpgsqlConnection connection, UsageKeys keys, CancellationToken cancel)
    {
        var known = await keys.ReadAsync(connection, _sealed, cancel);
        foreach (var place in _sealed)
        {
            var stored = Events[(place.Account, place.Id)];
            Events[(place.Account, place.Id)] = stored.Opened(known, place);
        }
    }

    public async Task LoadHoldsAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Account, Guid Id)> wanted, CancellationToken cancel)
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
            Holds[(reader.GetInt32(HoldColumn.Account), hold.Id)] = hold;
        }
    }

    public async Task LoadUniqueAsync(
        NpgsqlConnection connection, IReadOnlyList<(AccountState Account, int FeatureKey, Instant PeriodStart, Guid Value)> wanted,
        CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(LedgerSql.LoadUnique, connection);
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.FeatureKey).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.PeriodStart.ToUtc()).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            Unique.Add((reader.GetInt32(1), reader.GetInt32(2), AccountLoader.At(reader, 3), reader.GetGuid(4)));
        }
    }

    /// <summary>
    /// Loads the readings of other events of the same periods for an event to be voided. PostgreSQL returns one row for each reading: the
    /// events themselves may be any number, of any size.
    /// </summary>
    public async Task LoadOthersAsync(
        NpgsqlConnection connection, AccountState account, StoredEvent target, ProjectSnapshot project, CancellationToken cancel)
    {
        var others = _others[(account.Key, target.Id)] = [];
        foreach (var reading in target.Data.Readings.Distinct().Where(static reading => !VoidRules.IsOfTime(reading)))
        {
            var start = target.Postings.First(posting => posting.FeatureKey == reading.FeatureKey).PeriodStart;
            var end = account.FeatureOf(project.Catalog.FeatureOf(reading.FeatureKey)).PeriodAt(target.OccurredAt).End;
            await using var command = connection.Command(
                SqlOf(reading.Kind), account.Partition, account.Key, start.ToUtc(), end.ToUtc(), reading.FeatureKey, target.Id,
                reading.Hash);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (await reader.ReadAsync(cancel))
            {
                others[reading] = new(Quantity.Of(reader.GetDecimal(0)), AccountLoader.At(reader, 1), reader.GetInt32(2));
            }
        }
    }

    private static string SqlOf(ReadingKind kind) => kind switch
    {
        ReadingKind.Highest => LedgerSql.HighestOfOthers,
        ReadingKind.Seen => LedgerSql.SeenByOthers,
        ReadingKind.Latest => LedgerSql.LatestOfOthers,
        ReadingKind.Timed => throw new InvariantBrokenException("The level's timeline replaces the report of a time-weighted level."),
    };

    private static void AddKeys(NpgsqlCommand command, IReadOnlyList<(AccountState Account, Guid Id)> wanted)
    {
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = wanted.Select(w => w.Id).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
    }
}
