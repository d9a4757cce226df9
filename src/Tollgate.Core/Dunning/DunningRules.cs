using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Dunning;

/// <summary>What becomes of a subscription when the last attempt has failed. The customer is on the default plan either way.</summary>
public enum DunningEnd
{
    /// <summary>It is over.</summary>
    Cancel,

    /// <summary>It waits: whoever pays the invoice after all has it again.</summary>
    DefaultPlan,
}

/// <summary>How often an invoice that could not be collected is tried again, and what comes after that.</summary>
/// <param name="RetryDays">Days after the first failure, ascending.</param>
public sealed record DunningPolicy(IReadOnlyList<int> RetryDays, DunningEnd FinalAction)
{
    /// <summary>More attempts anger banks, which count them.</summary>
    public const int MostRetries = 10;

    /// <summary>Cards of which nothing came for so long will not pay.</summary>
    public const int LastDay = 60;

    public static readonly DunningPolicy Default = new([1, 3, 5, 7], DunningEnd.Cancel);

    /// <summary>What is wrong with the days of retries; null: nothing.</summary>
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

/// <summary>When an invoice is tried again, and what a failure does to its subscription (<c>SEMANTICS</c> 4).</summary>
public static class DunningRules
{
    /// <summary>
    /// Whether a customer can do something about it: another card, money on the account, an answer to the bank. The others are not tried
    /// again by themselves.
    /// </summary>
    public static bool CanBeMended(PaymentFailure failure) =>
        failure is not (PaymentFailure.AmountNotPossible or PaymentFailure.ProviderRefused);

    /// <summary>
    /// The next attempt after one has failed. What was missed, because no server ran, is not made up for at once: a day lies between two
    /// attempts.
    /// </summary>
    /// <param name="failures">Attempts of the schedule that have failed, with this one; at least 1.</param>
    /// <returns>Null: that was the last.</returns>
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
    /// The next attempt after one between those of the schedule has failed, such as that of a new card: the schedule stays as it is.
    /// </summary>
    /// <param name="planned">When the next one of the schedule was to be.</param>
    public static Instant AfterExtraAttempt(Instant planned, Instant now, TimeZoneInfo zone) =>
        planned > now ? planned : BillingPeriods.AfterDays(now, 1, zone);

    /// <summary>When the last attempt is made, if each fails when it is due.</summary>
    /// <param name="failures">Attempts of the schedule that have failed.</param>
    /// <param name="next">The next one of the schedule.</param>
    public static Instant LastAttempt(DunningPolicy policy, Instant firstFailedAt, int failures, Instant next, TimeZoneInfo zone)
    {
        var at = next;
        while (NextAttempt(policy, firstFailedAt, ++failures, at, zone) is { } later)
        {
            at = later;
        }

        return at;
    }

    /// <summary>What a failure does to the subscription. Null: nothing; it is so already, or over, or paused.</summary>
    public static SubscriptionVerb? StepAfterFailure(DunningPolicy policy, SubscriptionStatus status, bool isLast)
    {
        var wanted = !isLast ? SubscriptionVerb.FailPayment
            : policy.FinalAction == DunningEnd.Cancel ? SubscriptionVerb.Cancel
            : SubscriptionVerb.Pause;
        return SubscriptionTransitions.After(status, wanted) is null ? null : wanted;
    }
}
