using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Llm;

/// <summary>A call before it is made.</summary>
/// <param name="Call">The call, with at least the tokens of its input text.</param>
public sealed record ExpectedCall(LlmCall Call, LlmRoute Route, LlmRequest Ask);

/// <summary>
/// A call to a model that is made through this server: 1. <see cref="ReserveAsync"/> holds its possible use on every limit, before it is
/// made; 2. <see cref="GrowAsync"/> holds more while a long answer arrives; 3. <see cref="SettleAsync"/> records its use and releases the
/// holds, in one decision.
/// </summary>
public sealed class GuardLlmCalls(QuotaGate gate, UnpricedModels unpriced, LlmMetrics metrics, Clock clock)
{
    private readonly AnsweringModels _models = new();

    /// <summary>
    /// Holds the highest cost that the request can cause, at current prices; if parts of the cost are unknown, it holds the known ones.
    /// </summary>
    /// <returns>A refusal; or an allowance, whose id is the hold's. Without an id or a decision no limit applies to the customer.</returns>
    public ValueTask<GateAnswer> ReserveAsync(
        ProjectSnapshot project, ExpectedCall expected, TimeSpan timeToLive, CancellationToken cancel) =>
        gate.ReserveForAsync(
            project, RecordLlmCalls.OrderOf(expected.Call, CostOf(project, expected, clock.Now(project))), timeToLive, grows: false,
            cancel);

    /// <summary>Holds further output tokens, and their cost, for a call that already holds some.</summary>
    /// <param name="expected">The call as it was reserved: its output price may depend on the length of its prompt.</param>
    public ValueTask<GateAnswer> GrowAsync(
        ProjectSnapshot project, ExpectedCall expected, long outputTokens, TimeSpan timeToLive, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var more = (LlmUnit.Output, Quantity.Of(outputTokens));
        var (before, after) = (CostOf(project, expected, now), CostOf(project, With(expected, more), now));
        var cost = after with { Cost = after.Cost - before.Cost, Assumed = after.Assumed - before.Assumed };
        var order = RecordLlmCalls.OrderOf(expected.Call with { Usage = LlmUsage.Of(more) }, cost);
        return gate.ReserveForAsync(project, order with { Quantity = Quantity.Zero, Feature = null }, timeToLive, grows: true, cancel);
    }

    /// <summary>
    /// Records the call as <see cref="RecordLlmCalls"/> does, however much it used, since it was made. A repeat with the same id replays,
    /// so the caller can retry an attempt with an unknown outcome.
    /// </summary>
    public async ValueTask<RecordedCall> SettleAsync(
        ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds, CancellationToken cancel)
    {
        _models.Note(project, call);
        var now = clock.Now(project);
        var cost = RecordLlmCalls.CostOf(project, call, now);
        if (cost.Cost is null)
        {
            await unpriced.NoteAsync(project, [(cost.Provider, call.Model)], now, cancel);
        }

        var answer = await gate.SettleAsync(project, RecordLlmCalls.OrderOf(call, cost), holds, cancel);
        metrics.Recorded(call, answer);
        return new(answer, cost);
    }

    /// <summary>
    /// Returns the most output tokens that one call may request without a refusal by <see cref="ReserveAsync"/>, under every hard limit
    /// that it moves: calls, tokens, dollars, with grants and credit pools. 0: not even its input fits. An unknown price limits nothing.
    /// </summary>
    /// <param name="expected">The call with its input, and no output.</param>
    /// <returns>Null: no limit applies.</returns>
    public long? Affordable(ProjectSnapshot project, CustomerStanding customer, ExpectedCall expected) =>
        AffordableOutput.Find(customer, output =>
    {
        var whole = With(expected, (LlmUnit.Output, Quantity.Of(output)));
        return MeteringRules.EffectsOf(project.Catalog, RecordLlmCalls.OrderOf(whole.Call, CostOf(project, whole, customer.Now)).Metered)
            ?? [];
    });

    private static ExpectedCall With(ExpectedCall expected, (LlmUnit, Quantity) more) =>
        expected with { Call = expected.Call with { Usage = LlmUsage.Of([.. expected.Call.Usage.Parts, more]) } };

    /// <summary>
    /// Only the answer says which tier served the call: the hold uses the more expensive of the standard tier and the requested one.
    /// </summary>
    private CallCost CostOf(ProjectSnapshot project, ExpectedCall expected, Instant now)
    {
        var standard = CostOf(project, expected, null, now);
        return expected.Ask.ServiceTier is { } tier && CostOf(project, expected, tier, now) is var asked && asked.Cost > standard.Cost
            ? asked
            : standard;
    }

    private CallCost CostOf(ProjectSnapshot project, ExpectedCall expected, string? serviceTier, Instant now)
    {
        var at = expected.Call.OccurredAt ?? now;
        var own = project.Prices.Find(expected.Call.Provider, expected.Call.Model, at);
        var call = own is null ? _models.Foreseen(project, expected.Call) : expected.Call;
        var price = own ?? project.Prices.Find(call.Provider, call.Model, at) ?? project.Prices.FindFallback(call.Provider, at);
        var dearest = price is null ? call.Usage
            : DearestUsage.Of(
                call.Usage, expected.Route, expected.Ask with { Model = call.Model }, PriceRules.InForce(price, serviceTier, at));
        return RecordLlmCalls.CostOf(project, call with { Usage = dearest, ServiceTier = serviceTier }, now);
    }
}
