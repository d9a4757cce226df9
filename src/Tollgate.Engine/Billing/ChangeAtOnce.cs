using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Changes a subscription that Tollgate manages, now or at the next period, and collects the amount due afterwards.
/// <see cref="ChangeSubscription"/> decides when this class is used.
/// </summary>
public sealed class ChangeAtOnce(CustomerChanges changes, Clock clock)
{
    private readonly TakeStep _take = new(changes, clock);

    /// <summary>
    /// Other terms, now or from the next period on. The newest version of a plan that is named; the own version stays otherwise.
    /// </summary>
    public Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, Guid id, ChangeOrder order, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(project, id, request, (row, facts, now) => Choose(project, row.Subscription, order, facts, now), cancel);

    /// <summary>In a transaction of the caller, who holds the customer and commits.</summary>
    internal static Task<SubscriptionAnswer> RunInTransactionAsync(
        StepWriting writing, SubscriptionRow row, ChangeOrder order, CancellationToken cancel) =>
        TakeStep.StepAsync(
            writing, row, async (step, at) => Choose(step.Project, at.Subscription, order, await step.FactsAsync(at, cancel), step.Now),
            cancel);

    public Task<SubscriptionAnswer> CancelAsync(
        ProjectSnapshot project, Guid id, CancelOrder order, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(project, id, request, (row, facts, now) => End(row.Subscription, order, facts, now), cancel);

    /// <summary>The newest version of the plan that it has. What else it has or waits for stays.</summary>
    internal Task<SubscriptionAnswer> MigrateAsync(
        ProjectSnapshot project, Guid id, PlanVersion newest, ChangeTime when, Proration proration, StepRequest request,
        CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request, (row, facts, now) => Migrate(project, row.Subscription, newest, (when, proration), facts, now), cancel);

    /// <summary>Takes back a cancellation that was to come. Or scheduled terms, where there is no such cancellation.</summary>
    public Task<SubscriptionAnswer> UncancelAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => row.Subscription switch
            {
                { IsEnded: true } => NotAllowed(row.Subscription, SubscriptionVerb.Uncancel),
                { CancelAt: not null } =>
                    IfAllowed(row.Subscription, SubscriptionVerb.Uncancel, () => SubscriptionLife.Uncancel(row.Subscription, now)),
                { Scheduled: not null } =>
                    IfAllowed(row.Subscription, SubscriptionVerb.Unschedule, () => SubscriptionLife.Schedule(row.Subscription, null, now)),
                _ => new(SubscriptionOutcome.NothingScheduled),
            },
            cancel);

    /// <param name="until">Null: until somebody resumes it.</param>
    public Task<SubscriptionAnswer> PauseAsync(
        ProjectSnapshot project, Guid id, Instant? until, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => row.Subscription.Status == SubscriptionStatus.PastDue
                ? NotAllowed(row.Subscription, SubscriptionVerb.Pause) // Nobody pauses what they owe for: that is the last step of dunning.
                : IfAllowed(
                    row.Subscription, SubscriptionVerb.Pause, () => SubscriptionLife.Pause(row.Subscription, until, WholeSecond(now))),
            cancel);

