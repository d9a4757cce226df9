using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>An event that a decision wants written.</summary>
internal readonly record struct NewEvent(
    AccountBook Book, EventKey Key, int FeatureKey, Quantity Quantity, Instant OccurredAt, Instant PeriodStart, Quantity UsedAfter, string Data);

/// <summary>A value that a unique meter saw first, or (a void) no longer sees.</summary>
internal readonly record struct UniqueChange(AccountBook Book, int FeatureKey, Instant PeriodStart, Guid Value, bool Seen);

/// <summary>
/// Everything that a batch changes, written in one round trip: each statement checks that it met the rows that the batch
/// was decided on, and the first that did not rolls all of them back.
/// </summary>
internal sealed class BatchWriter
{
    private readonly HashSet<AccountBook> _books = [];
    private readonly List<NewEvent> _events = [];
    private readonly List<(AccountBook Book, ThresholdCrossing Crossing, Instant At)> _crossings = [];
    private readonly List<UniqueChange> _uniques = [];
    private readonly HashSet<AccountBook> _expected = [];
    private readonly List<(AccountBook Book, Guid Id)> _notInEarlierMonths = [];
    private readonly List<(AccountBook Book, Guid Id)> _notUsed = [];
    private readonly List<(AccountBook Book, Guid Id)> _notHeld = [];

    /// <summary>SQLSTATE of a stale row: decide again on fresh books.</summary>
    public const string StaleState = "TG001";

    /// <summary>SQLSTATE of an event or hold id that exists: look it up and answer with what it did.</summary>
    public const string DuplicateState = "TG002";

    public IReadOnlyCollection<AccountBook> Books => _books;

    public void Touch(AccountBook book) => _books.Add(book);

    /// <summary>The verdict rests on the plan alone: prove that the customer's version is the one it was made on.</summary>
    public void Expect(AccountBook book) => _expected.Add(book);

    public void Add(in NewEvent added, bool idGiven)
    {
        _events.Add(added);
        if (idGiven && !added.Key.TellsTime)
        {
            _notInEarlierMonths.Add((added.Book, added.Key.Id));
        }
    }

    /// <summary>The use under this id is refused, unless the id turns out to have been used.</summary>
    public void ExpectNotUsed(AccountBook book, Guid id) => _notUsed.Add((book, id));

    public void ExpectNotHeld(AccountBook book, Guid id) => _notHeld.Add((book, id));

    public void Add(AccountBook book, ThresholdCrossing crossing, Instant at) => _crossings.Add((book, crossing, at));

    public void Add(in UniqueChange change) => _uniques.Add(change);

    /// <summary>Builds the statements. <paramref name="now"/> is real time: it says which months are earlier.</summary>
    public NpgsqlBatch Build(NpgsqlConnection connection, Instant now)
    {
        var batch = new NpgsqlBatch(connection);
        var updated = new List<(AccountBook Book, Balance Before, Balance After)>();
        var opened = new List<(AccountBook Book, Balance After)>();
        var burned = new List<(AccountBook Book, Grant Before, Grant After)>();
        var rolled = new List<(AccountBook Book, Grant Grant)>();
        var holds = new List<(AccountBook Book, Hold Before, Hold After)>();
        var taken = new List<(AccountBook Book, Hold Hold)>();
        var rates = new List<(AccountBook Book, RateState State)>();
        foreach (var book in _books)
        {
            foreach (var slot in book.Touched)
            {
                switch (slot)
                {
                    case Slot<Balance> { IsDirty: true, Stored: { } before } balance:
                        updated.Add((book, before, balance.Current));
                        break;
                    case Slot<Balance> { IsDirty: true } balance:
                        opened.Add((book, balance.Current));
                        break;
                    case Slot<Grant> { IsDirty: true, Stored: { } before } grant:
                        burned.Add((book, before, grant.Current));
                        break;
                    case Slot<Grant> { IsDirty: true } grant:
                        rolled.Add((book, grant.Current));
                        break;
                    case Slot<Hold> { IsDirty: true, Stored: { } before } hold:
                        holds.Add((book, before, hold.Current));
                        break;
                    case Slot<Hold> { IsDirty: true } hold:
                        taken.Add((book, hold.Current));
                        break;
                    case Slot<RateState> { IsDirty: true } rate:
                        rates.Add((book, rate.Current));
                        break;
                }
            }
        }

        AddExpected(batch);
        AddOpened(batch, opened);
        AddUpdated(batch, updated);
        AddBurned(batch, burned);
        AddRolled(batch, rolled);
        AddTaken(batch, taken);
        AddHolds(batch, holds, now);
        AddRates(batch, rates);
        AddUniques(batch);
        AddCrossings(batch);
        AddProbes(batch, now);
        AddEvents(batch);
        return batch;
    }

