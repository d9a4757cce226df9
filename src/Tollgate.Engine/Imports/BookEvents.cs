using System.Buffers;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Imports;
using Tollgate.Core.Llm;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Imports;

/// <summary>The transaction of a chunk: the connection, the import and what it counts.</summary>
internal sealed record ImportTurn(
    NpgsqlConnection Connection, NpgsqlTransaction Transaction, ProjectSnapshot Project, ImportRow Import, HistoryAccounts Accounts,
    uint NewEventType, ImportTally Tally, UsageKeys Keys);

/// <summary>An imported event before it is booked.</summary>
/// <param name="Data">With readable texts.</param>
/// <param name="Readable">Properties that stay readable if the project encrypts usage.</param>
internal readonly record struct HistoryEvent(
    HistoryAccount Account, Guid Id, int FeatureKey, Quantity Quantity, Instant At, string Data, IReadOnlySet<string>? Readable = null)
{
    public EventPlace Place => new(Account.Partition, Account.Account, Id);
}

/// <summary>
/// Books use and calls as events that move no balance: 1. sets aside records whose ids come twice in the chunk; 2. and those that the
/// customer's own live events have; 3. inserts the others, the days and the costs in set-based statements; 4. if not all were new, compares
/// the known ones with their records.
/// </summary>
internal sealed class BookEvents(ImportTurn turn)
{
    private static readonly SearchValues<char> Unescaped =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_-./");

    private readonly RowArray _rows = new("new_event[]", columns: 10);
    private readonly SignalRows _signals = new();
    private readonly SealHistory _sealing = new(turn.Connection, turn.Keys);
    private readonly string _plainEnd = FormattableString.Invariant($"\",\"import\":{turn.Import.Number},\"post\":[]}}");

    public async Task UsageAsync(IReadOnlyList<Numbered<UsageRecord>> usage, CancellationToken cancel)
    {
        var accepted = await BookAsync(usage, OfUsage, CountUsageAsync, cancel);
        foreach (var one in accepted.Select(static one => one.Record))
        {
            var code = one.FeatureKey == 0 ? one.Type! : turn.Project.Catalog.FeatureOf(one.FeatureKey).Code;
            turn.Tally.Sum(ImportKind.Usage, one.OccurredAt, code, one.Quantity);
        }

        NoteSignals(accepted);
    }

