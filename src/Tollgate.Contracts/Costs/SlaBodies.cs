using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Costs;

/// <summary>The highest latencies and error rate of a provider or a model. At least one limit is required.</summary>
public sealed record SlaTargetBody
{
    [Required]
    public string? Provider { get; init; }

    /// <summary>Null: the provider as a whole, and those of its models that have no target of their own.</summary>
    public string? Model { get; init; }

    /// <summary>Milliseconds, as the next two: more than 0, at most a day, at most 3 decimals. Null: no limit.</summary>
    public decimal? P50Ms { get; init; }

    public decimal? P95Ms { get; init; }

    public decimal? P99Ms { get; init; }

    /// <summary>Failed calls ÷ calls: 0 to 1, at most 6 decimals. Null: no limit.</summary>
    public decimal? ErrorRate { get; init; }
}

/// <summary>All SLA targets of a project.</summary>
public sealed record SlaTargetsBody
{
    [Required]
    public IReadOnlyList<SlaTargetBody>? Targets { get; init; }
}

/// <summary>The target of a line's model or provider, and whether the calls of the line met it.</summary>
/// <param name="P50Ms">The limits; null: no limit.</param>
/// <param name="Met">Null: no figure exceeds its limit, but a limited one is unknown, such as a latency by plan.</param>
/// <param name="Missed">The figures that exceed their limits.</param>
public sealed record SlaView(
    decimal? P50Ms, decimal? P95Ms, decimal? P99Ms, decimal? ErrorRate, bool? Met, IReadOnlyList<string> Missed);
