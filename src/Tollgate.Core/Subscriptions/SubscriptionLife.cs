using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>The facts that the rules need in addition to the subscription itself.</summary>
/// <param name="Unconsumed">For <see cref="Proration.UsageAware"/>: the remaining share of the quota; null if the plan has no metered
/// feature.</param>
public sealed record LifeFacts(TimeZoneInfo Zone, Fraction? Unconsumed);

public enum ChargeKind
{
    /// <summary>A whole period in advance.</summary>
    Advance,

    /// <summary>Seats beyond those of the plan for a whole period, in advance.</summary>
    Seats,

    /// <summary>An add-on for a whole period, in advance.</summary>
    AddOn,

    /// <summary>A credit for the paid rest of a period that the customer no longer uses; negative.</summary>
    UnusedTime,

    /// <summary>A charge for the rest of a period on new terms.</summary>
    RemainingTime,
}

/// <summary>A charge or credit for a stretch of time.</summary>
/// <param name="Terms">The terms whose price applies.</param>
/// <param name="Share">The part of that price; null for all of it.</param>
public sealed record Charge(ChargeKind Kind, SubscriptionTerms Terms, MoneyAmount Amount, Period Period, Fraction? Share)
{
    /// <summary>The add-on; null: the charge is for the plan or its seats.</summary>
    public HeldAddOn? AddOn { get; init; }

    /// <summary>For unused time: the percentage that coupons had taken off it.</summary>
    public Percent Reduced { get; init; }

    /// <summary>For unused time: the credit with the reasons that reduce it.</summary>
    public ProrationCredit? Credit { get; init; }
}

/// <summary>One change of a subscription, with the charges to bill for it.</summary>
/// <param name="At">The time at which it takes effect.</param>
public sealed record SubscriptionStep(Subscription After, SubscriptionVerb Verb, Instant At, IReadOnlyList<Charge> Charges)
{
    /// <summary>
    /// The period that an invoice of this step covers. A subscription has at most one invoice of a kind for the same period.
    /// </summary>
    public Period Span { get; init; } = After.Current;
}

/// <summary>
/// The life of a subscription (<c>SEMANTICS</c> 1 and 4): from facts and an instant it computes the next state and the charges. A preview
/// and the change itself make the same call. <see cref="SubscriptionTransitions"/> lists the allowed changes.
/// </summary>
public static class SubscriptionLife
{
    /// <summary>Begins with a trial, or with the first period, which is billed in advance. Boundaries are whole seconds.</summary>
    /// <param name="trialDays">0 for none.</param>
    public static SubscriptionStep Start(
        Guid id, SubscriptionTerms terms, int trialDays, bool convertsTrial, Instant now, TimeZoneInfo zone)
    {
        var start = now.WholeSecond();
        var anchor = new Anchor(start);
        if (trialDays > 0)
        {
            var end = BillingPeriods.AfterDays(start, trialDays, zone);
            return new(
                new()
                {
                    Id = id, Status = SubscriptionStatus.Trialing, Terms = terms, StartedAt = start, Anchor = anchor,
                    Current = new(start, end),
                    TrialEnd = end, ConvertsTrial = convertsTrial, Billed = MoneyAmount.Zero(terms.Currency), TermsSince = start,
                    Committed = MoneyAmount.Zero(terms.Currency), UsageFrom = end,
                },
                SubscriptionVerb.Start, start, []);
        }

        var first = BillingPeriods.At(terms.Interval, anchor, start, zone);
        var active = new Subscription
        {
            Id = id, Status = SubscriptionStatus.Active, Terms = terms, StartedAt = start, Anchor = anchor, Current = first,
            Billed = terms.Amount, TermsSince = start, Committed = MoneyAmount.Zero(terms.Currency), UsageFrom = start,
        };
        return new(WithUsageDue(active, start, zone), SubscriptionVerb.Start, start, Advance(terms, first));
    }

    /// <summary>
    /// Performs the automatic step at <see cref="Subscription.DueAt"/>. A cancellation precedes a renewal at the same instant.
    /// </summary>
    public static SubscriptionStep Due(Subscription subscription, LifeFacts facts)
    {
        Invariant.That(subscription.DueAt is not null, "Nothing is due.");
        var at = subscription.DueAt!.Value;
        if (subscription.CancelAt == at)
        {
            return Cancel(subscription, subscription.CancelReason, at);
        }

        return subscription.Status switch
        {
            SubscriptionStatus.Paused => Resume(subscription, facts, at),
            SubscriptionStatus.Trialing when !subscription.ConvertsTrial => Ended(subscription, SubscriptionVerb.ExpireTrial, at),
            SubscriptionStatus.Trialing => Convert(subscription, at, facts),
            _ when subscription.UsageDueAt == at && at < subscription.Current.End => BillUsage(subscription, at, facts),
            _ => Renew(subscription, facts),
        };
    }

