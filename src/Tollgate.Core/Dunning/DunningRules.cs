using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Dunning;

/// <summary>The final action of dunning on a subscription. The customer is on the default plan either way.</summary>
public enum DunningEnd
{
    /// <summary>The subscription ends.</summary>
    Cancel,

    /// <summary>The subscription is paused: the customer gets it back by paying the invoice.</summary>
    DefaultPlan,
}

/// <summary>The retries of an invoice whose payment failed, and the final action.</summary>
/// <param name="RetryDays">The days after the first failure, ascending.</param>
public sealed record DunningPolicy(IReadOnlyList<int> RetryDays, DunningEnd FinalAction)
{
    /// <summary>The most retries: banks count attempts and object to more.</summary>
    public const int MostRetries = 10;

    /// <summary>The last day of a retry: cards that have failed for so long will not pay.</summary>
    public const int LastDay = 60;

    public static readonly DunningPolicy Default = new([1, 3, 5, 7], DunningEnd.Cancel);

    /// <summary>Returns the fault of the retry days; null: none.</summary>
    public static string? Fault(IReadOnlyList<int> retryDays)
    {
        if (retryDays.Count > MostRetries)
        {
            return $"At most {MostRetries} days are expected, not {retryDays.Count}.";
        }

        var last = 0;
        foreach (var day in retryDays)
        {
            if (day <= last || day > LastDay)
            {
                return $"Days from 1 to {LastDay} are expected, each later than the one before, not {day} after {last}.";
            }

            last = day;
        }

        return null;
    }
}

/// <summary>The schedule of retries, and the effect of a failure on the subscription (<c>SEMANTICS</c> 4).</summary>
public static class DunningRules
{
    /// <summary>
    /// True if the customer can fix the failure: another card, money on the account, a confirmation to the bank. Tollgate does not retry
    /// the others automatically.
    /// </summary>
    public static bool CanBeMended(PaymentFailure failure) =>
        failure is not (PaymentFailure.AmountNotPossible or PaymentFailure.ProviderRefused);

    /// <summary>
    /// Returns the next attempt after a failed one. Attempts missed while no server ran are not made up at once: at least a day lies
    /// between two attempts.
    /// </summary>
    /// <param name="failures">The failed attempts of the schedule, including this one; at least 1.</param>
    /// <returns>Null: it was the last.</returns>
    public static Instant? NextAttempt(DunningPolicy policy, Instant firstFailedAt, int failures, Instant now, TimeZoneInfo zone)
    {
        Invariant.That(failures >= 1, "Something has failed.");
        if (failures > policy.RetryDays.Count)
        {
            return null;
        }

        var (planned, tomorrow) =
            (BillingPeriods.AfterDays(firstFailedAt, policy.RetryDays[failures - 1], zone), BillingPeriods.AfterDays(now, 1, zone));
        return planned > tomorrow ? planned : tomorrow;
    }

    /// <summary>
    /// Returns the next attempt after an unscheduled one has failed, such as that with a new card: the schedule stays unchanged.
    /// </summary>
    /// <param name="planned">The time of the next attempt of the schedule.</param>
    public static Instant AfterExtraAttempt(Instant planned, Instant now, TimeZoneInfo zone) =>
        planned > now ? planned : BillingPeriods.AfterDays(now, 1, zone);

    /// <summary>Returns the time of the last attempt, if each one fails on time.</summary>
    /// <param name="failures">The failed attempts of the schedule.</param>
    /// <param name="next">The next attempt of the schedule.</param>
    public static Instant LastAttempt(DunningPolicy policy, Instant firstFailedAt, int failures, Instant next, TimeZoneInfo zone)
    {
        var at = next;
        while (NextAttempt(policy, firstFailedAt, ++failures, at, zone) is { } later)
        {
            at = later;
        }

        return at;
    }

    /// <summary>
    /// Returns the effect of a failure on the subscription. Null: none; it is in that state already, or ended, or paused.
    /// </summary>
    public static SubscriptionVerb? StepAfterFailure(DunningPolicy policy, SubscriptionStatus status, bool isLast)
    {
        var wanted = !isLast ? SubscriptionVerb.FailPayment
            : policy.FinalAction == DunningEnd.Cancel ? SubscriptionVerb.Cancel
            : SubscriptionVerb.Pause;
        return SubscriptionTransitions.After(status, wanted) is null ? null : wanted;
    }
}
