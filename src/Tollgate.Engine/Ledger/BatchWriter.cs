using System.Globalization;
using System.Numerics;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using static Tollgate.Engine.Ledger.RowColumns;

namespace Tollgate.Engine.Ledger;

/// <summary>An event that a decision writes.</summary>
/// <param name="IsCall">
/// True if its data contains the cost of a model call (<see cref="EventData.ComputedJson"/>), which the cost rollups add.
/// </param>
internal readonly record struct NewEvent(
    AccountState Account, EventKey Key, int FeatureKey, Quantity Quantity, Instant OccurredAt, Instant PeriodStart, Quantity UsedAfter,
    string Data,
    bool IsCall);

/// <summary>A call that the cost rollups must add (<paramref name="Sign"/> 1), or subtract (-1) because it was voided.</summary>
internal readonly record struct QueuedCall(AccountState Account, Guid Id, DateOnly Month, short Sign);

/// <summary>A value that a unique meter saw first, or (after a void) no longer sees.</summary>
internal readonly record struct UniqueChange(AccountState Account, int FeatureKey, Instant PeriodStart, Guid Value, bool Seen);

/// <summary>
/// All changes of a batch, written in one round trip: each statement checks that it finds the rows on which the batch was decided, and the
/// first that does not rolls all of them back.
/// </summary>
internal sealed class BatchWriter
{
    /// <summary>SQLSTATE of a stale row: decide again on fresh states.</summary>
    public const string StaleState = "TG001";

    /// <summary>SQLSTATE of an existing event or hold id: look it up and replay its answer.</summary>
    public const string DuplicateState = "TG002";

    /// <summary>
    /// The time since the end of a quota period after which a change of its balance is noted: longer than the difference of servers' clocks
    /// and a batch. Before that, every invoice reads the period anyway.
    /// </summary>
    private static readonly TimeSpan Late = TimeSpan.FromDays(1);

    private readonly Dictionary<AccountState, Instant> _accounts = [];
    private readonly List<NewEvent> _events = [];
    private readonly List<(AccountState Account, ThresholdCrossing Crossing, Instant At)> _crossings = [];
    private readonly List<UniqueChange> _uniques = [];
    private readonly List<ReportChange> _reports = [];
    private readonly List<QueuedCall> _calls = [];
    private readonly HashSet<AccountState> _expected = [];
    private readonly List<(AccountState Account, Guid Id)> _notInEarlierMonths = [];
    private readonly List<(AccountState Account, Guid Id)> _notUsed = [];
    private readonly List<(AccountState Account, Guid Id)> _notHeld = [];
    private readonly List<(DirtyRow<Balance> Row, Instant At)> _late = [];
    private readonly List<GrantsSeen> _seen = [];
    private readonly DirtyRows _rows = new();
    private readonly RowArray _changes = new("balance_change[]", columns: 12);
    private readonly RowArray _newEvents = new("new_event[]", columns: 10);
    private readonly List<(NpgsqlBatchCommand Command, int Rows)> _counted = [];

    public SignalRows Signals { get; } = new();

    /// <summary>Prepares for the first decision of a batch.</summary>
    public void Begin()
    {
        _accounts.Clear();
        _events.Clear();
        _crossings.Clear();
        _uniques.Clear();
        _reports.Clear();
        _calls.Clear();
        Signals.Clear();
        _expected.Clear();
        _notInEarlierMonths.Clear();
        _notUsed.Clear();
        _notHeld.Clear();
    }

    /// <param name="now">The project's time.</param>
    public void Touch(AccountState account, Instant now) => _accounts[account] = now;

    /// <summary>The verdict depends on the plan alone: check that the customer's version is the one it was made on.</summary>
    public void Expect(AccountState account) => _expected.Add(account);

    public void Add(in NewEvent added, bool idGiven)
    {
        _events.Add(added);
        if (idGiven && !added.Key.HasTime)
        {
            _notInEarlierMonths.Add((added.Account, added.Key.Id));
        }

        if (added.IsCall)
        {
            _calls.Add(new(added.Account, added.Key.Id, added.Key.Month, 1));
        }
    }

    /// <summary>Subtracts an earlier call.</summary>
    public void TakeBackCall(AccountState account, StoredEvent call) => _calls.Add(new(account, call.Id, call.Month, -1));