    /// <summary>
    /// Applies new terms from now on. It credits the rest of the running period at the old price and charges it at the new one, each
    /// rounded separately. Another interval begins a new period with a new anchor, billed in full. Terms scheduled for the next period stay
    /// scheduled.
    /// </summary>
    public static SubscriptionStep Change(
        Subscription subscription, SubscriptionTerms terms, Proration policy, LifeFacts facts, Instant now)
    {
        var status = Allowed(subscription, SubscriptionVerb.Change);
        var (old, period) = (subscription.Terms, subscription.Current);
        if (status == SubscriptionStatus.Trialing)
        {
            return new(subscription with { Terms = terms }, SubscriptionVerb.Change, now, []);
        }

        var at = now.WholeSecond() < period.Start ? period.Start : now.WholeSecond();
        var remaining = ProrationRules.Remaining(policy, period, at, facts.Zone);
        var ends = terms.Interval != old.Interval;
        var charges = new List<Charge>(Unused(subscription, policy, at, remaining, facts, ends));
        var given = Sum(charges, terms.Currency);
        if (ends)
        {
            var anchor = new Anchor(at);
            var first = BillingPeriods.At(terms.Interval, anchor, at, facts.Zone);
            charges.AddRange(Advance(terms, first));
            var begun = Begun(subscription with { Terms = terms, Anchor = anchor, CancelAt = Moved(subscription, first) }, first);
            return new(WithUsageDue(begun, at, facts.Zone), SubscriptionVerb.Change, at, charges);
        }

        var asked = terms.Items.Select(item =>
            new Charge(ChargeKind.RemainingTime, terms, remaining.Of(item.Amount), new(at, period.End), remaining) { AddOn = item.AddOn })
            .Where(static charge => !charge.Amount.IsZero).ToArray();
        charges.AddRange(asked);
        var changed = subscription with
        {
            Terms = terms, Billed = subscription.Billed + given + Sum(asked, terms.Currency), TermsSince = at,
            AmountOff = MoneyAmount.Min(AmountOffOf(subscription, policy, remaining, facts.Zone), Sum(asked, terms.Currency)),
            Committed = subscription.Committed + old.MinimumBeyondPrice(ProrationRules.Between(period, subscription.TermsSince, at)),
        };
        return new(WithUsageDue(changed, at, facts.Zone), SubscriptionVerb.Change, at, charges) { Span = new(at, period.End) };
    }

    /// <summary>
    /// Schedules new terms for the next period, which for a paused subscription begins when it resumes; null unschedules them.
    /// </summary>
    public static SubscriptionStep Schedule(Subscription subscription, SubscriptionTerms? terms, Instant now)
    {
        var verb = terms is null ? SubscriptionVerb.Unschedule : SubscriptionVerb.Schedule;
        Allowed(subscription, verb);
        return new(subscription with { Scheduled = terms }, verb, now, []);
    }

    /// <summary>Records that a coupon begins or ceases to reduce later invoices. The subscription itself stays unchanged.</summary>
    public static SubscriptionStep WithCoupon(Subscription subscription, SubscriptionVerb verb, Instant now)
    {
        Allowed(subscription, verb);
        return new(subscription, verb, now, []);
    }

    /// <summary>Ends the subscription now without a credit for the paid rest.</summary>
    /// <param name="reason">Null: the reason given before, if any.</param>
    public static SubscriptionStep Cancel(Subscription subscription, string? reason, Instant now) =>
        Ended(subscription with { CancelReason = reason ?? subscription.CancelReason }, SubscriptionVerb.Cancel, now);

    /// <summary>
    /// Ends the subscription now and credits the unused time: the rest of the period, for a paused one from the pause on.
    /// </summary>
    /// <inheritdoc cref="Cancel"/>
    public static SubscriptionStep CancelWithCredit(Subscription subscription, string? reason, LifeFacts facts, Instant now)
    {
        var (ended, from) = (Cancel(subscription, reason, now), subscription.PausedAt ?? now);
        var remaining = ProrationRules.Remaining(Proration.Second, subscription.Current, from, facts.Zone);
        var unused = Unused(subscription, Proration.Second, from, remaining, facts with { Unconsumed = null }, ends: true);
        return ended with
        {
            After = ended.After with { Billed = subscription.Billed + Sum(unused, subscription.Terms.Currency) }, Charges = unused,
        };
    }

    /// <summary>
    /// Ends the subscription with the running period. A paused one has no running period and ends at once. Scheduled terms apply if the
    /// cancellation is withdrawn.
    /// </summary>
    public static SubscriptionStep CancelAtEnd(Subscription subscription, string? reason, Instant now)
    {
        Allowed(subscription, SubscriptionVerb.ScheduleCancel);
        var end = subscription.Status == SubscriptionStatus.Paused ? now : subscription.Current.End;
        return new(
            subscription with { CancelAt = end, CancelReason = reason ?? subscription.CancelReason }, SubscriptionVerb.ScheduleCancel, now,
            []);
    }

