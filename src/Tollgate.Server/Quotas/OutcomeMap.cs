using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;

namespace Tollgate.Server.Quotas;

/// <summary>Maps outcomes and faults to reasons and error codes.</summary>
internal static class OutcomeMap
{
    /// <summary>The word in <c>reason</c>.</summary>
    public static string Reason(Outcome outcome) => outcome switch
    {
        Outcome.WithinQuota => "within_quota",
        Outcome.Unlimited => "unlimited",
        Outcome.Overage => "overage",
        Outcome.SwitchedOn => "switched_on",
        Outcome.RecordedOverLimit => "recorded_over_limit",
        Outcome.QuotaExceeded => "quota_exceeded",
        Outcome.BudgetExceeded => "budget_exceeded",
        Outcome.OverageLimitReached => "overage_limit_reached",
        Outcome.FeatureDisabled => "feature_disabled",
        Outcome.FeatureNotInPlan => "feature_not_in_plan",
        Outcome.RateLimited => "rate_limited",
        Outcome.ConcurrencyLimited => "concurrency_limited",
        Outcome.SubscriptionInactive => "subscription_inactive",
        Outcome.OutOfRange => "out_of_range",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "The outcome has no reason."),
    };

    /// <summary>
    /// The error code of a refusal: 402 if the customer can pay for more, 429 if a later retry can succeed. Null: the decision allows the
    /// request.
    /// </summary>
    public static ErrorCode? Code(Outcome outcome) => outcome switch
    {
        Outcome.WithinQuota or Outcome.Unlimited or Outcome.Overage or Outcome.SwitchedOn or Outcome.RecordedOverLimit => null,
        Outcome.QuotaExceeded or Outcome.OverageLimitReached => ErrorCode.QuotaExceeded,
        Outcome.BudgetExceeded => ErrorCode.BudgetExceeded,
        Outcome.FeatureDisabled => ErrorCode.FeatureDisabled,
        Outcome.FeatureNotInPlan => ErrorCode.FeatureNotInPlan,
        Outcome.RateLimited or Outcome.ConcurrencyLimited => ErrorCode.RateLimited,
        Outcome.SubscriptionInactive => ErrorCode.SubscriptionInactive,
        Outcome.OutOfRange => ErrorCode.EventValueInvalid,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "The outcome has no code."),
    };

    /// <summary>The status of a refusal: the code's own, unless the catalogue has another for used-up quotas and budgets.</summary>
    public static int StatusOf(ErrorCode code, OverLimit overLimit) =>
        overLimit == OverLimit.TooManyRequests && (code == ErrorCode.QuotaExceeded || code == ErrorCode.BudgetExceeded)
            ? StatusCodes.Status429TooManyRequests
            : code.Status;

    /// <summary>Null for <see cref="GateFault.None"/>.</summary>
    public static ErrorCode? Code(GateFault fault) => fault switch
    {
        GateFault.None => null,
        GateFault.FeatureUnknown => ErrorCode.FeatureNotFound,
        GateFault.FeatureNotMetered => ErrorCode.FeatureNotMetered,
        GateFault.LevelNotConsumed => ErrorCode.LevelNotConsumed,
        GateFault.IdReused => ErrorCode.IdempotencyKeyReused,
        GateFault.TooOld => ErrorCode.EventTooOld,
        GateFault.InFuture => ErrorCode.EventInFuture,
        GateFault.HoldUnknown => ErrorCode.ReservationNotFound,
        GateFault.HoldClosed => ErrorCode.ReservationClosed,
        GateFault.HoldAmbiguous => ErrorCode.ReservationAmbiguous,
        GateFault.EventUnknown => ErrorCode.EventNotFound,
        GateFault.ValueInvalid or GateFault.SignalInvalid => ErrorCode.EventValueInvalid,
        GateFault.Unmatched => ErrorCode.EventUnmatched,
        GateFault.CustomersLimited => ErrorCode.CustomersLimited,
        GateFault.CustomerErased => ErrorCode.CustomerErased,
        GateFault.Overloaded => ErrorCode.Overloaded,
        GateFault.StorageUnavailable => ErrorCode.StorageUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "The fault has no code."),
    };
}
