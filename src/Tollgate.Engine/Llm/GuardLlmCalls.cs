using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Llm;

/// <summary>
/// A call to a model that is made through this server: 1. <see cref="ReserveAsync"/> holds on every limit what it may use, before it
/// is made; 2. <see cref="GrowAsync"/> holds more while a long answer comes; 3. <see cref="SettleAsync"/> records what it used and gives
/// back the holds, in one decision.
/// </summary>
public sealed class GuardLlmCalls(QuotaGate gate, UnpricedModels unpriced, Clock clock)
{
    /// <param name="expected">With at least what it is going to use. Its cost is held by today's prices; an unknown one holds no dollars.</param>
    /// <returns>A refusal; or an allowance, whose id is the hold's. Without an id or a decision nothing limits the customer.</returns>
    public ValueTask<GateAnswer> ReserveAsync(ProjectSnapshot project, LlmCall expected, TimeSpan timeToLive, CancellationToken cancel) =>
        gate.ReserveForAsync(project, Priced(project, expected), timeToLive, grows: false, cancel);

    /// <summary>Holds further tokens, and their cost, for a call that holds something already.</summary>
    public ValueTask<GateAnswer> GrowAsync(ProjectSnapshot project, LlmCall more, TimeSpan timeToLive, CancellationToken cancel) =>
        gate.ReserveForAsync(project, Priced(project, more) with { Quantity = Quantity.Zero, Feature = null }, timeToLive, grows: true, cancel);

    /// <summary>
    /// Records the call as <see cref="RecordLlmCalls"/> does, however much it used: it was made. Repeating it with the same id
    /// replays, so an attempt whose outcome is not known can be made again.
    /// </summary>
    public async ValueTask<RecordedCall> SettleAsync(ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var cost = RecordLlmCalls.CostOf(project, call, now);
        if (cost.Cost is null)
        {
            await unpriced.NoteAsync(project, [(cost.Provider, call.Model)], now, cancel);
        }

        return new(await gate.SettleAsync(project, RecordLlmCalls.OrderOf(call, cost), holds, cancel), cost);
    }

    private EventOrder Priced(ProjectSnapshot project, LlmCall call) =>
        RecordLlmCalls.OrderOf(call, RecordLlmCalls.CostOf(project, call, clock.Now(project)));
}