    public static SubscriptionStep Uncancel(Subscription subscription, Instant now)
    {
        Allowed(subscription, SubscriptionVerb.Uncancel);
        return new(subscription with { CancelAt = null, CancelReason = null }, SubscriptionVerb.Uncancel, now, []);
    }

    /// <summary>Pauses the plan and billing from now on. The resumption credits the paid rest of the period.</summary>
    /// <param name="until">Null: until a caller resumes it.</param>
    public static SubscriptionStep Pause(Subscription subscription, Instant? until, Instant now)
    {
        var status = Allowed(subscription, SubscriptionVerb.Pause);
        return new(subscription with { Status = status, PausedAt = now, ResumeAt = until }, SubscriptionVerb.Pause, now, []);
    }

    /// <summary>Records a failed payment. The customer keeps the plan for the grace period.</summary>
    public static SubscriptionStep FailPayment(Subscription subscription, Instant now)
    {
        var status = Allowed(subscription, SubscriptionVerb.FailPayment);
        return new(subscription with { Status = status }, SubscriptionVerb.FailPayment, now, []);
    }

    /// <summary>Records that the customer owes nothing any more.</summary>
    public static SubscriptionStep RecoverPayment(Subscription subscription, Instant now)
    {
        var status = Allowed(subscription, SubscriptionVerb.RecoverPayment);
        return new(subscription with { Status = status }, SubscriptionVerb.RecoverPayment, now, []);
    }

    /// <summary>Resumes with a new period and a new anchor, and credits the paid time that was unused before the pause.</summary>
    public static SubscriptionStep Resume(Subscription subscription, LifeFacts facts, Instant now)
    {
        var status = Allowed(subscription, SubscriptionVerb.Resume);
        var at = now.WholeSecond();
        var (terms, period, paused) = (subscription.Scheduled ?? subscription.Terms, subscription.Current, subscription.PausedAt!.Value);
        var remaining = ProrationRules.Remaining(Proration.Second, period, paused, facts.Zone);
        var unused = Unused(subscription, Proration.Second, paused, remaining, facts with { Unconsumed = null }, ends: true);
        var anchor = new Anchor(at);
        var first = BillingPeriods.At(terms.Interval, anchor, at, facts.Zone);
        var resumed = Begun(
            subscription with
            {
                Status = status, Terms = terms, Scheduled = null, Anchor = anchor, PausedAt = null, ResumeAt = null,
                CancelAt = Moved(subscription, first),
            },
            first);
        return new(WithUsageDue(resumed, at, facts.Zone), SubscriptionVerb.Resume, at, [.. unused, .. Advance(terms, first)]);
    }

    private static SubscriptionStep Convert(Subscription trial, Instant at, LifeFacts facts)
    {
        var status = Allowed(trial, SubscriptionVerb.ConvertTrial);
        var anchor = new Anchor(at);
        var first = BillingPeriods.At(trial.Terms.Interval, anchor, at, facts.Zone);
        var paid = Begun(trial with { Status = status, Anchor = anchor, UsageFrom = at }, first);
        return new(WithUsageDue(paid, at, facts.Zone), SubscriptionVerb.ConvertTrial, at, Advance(trial.Terms, first));
    }

    /// <summary>
    /// Begins the next period, billed in advance. The anchor stays; a new interval gets one that continues from the same boundary.
    /// </summary>
    private static SubscriptionStep Renew(Subscription subscription, LifeFacts facts)
    {
        var status = Allowed(subscription, SubscriptionVerb.Renew);
        var (terms, at) = (subscription.Scheduled ?? subscription.Terms, subscription.Current.End);
        var anchor = terms.Interval == subscription.Terms.Interval ? subscription.Anchor
            : BillingPeriods.Onward(subscription.Anchor, subscription.Terms.Interval, terms.Interval, at, facts.Zone);
        var next = BillingPeriods.At(terms.Interval, anchor, at, facts.Zone);
        var renewed = Begun(subscription with { Status = status, Terms = terms, Scheduled = null, Anchor = anchor }, next);
        return new(WithUsageDue(renewed, at, facts.Zone), SubscriptionVerb.Renew, at, Advance(terms, next));
    }

    /// <summary>Begins a period that is billed in full.</summary>
    private static Subscription Begun(Subscription subscription, Period period) => subscription with
    {
        Current = period, Billed = subscription.Terms.Amount, TermsSince = period.Start,
        Committed = MoneyAmount.Zero(subscription.Terms.Currency),
        AmountOff = MoneyAmount.Zero(subscription.Terms.Currency),
    };

