using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>The numbers of one feature right after (or, for a denial, at) the decision.</summary>
/// <param name="FeatureKey">The feature's number.</param>
/// <param name="Limit">Granted in this period: the plan's quota plus what grants add; null is unlimited.</param>
/// <param name="Used">Recorded so far in the period, overshoot included.</param>
/// <param name="Held">Taken by open reservations.</param>
/// <param name="Remaining">What a decision could still take; null is unlimited. Never negative.</param>
/// <param name="Period">The quota period; its end is <c>resets_at</c> unless it never ends.</param>
public sealed record Standing(int FeatureKey, Quantity? Limit, Quantity Used, Quantity Held, Quantity? Remaining, Period Period)
{
    /// <summary>Overage of ended periods that lowers the limit, or would lower it further than to zero.</summary>
    public Quantity Carried { get; init; }

    /// <summary>Of a level that time weighs: used at the period's end if no report changes it. Null: of all others.</summary>
    public Quantity? UsedAtEnd { get; init; }

    public Instant? ResetsAt => Period.End == Instant.FarFuture ? null : Period.End;

    /// <summary>How far used and held together stand beyond the limit; zero when they do not.</summary>
    public Quantity OverLimit => Limit is { } limit ? (Used + Held - limit).FloorAtZero() : Quantity.Zero;
}

/// <summary>
/// Why a request was allowed or refused. When several features were decided together, <see cref="Standings"/> has all
/// of them and <see cref="FeatureKey"/> names the one that decided (the first denied, else the first asked for).
/// </summary>
public sealed record Decision
{
    public required Outcome Outcome { get; init; }

    public required int FeatureKey { get; init; }

    /// <summary>The plan's code and version the decision rests on.</summary>
    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    public required IReadOnlyList<Standing> Standings { get; init; }

    /// <summary>Of a refusal: units of <see cref="FeatureKey"/> that were asked for.</summary>
    public Quantity? Requested { get; init; }

    /// <summary>For <see cref="Outcome.RateLimited"/>: when the same request would pass, seen from now.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For <see cref="Outcome.RateLimited"/> and <see cref="Outcome.ConcurrencyLimited"/>: the window that is full.</summary>
    public Catalog.RateLimit? Window { get; init; }

    /// <summary>What the limiting rate window still has, for the <c>RateLimit-*</c> headers.</summary>
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