    /// <summary>Checks that the id is unused: the use under it is refused, unless the id turns out to have been used.</summary>
    public void ExpectNotUsed(AccountState account, Guid id) => _notUsed.Add((account, id));

    public void ExpectNotHeld(AccountState account, Guid id) => _notHeld.Add((account, id));

    public void Add(AccountState account, ThresholdCrossing crossing, Instant at) => _crossings.Add((account, crossing, at));

    public void Add(in UniqueChange change) => _uniques.Add(change);

    public void Add(in ReportChange change) => _reports.Add(change);

    /// <summary>
    /// Builds the statements of the batch; null if there is nothing to write. <paramref name="now"/> is real time: it determines the
    /// earlier months.
    /// </summary>
    public NpgsqlBatch? Build(NpgsqlConnection connection, RowTypes types, Instant now)
    {
        _counted.Clear();
        _rows.Collect(_accounts.Keys);
        RenewRunning();
        FindOver();
        var batch = new NpgsqlBatch(connection);
        if (IsOneUse())
        {
            AddOne(batch, _rows.Updated[0], _events[0]);
            return batch;
        }

        AddExpected(batch);
        AddSeen(batch);
        AddOpened(batch, _rows.Opened);
        AddUpdated(batch, _rows.Updated, types.BalanceChange);
        AddLate(batch);
        AddBurned(batch, _rows.Burned);
        AddRolled(batch, _rows.Rolled);
        AddTaken(batch, _rows.Taken, now);
        AddHolds(batch, _rows.Holds, now);
        AddRates(batch, _rows.Rates);
        AddUniques(batch);
        AddReports(batch);
        AddCrossings(batch);
        AddProbes(batch, now);
        AddEvents(batch, types.NewEvent);
        AddCalls(batch);
        Signals.AddTo(batch);
        return batch.BatchCommands.Count == 0 ? null : batch;
    }

    /// <summary>True for one event on one balance, and nothing else.</summary>
    private bool IsOneUse() => _events.Count == 1 && _rows is { Count: 1, Updated: [var row] } && !MovesEdges(row)
        && _events[0].FeatureKey == _rows.Updated[0].After.FeatureKey && _events[0].PeriodStart == _rows.Updated[0].After.Period.Start
        && _late.Count + _seen.Count + _crossings.Count + _uniques.Count + _reports.Count + _expected.Count + _notInEarlierMonths.Count
        + _notUsed.Count
        + _notHeld.Count + _calls.Count + Signals.Count == 0;

    private void AddOne(NpgsqlBatch batch, DirtyRow<Balance> row, NewEvent added)
    {
        var (account, before, after) = row;
        Count(1, Add(batch, LedgerSql.WriteOne(added.Key.Month),
            One(account.Partition, NpgsqlDbType.Smallint), One(account.Key, NpgsqlDbType.Integer),
            One(after.FeatureKey, NpgsqlDbType.Integer),
            Moment(after.Period.Start), One(before!.Version, NpgsqlDbType.Bigint), One(after.Used.Value, NpgsqlDbType.Numeric),
            One(after.Held.Value, NpgsqlDbType.Numeric), One(after.Drawn.Value, NpgsqlDbType.Numeric),
            One(after.Denied, NpgsqlDbType.Bigint),
            One((short)after.Fired, NpgsqlDbType.Smallint), One((short)after.OpenHolds, NpgsqlDbType.Smallint),
            One(after.Quota?.Value, NpgsqlDbType.Numeric), Moment(added.OccurredAt), One(added.Key.Id, NpgsqlDbType.Uuid),
            Day(added.Key.Month), One(added.Quantity.Value, NpgsqlDbType.Numeric), One(added.UsedAfter.Value, NpgsqlDbType.Numeric),
            One(added.Data, NpgsqlDbType.Jsonb)));
    }

    private static NpgsqlParameter<T> One<T>(T value, NpgsqlDbType type) => new() { TypedValue = value, NpgsqlDbType = type };

    /// <summary>
    /// Checks the row counts. A changed version raises an error inside the statement, and rows are never deleted: fewer rows than were sent
    /// means that somebody tampered with the database. A loud stop is better than a count that is not on disk.
    /// </summary>
    public void AssertWritten()
    {
        foreach (var (command, rows) in _counted)
        {
            Invariant.That(
                command.RecordsAffected == rows, $"{rows} rows were sent and {command.RecordsAffected} written: {command.CommandText}");
        }
    }