    /// <summary>
    /// Returns the new time of a scheduled cancellation: a customer who has canceled for the period's end keeps the paid time, so if
    /// another period begins, the subscription ends with that one.
    /// </summary>
    private static Instant? Moved(Subscription subscription, Period begun) => subscription.CancelAt is null ? null : begun.End;

    /// <summary>Returns the credits for the plan and each add-on, each less the reductions of coupons, without those of zero.</summary>
    /// <param name="ends">True if the billing period ends with the change, and with it the reduction of a coupon of an amount.</param>
    private static IReadOnlyList<Charge> Unused(
        Subscription subscription, Proration policy, Instant from, Fraction remaining, LifeFacts facts, bool ends)
    {
        var (terms, rest) = (subscription.Terms, new Period(from, subscription.Current.End));
        var amountOff = ends ? AmountOffOf(subscription, policy, remaining, facts.Zone) : MoneyAmount.Zero(terms.Currency);
        var credits = ProrationRules.Credits(
            policy, [.. terms.Items.Select(static item => item.Amount)], subscription.Reduced, remaining, subscription.Billed,
            facts.Unconsumed, amountOff);
        return
        [
            .. terms.Items.Zip(credits).Where(static pair => !pair.Second.Amount.IsZero)
                .Select(pair => new Charge(ChargeKind.UnusedTime, terms, -pair.Second.Amount, rest, remaining)
            {
                AddOn = pair.First.AddOn, Reduced = subscription.Reduced, Credit = pair.Second,
            }),
        ];
    }

    /// <summary>Returns the share of <see cref="Subscription.AmountOff"/> for the remaining time.</summary>
    private static MoneyAmount AmountOffOf(Subscription subscription, Proration policy, Fraction remaining, TimeZoneInfo zone)
    {
        var charged = ProrationRules.Remaining(policy, subscription.Current, subscription.TermsSince, zone);
        return charged.Part == 0 || remaining.Part >= charged.Part
            ? subscription.AmountOff
            : MoneyParts.Share(subscription.AmountOff, remaining.Part, charged.Part);
    }

    private static MoneyAmount Sum(IEnumerable<Charge> charges, Currency currency) =>
        charges.Aggregate(MoneyAmount.Zero(currency), static (sum, charge) => sum + charge.Amount);

    /// <summary>Bills only overage at the end of a billing month within a longer billing period.</summary>
    private static SubscriptionStep BillUsage(Subscription subscription, Instant at, LifeFacts facts)
    {
        var status = Allowed(subscription, SubscriptionVerb.BillUsage);
        var month = QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, new(at.UnixMicroseconds - 1), facts.Zone, subscription.Anchor, null);
        return new(WithUsageDue(subscription with { Status = status }, at, facts.Zone), SubscriptionVerb.BillUsage, at, [])
        {
            Span = month,
        };
    }

    /// <summary>Sets the next end of a billing month within a longer period, for plans with an overage price.</summary>
    private static Subscription WithUsageDue(Subscription subscription, Instant at, TimeZoneInfo zone)
    {
        if (subscription.Terms.Interval != PriceInterval.Yearly
            || !subscription.Terms.Plan.Plan.Entitlements.Any(static e => e.OveragePrices.Count > 0))
        {
            return subscription with { UsageDueAt = null };
        }

        var end = QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, at, zone, subscription.Anchor, null).End;
        return subscription with { UsageDueAt = end < subscription.Current.End ? end : null };
    }

    private static SubscriptionStep Ended(Subscription subscription, SubscriptionVerb verb, Instant at)
    {
        var status = Allowed(subscription, verb);
        var period = subscription.Current;
        return new(
            subscription with
            {
                Status = status, EndedAt = at, Current = at > period.Start && at < period.End ? period with { End = at } : period,
                CancelAt = null, Scheduled = null,
                UsageDueAt = null,
            },
            verb, at, []);
    }

    private static SubscriptionStatus Allowed(Subscription subscription, SubscriptionVerb verb)
    {
        var after = SubscriptionTransitions.After(subscription.Status, verb);
        Invariant.That(
            after is not null,
            $"{verb} is not allowed while the subscription is {subscription.Status}; ask SubscriptionTransitions first.");
        return after!.Value;
    }

    /// <summary>Returns the charges of a whole period: the plan, its seats and its add-ons.</summary>
    private static IReadOnlyList<Charge> Advance(SubscriptionTerms terms, Period period)
    {
        var charges = new List<Charge> { new(ChargeKind.Advance, terms, terms.Base, period, null) };
        if (!terms.Seats.IsZero)
        {
            charges.Add(new(ChargeKind.Seats, terms, terms.Seats, period, null));
        }

        charges.AddRange(
            terms.AddOns.Select(held => new Charge(ChargeKind.AddOn, terms, terms.AmountOf(held), period, null) { AddOn = held }));
        return charges;
    }
}
