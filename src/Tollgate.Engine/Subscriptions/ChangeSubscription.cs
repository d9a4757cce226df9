using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Subscriptions;

public enum ChangeTime
{
    Now,
    PeriodEnd,
}

/// <summary>Whether other terms cost more each month than those in force, or less.</summary>
public enum ChangeDirection
{
    Up,
    Down,
}

/// <summary>Other terms. What is null stays.</summary>
/// <param name="AddOns">All of them from then on; null: those that it has.</param>
/// <param name="ToNewest">Also where the plan stays, its newest version.</param>
/// <param name="When">Null: now if it costs more each month than before, otherwise at the end of the period.</param>
/// <param name="Only">The change is refused when it would go the other way; null: either way.</param>
public sealed record ChangeOrder(
    string? Plan, PriceInterval? Interval, long? Quantity, ChangeTime? When, Proration Proration, IReadOnlyList<(string Code, long Quantity)>? AddOns = null,
    bool ToNewest = false, ChangeDirection? Only = null);

/// <summary>Every change of a subscription that somebody asks for. What happens by itself is in <see cref="RunDue"/>.</summary>
public sealed class ChangeSubscription(NpgsqlDataSource database, QuotaGate gate, Clock clock)
{
    private readonly TakeStep _take = new(database, gate, clock);

    /// <summary>Other terms, now or from the next period on. The newest version of a plan that is named; the own version stays otherwise.</summary>
    public Task<SubscriptionAnswer> RunAsync(ProjectSnapshot project, Guid id, ChangeOrder order, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(project, id, request, (row, facts, now) => Choose(project, row.Subscription, order, facts, now), cancel);

    /// <param name="when">Null: at the end of the period.</param>
    public Task<SubscriptionAnswer> CancelAsync(
        ProjectSnapshot project, Guid id, ChangeTime? when, string? reason, string? comment, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => when == ChangeTime.Now
                ? IfAllowed(row.Subscription, SubscriptionVerb.Cancel, () => SubscriptionLife.Cancel(row.Subscription, reason, WholeSecond(now)), reason, comment)
                : IfAllowed(row.Subscription, SubscriptionVerb.ScheduleCancel, () => SubscriptionLife.CancelAtEnd(row.Subscription, reason, now), reason, comment),
            cancel);

    /// <summary>Takes back a cancellation that was to come. Or scheduled terms, where there is no such cancellation.</summary>
    public Task<SubscriptionAnswer> UncancelAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => row.Subscription switch
            {
                { IsEnded: true } => NotAllowed(row.Subscription, SubscriptionVerb.Uncancel),
                { CancelAt: not null } => IfAllowed(row.Subscription, SubscriptionVerb.Uncancel, () => SubscriptionLife.Uncancel(row.Subscription, now)),
                { Scheduled: not null } => IfAllowed(row.Subscription, SubscriptionVerb.Unschedule, () => SubscriptionLife.Schedule(row.Subscription, null, now)),
                _ => new(SubscriptionOutcome.NothingScheduled),
            },
            cancel);