    /// <summary>
    /// Adds the names of a chunk's values in a transaction of their own: the lanes must not wait for a name until the chunk is booked. A
    /// record that is then rejected leaves its name, without a value.
    /// </summary>
    public static async Task AddNamesAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IEnumerable<Numbered<UsageRecord>> usage, CancellationToken cancel)
    {
        var named = usage.Select(static one => one.Record.Signal).OfType<Signal>()
            .Where(static signal => signal.Type == SignalRules.ValueMetric).Select(static signal => (signal.Name, signal.Unit)).Distinct()
            .ToArray();
        if (named.Length > 0)
        {
            await connection.ExecuteAsync(
                SignalSql.AddNames, cancel, System.Array.ConvertAll(named, _ => project.Id),
                System.Array.ConvertAll(named, static one => one.Name), System.Array.ConvertAll(named, static one => one.Unit),
                (long)SignalRules.MostNames);
        }
    }

    private void NoteSignals(IReadOnlyList<Numbered<UsageRecord>> accepted)
    {
        foreach (var (_, one) in accepted)
        {
            if (one.Signal is { } signal)
            {
                var account = turn.Accounts[one.Customer];
                _signals.Add(new NewSignal(
                    account.Partition, account.Account, turn.Project.Id, EventKey.Parse(one.Id, one.OccurredAt).Id, one.OccurredAt,
                    SignalRules.MonthOf(one.OccurredAt, turn.Project.Zone), signal));
            }
        }
    }

    /// <summary>Writes the signals of the accepted use. The last work of a chunk: lanes that write signals wait for these rows.</summary>
    public async Task SignalsAsync(CancellationToken cancel)
    {
        if (turn.Import.IsDryRun || _signals.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(turn.Connection, turn.Transaction);
        _signals.AddTo(batch, isImport: true);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    public async Task CallsAsync(IReadOnlyList<Numbered<CallRecord>> calls, CancellationToken cancel)
    {
        var costs = calls.ToDictionary(static one => one.Line, one => CostOf(one.Record));
        var accepted = await BookAsync(calls, one => OfCall(one.Record, costs[one.Line]), CountCallsAsync, cancel);
        foreach (var (line, one) in accepted)
        {
            var cost = costs[line].Cost is { } known ? Quantity.Of(known.Dollars) : Quantity.Zero;
            turn.Tally.Sum(ImportKind.LlmCalls, one.OccurredAt, one.Call.Model, cost);
        }
    }

    /// <returns>The accepted records: booked now or before.</returns>
    private async Task<IReadOnlyList<Numbered<TRecord>>> BookAsync<TRecord>(
        IReadOnlyList<Numbered<TRecord>> records, Func<Numbered<TRecord>, HistoryEvent> eventOf,
        Func<bool, CancellationToken, Task<long>> insert,
        CancellationToken cancel)
        where TRecord : ImportRecord
    {
        var (fresh, accepted) =
            (new List<(Numbered<TRecord> One, HistoryEvent Event)>(records.Count), new List<Numbered<TRecord>>(records.Count));
        var first = new Dictionary<(int, Guid, string), HistoryEvent>(records.Count);
        foreach (var one in records)
        {
            var happened = eventOf(one);
            var key = (happened.Account.Account, happened.Id, happened.Account.Account == 0 ? one.Record.Customer : "");
            if (first.TryAdd(key, happened))
            {
                fresh.Add((one, happened));
            }
            else if (first[key] == happened)
            {
                turn.Tally.Replay(1);
                accepted.Add(one);
            }
            else
            {
                turn.Tally.RejectReused(one);
            }
        }

        await SetLiveAsideAsync(fresh, accepted, cancel);
        var faulty = turn.Import.IsDryRun ? await JudgeAsync(fresh, cancel) : await InsertAsync(fresh, insert, cancel);
        accepted.AddRange(fresh.Where((_, at) => !faulty.Contains(at)).Select(static one => one.One));
        foreach (var at in faulty)
        {
            turn.Tally.RejectReused(fresh[at].One);
        }

        return accepted;
    }

    private async Task SetLiveAsideAsync<TRecord>(
        List<(Numbered<TRecord> One, HistoryEvent Event)> fresh, List<Numbered<TRecord>> accepted, CancellationToken cancel)
        where TRecord : ImportRecord
    {
        var probed = fresh.Where(static one => one.Event.Account.HasLive).ToArray();
        if (probed.Length == 0)
        {
            return;
        }

        await using var command = turn.Connection.Command(
            HistorySql.Live, Array(probed.Select(static one => one.Event.Account.Partition), NpgsqlDbType.Smallint),
            Array(probed.Select(static one => one.Event.Account.Account), NpgsqlDbType.Integer),
            Array(probed.Select(static one => one.Event.Id), NpgsqlDbType.Uuid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var live = new HashSet<long>();
        while (await reader.ReadAsync(cancel))
        {
            var known = probed[(int)reader.GetInt64(0) - 1];
            live.Add(known.One.Line);
            accepted.Add(known.One);
            turn.Tally.Replay(1);
        }

        fresh.RemoveAll(one => live.Contains(one.One.Line));
    }

    /// <returns>The positions of records whose ids are known with other content.</returns>
    private async Task<IReadOnlyCollection<int>> InsertAsync<TRecord>(
        List<(Numbered<TRecord> One, HistoryEvent Event)> fresh, Func<bool, CancellationToken, Task<long>> insert, CancellationToken cancel)
        where TRecord : ImportRecord
    {
        if (fresh.Count == 0)
        {
            return [];
        }

        // In the order of the key, each page of the index is written once.
        fresh.Sort(static (a, b) => InOrder(a.Event, b.Event));
        var events = fresh.ConvertAll(static one => one.Event);
        Pack(await SealAsync(events, cancel));
        var booked = await InsertNewAsync(insert, cancel);
        turn.Tally.Book(booked);
        if (booked == fresh.Count)
        {
            return [];
        }

        var faulty = (await KnownAsync(events, cancel)).Where(static one => one.Differs).Select(static one => one.At).ToArray();
        turn.Tally.Replay(fresh.Count - booked - faulty.Length);
        return faulty;
    }

    /// <summary>
    /// Most chunks have only new ids: it inserts them without looking for each. A known one fails the statement, and the chunk is inserted
    /// again with a look for each.
    /// </summary>
    private async Task<long> InsertNewAsync(Func<bool, CancellationToken, Task<long>> insert, CancellationToken cancel)
    {
        const string Name = "new";
        var transaction = turn.Transaction;
        await transaction.SaveAsync(Name, cancel);
        try
        {
            return await insert(false, cancel);
        }
        catch (PostgresException known) when (known.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync(Name, cancel);
            return await insert(true, cancel);
        }
    }

    private static int InOrder(in HistoryEvent a, in HistoryEvent b)
    {
        var (x, y) = (a.Account, b.Account);
        return x.Partition != y.Partition ? x.Partition.CompareTo(y.Partition)
            : x.Account != y.Account ? x.Account.CompareTo(y.Account)
            : a.Id.CompareTo(b.Id);
    }

    /// <summary>A dry run compares with the imported events and with its own records so far.</summary>
    private async Task<IReadOnlyCollection<int>> JudgeAsync<TRecord>(
        List<(Numbered<TRecord> One, HistoryEvent Event)> fresh, CancellationToken cancel)
        where TRecord : ImportRecord
    {
        if (fresh.Count == 0)
        {
            return [];
        }

        var known = (await KnownAsync(fresh.ConvertAll(static one => one.Event), cancel))
            .ToDictionary(static one => one.At, static one => one.Differs);
        var others = Enumerable.Range(0, fresh.Count).Where(at => !known.ContainsKey(at)).ToArray();
        var seen = await SeenRecords.NoteAsync(
            turn, [.. others.Select(at => (fresh[at].One.Record as ImportRecord, ContentOf(fresh[at].Event)))], cancel);
        foreach (var (at, differs) in seen)
        {
            known[others[at]] = differs;
        }

        var faulty = known.Where(static one => one.Value).Select(static one => one.Key).ToArray();
        turn.Tally.Book(fresh.Count - known.Count);
        turn.Tally.Replay(known.Count - faulty.Length);
        return faulty;
    }

    private static string ContentOf(in HistoryEvent happened) =>
        FormattableString.Invariant($"{happened.At.UnixMicroseconds}/{happened.FeatureKey}/{happened.Quantity}/{happened.Data}");

    private async Task<IReadOnlyList<HistoryEvent>> SealAsync(List<HistoryEvent> events, CancellationToken cancel) =>
        turn.Project.EncryptsUsage ? await _sealing.SealAsync(events, cancel) : events;

    private void Pack(IEnumerable<HistoryEvent> events)
    {
        _rows.Begin(turn.NewEventType);
        foreach (var happened in events)
        {
            _rows.BeginRow();
            _rows.Moment(happened.At);
            _rows.Moment(happened.At);
            _rows.Uuid(happened.Id);
            _rows.Integer(happened.Account.Account);
            _rows.Integer(happened.FeatureKey);
            _rows.Date(HistorySql.Month);
            _rows.Smallint(happened.Account.Partition);
            _rows.Quantity(happened.Quantity);
            _rows.Quantity(Quantity.Zero);
            _rows.Json(happened.Data);
            _rows.EndRow();
        }
    }

    private async Task<long> CountUsageAsync(bool skips, CancellationToken cancel)
    {
        await using var command = turn.Connection.Command(HistorySql.BookUsage(skips), _rows.ToParameter(), turn.Project.Id);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Adds the booked calls to the cost rollups in the same transaction; the queue of the live path stays empty.</summary>
    private async Task<long> CountCallsAsync(bool skips, CancellationToken cancel)
    {
        var (partitions, accounts, ids) = (new List<short>(), new List<int>(), new List<Guid>());
        await using (var command = turn.Connection.Command(HistorySql.BookCalls(skips), _rows.ToParameter()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                partitions.Add(reader.GetInt16(0));
                accounts.Add(reader.GetInt32(1));
                ids.Add(reader.GetGuid(2));
            }
        }

        if (ids.Count > 0)
        {
            await turn.Connection.ExecuteAsync(CostSql.PrepareFold, cancel);
            await turn.Connection.ExecuteAsync(
                CostSql.FoldImported, cancel, Array(partitions, NpgsqlDbType.Smallint), Array(accounts, NpgsqlDbType.Integer),
                Array(ids, NpgsqlDbType.Uuid), new NpgsqlParameter { Value = HistorySql.Month, NpgsqlDbType = NpgsqlDbType.Date });
        }

        return ids.Count;
    }

    private async Task<List<(int At, bool Differs)>> KnownAsync(List<HistoryEvent> events, CancellationToken cancel)
    {
        Pack(events);
        var (known, closed) = (new List<(int At, bool Differs)>(), new List<(int At, string Data)>());
        await using (var command = turn.Connection.Command(HistorySql.Known, _rows.ToParameter()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var (at, differs) = ((int)reader.GetInt64(0) - 1, reader.GetBoolean(1));
                if (differs || reader.IsDBNull(2))
                {
                    known.Add((at, differs));
                }
                else
                {
                    closed.Add((at, reader.GetString(2)));
                }
            }
        }

        known.AddRange(await _sealing.CompareAsync(events, closed, cancel));
        return known;
    }

    private HistoryEvent OfUsage(Numbered<UsageRecord> one)
    {
        var record = one.Record;
        var (account, key) = (turn.Accounts[record.Customer], EventKey.Parse(record.Id, record.OccurredAt));
        var data = new EventData
        {
            Id = key.Text, Type = record.Type, PropertiesJson = record.PropertiesJson, Import = turn.Import.Number,
            Member = account.IsOwners ? record.Customer : null,
        };
        var isPlain = data is { Type: null, PropertiesJson: null, Member: null } && IsPlain(key.Text);
        return new(
            account, key.Id, record.FeatureKey, record.Quantity, record.OccurredAt,
            isPlain ? $"{{\"id\":\"{key.Text}{_plainEnd}" : data.Write(), ReadFrom(record));
    }

    private IReadOnlySet<string>? ReadFrom(UsageRecord record) =>
        SignalRules.ReadFrom(record.Type ?? turn.Project.Catalog.FeatureOf(record.FeatureKey).Code);

    /// <summary>True if JSON escapes nothing of the text. Most use has only an id, and is written without a writer of JSON.</summary>
    private static bool IsPlain(string? id) => id is not null && id.AsSpan().IndexOfAnyExcept(Unescaped) < 0;

    private HistoryEvent OfCall(CallRecord record, CallCost cost)
    {
        var (account, key) = (turn.Accounts[record.Customer], EventKey.Parse(record.Id, record.OccurredAt));
        var order = RecordLlmCalls.OrderOf(record.Call, cost);
        var data = new EventData
        {
            Id = key.Text, Type = LlmCall.EventType, PropertiesJson = order.PropertiesJson, ComputedJson = order.ComputedJson,
            Plan = record.Plan, Import = turn.Import.Number, Member = account.IsOwners ? record.Customer : null,
        };
        return new(account, key.Id, 0, Quantity.One, record.OccurredAt, data.Write(), order.Readable);
    }

    private CallCost CostOf(CallRecord record)
    {
        var computed = RecordLlmCalls.CostOf(turn.Project, record.Call, record.OccurredAt);
        return record.Cost is { } logged ? new(computed.Provider, logged) : computed with { Assumed = null };
    }

    private static NpgsqlParameter Array<T>(IEnumerable<T> values, NpgsqlDbType type) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
