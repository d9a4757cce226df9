namespace Tollgate.Core.Quotas;

/// <summary>
/// The result of a decision: a closed set. The code maps each once to a reason, a status and an error code, and a table test covers the
/// map.
/// </summary>
public enum Outcome
{
    /// <summary>Within the granted amount.</summary>
    WithinQuota,

    /// <summary>The plan has no limit (the quota is null).</summary>
    Unlimited,

    /// <summary>Beyond a soft cap. It counts as overage.</summary>
    Overage,

    /// <summary>A switch that the plan turns on.</summary>
    SwitchedOn,

    /// <summary>A fact, reported after the work: recorded although it exceeds the cap.</summary>
    RecordedOverLimit,

    /// <summary>Beyond a hard cap.</summary>
    QuotaExceeded,

    /// <summary>Beyond a hard cap of a budget in money.</summary>
    BudgetExceeded,

    /// <summary>Beyond the overage that a soft cap allows.</summary>
    OverageLimitReached,

    /// <summary>The quota is zero and no grant or pool covers it.</summary>
    FeatureDisabled,

    /// <summary>The plan does not name the feature, or its switch is off.</summary>
    FeatureNotInPlan,

    /// <summary>A rate window is full; waiting helps.</summary>
    RateLimited,

    /// <summary>As many holds are open as the plan, or the ledger for one customer, allows; waiting helps.</summary>
    ConcurrencyLimited,

    /// <summary>The customer's subscription is not active.</summary>
    SubscriptionInactive,

    /// <summary>
    /// A balance would grow beyond what a <see cref="Money.Quantity"/> holds. Facts are refused too: they cannot be stored.
    /// </summary>
    OutOfRange,
}
