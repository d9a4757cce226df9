using System.Diagnostics.Metrics;
using Tollgate.Core.Llm;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Llm;

/// <summary>The operator's metric for model calls whose usage numbers contradict each other.</summary>
public sealed class LlmMetrics : IDisposable
{
    private readonly Meter _meter = new("Tollgate");
    private readonly Counter<long> _differences;

    public LlmMetrics() => _differences = _meter.CreateCounter<long>(
        "tollgate.llm.usage_differences", "{call}", "Recorded calls in whose usage the provider's numbers differ from each other.");

    /// <param name="answer">A replay does not count: its first answer did.</param>
    public void Recorded(LlmCall call, GateAnswer answer)
    {
        if (call.UsageDifference is not null && answer is { Fault: GateFault.None, Replayed: false })
        {
            _differences.Add(1);
        }
    }

    public void Dispose() => _meter.Dispose();
}
