using System.Diagnostics.Metrics;
using Tollgate.Core.Quotas;

namespace Tollgate.Engine.Ledger;

/// <summary>The lanes' metrics: decisions by outcome, batch size, queue depth, commit time.</summary>
public sealed class LaneMetrics : IDisposable
{
    private readonly Meter _meter = new("Tollgate");
    private readonly Counter<long> _decisions;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _commit;
    private readonly Counter<long> _again;

    public LaneMetrics()
    {
        _decisions = _meter.CreateCounter<long>("tollgate.decisions", "{decision}", "Decisions by outcome.");
        _batch = _meter.CreateHistogram<int>("tollgate.batch.size", "{operation}", "Operations in one transaction.");
        _commit = _meter.CreateHistogram<double>("tollgate.batch.commit", "ms", "From the first statement to the commit.");
        _again = _meter.CreateCounter<long>(
            "tollgate.batch.again", "{batch}", "Batches that a lane decided again because of a stale row or a known id.");
    }

    public void Observe(Func<IEnumerable<Measurement<int>>> depths) =>
        _meter.CreateObservableGauge("tollgate.queue.depth", depths, "{operation}", "Operations that wait in a lane.");

    /// <summary>Counts a committed batch. It sums the outcomes first: a counter with a tag costs as much as a small decision.</summary>
    public void Committed(List<LaneOp> ops, TimeSpan took)
    {
        Span<int> outcomes = stackalloc int[Tags.Length];
        foreach (var op in ops)
        {
            if (op.Answer?.Decision is { } decision)
            {
                outcomes[(int)decision.Outcome]++;
            }
        }

        for (var outcome = 0; outcome < outcomes.Length; outcome++)
        {
            if (outcomes[outcome] > 0)
            {
                _decisions.Add(outcomes[outcome], Tags[outcome]);
            }
        }

        _batch.Record(ops.Count);
        _commit.Record(took.TotalMilliseconds);
    }

    public void DecidedAgain(string why) => _again.Add(1, new KeyValuePair<string, object?>("why", why));

    private static readonly KeyValuePair<string, object?>[] Tags =
        [.. Core.Catalog.CatalogWords.All<Outcome>().Select(static word => new KeyValuePair<string, object?>("outcome", word))];

    public void Dispose() => _meter.Dispose();
}
