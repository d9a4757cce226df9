using System.Collections.Concurrent;
using System.Diagnostics;
using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// What waits for a lane. Batches and streams of events wait apart from single operations: somebody who sends a million events neither fills the others'
/// queue nor stands before them. Only the lane takes; anybody may add.
/// </summary>
internal sealed class LaneQueue(LedgerOptions options)
{
    /// <summary>
    /// Requests that a batch takes at least, if they wait; beyond it takes half of them. While PostgreSQL works on one half,
    /// the other is read, decided and answered: with everything in one batch each waits for the other (9 % at 256 callers on
    /// one customer, two cores; docs/decisions/0001).
    /// </summary>
    private const int SmallBatch = 96;

    private readonly ConcurrentQueue<LaneOp> _singles = new();
    private readonly ConcurrentQueue<BulkOp> _bulk = new();
    private readonly BulkBudget _budget = new();

    private int _waiting;

    /// <summary>Operations, not requests.</summary>
    private int _bulkWaiting;

    /// <summary>Single operations whose customer is busy: they have left their batch and will come back.</summary>
    private int _aside;

    /// <summary>The same of batches and streams, in operations.</summary>
    private int _bulkAside;

    private TaskCompletionSource? _room;

    /// <summary>When the lane took what it works on, and the weight of bulk in it.</summary>
    private (TimeSpan At, int Weight) _taken;

    /// <summary>Operations that wait, here or aside. Those aside are read first: while they come back they count in both places, never in none.</summary>
    public int Depth => Singles + Bulk;

    private int Singles => Volatile.Read(ref _aside) + Volatile.Read(ref _waiting);

    private int Bulk => Volatile.Read(ref _bulkAside) + Volatile.Read(ref _bulkWaiting);

    public bool IsEmpty => _singles.IsEmpty && _bulk.IsEmpty;

    /// <summary>
    /// Batches wait at their senders as soon as one transaction full of them waits here. Those aside count in the length of the queue only: one busy customer
    /// does not stop the streams of all others.
    /// </summary>
    public bool IsFull(LaneOp op) => op is BulkOp
        ? Volatile.Read(ref _bulkWaiting) >= options.MaxBatch || Bulk >= options.QueueLength
        : Singles >= options.QueueLength;

    /// <summary>Returns when there is room for the operation; somebody else may take it first.</summary>
    public async ValueTask UntilRoomAsync(LaneOp op, CancellationToken cancel)
    {
        while (IsFull(op))
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var room = Interlocked.CompareExchange(ref _room, mine, null) ?? mine;

            // Looked at again: room may have been made before anybody could be told.
            if (IsFull(op))
            {
                await room.Task.WaitAsync(cancel);
            }
        }
    }

    /// <summary>Adds it, full or not. Counted before it can be taken, so that the count never falls below zero.</summary>
    public void Add(LaneOp op)
    {
        if (op is BulkOp bulk)
        {
            Interlocked.Add(ref _bulkWaiting, bulk.Items.Count);
            _bulk.Enqueue(bulk);
            return;
        }

        Interlocked.Increment(ref _waiting);
        _singles.Enqueue(op);
    }

    /// <summary>Counts operations that leave their batch, until they are back.</summary>
    public void PutAside(List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            CountAside(op, 1);
        }
    }

    /// <summary>Operations that were aside are queued again, or over.</summary>
    public void IsBack(LaneOp op)
    {
        CountAside(op, -1);
        TellRoom();
    }

    private void CountAside(LaneOp op, int sign)
    {
        switch (op)
        {
            case BulkOp bulk:
                Interlocked.Add(ref _bulkAside, sign * bulk.Items.Count);
                break;
            case UseOp { InBulk: true }:
                Interlocked.Add(ref _bulkAside, sign);
                break;
            default:
                Interlocked.Add(ref _aside, sign);
                break;
        }
    }

    /// <summary>Adds what waits to <paramref name="ops"/>, which may hold a first part already.</summary>
    /// <returns>Whether there is anything to do.</returns>
    public bool Take(List<LaneOp> ops)
    {
        var before = ops.Count;
        var requests = Math.Max(SmallBatch, _singles.Count / 2);
        while (requests-- > 0 && ops.Count < options.MaxBatch && _singles.TryDequeue(out var op))
        {
            ops.Add(op);
        }

        Interlocked.Add(ref _waiting, before - ops.Count);
        if (before == 0)
        {
            TakeBulk(ops);
        }

        TellRoom();
        return ops.Count > 0;
    }

    private void TellRoom()
    {
        if (Volatile.Read(ref _room) is not null)
        {
            Interlocked.Exchange(ref _room, null)?.SetResult();
        }
    }

    /// <summary>What was taken is done.</summary>
    public void Done()
    {
        var now = Stopwatch.GetElapsedTime(0);
        _budget.Took(_taken.Weight, now - _taken.At, now);
    }

    /// <summary>Fills the batch up with what came in bulk, behind the single operations.</summary>
    private void TakeBulk(List<LaneOp> ops)
    {
        var (singles, weight, now) = (ops.Count, 0, Stopwatch.GetElapsedTime(0));
        var most = _budget.Next(singles > 0, now);
        while (weight < most && ops.Count < options.MaxBatch && _bulk.TryDequeue(out var bulk))
        {
            ops.AddRange(bulk.Items);
            weight += bulk.Weight;
        }

        _taken = (now, weight);
        Interlocked.Add(ref _bulkWaiting, singles - ops.Count);
    }
}