    /// <param name="until">Null: until somebody resumes it.</param>
    public Task<SubscriptionAnswer> PauseAsync(ProjectSnapshot project, Guid id, Instant? until, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, _, now) => IfAllowed(row.Subscription, SubscriptionVerb.Pause, () => SubscriptionLife.Pause(row.Subscription, until, WholeSecond(now))),
            cancel);

    public Task<SubscriptionAnswer> ResumeAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (row, facts, now) => IfAllowed(row.Subscription, SubscriptionVerb.Resume, () => SubscriptionLife.Resume(row.Subscription, facts, now)),
            cancel);

    /// <summary>What the next moment will ask for.</summary>
    public Task<SubscriptionAnswer> UpcomingAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) => _take.LookAheadAsync(project, id, cancel);

    private static StepChoice Choose(ProjectSnapshot project, Subscription subscription, ChangeOrder order, LifeFacts facts, Instant now)
    {
        var old = subscription.Terms;
        PlanVersion? plan = old.Plan;
        var isOther = order.ToNewest || (order.Plan is not null && order.Plan != old.Plan.Code);
        if (isOther && !project.Catalog.Plans.TryGetValue(order.Plan ?? old.Plan.Code, out plan))
        {
            return new(SubscriptionOutcome.PlanUnknown);
        }

        // What was agreed was agreed for the plan that it was agreed for.
        var terms = old with
        {
            Plan = plan!, Interval = order.Interval ?? old.Interval, Quantity = order.Quantity ?? old.Quantity,
            CustomAmount = plan!.Code == old.Plan.Code && (order.Interval ?? old.Interval) == old.Interval ? old.CustomAmount : null,
        };
        if (terms.Price is null)
        {
            return new(SubscriptionOutcome.PriceUnknown, Detail: PricesOf(terms.Plan.Plan));
        }

        var wanted = order.AddOns ?? [.. old.AddOns.Select(static held => (held.AddOn.Code, held.Quantity))];
        var (faulty, addOns) = AddOnChoice.Of(project.Catalog.Document, terms, wanted);
        if (faulty is not null)
        {
            return new(SubscriptionOutcome.AddOnRefused, Detail: faulty);
        }

        terms = terms with { AddOns = addOns.SequenceEqual(old.AddOns) ? old.AddOns : addOns };

        var when = order.When ?? (subscription.Status == SubscriptionStatus.Trialing || terms.PerMonth.Major > old.PerMonth.Major ? ChangeTime.Now : ChangeTime.PeriodEnd);
        if (terms == old && subscription.Scheduled is not null)
        {
            // What it is now is wanted to stay: what was scheduled is taken back.
            return IfAllowed(subscription, SubscriptionVerb.Unschedule, () => SubscriptionLife.Schedule(subscription, null, now));
        }

        if (terms == old || (terms == subscription.Scheduled && when == ChangeTime.PeriodEnd))
        {
            return new(SubscriptionOutcome.NothingChanges);
        }

        if (order.Only is { } only && !Goes(only, old, terms))
        {
            return new(
                SubscriptionOutcome.NotAllowed,
                Detail: $"Plan '{terms.Plan.Code}' costs no {(only == ChangeDirection.Up ? "more" : "less")} a month than '{old.Plan.Code}', which the customer has.");
        }

        return when == ChangeTime.Now
            ? IfAllowed(subscription, SubscriptionVerb.Change, () => SubscriptionLife.Change(subscription, terms, order.Proration, facts, now))
            : IfAllowed(subscription, SubscriptionVerb.Schedule, () => SubscriptionLife.Schedule(subscription, terms, now));
    }

    private static bool Goes(ChangeDirection direction, SubscriptionTerms old, SubscriptionTerms terms) =>
        direction == ChangeDirection.Up ? terms.PerMonth.Major > old.PerMonth.Major : terms.PerMonth.Major < old.PerMonth.Major;

    internal static string PricesOf(Plan plan) => plan.Prices.Count == 0
        ? $"Plan '{plan.Code}' has no prices; assign it with PUT /v1/customers/{{id}}/plan."
        : $"Plan '{plan.Code}' is sold {string.Join(", ", plan.Prices.Select(static price => $"{CatalogWords.Of(price.Interval)} in {price.Currency}"))}.";

    private static StepChoice IfAllowed(
        Subscription subscription, SubscriptionVerb verb, Func<SubscriptionStep> step, string? cause = null, string? comment = null) =>
        SubscriptionTransitions.After(subscription.Status, verb) is null ? NotAllowed(subscription, verb) : StepChoice.Of(step(), cause, comment);

    private static StepChoice NotAllowed(Subscription subscription, SubscriptionVerb verb) => new(
        SubscriptionOutcome.NotAllowed, Detail: $"The subscription is {CatalogWords.Of(subscription.Status)}; '{CatalogWords.Of(verb)}' is not possible then.");

    /// <summary>What ends or stops a period leaves it a boundary without a fraction of a second; never before the period began.</summary>
    private static Instant WholeSecond(Instant at) => new(at.UnixMicroseconds - (at.UnixMicroseconds % 1_000_000));
}
