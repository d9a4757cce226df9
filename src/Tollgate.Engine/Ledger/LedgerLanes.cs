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
/// The lanes of this process. A customer belongs to one of them (by partition), so that within a process nobody
/// contends for its rows; between processes the versions of the rows arbitrate.
/// </summary>
public sealed class LedgerLanes : IHostedService, IDisposable
{
    private readonly Lane[] _lanes;
    private readonly LaneMetrics _metrics = new();

    /// <summary>
    /// An operation was moved from a member to its owner once. From then on each is looked up before it is queued, which saves those
    /// of members the way through their own lane; a server whose projects have no members never looks.
    /// </summary>
    private volatile bool _knowsMembers;

    public LedgerLanes(Database database, LedgerOptions options, Clock clock, ServerPresence presence, ILogger<Lane> log)
    {
        NewCustomers = new(options.NewCustomersPerMinute);
        _lanes = [.. Enumerable.Range(0, options.Lanes)
            .Select(_ => new Lane(database, options, clock, presence, NewCustomers, _metrics, log, MoveOn))];
        _metrics.Observe(() => _lanes.Select((lane, i) => new Measurement<int>(lane.Depth, new KeyValuePair<string, object?>("lane", i))));
    }

    /// <summary>What the projects created lately.</summary>
    public NewCustomers NewCustomers { get; }

    public Lane LaneOf(short partition) => _lanes[partition % _lanes.Length];

    /// <summary>The lane of an operation that is going to be queued; that of a known member becomes one for its owner.</summary>
    public Lane LaneOf(LaneOp op)
    {
        if (_knowsMembers && op is { OnOwnRows: false, Member: null }
            && LaneOf(op.Partition).Peek(op.Project.Id, op.Customer, op.Project.Catalog.Revision)?.Owner is { } owner)
        {
            op.WorkFor(owner);
        }

        return LaneOf(op.Partition);
    }

    /// <summary>False: the lane's queue is full and the caller should be told to come back.</summary>
    public bool TryEnqueue(LaneOp op) => LaneOf(op).TryEnqueue(op);

    /// <summary>For callers that can wait, such as a stream of events: their own sender slows down with them.</summary>
    public ValueTask EnqueueAsync(LaneOp op, CancellationToken cancel) => LaneOf(op).EnqueueAsync(op, cancel);

    /// <summary>
    /// Not on the thread of the lane that sends them: it has a batch in hand, and an idle lane works for whoever wakes it.
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

    /// <summary>The account's book as memory has it, for readers that may trust memory; null when it is not there, or may be old.</summary>
    public AccountState? Peek(short partition, int project, string customer, int catalogRevision) =>
        LaneOf(partition).PeekOfThisEra(project, customer, catalogRevision);

    /// <summary>A lane works when there is work; nothing has to be started.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drains: what waits is decided and answered, then the lanes end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var lane in _lanes)
        {
            await lane.CompleteAsync(cancellationToken);
        }
    }

    public void Dispose() => _metrics.Dispose();
}
