using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;

namespace Tollgate.Core.Quotas;

/// <summary>The result of a request over one or more features, with every change that it made to the account state.</summary>
public sealed class Verdict
{
    public required Outcome Outcome { get; init; }

    /// <summary>The feature that decided: the first refused, else the first requested.</summary>
    public required FeatureEntry Feature { get; init; }

    public bool Allowed => Outcome <= Outcome.RecordedOverLimit;

    /// <summary>For a refusal: the requested units of <see cref="Feature"/>.</summary>
    public Quantity? Requested { get; init; }

    public IReadOnlyList<Posting> Postings { get; init; } = [];

    public IReadOnlyList<Burn> Burns { get; init; } = [];

    public IReadOnlyList<ThresholdCrossing> Crossings { get; init; } = [];

    /// <summary>For a reservation: the balance rows that hold the amounts.</summary>
    public IReadOnlyList<HeldPart> Parts { get; init; } = [];

    public IReadOnlyList<Standing> Standings { get; init; } = [];

    public TimeSpan? RetryAfter { get; init; }

    public RateLimit? Window { get; init; }

    public Quantity? WindowRemaining { get; init; }

    /// <summary>True if the verdict rests on the plan alone: it has no balance row of its own to prove that it is current.</summary>
    public bool RestsOnPlan =>
        Outcome is Outcome.FeatureNotInPlan or Outcome.FeatureDisabled or Outcome.SwitchedOn or Outcome.SubscriptionInactive;
}