    /// <summary>The batch is committed: what it decided on is what the database has.</summary>
    public void Accept()
    {
        foreach (var book in _books)
        {
            foreach (var slot in book.Touched)
            {
                switch (slot)
                {
                    case Slot<Balance> { IsDirty: true } balance:
                        balance.Accept(balance.Current with { Version = balance.Current.Version + 1 });
                        break;
                    case Slot<Grant> { IsDirty: true } grant:
                        grant.Accept(grant.Current);
                        break;
                    case Slot<Hold> { IsDirty: true } hold:
                        hold.Accept(hold.Current);
                        break;
                    case Slot<RateState> { IsDirty: true } rate:
                        rate.Accept(rate.Current);
                        break;
                }
            }

            book.ClearTouched();
        }
    }

    private void AddExpected(NpgsqlBatch batch)
    {
        if (_expected.Count > 0)
        {
            var books = _expected.ToArray();
            Add(batch, LedgerSql.ExpectCustomers,
                Smallints(books, b => b.Partition), Integers(books, b => b.Account), Integers(books, b => b.CustomerVersion), Count(books.Length));
        }
    }

    private static void AddUpdated(NpgsqlBatch batch, List<(AccountBook Book, Balance Before, Balance After)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort(static (a, b) => Compare(a.Book, a.After, b.Book, b.After));
        Add(batch, LedgerSql.UpdateBalances,
            Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Integers(rows, r => r.After.FeatureKey),
            Moments(rows, r => r.After.Period.Start), Bigints(rows, r => r.Before.Version), Numerics(rows, r => r.After.Used),
            Numerics(rows, r => r.After.Held), Numerics(rows, r => r.After.Drawn), Bigints(rows, r => r.After.Denied),
            Smallints(rows, r => (short)r.After.Fired), Smallints(rows, r => (short)r.After.OpenHolds), Quotas(rows, r => r.After.Quota),
            Count(rows.Count));
    }

    private static void AddOpened(NpgsqlBatch batch, List<(AccountBook Book, Balance After)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort(static (a, b) => Compare(a.Book, a.After, b.Book, b.After));
        Add(batch, LedgerSql.InsertBalances,
            Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Integers(rows, r => r.After.FeatureKey),
            Moments(rows, r => r.After.Period.Start), Moments(rows, r => r.After.Period.End), Numerics(rows, r => r.After.Used),
            Numerics(rows, r => r.After.Held), Numerics(rows, r => r.After.Drawn), Numerics(rows, r => r.After.Carried),
            Bigints(rows, r => r.After.Denied), Smallints(rows, r => (short)r.After.Fired), Smallints(rows, r => (short)r.After.OpenHolds),
            Quotas(rows, r => r.After.Quota), Integers(rows, r => r.Book.CustomerVersion), Count(rows.Count));
    }

    private static int Compare(AccountBook book, Balance row, AccountBook otherBook, Balance other)
    {
        var order = book.Partition.CompareTo(otherBook.Partition);
        order = order != 0 ? order : book.Account.CompareTo(otherBook.Account);
        order = order != 0 ? order : row.FeatureKey.CompareTo(other.FeatureKey);
        return order != 0 ? order : row.Period.Start.CompareTo(other.Period.Start);
    }

