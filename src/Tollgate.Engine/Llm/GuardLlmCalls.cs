using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
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
    /// <summary>Tokens. No model answers with more.</summary>
    private const long MostOutput = 10_000_000;

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

    /// <summary>
    /// The most output tokens that one call may have under every hard limit that it moves: calls, tokens, dollars, with what grants and
    /// credit pools add. 0: not even its input fits. An unknown price limits nothing.
    /// </summary>
    /// <param name="call">With the input that is going to be sent, and no output.</param>
    /// <returns>Null: nothing limits it.</returns>
    public static long? Affordable(ProjectSnapshot project, CustomerStanding customer, LlmCall call, Instant now)
    {
        var left = customer.Features.ToDictionary(feature => feature.Feature.Key, feature => LeftOf(feature, customer));
        if (Fits(MostOutput))
        {
            return null;
        }

        var (fits, tooMuch) = (-1L, MostOutput);
        while (tooMuch - fits > 1)
        {
            var middle = fits + ((tooMuch - fits) / 2);
            (fits, tooMuch) = Fits(middle) ? (middle, tooMuch) : (fits, middle);
        }

        return Math.Max(fits, 0);

        bool Fits(long output)
        {
            var whole = call with { Usage = LlmUsage.Of([.. call.Usage.Parts, (LlmUnit.Output, Quantity.Of(output))]) };
            var effects = Effects.Of(project.Catalog, RecordLlmCalls.OrderOf(whole, RecordLlmCalls.CostOf(project, whole, now))) ?? [];
            return effects.All(effect => left.TryGetValue(effect.Feature.Key, out var most) && (most is null || effect.Amount <= most));
        }
    }

    /// <summary>Null: without a limit, or with one that may be passed.</summary>
    private static Quantity? LeftOf(FeatureStanding feature, CustomerStanding customer)
    {
        if (feature is not { Standing.Remaining: { } remaining, Entitlement: { HardCap: true } entitlement })
        {
            return null;
        }

        var credits = entitlement.Pool is { } pool ? customer.Features.FirstOrDefault(other => other.Feature.Code == pool.Feature)?.Standing?.Remaining : null;
        return credits is { } some ? remaining + Quantity.Of(decimal.Floor(some.Value / entitlement.Pool!.Rate.Value)) : remaining;
    }

    private EventOrder Priced(ProjectSnapshot project, LlmCall call) =>
        RecordLlmCalls.OrderOf(call, RecordLlmCalls.CostOf(project, call, clock.Now(project)));
}
