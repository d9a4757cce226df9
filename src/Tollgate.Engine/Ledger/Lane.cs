using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Ledger;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// One loop that takes everything waiting, decides it with the pure rules and commits it in one transaction (group
/// commit without a timer: while one batch commits, the next one gathers).
/// </summary>
/// <remarks>
/// Fast path: (1) the books come from memory or from one read; (2) every operation is decided on them; (3) one round trip
/// writes balances "where version = the one decided on", events with their unique key, and commits; (4) callers are
/// answered. When a row was stale or an id known, nothing was written, the books are thrown away and the exact path
/// decides again under locks. Memory therefore changes cost, never meaning, and any number of servers may do the same.
/// </remarks>
public sealed class Lane(Database database, LedgerOptions options, Func<Instant> realNow, LaneMetrics metrics, ILogger<Lane> log)
    : IAsyncDisposable
{
    private const int Attempts = 8;

    /// <summary>A full lane drains some thousand operations in this time.</summary>
    private const int RoomPollMilliseconds = 5;

    private readonly Channel<LaneOp> _queue = Channel.CreateBounded<LaneOp>(
        new BoundedChannelOptions(options.QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ConcurrentDictionary<(int Project, string Customer), AccountBook> _books = new();
    private NpgsqlConnection? _connection;

    /// <summary>Share of recent batches that were stale because another server works on the same customers, 0 to 1024.</summary>
    private int _staleRate;

    private int _waiting;

    public int Depth => Volatile.Read(ref _waiting);

    /// <summary>False: the queue is full.</summary>
    public bool TryEnqueue(LaneOp op)
    {
        if (Depth >= options.QueueLength || !_queue.Writer.TryWrite(op))
        {
            return false;
        }

        Interlocked.Increment(ref _waiting);
        return true;
    }

    /// <summary>
    /// Waits until there is room. The bound counts operations, not requests, so that many large requests at once are kept
    /// waiting at their senders and not in memory.
    /// </summary>
    public async ValueTask EnqueueAsync(LaneOp op, CancellationToken cancel)
    {
        while (Depth >= options.QueueLength)
        {
            await Task.Delay(RoomPollMilliseconds, cancel);
        }

        await _queue.Writer.WriteAsync(op, cancel);
        Interlocked.Add(ref _waiting, CountOf(op));
    }

    private static int CountOf(LaneOp op) => op is BulkOp bulk ? bulk.Items.Count : 1;

    /// <summary>The account's book as memory has it, for readers that may trust memory; null when it is not there.</summary>
    public AccountBook? Peek(int project, string customer, int catalogRevision) =>
        _books.TryGetValue((project, customer), out var book) && book.CatalogRevision == catalogRevision ? book : null;

    /// <summary>Runs until the queue is completed and drained.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var ops = new List<LaneOp>();
        while (await _queue.Reader.WaitToReadAsync(cancel))
        {
            while (ops.Count < options.MaxBatch && _queue.Reader.TryRead(out var op))
            {
                Interlocked.Add(ref _waiting, -CountOf(op));
                if (op is BulkOp bulk)
                {
                    ops.AddRange(bulk.Items);
                }
                else
                {
                    ops.Add(op);
                }
            }

            await ExecuteAsync(ops);
            ops.Clear();
            TrimBooks();
        }
    }

    /// <summary>No more operations; <see cref="RunAsync"/> ends once those that wait are done.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    private async Task ExecuteAsync(List<LaneOp> ops)
    {
        try
        {
            var again = await FastAsync(ops);
            if (again.Count > 0)
            {
                await ExactAsync(again);
            }
        }
        catch (Exception lost) when (IsLost(lost))
        {
            // Not known whether the last batch was committed: callers ask again with the same id.
            log.LogError("The database did not take a batch of {Count}: {Message}", ops.Count, lost.Message);
            await DropConnectionAsync();
            Fail(ops, GateFault.StorageUnavailable);
        }
        catch (Exception bug)
        {
            log.LogError(bug, "A batch of {Count} failed.", ops.Count);
            await DropConnectionAsync();
            Throw(ops, bug);
        }
    }

    /// <returns>What must be decided on the exact path.</returns>
    private async Task<List<LaneOp>> FastAsync(List<LaneOp> ops)
    {
        var started = Stopwatch.GetTimestamp();
        if (_staleRate > 512)
        {
            // Another server works on the same customers: locking first is cheaper than deciding twice.
            _staleRate--;
            return ops;
        }

        var connection = await ConnectAsync();
        await LoadBooksAsync(connection, ops, locked: false);
        await PrepareRowsAsync(connection, ops, null, locked: false);
        var writer = new BatchWriter();
        var deciding = new BatchDeciding(writer, new KnownFacts(), exact: false, realNow());
        var done = new List<LaneOp>(ops.Count);
        var again = new List<LaneOp>();
        try
        {
            foreach (var op in ops)
            {
                (op.NeedsExact || !DecideOne(deciding, op) ? again : done).Add(op);
            }

            await WriteAsync(connection, writer);
        }
        catch (PostgresException refused) when (IsStale(refused))
        {
            metrics.DecidedAgain(refused.SqlState);
            // Only stale rows speak of another server at work; known ids speak of retries.
            _staleRate += refused.SqlState is BatchWriter.StaleState or PostgresErrorCodes.DeadlockDetected ? (1024 - _staleRate) / 8 : 0;
            Forget(writer.Books);
            return ops;
        }
        catch (Exception failed)
        {
            Forget(writer.Books);
            if (IsLost(failed))
            {
                throw;
            }

            // One of them is poisoned; the exact path finds out which.
            return ops;
        }

        _staleRate -= _staleRate / 16;
        writer.Accept();
        metrics.Committed(done.Count, Stopwatch.GetElapsedTime(started));
        End(done);
        return again;
    }

    /// <summary>
    /// Decides under locks: (1) locks the accounts and their open balances, always in the same order; (2) reads what the
    /// ids of the batch mean; (3) decides; (4) writes; (5) commits. A row that somebody opened in between: once more.
    /// </summary>
    private async Task ExactAsync(List<LaneOp> ops)
    {
        for (var attempt = 1; ; attempt++)
        {
            var started = Stopwatch.GetTimestamp();
            var connection = await ConnectAsync();
            var writer = new BatchWriter();
            try
            {
                await using var transaction = await connection.BeginTransactionAsync();
                ForgetAll(ops);
                await LoadBooksAsync(connection, ops, locked: true);
                var known = await LoadFactsAsync(connection, ops);
                await PrepareRowsAsync(connection, ops, known, locked: true);
                var deciding = new BatchDeciding(writer, known, exact: true, realNow());
                foreach (var op in ops)
                {
                    DecideOne(deciding, op);
                }

                await WriteAsync(connection, writer);
                await transaction.CommitAsync();
                writer.Accept();
                metrics.Committed(ops.Count, Stopwatch.GetElapsedTime(started));
                End(ops);
                return;
            }
            catch (PostgresException refused) when (IsStale(refused) && attempt < Attempts)
            {
                metrics.DecidedAgain(refused.SqlState);
                ForgetAll(ops);
            }
            catch (Exception refused) when (!IsLost(refused))
            {
                ForgetAll(ops);
                if (ops.Count == 1)
                {
                    log.LogError(refused, "One operation failed.");
                    Throw(ops, refused);
                    return;
                }

                // One of them is poisoned; alone it fails alone.
                foreach (var op in ops)
                {
                    await ExactAsync([op]);
                }

                return;
            }
            catch
            {
                ForgetAll(ops);
                throw;
            }
        }
    }

    private bool DecideOne(BatchDeciding deciding, LaneOp op)
    {
        if (op is ForgetOp)
        {
            return true;
        }

        if (_books.TryGetValue((op.Project.Id, op.Customer), out var book))
        {
            return deciding.Decide(op, book);
        }

        // No such customer: a hold or an event of it cannot exist either, and a read says so.
        op.Answer = op switch
        {
            HoldOp => GateAnswer.Of(GateFault.HoldUnknown),
            VoidOp => GateAnswer.Of(GateFault.EventUnknown),
            _ => null,
        };
        return true;
    }

    private async Task WriteAsync(NpgsqlConnection connection, BatchWriter writer)
    {
        await using var batch = writer.Build(connection, realNow());
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync();
        }
    }

    private static bool IsStale(PostgresException refused) => refused.SqlState
        is BatchWriter.StaleState or BatchWriter.DuplicateState or PostgresErrorCodes.UniqueViolation
        or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>The connection or the server is gone: nobody's fault among the operations.</summary>
    private bool IsLost(Exception failed) => failed is NpgsqlException and not PostgresException { IsTransient: false }
        || _connection is not { State: System.Data.ConnectionState.Open };

    private async Task LoadBooksAsync(NpgsqlConnection connection, List<LaneOp> ops, bool locked)
    {
        // First of all: whatever stood before it in the batch needs the book that is read below.
        foreach (var op in ops)
        {
            if (op is ForgetOp or ReadOp { Fresh: true })
            {
                _books.TryRemove((op.Project.Id, op.Customer), out _);
            }
        }

        Dictionary<(int, string), BookWanted>? wanted = null;
        foreach (var op in ops)
        {
            var key = (op.Project.Id, op.Customer);
            if (op is ForgetOp || (_books.TryGetValue(key, out var book) && book.CatalogRevision == op.Project.Catalog.Revision))
            {
                continue;
            }

            wanted ??= [];
            wanted[key] = new(op.Project, op.Customer, op.Partition, op.Now,
                op.CreatesCustomer || (wanted.TryGetValue(key, out var other) && other.Create));
        }

        if (wanted is null)
        {
            return;
        }

        foreach (var (key, book) in await new BookLoader(connection).LoadAsync([.. wanted.Values], locked, CancellationToken.None))
        {
            _books[key] = book;
        }
    }

    /// <summary>
    /// Brings rows into the books that an open period does not have: periods of late events and old holds, and the ended
    /// periods that a rollover rests on. Then opens periods whose features roll over.
    /// </summary>
    private async Task PrepareRowsAsync(NpgsqlConnection connection, List<LaneOp> ops, KnownFacts? known, bool locked)
    {
        var rows = new RowsWanted(_books, known);
        foreach (var op in ops)
        {
            rows.Add(op);
        }

        await new BookLoader(connection).LoadRowsAsync(rows.Wanted, locked, CancellationToken.None);
        foreach (var (book, feature, period) in rows.ToOpen)
        {
            if (feature.FindBalance(period.Start) is null)
            {
                RolloverRules.Open(book, feature, period);
            }
        }
    }

    private async Task<KnownFacts> LoadFactsAsync(NpgsqlConnection connection, List<LaneOp> ops)
    {
        var known = new KnownFacts();
        var events = new List<(AccountBook, Guid)>();
        var holds = new List<(AccountBook, Guid)>();
        var uniques = new List<(AccountBook, int, Instant, Guid)>();
        foreach (var op in ops)
        {
            if (!_books.TryGetValue((op.Project.Id, op.Customer), out var book))
            {
                continue;
            }

            switch (op)
            {
                case UseOp use:
                    events.Add((book, use.Key.Id));
                    uniques.AddRange(use.Effects.Where(e => e.Aggregate == Core.Catalog.MeterAggregate.Unique)
                        .Select(e => (book, e.Feature.Key, book.BookOf(e.Feature).PeriodAt(use.OccurredAt).Start, e.Value)));
                    break;
                case ReserveOp { IdGiven: true } reserve:
                    holds.Add((book, reserve.Id));
                    break;
                case HoldOp hold:
                    holds.Add((book, hold.Id));
                    events.Add((book, hold.Id));
                    break;
                case VoidOp voiding:
                    events.Add((book, voiding.EventId));
                    events.Add((book, EventKey.OfVoid(voiding.EventId)));
                    break;
            }
        }

        var now = realNow();
        await known.LoadEventsAsync(connection, events, now, CancellationToken.None);
        await known.LoadHoldsAsync(connection, holds, CancellationToken.None);
        await known.LoadUniqueAsync(connection, uniques, CancellationToken.None);
        foreach (var voiding in ops.OfType<VoidOp>())
        {
            await LoadPeriodEventsAsync(connection, voiding, known);
        }

        return known;
    }

    private async Task LoadPeriodEventsAsync(NpgsqlConnection connection, VoidOp op, KnownFacts known)
    {
        if (_books.TryGetValue((op.Project.Id, op.Customer), out var book)
            && known.Events.TryGetValue((book.Account, op.EventId), out var target)
            && (target.Data.Raw.Count > 0 || target.Data.Unique.Count > 0))
        {
            var feature = book.BookOf(op.Project.Catalog.FeaturesByKey[target.FeatureKey]);
            known.PeriodEvents[book.Account] = await KnownFacts.LoadPeriodAsync(
                connection, book, feature.PeriodAt(target.OccurredAt), CancellationToken.None);
        }
    }

    private void End(List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            if (op.Answer?.Decision is { } decision)
            {
                metrics.Decided(decision.Outcome);
            }

            op.End();
        }
    }

    // Part of a batch may be committed and answered when the rest of it fails: those answers stand.
    private static void Fail(List<LaneOp> ops, GateFault fault)
    {
        foreach (var op in ops.Where(op => !op.IsEnded))
        {
            op.Answer = GateAnswer.Of(fault);
            op.End();
        }
    }

    private static void Throw(List<LaneOp> ops, Exception bug)
    {
        foreach (var op in ops.Where(op => !op.IsEnded))
        {
            op.Failure = bug;
            op.End();
        }
    }

    private void Forget(IEnumerable<AccountBook> books)
    {
        foreach (var book in books)
        {
            _books.TryRemove((book.ProjectId, book.Customer), out _);
        }
    }

    private void ForgetAll(List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            _books.TryRemove((op.Project.Id, op.Customer), out _);
        }
    }

    /// <summary>Memory is bounded: when it is full, half of the books go. They cost one read when they are needed again.</summary>
    private void TrimBooks()
    {
        if (_books.Count <= options.BooksPerLane)
        {
            return;
        }

        var surplus = _books.Count / 2;
        foreach (var key in _books.Keys)
        {
            if (surplus-- <= 0)
            {
                break;
            }

            _books.TryRemove(key, out _);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        if (_connection is { State: System.Data.ConnectionState.Open } open)
        {
            return open;
        }

        await DropConnectionAsync();
        var connection = await database.OpenDedicatedAsync(CancellationToken.None);
        _connection = connection;
        await using var prepare = new NpgsqlCommand(LedgerSql.PrepareConnection, connection);
        await prepare.ExecuteNonQueryAsync();
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

    public async ValueTask DisposeAsync() => await DropConnectionAsync();
}
