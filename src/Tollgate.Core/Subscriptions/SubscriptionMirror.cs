using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>The complete state of a provider-managed subscription at the provider.</summary>
/// <param name="Anchor">The anchor of all its periods.</param>
/// <param name="Current">The running period; the last one after the end.</param>
/// <param name="EndedAt">The end; null: it has not ended.</param>
/// <param name="Reason">The reason for the end, also of a scheduled one.</param>
public sealed record MirroredState(
    SubscriptionStatus Status, SubscriptionTerms Terms, Instant StartedAt, Anchor Anchor, Period Current, Instant? TrialEnd,
    Instant? CancelAt, Instant? EndedAt,
    string? Reason)
{
    /// <summary>For a trial: see <see cref="Subscription.ConvertsTrial"/>.</summary>
    public bool ConvertsTrial { get; init; } = true;
}

/// <summary>
/// Derives the facts of a provider-managed subscription from its last known state and its current one. The result does not depend on how
/// many states Tollgate missed in between, except for <see cref="Subscription.UsageFrom"/>, <see cref="Subscription.TermsSince"/> and facts
/// that were committed before.
/// </summary>
public static class SubscriptionMirror
{
    /// <param name="before">Null: Tollgate does not know the subscription yet.</param>
    /// <param name="provider">The provider that manages it: <c>stripe</c>.</param>
    /// <param name="now">The time of changes for which the provider gives none.</param>
    /// <returns>The steps in order of time, without charges: the provider charges.</returns>
    public static IReadOnlyList<SubscriptionStep> Follow(Guid id, string provider, Subscription? before, MirroredState state, Instant now)
    {
        if (before is { IsEnded: true })
        {
            return [];
        }

        if (before is null && state.EndedAt is { } over)
        {
            // Record a subscription that ended before Tollgate knew it: it gives, counts and bills nothing.
            return [Step(SubscriptionVerb.Start, Ended(Begun(id, provider, state), over, state.Reason), over)];
        }

        // The clocks may differ: the reported period has begun already.
        now = now < state.Current.Start ? state.Current.Start : now;
        var steps = new List<SubscriptionStep>();
        Add(before is null ? Step(SubscriptionVerb.Start, Begun(id, provider, state), state.Current.Start) : ToTerms(before, state, now));
        Add(state.EndedAt is null ? ToStatus(At(), state.Status, now) : null);
        Add(state.EndedAt is { } ended
            ? Step(SubscriptionVerb.Cancel, Ended(At(), ended, state.Reason), ended)
            : ToCancellation(At(), state, now));
        return steps;

        void Add(SubscriptionStep? step)
        {
            if (step is not null)
            {
                steps.Add(step);
            }
        }

        Subscription At() => steps.Count == 0 ? before! : steps[^1].After;
    }

    private static SubscriptionStep Step(SubscriptionVerb verb, Subscription after, Instant at) => new(after, verb, at, []);

    /// <summary>Returns the step to another period, other terms, or both.</summary>
    private static SubscriptionStep? ToTerms(Subscription old, MirroredState state, Instant now)
    {
        if ((old.Current, old.Terms, old.Anchor, old.TrialEnd) == (state.Current, state.Terms, state.Anchor, state.TrialEnd))
        {
            return state.Status == SubscriptionStatus.Trialing && old.ConvertsTrial != state.ConvertsTrial
                ? Step(SubscriptionVerb.Change, old with { ConvertsTrial = state.ConvertsTrial }, now)
                : null;
        }

        var after =
            old with
            {
                Terms = state.Terms, Anchor = state.Anchor, Current = state.Current, TrialEnd = state.TrialEnd,
                ConvertsTrial = state.ConvertsTrial, Billed = state.Terms.Amount,
            };
        var start = state.Current.Start;
        if (start == old.Current.Start)
        {
            var lived = ProrationRules.Between(old.Current, old.TermsSince, now);
            return Step(
                SubscriptionVerb.Change, after with { TermsSince = now, Committed = old.Committed + old.Terms.MinimumBeyondPrice(lived) },
                now);
        }

        after = after with { TermsSince = start, Committed = MoneyAmount.Zero(state.Terms.Currency) };
        if (old.Status == SubscriptionStatus.Trialing && state.TrialEnd == start)
        {
            return Step(SubscriptionVerb.ConvertTrial, after with { Status = SubscriptionStatus.Active, UsageFrom = start }, start);
        }

        var isNext = old.Current.End == start && (old.Anchor, old.Terms.Interval) == (state.Anchor, state.Terms.Interval);
        return Step(isNext ? SubscriptionVerb.Renew : SubscriptionVerb.Change, after, start);
    }

    private static SubscriptionStep? ToStatus(Subscription at, SubscriptionStatus wanted, Instant now) => at.Status == wanted
        ? null
        : Step(VerbOf(at.Status, wanted), at with { Status = wanted, PausedAt = wanted == SubscriptionStatus.Paused ? now : null }, now);

    private static Subscription Ended(Subscription at, Instant ended, string? reason)
    {
        var period = at.Current;
        return at with
        {
            Status = SubscriptionStatus.Canceled, EndedAt = ended, CancelAt = null, CancelReason = reason, PausedAt = null,
            Current = ended > period.Start && ended < period.End ? period with { End = ended } : period,
        };
    }

    private static SubscriptionStep? ToCancellation(Subscription at, MirroredState state, Instant now)
    {
        var reason = state.CancelAt is null ? null : state.Reason;
        return (at.CancelAt, at.CancelReason) == (state.CancelAt, reason)
            ? null
            : Step(
                state.CancelAt is null ? SubscriptionVerb.Uncancel : SubscriptionVerb.ScheduleCancel,
                at with { CancelAt = state.CancelAt, CancelReason = reason }, now);
    }

    private static Subscription Begun(Guid id, string provider, MirroredState state) => new()
    {
        Id = id, ManagedBy = provider, Status = state.Status, Terms = state.Terms, StartedAt = state.StartedAt,
        Anchor = state.Anchor, Current = state.Current, Billed = state.Terms.Amount, TermsSince = state.Current.Start,
        Committed = MoneyAmount.Zero(state.Terms.Currency),
        UsageFrom = state.EndedAt is { } over ? over
            : state.TrialEnd is { } trial && trial > state.Current.Start ? trial
            : state.Current.Start, TrialEnd = state.TrialEnd,
        ConvertsTrial = state.ConvertsTrial,
        PausedAt = state.Status == SubscriptionStatus.Paused ? state.Current.Start : null,
    };

    private static SubscriptionVerb VerbOf(SubscriptionStatus from, SubscriptionStatus to) => (from, to) switch
    {
        (_, SubscriptionStatus.PastDue) => SubscriptionVerb.FailPayment,
        (_, SubscriptionStatus.Paused) => SubscriptionVerb.Pause,
        (SubscriptionStatus.Incomplete, _) => SubscriptionVerb.Activate,
        (SubscriptionStatus.PastDue, SubscriptionStatus.Active) => SubscriptionVerb.RecoverPayment,
        (SubscriptionStatus.Paused, SubscriptionStatus.Active) => SubscriptionVerb.Resume,
        (SubscriptionStatus.Trialing, SubscriptionStatus.Active) => SubscriptionVerb.ConvertTrial,
        _ => SubscriptionVerb.Change,
    };
}