    private void Count(int rows, NpgsqlBatchCommand command) => _counted.Add((command, rows));

    /// <summary>Accepts the changes after the commit: the states now equal the database.</summary>
    public void Accept()
    {
        foreach (var account in _accounts.Keys)
        {
            account.Accept();
        }
    }

    private void AddExpected(NpgsqlBatch batch)
    {
        if (_expected.Count > 0)
        {
            var accounts = _expected.ToArray();
            Add(batch, LedgerSql.ExpectCustomers,
                Smallints(accounts, b => b.Partition), Integers(accounts, b => b.Key), Integers(accounts, b => b.CustomerVersion),
                Count(accounts.Length));
        }
    }

    private void AddUpdated(NpgsqlBatch batch, List<DirtyRow<Balance>> rows, uint type)
    {
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort(ByKey);
        _changes.Begin(type);
        foreach (var (account, before, after) in rows)
        {
            _changes.BeginRow();
            _changes.Moment(after.Period.Start);
            _changes.Bigint(before!.Version);
            _changes.Bigint(after.Denied);
            _changes.Integer(account.Key);
            _changes.Integer(after.FeatureKey);
            _changes.Smallint(account.Partition);
            _changes.Smallint((short)after.Fired);
            _changes.Smallint((short)after.OpenHolds);
            _changes.Quantity(after.Used);
            _changes.Quantity(after.Held);
            _changes.Quantity(after.Drawn);
            _changes.Quantity(after.Quota);
            _changes.EndRow();
        }

        Count(rows.Count, Add(batch, LedgerSql.UpdateBalances, _changes.ToParameter()));
        AddEdges(batch, rows);
    }

    private static bool MovesEdges(in DirtyRow<Balance> row) =>
        row.After.Carried != row.Before!.Carried || row.After.Period != row.Before.Period
            || !ReferenceEquals(row.After.Reports, row.Before.Reports) || !ReferenceEquals(row.After.Timed, row.Before.Timed);

    private static void AddEdges(NpgsqlBatch batch, List<DirtyRow<Balance>> rows)
    {
        List<DirtyRow<Balance>>? edges = null;
        foreach (var row in rows)
        {
            if (MovesEdges(row))
            {
                (edges ??= []).Add(row);
            }
        }

        if (edges is not null)
        {
            Add(batch, LedgerSql.UpdateEdges,
                Smallints(edges, r => r.Account.Partition), Integers(edges, r => r.Account.Key), Integers(edges, r => r.After.FeatureKey),
                Moments(edges, r => r.After.Period.Start), Moments(edges, r => r.After.Period.End), Numerics(edges, r => r.After.Carried),
                ReportedAt(edges), Reports(edges), Levels(edges), Integrals(edges), Wholes(edges));
        }
    }

    /// <summary>
    /// Renews the row of the current period for grants that an ended period burned, returned or rolled over. Another server may be deciding
    /// on these grants in the current period right now without changing them (a reservation, a refusal); the renewed row makes its decision
    /// stale.
    /// </summary>
    private void RenewRunning()
    {
        var renewed = false;
        foreach (var rows in (ReadOnlySpan<List<DirtyRow<Grant>>>)[_rows.Burned, _rows.Rolled])
        {
            foreach (var (account, _, grant) in rows)
            {
                if (account.FindFeature(grant.FeatureKey) is { } feature && feature.PeriodAt(_accounts[account]) is var running
                    && (!feature.RollsOver || feature.IsOpened(running)))
                {
                    renewed |= account.Renew(feature.BalanceIn(running));
                }
            }
        }

        if (renewed)
        {
            _rows.Collect(_accounts.Keys);
        }
    }

    private void FindOver()
    {
        _late.Clear();
        _seen.Clear();
        foreach (var rows in (ReadOnlySpan<List<DirtyRow<Balance>>>)[_rows.Opened, _rows.Updated])
        {
            foreach (var row in rows)
            {
                var now = _accounts[row.Account];
                if (row.Before is null || row.After.Period.End <= now)
                {
                    AddSeen(row);
                }

                if (row.After.Period.End <= now.Minus(Late)
                    && (OfPlan(row.After) != OfPlan(row.Before) || row.After.Reports != row.Before?.Reports))
                {
                    _late.Add((row, now));
                }
            }
        }
    }

