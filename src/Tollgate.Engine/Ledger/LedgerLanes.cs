using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The lanes of this process. A customer belongs to one of them (by partition), so within a process its rows have no contention; between
/// processes the versions of the rows decide.
/// </summary>
public sealed class LedgerLanes : IHostedService, IAsyncDisposable
{
    private readonly Lane[] _lanes;
    private readonly LaneMetrics _metrics = new();

    /// <summary>
    /// True once an operation was moved from a member to its owner. From then on each is looked up before it is queued, which saves those
    /// of members the way through their own lane; a server whose projects have no members never looks.
    /// </summary>
    private volatile bool _knowsMembers;

    /// <param name="erased">Null: no customer was erased.</param>
    /// <param name="keys">Null: no project has encrypted usage.</param>
    public LedgerLanes(
        Database database, LedgerOptions options, Clock clock, ServerPresence presence, ILogger<Lane> log, ErasedIds? erased = null,
        UsageKeys? keys = null)
    {
        NewCustomers = new(options.NewCustomersPerMinute) { Erased = erased };
        _lanes = [.. Enumerable.Range(0, options.Lanes)
            .Select(_ => new Lane(database, options, clock, presence, NewCustomers, _metrics, log, MoveOn, keys))];
        _metrics.Observe(() => _lanes.Select((lane, i) => new Measurement<int>(lane.Depth, new KeyValuePair<string, object?>("lane", i))));
    }

    /// <summary>Limits the customers that projects create.</summary>
    public NewCustomers NewCustomers { get; }

    public Lane LaneOf(short partition) => _lanes[partition % _lanes.Length];

    /// <summary>Returns the lane for an operation to queue; it moves the operation of a known member to its owner.</summary>
    public Lane LaneOf(LaneOp op)
    {
        if (_knowsMembers && op is { OnOwnRows: false, Member: null }
            && LaneOf(op.Partition).Peek(op.Project.Id, op.Customer, op.Project.Catalog.Revision)?.Owner is { } owner)
        {
            op.WorkFor(owner);
        }

        return LaneOf(op.Partition);
    }

    /// <summary>False: the lane's queue is full and the caller should retry.</summary>
    public bool TryEnqueue(LaneOp op) => LaneOf(op).TryEnqueue(op);

    /// <summary>
    /// Waits for room in the lane's queue, for callers that can wait, such as a stream of events: their own sender slows down with them.
    /// </summary>
    public ValueTask EnqueueAsync(LaneOp op, CancellationToken cancel) => LaneOf(op).EnqueueAsync(op, cancel);

    /// <summary>
    /// Passes operations to their lanes. Not on the thread of the sending lane, which has a batch in hand: an idle lane works on the thread
    /// that wakes it.
    /// </summary>
    private void MoveOn(LaneOp[] ops)
    {
        _knowsMembers = true;
        ThreadPool.UnsafeQueueUserWorkItem(
            static all =>
            {
                foreach (var op in all.ops)
                {
                    all.lanes.LaneOf(op.Partition).Accept(op);
                }
            }, (lanes: this, ops), preferLocal: false);
    }

    /// <summary>
    /// Returns the cached state of the account, for readers that may use the cache; null if there is none, or it may be old.
    /// </summary>
    public AccountState? Peek(short partition, int project, string customer, int catalogRevision) =>
        LaneOf(partition).PeekOfThisEra(project, customer, catalogRevision);

    /// <summary>A lane runs when it has work; nothing needs to be started.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Drains the lanes: they decide and answer waiting operations. If the time is over before that, <see cref="DisposeAsync"/> ends them.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_lanes.Select(lane => lane.CompleteAsync(cancellationToken))).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Ends the lanes, before their database ends: no operation is decided any more, and the batches in hand are
    /// committed.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_lanes.Select(static lane => lane.EndAsync()));
        _metrics.Dispose();
    }
}
