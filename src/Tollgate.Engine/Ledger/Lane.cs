using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Takes all waiting operations, decides them with the pure rules and commits them in one transaction (group commit without a timer: while
/// one batch commits, the next one gathers).
/// </summary>
/// <remarks>
/// Fast path: (1) take the account states from memory or from one read; (2) decide every operation on them; (3) write in one round trip
/// balances whose version is the one decided on, and events with their unique key, and commit; (4) answer the callers. If a row was stale
/// or an id known, nothing is written, the states are dropped and the exact path decides again under locks. Therefore memory changes cost,
/// never meaning, and any number of servers may do the same.
/// </remarks>
public sealed class Lane
{
    private const int Attempts = 8;

    /// <summary>
    /// The attempts for a part of a batch that failed as a whole: one account may be the cause, and it costs the others time.
    /// </summary>
    private const int LeastAttempts = 3;

    /// <summary>Few enough that both cores share the answers of a batch, many enough that handing them over costs little.</summary>
    private const int AnswersAtOnce = 16;

    /// <summary>The longest wait for the batch in hand when the server ends.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(5);

    private static readonly List<LaneOp> NoOps = [];

    private readonly Database _database;
    private readonly LedgerOptions _options;
    private readonly Clock _clock;
    private readonly LaneMetrics _metrics;
    private readonly ILogger<Lane> _log;
    private readonly MemberMoves _members;
    private readonly UsageKeys? _keys;
    private readonly LaneQueue _queue;
    private readonly AccountCache _shelf;
    private readonly BatchWriter _writer = new();
    private readonly BatchDeciding _deciding;
    private readonly BusyAccounts _busyAccounts;
    private NpgsqlConnection? _connection;
    private RowTypes _types;

    /// <summary>The database's era when the connection was opened.</summary>
    private int _era;

    /// <summary>The share of recent batches that were stale because another server works on the same customers, 0 to 1024.</summary>
    private int _staleRate;

    /// <summary>1 while a thread drains the queue.</summary>
    private int _busy;

    private volatile bool _completed;

    /// <summary>True: the server is about to end, and the database with it.</summary>
    private volatile bool _ended;

    /// <param name="elsewhere">Takes operations that belong to other accounts, in this order.</param>
    /// <param name="keys">Null: no project has encrypted usage.</param>
    public Lane(
        Database database, LedgerOptions options, Clock clock, ServerPresence presence, NewCustomers created, LaneMetrics metrics,
        ILogger<Lane> log, Action<LaneOp[]> elsewhere, UsageKeys? keys = null)
    {
        (_database, _options, _clock, _metrics, _log, _keys) = (database, options, clock, metrics, log, keys);
        _members = new(elsewhere, log);
        _queue = new(options);
        _shelf = new(options.AccountsPerLane, presence, created);
        _deciding = new(_writer);
        _busyAccounts = new(this, _queue, op => LaneAnswers.End(op, log));
    }

    public int Depth => _queue.Depth;

    /// <summary>False: the queue is full, or the server is stopping.</summary>
    public bool TryEnqueue(LaneOp op)
    {
        if (_completed || _queue.IsFull(op))
        {
            return false;
        }

        Enqueue(op);
        return true;
    }

    /// <summary>
    /// Waits for room, so that many large requests wait at their senders and not in memory. One request may exceed the limit by its own
    /// length.
    /// </summary>
    public async ValueTask EnqueueAsync(LaneOp op, CancellationToken cancel)
    {
        await _queue.UntilRoomAsync(op, cancel);
        Enqueue(op);
    }

    /// <summary>Takes an operation that another lane has already accepted, even beyond the limit.</summary>
    internal void Accept(LaneOp op) => Enqueue(op);

    /// <inheritdoc cref="AccountCache.Peek"/>
    internal AccountState? Peek(int project, string customer, int catalogRevision) => _shelf.Peek(project, customer, catalogRevision);

    /// <inheritdoc cref="AccountCache.PeekOfThisEra"/>
    public AccountState? PeekOfThisEra(int project, string customer, int catalogRevision) =>
        _shelf.PeekOfThisEra(project, customer, catalogRevision);

    /// <summary>
    /// A caller that finds the lane idle works for it, so with one caller a decision costs no change of thread. All others only queue.
    /// </summary>
    private void Enqueue(LaneOp op)
    {
        _queue.Add(op);
        if (Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
        {
            // The work for all callers must not run in the caller's context: its log scope, its trace.
            using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
            {
                _ = DrainAsync();
            }
        }
    }

    private async Task DrainAsync()
    {
        var ops = new List<LaneOp>();
        do
        {
            while (_queue.Take(ops))
            {
                if (ThreadPool.PendingWorkItemCount > 0)
                {
                    // The machine is busy. The work ahead consists mostly of requests that will join this batch: larger batches cost less
                    // for each decision, and no request would have been served sooner.
                    await new BackOfTheLine();
                    _queue.Take(ops);
                }

                await ExecuteAsync(ops);
                _queue.Done();
                ops.Clear();
            }

            // A full fence, not a mere write: all threads must see the cleared flag before this one looks at the queue again. Otherwise a
            // caller that queues right now sees a busy lane, the lane sees an empty queue, and no thread works.
            Interlocked.Exchange(ref _busy, 0);
        }
        while (!_queue.IsEmpty && Interlocked.CompareExchange(ref _busy, 1, 0) == 0);
    }

    /// <summary>Accepts nothing more, and returns when all waiting operations have their answer.</summary>
    public async Task CompleteAsync(CancellationToken cancel)
    {
        _completed = true;
        while (!IsIdle || !IsIdle)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancel);
        }

        await DropConnectionAsync();
    }

    /// <summary>
    /// Refuses all waiting operations, and returns when the batch in hand is committed, or after <see cref="LongestEnd"/>: PostgreSQL then
    /// decides whether it was.
    /// </summary>
    public async Task EndAsync()
    {
        _completed = _ended = true;
        for (var since = Stopwatch.GetTimestamp(); !IsIdle || !IsIdle;)
        {
            if (Stopwatch.GetElapsedTime(since) > LongestEnd)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        await DropConnectionAsync();
    }

    /// <summary>
    /// Read twice: a batch between the two reads may have taken the waiting operations and set them aside, where they stay for longer than
    /// a read takes.
    /// </summary>
    private bool IsIdle => Volatile.Read(ref _busy) == 0 && Depth == 0;

    /// <summary>Answers every operation. Its exceptions must not end the lane: no other thread would ever work for it.</summary>
    private async Task ExecuteAsync(List<LaneOp> ops)
    {
        if (_ended)
        {
            _busyAccounts.BeginRefusal();
            Fail(ops, GateFault.Overloaded);
            return;
        }

        try
        {
            await DecideAsync(ops);
            _shelf.Trim();
        }
        catch (Exception bug)
        {
            _log.LogError(bug, "A batch of {Count} failed.", ops.Count);
            await DropConnectionAsync();
            _shelf.Forget(ops);
            Throw(ops, bug);
        }
    }

    private async Task DecideAsync(List<LaneOp> ops)
    {
        var known = _connection;
        try
        {
            await _busyAccounts.BeginAsync(ConnectAsync, ops);
            var again = ops.Count == 0 ? ops : await FastAsync(ops);
            if (again.Count > 0)
            {
                await ExactAsync(again);
            }
        }
        catch (Exception lost) when (IsLost(lost))
        {
            await DropConnectionAsync();
            await AfterLossAsync(
                [.. ops.Where(op => !op.IsClosed && !_busyAccounts.HasLeft(op))], lost,
                mayConnect: known is not null && !LaneFailures.IsTimeout(lost));
        }
    }

    /// <summary>
    /// Handles a connection that broke, when it is unknown whether the batch was committed. The ids decide: on a new connection, under
    /// locks, it replays committed operations and decides the rest. It makes no second attempt if the database is unreachable or slow.
    /// </summary>
    private async Task AfterLossAsync(List<LaneOp> ops, Exception lost, bool mayConnect)
    {
        // Including operations that only drop a state, whose batch came no further than the lost connection.
        _shelf.Forget(ops);
        try
        {
            if (mayConnect && !_ended)
            {
                _log.LogWarning(
                    "A lane lost its connection during a batch of {Count} and decides the batch again on a new connection: "
                        + "{Message}", ops.Count,
                    lost.Message);
                await ExactAsync(ops);
                return;
            }
        }
        catch (Exception again) when (IsLost(again))
        {
            lost = again;
            await DropConnectionAsync();
        }

        // Callers retry with the same id. If the server ends, the database has rejected nothing.
        if (!_ended)
        {
            _log.LogError("The database rejected a batch of {Count}: {Message}", ops.Count, lost.Message);
        }

        Fail(ops, GateFault.StorageUnavailable);
    }

    /// <returns>The operations that the exact path must decide.</returns>
    private async ValueTask<List<LaneOp>> FastAsync(List<LaneOp> ops)
    {
        var started = Stopwatch.GetTimestamp();
        if (_staleRate > 512)
        {
            // Another server works on the same customers: locking first is cheaper than deciding twice.
            _staleRate--;
            return ops;
        }

        var connection = await ConnectAsync();
        List<LaneOp> again;
        try
        {
            await LoadAsync(connection, ops, locked: false);
            await AccountCache.PrepareAsync(connection, ops, null, locked: false);
            again = Decide(ops, known: null);
            await WriteAsync(connection);
        }
        catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            _shelf.Forget(ops);
            await _busyAccounts.PutAsideAsync(connection, ops);
            return ops;
        }
        catch (PostgresException refused) when (LaneFailures.IsStale(refused))
        {
            _metrics.DecidedAgain(refused.SqlState);
            // Only stale rows indicate another server; known ids indicate retries.
            _staleRate += refused.SqlState is BatchWriter.StaleState or PostgresErrorCodes.DeadlockDetected ? (1024 - _staleRate) / 8 : 0;
            _shelf.Forget(ops);
            return ops;
        }
        catch (Exception failed)
        {
            _shelf.Forget(ops);
            if (IsLost(failed))
            {
                throw;
            }

            // One of them causes the failure; the exact path finds it.
            _log.LogWarning(failed, "A batch of {Count} failed and is decided again.", ops.Count);
            return ops;
        }

        _staleRate -= _staleRate / 16;
        Committed(again.Count == 0 ? ops : [.. ops.Except(again)], started);
        return again;
    }

    /// <summary>
    /// Decides under locks: (1) lock the accounts and their open balances, always in the same order; (2) read the stored facts about the
    /// ids of the batch; (3) decide; (4) write; (5) commit. If another transaction opened a row in between, it starts again.
    /// </summary>
    private async Task ExactAsync(List<LaneOp> ops, int attempts = Attempts)
    {
        if (VoidOp.FirstAfterOthers(ops) is var later and > 0)
        {
            await ExactAsync(ops[..later], attempts);
            await ExactAsync(ops[later..], attempts);
            return;
        }

        var waitsLonger = false;
        for (var attempt = 1; ops.Count > 0; attempt++)
        {
            var started = Stopwatch.GetTimestamp();
            var connection = await ConnectAsync();
            try
            {
                await DecideLockedAsync(connection, ops, waitsLonger);
                Committed(ops, started);
                return;
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                _shelf.Forget(ops);
                if (waitsLonger)
                {
                    Throw(ops, new CustomerBusyException("PostgreSQL did not give the lane a lock in time."));
                    return;
                }

                waitsLonger = !await _busyAccounts.PutAsideAsync(connection, ops);
            }
            catch (PostgresException refused) when (LaneFailures.IsStale(refused) && attempt < attempts)
            {
                _metrics.DecidedAgain(refused.SqlState);
                _shelf.Forget(ops);
            }
            catch (Exception refused) when (!IsLost(refused))
            {
                _shelf.Forget(ops);
                await ByHalvesAsync(ops, refused, Math.Max(LeastAttempts, attempts / 2));
                return;
            }
            catch
            {
                _shelf.Forget(ops);
                throw;
            }
        }
    }

    private async Task DecideLockedAsync(NpgsqlConnection connection, List<LaneOp> ops, bool waitsLonger)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (waitsLonger)
        {
            await connection.ExecuteAsync(LedgerSql.WaitLonger, CancellationToken.None);
        }

        _shelf.Forget(ops);
        await LoadAsync(connection, ops, locked: true);
        var known = await AccountCache.LoadFactsAsync(connection, ops, _clock.Now(), _keys);
        await AccountCache.PrepareAsync(connection, ops, known, locked: true);
        Decide(ops, known);
        await WriteAsync(connection);
        await transaction.CommitAsync();
    }

    /// <summary>
    /// Halves the batch to find the operation that causes the failure, which fails alone. The batch costs a dozen transactions and not
    /// thousands.
    /// </summary>
    private async Task ByHalvesAsync(List<LaneOp> ops, Exception refused, int attempts)
    {
        if (ops.Count <= 1)
        {
            _log.LogError(refused, "One operation failed.");
            Throw(ops, refused);
            return;
        }

        var half = ops.Count / 2;
        await ExactAsync(ops[..half], attempts);
        await ExactAsync(ops[half..], attempts);
    }

    /// <summary>
    /// Gives every operation its account state. Operations of unreadable accounts end here, and those of other accounts go to their lanes.
    /// </summary>
    private async ValueTask LoadAsync(NpgsqlConnection connection, List<LaneOp> ops, bool locked)
    {
        await _shelf.LoadAsync(connection, ops, locked);
        if (ops.FindAll(static op => op.Failure is not null) is { Count: > 0 } unreadable)
        {
            foreach (var op in unreadable)
            {
                op.IsClosed = true;
                if (op.FailedBefore)
                {
                    continue;
                }

                _log.LogError(op.Failure, "The account of {Customer} in {Project} cannot be read.", op.Customer, op.Project.Code);
            }

            ops.RemoveAll(static op => op.IsClosed);
            ThreadPool.UnsafeQueueUserWorkItem(new LaneAnswers(unreadable, _log), preferLocal: false);
        }

        await _members.MoveAsync(connection, ops);
        if (_keys is not null)
        {
            await _keys.GiveAsync(connection, ops);
        }
    }

    /// <returns>The operations that need facts which only the exact path reads.</returns>
    private List<LaneOp> Decide(List<LaneOp> ops, StoredFacts? known)
    {
        _writer.Begin();
        _deciding.Begin(known, _clock.Now());
        List<LaneOp>? again = null;
        foreach (var op in ops)
        {
            if ((op.NeedsExact && known is null) || !DecideOne(op))
            {
                (again ??= []).Add(op);
            }
        }

        return again ?? NoOps;
    }

    private bool DecideOne(LaneOp op)
    {
        if (op.Account is { } account && op is not ForgetOp)
        {
            return _deciding.Decide(op, account);
        }

        // No such customer: its holds and events cannot exist either, and a read has no answer. An operation that would create it exceeds
        // the limit, or the customer is erased.
        op.Answer = op switch
        {
            HoldOp => GateAnswer.Of(GateFault.HoldUnknown),
            VoidOp => GateAnswer.Of(GateFault.EventUnknown),
            { TriedToCreate: true } => GateAnswer.Of(GateFault.CustomerErased),
            { CreatesCustomer: true } => GateAnswer.Of(GateFault.CustomersLimited),
            _ => GateAnswer.Nothing,
        };
        return true;
    }

    private async ValueTask WriteAsync(NpgsqlConnection connection)
    {
        if (_writer.Build(connection, _types, _clock.Now()) is { } batch)
        {
            await using (batch)
            {
                await batch.ExecuteNonQueryAsync();
                _writer.AssertWritten();
            }
        }
    }

    private bool IsLost(Exception failed) => LaneFailures.IsLost(failed, _connection);

    /// <summary>Updates memory after the commit, and answers the callers.</summary>
    private void Committed(List<LaneOp> ops, long started)
    {
        _writer.Accept();
        if (ops.Count == 0)
        {
            return;
        }

        foreach (var op in ops)
        {
            op.IsClosed = true;
        }

        _metrics.Committed(ops, Stopwatch.GetElapsedTime(started));
        if (ops.Count == 1 && _queue.IsEmpty)
        {
            // Nothing else to do, so answer from here.
            LaneAnswers.End(ops[0], _log);
            return;
        }

        for (var from = 0; from < ops.Count; from += AnswersAtOnce)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                new LaneAnswers(ops.GetRange(from, Math.Min(AnswersAtOnce, ops.Count - from)), _log), preferLocal: false);
        }
    }

    private void Fail(List<LaneOp> ops, GateFault fault) => Close(ops, op => op.Answer = GateAnswer.Of(fault));

    private void Throw(List<LaneOp> ops, Exception bug) => Close(ops, op => op.Failure = bug);

    /// <summary>
    /// Answers the rest of a failed batch: operations of a committed part keep their answers. Operations set aside for a busy customer get
    /// theirs later.
    /// </summary>
    private void Close(List<LaneOp> ops, Action<LaneOp> answer)
    {
        foreach (var op in ops.Where(op => !op.IsClosed && !_busyAccounts.HasLeft(op)))
        {
            op.IsClosed = true;
            answer(op);
            LaneAnswers.End(op, _log);
        }
    }

    private async ValueTask<NpgsqlConnection> ConnectAsync()
    {
        var era = _database.Era;
        if (_connection is { State: System.Data.ConnectionState.Open } open && _era == era)
        {
            return open;
        }

        await DropConnectionAsync();
        _era = era;
        var connection = await _database.OpenDedicatedAsync(CancellationToken.None);
        _connection = connection;
        await using var prepare = new NpgsqlCommand(LedgerSql.PrepareConnection, connection);
        await prepare.ExecuteNonQueryAsync();
        _types = await RowTypes.ReadAsync(connection);
        return connection;
    }

    private async Task DropConnectionAsync()
    {
        if (_connection is { } dead)
        {
            _connection = null;
            await dead.DisposeAsync();
        }
    }
}