    private static void AddBurned(NpgsqlBatch batch, List<(AccountBook Book, Grant Before, Grant After)> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpdateGrants,
                Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Uuids(rows, r => r.After.Id),
                Numerics(rows, r => r.After.Used), Numerics(rows, r => r.After.Forfeited), Numerics(rows, r => r.Before.Used),
                Numerics(rows, r => r.Before.Forfeited), Count(rows.Count));
        }
    }

    private static void AddRolled(NpgsqlBatch batch, List<(AccountBook Book, Grant Grant)> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.InsertGrants,
                Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Integers(rows, r => r.Grant.FeatureKey),
                Uuids(rows, r => r.Grant.Id), Smallints(rows, r => (short)r.Grant.Priority), Numerics(rows, r => r.Grant.Amount),
                Numerics(rows, r => r.Grant.Used), Numerics(rows, r => r.Grant.Forfeited), Moments(rows, r => r.Grant.EffectiveAt),
                Moments(rows, r => r.Grant.ExpiresAt), Moments(rows, r => r.Grant.CreatedAt), Count(rows.Count));
        }
    }

    private static void AddTaken(NpgsqlBatch batch, List<(AccountBook Book, Hold Hold)> rows)
    {
        foreach (var (book, hold) in rows)
        {
            Add(batch, LedgerSql.InsertHold,
                new() { Value = book.Partition, NpgsqlDbType = NpgsqlDbType.Smallint },
                new() { Value = book.Account, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = hold.Id, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = book.ProjectId, NpgsqlDbType = NpgsqlDbType.Integer },
                Integers(hold.Amounts, a => a.FeatureKey), Numerics(hold.Amounts, a => a.Amount),
                Integers(hold.Parts, p => p.FeatureKey), Moments(hold.Parts, p => p.PeriodStart), Numerics(hold.Parts, p => p.Amount),
                Moment(hold.CreatedAt), Moment(hold.ExpiresAt),
                new() { Value = (object?)hold.Reference ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        }
    }

    private static void AddHolds(NpgsqlBatch batch, List<(AccountBook Book, Hold Before, Hold After)> rows, Instant now)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpdateHolds,
                Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Uuids(rows, r => r.After.Id),
                Texts(rows, r => StateName(r.Before.State)), Texts(rows, r => StateName(r.After.State)),
                Moments(rows, r => r.Before.ExpiresAt), Moments(rows, r => r.After.ExpiresAt),
                new() { Value = rows.Select(r => r.After.State == HoldState.Open ? (DateTime?)null : now.ToUtc()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                Count(rows.Count));
        }
    }

    private static string StateName(HoldState state) => state switch
    {
        HoldState.Open => "open",
        HoldState.Settled => "settled",
        HoldState.Released => "released",
        _ => "expired",
    };

    private static void AddRates(NpgsqlBatch batch, List<(AccountBook Book, RateState State)> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpsertRates,
                Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Integers(rows, r => r.State.FeatureKey),
                Smallints(rows, r => (short)r.State.Slot), Integers(rows, r => r.State.Fingerprint), Moments(rows, r => r.State.Moment),
                Numerics(rows, r => r.State.Used));
        }
    }

    private void AddUniques(NpgsqlBatch batch)
    {
        foreach (var group in _uniques.GroupBy(u => u.Seen))
        {
            var rows = group.ToArray();
            Add(batch, group.Key ? LedgerSql.InsertUnique : LedgerSql.DeleteUnique,
                Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Integers(rows, r => r.FeatureKey),
                Moments(rows, r => r.PeriodStart), Uuids(rows, r => r.Value));
        }
    }

    private void AddCrossings(NpgsqlBatch batch)
    {
        if (_crossings.Count > 0)
        {
            Add(batch, LedgerSql.InsertCrossings,
                Smallints(_crossings, c => c.Book.Partition), Integers(_crossings, c => c.Book.Account),
                Integers(_crossings, c => c.Crossing.FeatureKey), Moments(_crossings, c => c.Crossing.PeriodStart),
                Smallints(_crossings, c => (short)c.Crossing.Percent), Numerics(_crossings, c => c.Crossing.Used),
                Numerics(_crossings, c => c.Crossing.Granted), Moments(_crossings, c => c.At));
        }
    }

    private void AddProbes(NpgsqlBatch batch, Instant now)
    {
        var month = EventKey.MonthOf(now);
        var oldest = month.AddMonths(-EventKey.MonthsSearched);
        AddProbe(batch, LedgerSql.ExpectNoEvents, _notInEarlierMonths, Day(month), Day(oldest));
        AddProbe(batch, LedgerSql.ExpectNoEvents, _notUsed, Day(month.AddMonths(2)), Day(oldest));
        AddProbe(batch, LedgerSql.ExpectNoHolds, _notHeld);
    }

    private static void AddProbe(NpgsqlBatch batch, string sql, List<(AccountBook Book, Guid Id)> rows, params ReadOnlySpan<NpgsqlParameter> more)
    {
        if (rows.Count > 0)
        {
            Add(batch, sql, [Smallints(rows, r => r.Book.Partition), Integers(rows, r => r.Book.Account), Uuids(rows, r => r.Id), .. more]);
        }
    }

    private static NpgsqlParameter Day(DateOnly day) => new() { Value = day, NpgsqlDbType = NpgsqlDbType.Date };

    private void AddEvents(NpgsqlBatch batch)
    {
        if (_events.Count > 0)
        {
            Add(batch, LedgerSql.InsertEvents,
                Moments(_events, e => e.OccurredAt), Moments(_events, e => e.PeriodStart), Uuids(_events, e => e.Key.Id),
                Integers(_events, e => e.Book.Account), Integers(_events, e => e.FeatureKey),
                new() { Value = _events.Select(e => e.Key.Month).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                Smallints(_events, e => e.Book.Partition), Numerics(_events, e => e.Quantity), Numerics(_events, e => e.UsedAfter),
                new() { Value = _events.Select(e => e.Data).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Count(int rows) => new() { Value = (long)rows, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter Moment(Instant at) => new() { Value = at.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter Smallints<T>(IReadOnlyList<T> rows, Func<T, short> value) => Column(rows, value, NpgsqlDbType.Smallint);

    private static NpgsqlParameter Integers<T>(IReadOnlyList<T> rows, Func<T, int> value) => Column(rows, value, NpgsqlDbType.Integer);

    private static NpgsqlParameter Bigints<T>(IReadOnlyList<T> rows, Func<T, long> value) => Column(rows, value, NpgsqlDbType.Bigint);

    private static NpgsqlParameter Uuids<T>(IReadOnlyList<T> rows, Func<T, Guid> value) => Column(rows, value, NpgsqlDbType.Uuid);

    private static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string> value) => Column(rows, value, NpgsqlDbType.Text);

    private static NpgsqlParameter Numerics<T>(IReadOnlyList<T> rows, Func<T, Quantity> value) =>
        Column(rows, r => value(r).Value, NpgsqlDbType.Numeric);

    private static NpgsqlParameter Quotas<T>(IReadOnlyList<T> rows, Func<T, Quantity?> value) =>
        Column(rows, r => value(r)?.Value, NpgsqlDbType.Numeric);

    private static NpgsqlParameter Moments<T>(IReadOnlyList<T> rows, Func<T, Instant> value) =>
        Column(rows, r => value(r).ToUtc(), NpgsqlDbType.TimestampTz);

    private static NpgsqlParameter<TColumn[]> Column<T, TColumn>(IReadOnlyList<T> rows, Func<T, TColumn> value, NpgsqlDbType type)
    {
        var column = new TColumn[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        return new() { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
