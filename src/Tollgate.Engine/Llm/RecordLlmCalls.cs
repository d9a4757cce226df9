using System.Buffers;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Llm;

/// <summary>The outcome of recording a call.</summary>
/// <param name="Cost">For a replay the cost that was recorded, even if prices have changed.</param>
public sealed record RecordedCall(GateAnswer Answer, CallCost Cost);

/// <summary>The cost that the server determined for a call. An unknown cost is not 0.</summary>
/// <param name="Provider">Null: neither the caller nor the price book names it.</param>
/// <param name="Cost">Null: some of the usage has no price, and the provider reported no cost.</param>
/// <param name="Assumed">
/// For an unknown cost: the amount by which budgets move, from known prices and the project's fallback price. Null: they do not move.
/// </param>
/// <param name="MarkupBasisPoints">The project's markup when the call was recorded. Rerating uses the same.</param>
public sealed record CallCost(string? Provider, NanoUsd? Cost, NanoUsd? Assumed = null, int MarkupBasisPoints = 0)
{
    /// <summary>
    /// True if the provider's reported cost is the cost (<see cref="ReportedCostPolicy.Wins"/>), instead of the price book's.
    /// </summary>
    public bool IsReported { get; init; }

    /// <summary>The price book's cost if <see cref="IsReported"/>; null: the book has none, or the cost is the book's.</summary>
    public NanoUsd? Computed { get; init; }
}

/// <summary>
/// Records calls to models: 1. price each at its own time; 2. store models without a price before anything is recorded, so that every call
/// of unknown cost has its model listed; 3. pass them to the gate as events of the type <see cref="LlmCall.EventType"/>, whose meters move
/// calls, tokens, dollars and the named feature in one decision.
/// </summary>
public sealed class RecordLlmCalls(QuotaGate gate, UnpricedModels unpriced, LlmMetrics metrics, Clock clock)
{
    private const string Reported = "reported";

    /// <summary>Returns answers in the order of <paramref name="calls"/>. Named features must exist in the catalogue.</summary>
    public async ValueTask<IReadOnlyList<RecordedCall>> RunAsync(
        ProjectSnapshot project, IReadOnlyList<LlmCall> calls, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var costs = calls.Select(call => CostOf(project, call, now)).ToList();
        await unpriced.NoteAsync(
            project, [.. calls.Zip(costs).Where(pair => pair.Second.Cost is null).Select(pair => (pair.Second.Provider, pair.First.Model))],
            now, cancel);
        var answers = await gate.RecordAsync(project, [.. calls.Zip(costs, OrderOf)], cancel);
        foreach (var (call, answer) in calls.Zip(answers))
        {
            metrics.Recorded(call, answer);
        }

        return [.. answers.Zip(
            costs, (answer, cost) => new RecordedCall(answer, answer is { Replayed: true, ComputedJson: { } then } ? Read(then) : cost))];
    }

    /// <summary>
    /// Computes the cost of a call, with the project's markup: by the price book, for the service tier and the hour of the call; if the
    /// book lacks a price, or the project prefers it, the cost that the provider reported. A call that failed or used nothing costs
    /// nothing.
    /// </summary>
    public static CallCost CostOf(ProjectSnapshot project, LlmCall call, Instant now)
    {
        var wins = ReportedCosts.Of(
            project.Upstreams, call.Upstream, LlmRoutes.ProviderOf(call.Provider, call.Model)) == ReportedCostPolicy.Wins;
        return CostOf(project, call, now, project.MarkupBasisPoints, wins);
    }

    /// <summary>Computes the cost with the markup and the policy of another time.</summary>
    internal static CallCost CostOf(ProjectSnapshot project, LlmCall call, Instant now, int markupBasisPoints, bool reportedWins)
    {
        var at = call.OccurredAt ?? now;
        var price = project.Prices.Find(call.Provider, call.Model, at) is { } listed
            ? PriceRules.InForce(listed, call.ServiceTier, at)
            : null;
        var provider = price?.Provider ?? LlmRoutes.ProviderOf(call.Provider, call.Model);
        var cost = price is null ? null : PriceRules.CostOf(call.Usage, price, markupBasisPoints);
        if (cost is null && (HasFailed(call) || !call.Usage.Parts.Any()))
        {
            cost = NanoUsd.Zero;
        }

        // For an estimated call, the provider did not see the end, or its figure is not trusted.
        if ((cost is null || reportedWins) && call is { ReportedCost: { } reported, IsEstimated: false })
        {
            return new(provider.Length == 0 ? null : provider, PriceRules.CostOf(reported, markupBasisPoints), null, markupBasisPoints)
            {
                IsReported = reportedWins, Computed = reportedWins ? cost : null,
            };
        }

        var assumed = cost is null
            ? PriceRules.LeastCostOf(call.Usage, price, project.Prices.FindFallback(provider, at), markupBasisPoints)
            : null;
        return new(provider.Length == 0 ? null : provider, cost, assumed, markupBasisPoints);
    }