    /// <summary>
    /// Adds a check of the grants behind a new row or a row of an ended period. A change of these grants on another server has renewed no
    /// row of this period, so the grants themselves are compared: those that this state has, in the part of the period for which it has
    /// all.
    /// </summary>
    private void AddSeen(in DirtyRow<Balance> row)
    {
        var (account, period) = (row.Account, row.After.Period);
        if (account.FindFeature(row.After.FeatureKey) is { } feature && (feature.Grants.Count > 0 || feature.RollsOver))
        {
            var since = period.Start > account.GrantsSince ? period.Start : account.GrantsSince;
            var stored = feature.Grants.Select(static slot => slot.Stored).OfType<Grant>()
                .Where(grant => grant.ExpiresAt > since && grant.EffectiveAt < period.End);
            _seen.Add(GrantsSeen.Of(account, row.After.FeatureKey, since, period.End, stored));
            _expected.Add(account); // Terms that began since may have trimmed them, or will at the next operation.
        }
    }

    /// <summary>Returns the units taken from the plan's quota, which invoices read.</summary>
    private static Quantity OfPlan(Balance? balance) => balance is null ? Quantity.Zero : balance.Used - balance.Drawn;

    private void AddSeen(NpgsqlBatch batch)
    {
        if (_seen.Count > 0)
        {
            Add(batch, LedgerSql.ExpectGrants,
                Smallints(_seen, s => s.Account.Partition), Integers(_seen, s => s.Account.Key), Integers(_seen, s => s.FeatureKey),
                Moments(_seen, s => s.Since),
                Moments(_seen, s => s.Until), BigIntegers(_seen, s => s.Amount), BigIntegers(_seen, s => s.Used),
                BigIntegers(_seen, s => s.Forfeited),
                Count(_seen.Count));
        }
    }

    private void AddLate(NpgsqlBatch batch)
    {
        if (_late.Count > 0)
        {
            _late.Sort(static (a, b) => ByKey(a.Row, b.Row));
            Add(batch, LedgerSql.NoteLateChanges,
                Smallints(_late, l => l.Row.Account.Partition), Integers(_late, l => l.Row.Account.Key),
                Integers(_late, l => l.Row.After.FeatureKey),
                Moments(_late, l => l.Row.After.Period.Start), Moments(_late, l => l.At));
        }
    }

    private static void AddOpened(NpgsqlBatch batch, List<DirtyRow<Balance>> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort(ByKey);
        Add(batch, LedgerSql.InsertBalances,
            Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Integers(rows, r => r.After.FeatureKey),
            Moments(rows, r => r.After.Period.Start), Moments(rows, r => r.After.Period.End), Numerics(rows, r => r.After.Used),
            Numerics(rows, r => r.After.Held), Numerics(rows, r => r.After.Drawn), Numerics(rows, r => r.After.Carried),
            Bigints(rows, r => r.After.Denied), Smallints(rows, r => (short)r.After.Fired), Smallints(rows, r => (short)r.After.OpenHolds),
            OptionalNumerics(rows, r => r.After.Quota), Integers(rows, r => r.Account.CustomerVersion), Count(rows.Count), ReportedAt(rows),
            Reports(rows), Levels(rows), Integrals(rows), Wholes(rows));
    }

    /// <summary>All servers lock rows in this order.</summary>
    private static readonly Comparison<DirtyRow<Balance>> ByKey = static (a, b) =>
    {
        var order = ByAccount(a.Account, b.Account);
        order = order != 0 ? order : a.After.FeatureKey.CompareTo(b.After.FeatureKey);
        return order != 0 ? order : a.After.Period.Start.CompareTo(b.After.Period.Start);
    };

    private static int ByAccount(AccountState a, AccountState b) =>
        a.Partition != b.Partition ? a.Partition.CompareTo(b.Partition) : a.Key.CompareTo(b.Key);

