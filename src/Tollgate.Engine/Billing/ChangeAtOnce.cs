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
    /// Changes the terms, now or from the next period on. A change to another plan uses its newest version; otherwise the subscription
    /// keeps its own version.
    /// </summary>
    public Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, Guid id, ChangeOrder order, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(project, id, request, (row, facts, now) => Choose(project, row.Subscription, order, facts, now), cancel);

    /// <summary>Changes the terms in the caller's transaction. The caller locks the customer and commits.</summary>
    internal static Task<SubscriptionAnswer> RunInTransactionAsync(
        StepWriting writing, SubscriptionRow row, ChangeOrder order, CancellationToken cancel) =>
        TakeStep.StepAsync(
            writing, row, async (step, at) => Choose(step.Project, at.Subscription, order, await step.FactsAsync(at, cancel), step.Now),
            cancel);

    public Task<SubscriptionAnswer> CancelAsync(
        ProjectSnapshot project, Guid id, CancelOrder order, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(project, id, request, (row, facts, now) => End(row.Subscription, order, facts, now), cancel);

    /// <summary>Moves the subscription to the newest version of its plan. Its other terms and its scheduled changes stay.</summary>
    internal Task<SubscriptionAnswer> MigrateAsync(
        ProjectSnapshot project, Guid id, PlanVersion newest, ChangeTime when, Proration proration, StepRequest request,
        CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request, (row, facts, now) => Migrate(project, row.Subscription, newest, (when, proration), facts, now), cancel);

    /// <summary>Undoes a scheduled cancellation or, without one, removes scheduled terms.</summary>
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

    /// <param name="until">Null: until a resume.</param>
    public Task<SubscriptionAnswer> PauseAsync(
        ProjectSnapshot project, Guid id, Instant? until, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => row.Subscription.Status == SubscriptionStatus.PastDue
                ? NotAllowed(row.Subscription, SubscriptionVerb.Pause) // Only dunning pauses an unpaid subscription, as its last step.
                : IfAllowed(
                    row.Subscription, SubscriptionVerb.Pause, () => SubscriptionLife.Pause(row.Subscription, until, now.WholeSecond())),
            cancel);

    public Task<SubscriptionAnswer> ResumeAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, facts, now) =>
                IfAllowed(row.Subscription, SubscriptionVerb.Resume, () => SubscriptionLife.Resume(row.Subscription, facts, now)),
            cancel);

    /// <summary>Previews the next invoice.</summary>
    public Task<SubscriptionAnswer> UpcomingAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        _take.LookAheadAsync(project, id, cancel);

    /// <summary>
    /// Decides the step of a change. An order also changes the terms scheduled for the next period, in the parts that it names. They are
    /// removed if the order names a plan or an interval with which they cannot remain; the answer says so.
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
            // The order asks for the current terms: remove the scheduled ones.
            return later == old
                ? IfAllowed(subscription, SubscriptionVerb.Unschedule, () => SubscriptionLife.Schedule(subscription, null, now))
                : IfAllowed(subscription, SubscriptionVerb.Schedule, () => SubscriptionLife.Schedule(subscription, later, now));
        }

        var waits = waiting is null ? null : lost is null ? later : isAnew ? null : waiting;
        var kept = subscription with { Scheduled = waits == terms ? null : waits };
        return IfAllowed(subscription, SubscriptionVerb.Change, () => SubscriptionLife.Change(kept, terms, order.Proration, facts, now));

        // A price agreed now does not apply to another scheduled plan.
        ChangeOrder OfPlan(SubscriptionTerms one) =>
            (one.Plan.Code, one.Interval) == (old.Plan.Code, old.Interval) ? order : order with { CustomAmount = null, Discount = null };
    }

    /// <summary>
    /// Returns the version that an order refers to: that of the given or of the current terms, if they have the plan; otherwise the newest.
    /// Null: there is no such plan.
    /// </summary>
    private static PlanVersion? PlanOf(PublishedCatalog catalog, ChangeOrder order, SubscriptionTerms of, SubscriptionTerms old) =>
        order.Plan switch
    {
        null => of.Plan,
        var code when code == of.Plan.Code => of.Plan,
        var code when code == old.Plan.Code => old.Plan,
        var code => catalog.Plans.GetValueOrDefault(code),
    };

    /// <summary>
    /// Applies an order to the current or the scheduled terms: it replaces the parts that it names. Returns the reason if they cannot be
    /// sold.
    /// </summary>
    private static (SubscriptionTerms Terms, StepChoice? Refusal) Ordered(PublishedCatalog catalog, ChangeOrder order, SubscriptionTerms of,
        SubscriptionTerms old)
    {
        var terms =
            of with
            {
                Plan = PlanOf(catalog, order, of, old)!, Interval = order.Interval ?? of.Interval, Quantity = order.Quantity ?? of.Quantity,
            };

        // An agreement applies only to the plan that it was made for.
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

    /// <summary>A more expensive change applies at once; a trial costs nothing yet, and a pause has no time that could change.</summary>
    internal static ChangeTime TimeOf(Subscription subscription, SubscriptionTerms terms) => subscription.Status switch
    {
        SubscriptionStatus.Trialing => ChangeTime.Now,
        SubscriptionStatus.Paused => ChangeTime.PeriodEnd,
        _ => terms.PerMonth.Major > subscription.Terms.PerMonth.Major ? ChangeTime.Now : ChangeTime.PeriodEnd,
    };

    /// <summary>Returns the terms with add-ons at current prices, or the reason why they cannot be sold.</summary>
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

    /// <summary>Returns null if the amount is plausible.</summary>
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
                    () => SubscriptionLife.CancelWithCredit(subscription, reason, facts, now.WholeSecond()), reason, order.Comment),
            { When: ChangeTime.Now } =>
                IfAllowed(
                    subscription, SubscriptionVerb.Cancel, () => SubscriptionLife.Cancel(subscription, reason, now.WholeSecond()), reason,
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
    /// Returns the terms in a plan's newest version, or the reason why they stay. A scheduled change to another plan was promised to the
    /// customer and stays; one of the same plan stays scheduled in its newest version.
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
    /// Decides when a migration applies: in a trial at once, since it costs nothing yet; for a paused subscription at the resume, since
    /// until then it has no period.
    /// </summary>
    internal static MigrationTime WhenMoved(Subscription subscription, ChangeTime wanted) => subscription.Status switch
    {
        SubscriptionStatus.Trialing => MigrationTime.Now,
        SubscriptionStatus.Paused => MigrationTime.Resume,
        _ => wanted == ChangeTime.Now ? MigrationTime.Now : MigrationTime.PeriodEnd,
    };

    internal static bool Goes(ChangeDirection direction, SubscriptionTerms old, SubscriptionTerms terms) =>
        direction == ChangeDirection.Up ? terms.PerMonth.Major > old.PerMonth.Major : terms.PerMonth.Major < old.PerMonth.Major;

    /// <summary>Describes the terms that have no price, and the prices of their plan.</summary>
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
}
