using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;

namespace Tollgate.Core.Quotas;

/// <summary>How a request over one or more features came out, and everything that it changed in the book.</summary>
public sealed class Verdict
{
    public required Outcome Outcome { get; init; }

    /// <summary>The feature that decided: the first refused, else the first asked for.</summary>
    public required FeatureEntry Feature { get; init; }

    public bool Allowed => Outcome <= Outcome.RecordedOverLimit;

    /// <summary>Of a refusal: units of <see cref="Feature"/> that were asked for.</summary>
    public Quantity? Requested { get; init; }

    public IReadOnlyList<Posting> Postings { get; init; } = [];

    public IReadOnlyList<Burn> Burns { get; init; } = [];

    public IReadOnlyList<ThresholdCrossing> Crossings { get; init; } = [];

    /// <summary>For a reservation: where the amounts are held.</summary>
    public IReadOnlyList<HeldPart> Parts { get; init; } = [];

    public IReadOnlyList<Standing> Standings { get; init; } = [];

    public TimeSpan? RetryAfter { get; init; }

    public RateLimit? Window { get; init; }

    public Quantity? WindowRemaining { get; init; }

    /// <summary>True where the verdict rests on the plan alone: no balance row of its own proves that it is fresh.</summary>
    public bool RestsOnPlan =>
        Outcome is Outcome.FeatureNotInPlan or Outcome.FeatureDisabled or Outcome.SwitchedOn or Outcome.SubscriptionInactive;
}