    private static void AddBurned(NpgsqlBatch batch, List<DirtyRow<Grant>> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpdateGrants,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Uuids(rows, r => r.After.Id),
                Numerics(rows, r => r.After.Amount), Numerics(rows, r => r.After.Used), Numerics(rows, r => r.After.Forfeited),
                Numerics(rows, r => r.Before!.Amount), Numerics(rows, r => r.Before!.Used), Numerics(rows, r => r.Before!.Forfeited),
                Count(rows.Count));
        }
    }

    private static void AddRolled(NpgsqlBatch batch, List<DirtyRow<Grant>> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.InsertGrants,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Integers(rows, r => r.After.FeatureKey),
                Uuids(rows, r => r.After.Id), Smallints(rows, r => (short)r.After.Priority), Numerics(rows, r => r.After.Amount),
                Numerics(rows, r => r.After.Used), Numerics(rows, r => r.After.Forfeited), Moments(rows, r => r.After.EffectiveAt),
                Moments(rows, r => r.After.ExpiresAt), Moments(rows, r => r.After.CreatedAt), Count(rows.Count));
        }
    }

    private void AddTaken(NpgsqlBatch batch, List<DirtyRow<Hold>> rows, Instant now)
    {
        if (rows.Count > 0)
        {
            var members = rows.Exists(static r => r.After.Member is not null);
            var command = Add(batch, members ? LedgerSql.InsertHoldsOfMembers : LedgerSql.InsertHolds,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Uuids(rows, r => r.After.Id),
                Integers(rows, r => r.Account.ProjectId), Texts(rows, r => StateName(r.After.State)),
                Texts(rows, r => Literal(r.After.Amounts, a => a.FeatureKey)),
                Texts(rows, r => Literal(r.After.Amounts, a => a.Amount.Value)),
                Texts(rows, r => Literal(r.After.Parts, p => p.FeatureKey)), Texts(rows, r => Literal(r.After.Parts, p => p.PeriodStart)),
                Texts(rows, r => Literal(r.After.Parts, p => p.Amount.Value)),
                Moments(rows, r => r.After.CreatedAt), Moments(rows, r => r.After.ExpiresAt), Texts(rows, r => r.After.Reference),
                ClosedAt(rows, now));
            if (members)
            {
                command.Parameters.Add(Texts(rows, r => r.After.Member));
            }

            Count(rows.Count, command);
        }
    }

    /// <summary>Writes an array in PostgreSQL's text form. Numbers and instants contain nothing that needs quotes.</summary>
    private static string Literal<T, TValue>(IReadOnlyList<T> parts, Func<T, TValue> value) =>
        "{" + string.Join(',', parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{value(part)}"))) + "}";

    private static void AddHolds(NpgsqlBatch batch, List<DirtyRow<Hold>> rows, Instant now)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpdateHolds,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Uuids(rows, r => r.After.Id),
                Texts(rows, r => StateName(r.Before!.State)), Texts(rows, r => StateName(r.After.State)),
                Moments(rows, r => r.Before!.ExpiresAt), Moments(rows, r => r.After.ExpiresAt), ClosedAt(rows, now), Count(rows.Count));
        }
    }

    private static NpgsqlParameter ClosedAt(IReadOnlyList<DirtyRow<Hold>> rows, Instant now) =>
        Column(rows, r => r.After.State == HoldState.Open ? (DateTime?)null : now.ToUtc(), NpgsqlDbType.TimestampTz);

    private static string StateName(HoldState state) => state switch
    {
        HoldState.Open => "open",
        HoldState.Settled => "settled",
        HoldState.Released => "released",
        _ => "expired",
    };

    private static void AddRates(NpgsqlBatch batch, List<DirtyRow<RateState>> rows)
    {
        if (rows.Count > 0)
        {
            Add(batch, LedgerSql.UpsertRates,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Integers(rows, r => r.After.FeatureKey),
                Smallints(rows, r => (short)r.After.Slot), Integers(rows, r => r.After.Fingerprint), Moments(rows, r => r.After.Moment),
                Numerics(rows, r => r.After.Used));
        }
    }

    private void AddUniques(NpgsqlBatch batch)
    {
        foreach (var group in _uniques.GroupBy(u => u.Seen))
        {
            var rows = group.ToArray();
            Add(batch, group.Key ? LedgerSql.InsertUnique : LedgerSql.DeleteUnique,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Integers(rows, r => r.FeatureKey),
                Moments(rows, r => r.PeriodStart), Uuids(rows, r => r.Value));
        }
    }

    /// <summary>Deletes first: a later report of the batch may take the number of a voided one.</summary>
    private void AddReports(NpgsqlBatch batch)
    {
        foreach (var group in _reports.GroupBy(static change => change.IsMade).OrderBy(static group => group.Key))
        {
            var rows = group.ToArray();
            Count(rows.Length, Add(batch, group.Key ? TimedSql.InsertReports : TimedSql.DeleteReports,
                Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Integers(rows, r => r.FeatureKey),
                Moments(rows, r => r.Report.At), Integers(rows, r => r.Report.Number), Numerics(rows, r => r.Report.Level)));
        }
    }

    private void AddCrossings(NpgsqlBatch batch)
    {
        if (_crossings.Count > 0)
        {
            Add(batch, LedgerSql.InsertCrossings,
                Smallints(_crossings, c => c.Account.Partition), Integers(_crossings, c => c.Account.Key),
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

    private static void AddProbe(
        NpgsqlBatch batch, string sql, List<(AccountState Account, Guid Id)> rows, params ReadOnlySpan<NpgsqlParameter> more)
    {
        if (rows.Count > 0)
        {
            Add(batch, sql,
                [Smallints(rows, r => r.Account.Partition), Integers(rows, r => r.Account.Key), Uuids(rows, r => r.Id), .. more]);
        }
    }

    private static NpgsqlParameter Day(DateOnly day) => new() { Value = day, NpgsqlDbType = NpgsqlDbType.Date };

    private void AddEvents(NpgsqlBatch batch, uint type)
    {
        if (_events.Count == 0)
        {
            return;
        }

        // In the order of the unique key, whose pages are then more often in the cache.
        _events.Sort(static (a, b) => ByAccount(a.Account, b.Account));
        _newEvents.Begin(type);
        DateOnly? month = _events[0].Key.Month;
        foreach (var added in _events)
        {
            _newEvents.BeginRow();
            _newEvents.Moment(added.OccurredAt);
            _newEvents.Moment(added.PeriodStart);
            _newEvents.Uuid(added.Key.Id);
            _newEvents.Integer(added.Account.Key);
            _newEvents.Integer(added.FeatureKey);
            _newEvents.Date(added.Key.Month);
            _newEvents.Smallint(added.Account.Partition);
            _newEvents.Quantity(added.Quantity);
            _newEvents.Quantity(added.UsedAfter);
            _newEvents.Json(added.Data);
            _newEvents.EndRow();
            month = month == added.Key.Month ? month : null;
        }

        Count(_events.Count, Add(batch, LedgerSql.InsertEvents(month), _newEvents.ToParameter()));
    }

    private void AddCalls(NpgsqlBatch batch)
    {
        if (_calls.Count > 0)
        {
            Count(_calls.Count, Add(batch, LedgerSql.QueueCalls,
                Uuids(_calls, c => c.Id), Integers(_calls, c => c.Account.Key), Column(_calls, c => c.Month, NpgsqlDbType.Date),
                Smallints(_calls, c => c.Account.Partition), Smallints(_calls, c => c.Sign)));
        }
    }

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
        return command;
    }

    private static NpgsqlParameter Count(int rows) => new() { Value = (long)rows, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter Moment(Instant at) => new() { Value = at.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter ReportedAt(List<DirtyRow<Balance>> rows) =>
        Column(rows, r => (r.After.Timed is { } timed ? timed.ReportedAt : r.After.Reports?.At)?.ToUtc(), NpgsqlDbType.TimestampTz);

    private static NpgsqlParameter Reports(List<DirtyRow<Balance>> rows) => Column(rows, r => r.After.Reports?.Count, NpgsqlDbType.Integer);

    private static NpgsqlParameter Levels(List<DirtyRow<Balance>> rows) =>
        Column(rows, r => r.After.Timed?.Level.Value, NpgsqlDbType.Numeric);

    private static NpgsqlParameter Integrals(List<DirtyRow<Balance>> rows) =>
        Column(rows, r => r.After.Timed?.Integral, NpgsqlDbType.Numeric);

    private static NpgsqlParameter Wholes(List<DirtyRow<Balance>> rows) => Column(rows, r => r.After.Timed?.Whole, NpgsqlDbType.Bigint);
}