    public Task<SubscriptionAnswer> ResumeAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, facts, now) =>
                IfAllowed(row.Subscription, SubscriptionVerb.Resume, () => SubscriptionLife.Resume(row.Subscription, facts, now)),
            cancel);

    /// <summary>What the next moment will ask for.</summary>
    public Task<SubscriptionAnswer> UpcomingAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        _take.LookAheadAsync(project, id, cancel);

    /// <summary>
    /// Terms that wait for the next period are changed by what the order names and wait on. They go where the order names a plan or an
    /// interval that leaves nothing of them; the answer says so.
    /// </summary>
    private static StepChoice Choose(ProjectSnapshot project, Subscription subscription, ChangeOrder order, LifeFacts facts, Instant now)
    {
        var (catalog, old, waiting) = (project.Catalog, subscription.Terms, subscription.Scheduled);
        if (PlanOf(catalog, order, old, old) is null)
        {
            return new(SubscriptionOutcome.PlanUnknown);
        }

        var (terms, refusal) = Ordered(catalog, order, old, old);
        if (refusal is not null)
        {
            return refusal;
        }

        var isAnew = order.Plan is not null || order.Interval is not null;
        var isNow = (order.When ?? TimeOf(subscription, terms)) == ChangeTime.Now && terms != old;
        var (later, lost) = waiting is null ? (terms, null) : Ordered(catalog, isNow && !isAnew ? OfPlan(waiting) : order, waiting, old);
        if (!isNow)
        {
            (later, refusal) = lost is null ? (later, null) : isAnew ? (terms, null) : (later, lost);
        }

        if (refusal is not null)
        {
            return refusal;
        }

        if (!isNow && later == (waiting ?? old))
        {
            return new(SubscriptionOutcome.NothingChanges);
        }

        if (terms != old && order.Only is { } only && !Goes(only, old, terms))
        {
            return new(
                SubscriptionOutcome.NotAllowed,
                Detail: $"Plan '{terms.Plan.Code}' costs no {(only == ChangeDirection.Up ? "more" : "less")} a month than "
                    + $"'{old.Plan.Code}', which the customer has.");
        }

        if (!isNow)
        {
            // What it is now is wanted to stay: what was scheduled is taken back.
            return later == old
                ? IfAllowed(subscription, SubscriptionVerb.Unschedule, () => SubscriptionLife.Schedule(subscription, null, now))
                : IfAllowed(subscription, SubscriptionVerb.Schedule, () => SubscriptionLife.Schedule(subscription, later, now));
        }

        var waits = waiting is null ? null : lost is null ? later : isAnew ? null : waiting;
        var kept = subscription with { Scheduled = waits == terms ? null : waits };
        return IfAllowed(subscription, SubscriptionVerb.Change, () => SubscriptionLife.Change(kept, terms, order.Proration, facts, now));

        // A price that is agreed now is not agreed for another plan that waits.
        ChangeOrder OfPlan(SubscriptionTerms one) =>
            (one.Plan.Code, one.Interval) == (old.Plan.Code, old.Interval) ? order : order with { CustomAmount = null, Discount = null };
    }

    /// <summary>
    /// The version that an order means: that of the terms themselves, or of those in force, where it is theirs; otherwise the newest. Null:
    /// there is no such plan.
    /// </summary>
    private static PlanVersion? PlanOf(PublishedCatalog catalog, ChangeOrder order, SubscriptionTerms of, SubscriptionTerms old) =>
        order.Plan switch
    {
        null => of.Plan,
        var code when code == of.Plan.Code => of.Plan,
        var code when code == old.Plan.Code => old.Plan,
        var code => catalog.Plans.GetValueOrDefault(code),
    };

    /// <summary>What an order makes of terms, those in force or those that wait: what it names is new. Or why they cannot be had.</summary>
    private static (SubscriptionTerms Terms, StepChoice? Refusal) Ordered(PublishedCatalog catalog, ChangeOrder order, SubscriptionTerms of,
        SubscriptionTerms old)
    {
        var terms =
            of with
            {
                Plan = PlanOf(catalog, order, of, old)!, Interval = order.Interval ?? of.Interval, Quantity = order.Quantity ?? of.Quantity,
            };

        // What was agreed was agreed for the plan that it was agreed for.
        var agreed = IsFor(of) ? of : IsFor(old) ? old : null;
        return Sold(
            catalog.Document,
            terms with
            {
                CustomAmount = order.CustomAmount ?? agreed?.CustomAmount, AgreedDiscount = order.Discount ?? agreed?.AgreedDiscount,
            },
            order.AddOns ?? [.. of.AddOns.Select(static held => (held.AddOn.Code, held.Quantity))]);

        bool IsFor(SubscriptionTerms one) => (one.Plan.Code, one.Interval) == (terms.Plan.Code, terms.Interval);
    }

    /// <summary>What costs more is had at once; a trial costs nothing yet, and a pause has no time that could be changed.</summary>
    internal static ChangeTime TimeOf(Subscription subscription, SubscriptionTerms terms) => subscription.Status switch
    {
        SubscriptionStatus.Trialing => ChangeTime.Now,
        SubscriptionStatus.Paused => ChangeTime.PeriodEnd,
        _ => terms.PerMonth.Major > subscription.Terms.PerMonth.Major ? ChangeTime.Now : ChangeTime.PeriodEnd,
    };

    /// <summary>The terms with add-ons as they can be had, or why they cannot be had.</summary>
    private static (SubscriptionTerms Terms, StepChoice? Refusal) Sold(CatalogDocument catalog, SubscriptionTerms terms,
        IReadOnlyList<(string, long)> wanted)
    {
        if (terms.Price is null)
        {
            return (terms, StepChoice.None(SubscriptionOutcome.PriceUnknown, PricesOf(terms)));
        }

        var (faulty, addOns) = AddOnChoice.Of(catalog, terms, wanted);
        var sold = terms with { AddOns = addOns };
        return (sold, faulty is not null ? StepChoice.None(SubscriptionOutcome.AddOnRefused, faulty) : Unpayable(sold));
    }

    /// <summary>Null: somebody could pay it.</summary>
    internal static StepChoice? Unpayable(SubscriptionTerms terms) => terms.IsPayable
        ? null
        : StepChoice.None(
            SubscriptionOutcome.Implausible,
            $"One period would cost more than {new MoneyAmount(SubscriptionTerms.LargestAmount, terms.Currency)}.");

    private static StepChoice End(Subscription subscription, CancelOrder order, LifeFacts facts, Instant now)
    {
        var reason = order.Reason ?? subscription.CancelReason;
        return order switch
        {
            { GivesBack: true } =>
                IfAllowed(
                    subscription, SubscriptionVerb.Cancel,
                    () => SubscriptionLife.CancelWithCredit(subscription, reason, facts, WholeSecond(now)), reason, order.Comment),
            { When: ChangeTime.Now } =>
                IfAllowed(
                    subscription, SubscriptionVerb.Cancel, () => SubscriptionLife.Cancel(subscription, reason, WholeSecond(now)), reason,
                    order.Comment),
            _ => IfAllowed(
                subscription, SubscriptionVerb.ScheduleCancel, () => SubscriptionLife.CancelAtEnd(subscription, reason, now), reason,
                order.Comment),
        };
    }

    private static StepChoice Migrate(
        ProjectSnapshot project, Subscription subscription, PlanVersion newest, (ChangeTime When, Proration Proration) how, LifeFacts facts,
        Instant now)
    {
        var (terms, scheduled, refusal) = Moved(project.Catalog.Document, subscription.Terms, subscription.Scheduled, newest);
        if (refusal is not null)
        {
            return refusal;
        }

        var cause = $"migration to version {newest.Number}";
        var kept = subscription with { Scheduled = scheduled };
        return WhenMoved(subscription, how.When) == MigrationTime.Now
            ? IfAllowed(subscription, SubscriptionVerb.Change, () => SubscriptionLife.Change(kept, terms, how.Proration, facts, now), cause)
            : IfAllowed(
                subscription, SubscriptionVerb.Schedule, () => SubscriptionLife.Schedule(subscription, scheduled ?? terms, now), cause);
    }

    /// <summary>
    /// Terms in a plan's newest version, or why they stay as they are. A change to another plan that waits is what the customer was
    /// promised; one of the same plan waits on in its newest version.
    /// </summary>
    internal static (SubscriptionTerms Terms, SubscriptionTerms? Scheduled, StepChoice? Refusal) Moved(
        CatalogDocument catalog, SubscriptionTerms terms, SubscriptionTerms? scheduled, PlanVersion newest)
    {
        if (scheduled is not null && scheduled.Plan.Code != newest.Code)
        {
            return (terms, scheduled, StepChoice.None(
                SubscriptionOutcome.NotAllowed, $"A change to plan '{scheduled.Plan.Code}' is scheduled, which this would undo."));
        }

        var (moved, refusal) = In(terms);
        var (waiting, later) = scheduled is null ? (null, null) : In(scheduled);
        return (moved, waiting, refusal ?? later);

        (SubscriptionTerms Terms, StepChoice? Refusal) In(SubscriptionTerms of) =>
            Sold(catalog, of with { Plan = newest }, [.. of.AddOns.Select(static held => (held.AddOn.Code, held.Quantity))]);
    }

    /// <summary>
    /// In a trial at once, since it costs nothing yet; of a paused one when it goes on, since until then it has no period.
    /// </summary>
    internal static MigrationTime WhenMoved(Subscription subscription, ChangeTime wanted) => subscription.Status switch
    {
        SubscriptionStatus.Trialing => MigrationTime.Now,
        SubscriptionStatus.Paused => MigrationTime.Resume,
        _ => wanted == ChangeTime.Now ? MigrationTime.Now : MigrationTime.PeriodEnd,
    };

    internal static bool Goes(ChangeDirection direction, SubscriptionTerms old, SubscriptionTerms terms) =>
        direction == ChangeDirection.Up ? terms.PerMonth.Major > old.PerMonth.Major : terms.PerMonth.Major < old.PerMonth.Major;

    /// <summary>What of the terms has no price, and which prices their plan has.</summary>
    internal static string PricesOf(SubscriptionTerms terms)
    {
        var plan = terms.Plan.Plan;
        return plan.Prices.Count == 0
            ? $"Plan '{plan.Code}' has no prices; assign it with PUT /v1/customers/{{id}}/plan."
            : $"Plan '{plan.Code}' is not sold {CatalogWords.Of(terms.Interval)} in {terms.Currency}, "
                + $"but {string.Join(", ", plan.Prices.Select(static price => $"{CatalogWords.Of(price.Interval)} in {price.Currency}"))}.";
    }

    private static StepChoice IfAllowed(
        Subscription subscription, SubscriptionVerb verb, Func<SubscriptionStep> step, string? cause = null, string? comment = null) =>
        SubscriptionTransitions.After(subscription.Status, verb) is null
            ? NotAllowed(subscription, verb)
            : StepChoice.Of(step(), cause, comment);

    internal static StepChoice NotAllowed(Subscription subscription, SubscriptionVerb verb) => new(
        SubscriptionOutcome.NotAllowed, Detail: subscription.IsEnded
            ? $"The subscription is {CatalogWords.Of(subscription.Status)}, so it cannot change. POST /v1/subscriptions begins a new one."
            : $"The subscription is {CatalogWords.Of(subscription.Status)}; '{CatalogWords.Of(verb)}' is not possible then.");

    /// <summary>What ends or stops a period leaves it a boundary without a fraction of a second; never before the period began.</summary>
    private static Instant WholeSecond(Instant at) => new(at.UnixMicroseconds - (at.UnixMicroseconds % 1_000_000));
}
