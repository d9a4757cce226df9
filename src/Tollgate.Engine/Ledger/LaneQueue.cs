using System.Collections.Concurrent;
using System.Diagnostics;
using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The operations that wait for a lane. Batches and streams of events wait apart from single operations: a sender of a million events
/// neither fills the queue of others nor precedes them. Only the lane takes; any thread may add.
/// </summary>
internal sealed class LaneQueue(LedgerOptions options)
{
    /// <summary>
    /// The least number of waiting requests that a batch takes; beyond it, a batch takes half of them. While PostgreSQL works on one half,
    /// the lane reads, decides and answers the other: with everything in one batch each waits for the other (9 % at 256 callers on one
    /// customer, two cores; docs/decisions/0001).
    /// </summary>
    private const int SmallBatch = 96;

    private readonly ConcurrentQueue<LaneOp> _singles = new();
    private readonly BulkQueue _bulk = new(options);
    private readonly BulkBudget _budget = new();

    private int _waiting;

    /// <summary>The number of single operations whose customer is busy: they have left their batch and will return.</summary>
    private int _aside;

    private TaskCompletionSource? _room;

    /// <summary>The time at which the lane took its current work, and the weight of bulk in it.</summary>
    private (TimeSpan At, int Weight) _taken;

    /// <summary>
    /// The number of operations that wait, here or set aside. Those set aside are read first: while they return they count in both places,
    /// never in none.
    /// </summary>
    public int Depth => Singles + _bulk.Depth;

    private int Singles => Volatile.Read(ref _aside) + Volatile.Read(ref _waiting);

    public bool IsEmpty => _singles.IsEmpty && _bulk.IsEmpty;

    /// <summary>
    /// True if the queue is full for batches and streams of the operation's project, or for single operations of all projects.
    /// </summary>
    public bool IsFull(LaneOp op) => op is BulkOp ? _bulk.IsFull(op.Project.Id) : Singles >= options.QueueLength;

    /// <summary>Returns when there is room for the operation; another caller may take the room first.</summary>
    public async ValueTask UntilRoomAsync(LaneOp op, CancellationToken cancel)
    {
        while (IsFull(op))
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var room = Interlocked.CompareExchange(ref _room, mine, null) ?? mine;

            // Check again: there may have been room before the signal could be sent.
            if (IsFull(op))
            {
                await room.Task.WaitAsync(cancel);
            }
        }
    }

    /// <summary>
    /// Adds it, even if the queue is full. It is counted before it can be taken, so that the count never falls below zero.
    /// </summary>
    public void Add(LaneOp op)
    {
        if (op is BulkOp bulk)
        {
            _bulk.Add(bulk);
            return;
        }

        Interlocked.Increment(ref _waiting);
        _singles.Enqueue(op);
    }

    /// <summary>Counts operations that leave their batch, until they return.</summary>
    public void PutAside(List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            CountAside(op, 1);
        }
    }

    /// <summary>Counts operations that were set aside as queued again, or ended.</summary>
    public void IsBack(LaneOp op)
    {
        CountAside(op, -1);
        SignalRoom();
    }

    private void CountAside(LaneOp op, int sign)
    {
        switch (op)
        {
            case BulkOp bulk:
                _bulk.CountAside(bulk.Project.Id, sign * bulk.Items.Count);
                break;
            case UseOp { InBulk: true }:
                _bulk.CountAside(op.Project.Id, sign);
                break;
            default:
                Interlocked.Add(ref _aside, sign);
                break;
        }
    }

    /// <summary>Adds waiting operations to <paramref name="ops"/>, which may already contain a first part.</summary>
    /// <returns>True if there is work.</returns>
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

        SignalRoom();
        return ops.Count > 0;
    }

    private void SignalRoom()
    {
        if (Volatile.Read(ref _room) is not null)
        {
            Interlocked.Exchange(ref _room, null)?.SetResult();
        }
    }

    /// <summary>Ends the work that was taken.</summary>
    public void Done()
    {
        var now = Stopwatch.GetElapsedTime(0);
        _budget.Took(_taken.Weight, now - _taken.At, now);
    }

    /// <summary>Fills the batch with bulk operations, after the single ones.</summary>
    private void TakeBulk(List<LaneOp> ops)
    {
        var now = Stopwatch.GetElapsedTime(0);
        _taken = (now, _bulk.Take(ops, _budget.Next(ops.Count > 0, now)));
    }
}