    /// <summary>True for a call that failed and used nothing: it costs nothing and moves no meter, but the log has it.</summary>
    internal static bool HasFailed(LlmCall call) =>
        (call.Status >= 400 || call.Error is not null) && call.Usage.Parts.All(part => part.Unit == LlmUnit.Request);

    internal static EventOrder OrderOf(LlmCall call, CallCost cost) =>
        new(call.Id, call.Customer, LlmCall.EventType, Quantity.One, call.OccurredAt, PropertiesOf(call), Enforce: false)
        {
            Feature = call.Feature,
            MovesNothing = HasFailed(call),
            Readable = CallWords.Figures,
            ComputedJson = Write(json =>
            {
                json.WriteString("provider", cost.Provider);
                json.WritePropertyName("cost_usd");
                if (cost.Cost is { } known)
                {
                    json.WriteNumberValue(known.Dollars);
                }
                else
                {
                    json.WriteNullValue();
                }

                WriteNumber(json, "assumed_cost_usd", cost.Assumed?.Dollars);
                WriteNumber(json, "markup_basis_points", cost.MarkupBasisPoints == 0 ? null : cost.MarkupBasisPoints);
                WriteText(json, "cost_source", cost.IsReported ? Reported : null);
                WriteNumber(json, "computed_cost_usd", cost.Computed?.Dollars);

                // Reports sum by this member. They ignore a caller's own property of that name in an older call.
                WriteText(json, "attribute_to", call.AttributeTo);
            }),
        };

    /// <summary>Writes the call as reported. Its own members win over the caller's properties of the same names.</summary>
    private static string PropertiesOf(LlmCall call) => Write(json =>
    {
        WriteText(json, "feature", call.Feature);
        WriteText(json, "attribute_to", call.AttributeTo);
        WriteText(json, "provider", call.Provider);
        json.WriteString("model", call.Model);
        foreach (var (unit, amount) in call.Usage.Parts)
        {
            json.WriteNumber(CallWords.Of(unit), amount.Value);
        }

        json.WriteNumber("total_tokens", call.Usage.TotalTokens.Value);
        if (call.IsEstimated)
        {
            json.WriteBoolean("estimated", true);
        }

        WriteText(json, "usage_difference", call.UsageDifference);
        WriteText(json, "service_tier", call.ServiceTier);
        WriteText(json, "reported_cost_usd", call.ReportedCost?.ToString());
        WriteText(json, "request_id", call.RequestId);
        WriteText(json, "endpoint", call.Endpoint);
        WriteNumber(json, "latency_ms", call.LatencyMilliseconds);
        WriteNumber(json, "status", call.Status);
        WriteText(json, "error", call.Error);
        if (call.PropertiesJson is { } own)
        {
            using var document = JsonDocument.Parse(own);
            foreach (var member in document.RootElement.EnumerateObject().Where(member => !CallWords.AreOurs(member.Name)))
            {
                member.WriteTo(json);
            }
        }
    });

    /// <summary>Reads the cost that was determined for a recorded call.</summary>
    public static CallCost Read(string computed)
    {
        using var document = JsonDocument.Parse(computed);
        var root = document.RootElement;
        return new(
            root.GetProperty("provider").GetString(),
            root.GetProperty("cost_usd") is { ValueKind: JsonValueKind.Number } cost ? NanoUsd.OfDollars(cost.GetDecimal()) : null,
            root.TryGetProperty("assumed_cost_usd", out var assumed) ? NanoUsd.OfDollars(assumed.GetDecimal()) : null,
            root.TryGetProperty("markup_basis_points", out var markup) ? markup.GetInt32() : 0)
        {
            IsReported = root.TryGetProperty("cost_source", out var source) && source.ValueEquals(Reported),
            Computed = root.TryGetProperty("computed_cost_usd", out var book) ? NanoUsd.OfDollars(book.GetDecimal()) : null,
        };
    }

    internal static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    internal static void WriteNumber(Utf8JsonWriter json, string name, decimal? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
