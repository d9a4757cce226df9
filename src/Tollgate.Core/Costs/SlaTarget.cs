using Tollgate.Core.Money;

namespace Tollgate.Core.Costs;

/// <summary>The highest latencies and error rate that a project accepts of a provider, or of one of its models. Null: no limit.</summary>
/// <param name="Model">Null: the provider as a whole, and those of its models that have no target of their own.</param>
/// <param name="P50">Milliseconds, as the next two.</param>
/// <param name="ErrorRate">Failed calls ÷ calls, 0 to 1.</param>
public sealed record SlaTarget(string Provider, string? Model, Quantity? P50, Quantity? P95, Quantity? P99, Quantity? ErrorRate)
{
    /// <summary>The longest latency of a call, a day.</summary>
    public const int MostMilliseconds = 86_400_000;

    /// <summary>The decimals of a latency and of an error rate that the database stores.</summary>
    public const int LatencyDecimals = 3;

    /// <inheritdoc cref="LatencyDecimals"/>
    public const int RateDecimals = 6;
}

/// <summary>The figures that a target can limit.</summary>
public enum SlaFigure
{
    P50Ms,
    P95Ms,
    P99Ms,
    ErrorRate,
}

/// <param name="IsMet">Null: no figure exceeds its limit, but a limited figure is unknown.</param>
/// <param name="Missed">The figures that exceed their limits.</param>
public sealed record SlaVerdict(bool? IsMet, IReadOnlyList<SlaFigure> Missed);

/// <summary>Compares calls with targets.</summary>
public static class SlaRules
{
    /// <summary>Returns the target of the model, else that of its provider; null: neither has one.</summary>
    /// <param name="model">Null: the provider as a whole.</param>
    public static SlaTarget? Find(IReadOnlyList<SlaTarget> targets, string? provider, string? model) =>
        targets.FirstOrDefault(one => one.Provider == provider && model is not null && one.Model == model)
        ?? targets.FirstOrDefault(one => one.Provider == provider && one.Model is null);

    /// <summary>
    /// The error rate is compared exactly; a latency as it is shown, so within 5 % (<see cref="LatencyHistogram"/>). A figure equal to its
    /// limit meets it.
    /// </summary>
    /// <param name="latency">Null, or empty: unknown.</param>
    public static SlaVerdict Judge(SlaTarget target, CallTotals totals, LatencyHistogram? latency)
    {
        (SlaFigure Figure, Quantity? Limit, Quantity? Value)[] figures =
        [
            (SlaFigure.P50Ms, target.P50, latency?.Percentile(50)), (SlaFigure.P95Ms, target.P95, latency?.Percentile(95)),
            (SlaFigure.P99Ms, target.P99, latency?.Percentile(99)),

            // Errors ÷ calls <= limit, without a division.
            (SlaFigure.ErrorRate, target.ErrorRate is { } rate ? Quantity.Of(rate.Value * totals.Calls) : null,
                totals.Calls > 0 ? Quantity.Of(totals.Errors) : null),
        ];
        SlaFigure[] missed = [.. figures.Where(static one => one.Limit is { } limit && one.Value > limit).Select(static one => one.Figure)];
        return new(
            missed.Length > 0 ? false : figures.Any(static one => one is { Limit: not null, Value: null }) ? null : true, missed);
    }
}
