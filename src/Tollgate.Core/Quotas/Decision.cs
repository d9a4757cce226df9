using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>The numbers of one feature immediately after the decision or, for a refusal, at the decision.</summary>
/// <param name="FeatureKey">The feature's number.</param>
/// <param name="Limit">The units granted in this period: the plan's quota plus grants; null is unlimited.</param>
/// <param name="Used">The units recorded so far in the period, including overshoot.</param>
/// <param name="Held">The units in open reservations.</param>
/// <param name="Remaining">The units that a decision could still take; null is unlimited. Never negative.</param>
/// <param name="Period">The quota period; its end is <c>resets_at</c> unless it never ends.</param>
public sealed record Standing(int FeatureKey, Quantity? Limit, Quantity Used, Quantity Held, Quantity? Remaining, Period Period)
{
    /// <summary>Overage of ended periods that lowers the limit, including any part beyond the quota.</summary>
    public Quantity Carried { get; init; }

    /// <summary>For a time-weighted level: the usage at the period's end if no report changes it. Null for all others.</summary>
    public Quantity? UsedAtEnd { get; init; }

    public Instant? ResetsAt => Period.End == Instant.FarFuture ? null : Period.End;

    /// <summary>The amount by which used and held together exceed the limit, or zero.</summary>
    public Quantity OverLimit => Limit is { } limit ? (Used + Held - limit).FloorAtZero() : Quantity.Zero;
}

/// <summary>
/// The reason why a request was allowed or refused. If it names several features, <see cref="Standings"/> has all of them and
/// <see cref="FeatureKey"/> is the one that decided: the first refused, else the first requested.
/// </summary>
public sealed record Decision
{
    public required Outcome Outcome { get; init; }

    public required int FeatureKey { get; init; }

    /// <summary>The code of the plan on which the decision rests.</summary>
    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    public required IReadOnlyList<Standing> Standings { get; init; }

    /// <summary>For a refusal: the requested units of <see cref="FeatureKey"/>.</summary>
    public Quantity? Requested { get; init; }

    /// <summary>For <see cref="Outcome.RateLimited"/>: the time from now until the same request would pass.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For <see cref="Outcome.RateLimited"/> and <see cref="Outcome.ConcurrencyLimited"/>: the window that is full.</summary>
    public Catalog.RateLimit? Window { get; init; }

    /// <summary>The remaining units of the limiting rate window, for the <c>RateLimit-*</c> headers.</summary>
    public Quantity? WindowRemaining { get; init; }

    public bool Allowed => Outcome <= Outcome.RecordedOverLimit;

    /// <summary>The numbers of <see cref="FeatureKey"/>; null for switches and features that the plan does not have.</summary>
    public Standing? Standing
    {
        get
        {
            foreach (var standing in Standings)
            {
                if (standing.FeatureKey == FeatureKey)
                {
                    return standing;
                }
            }

            return null;
        }
    }
}
