using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Changes provider-managed subscriptions: 1. refuse orders that are invalid by Tollgate's own records; 2. ask the provider, outside any
/// transaction; 3. apply the provider's new state as if an event had reported it. Tollgate refuses a change that the provider cannot make.
/// From 2. on a client's disconnection stops nothing.
/// </summary>
public sealed class ChangeProviderManaged(
    SubscriptionQueries subscriptions, SubscriptionBackends backends, ApplyProviderUpdate apply, CouponQueries stored,
    ChangeCoupons coupons, Clock clock)
{
    /// <returns>Null: Tollgate manages the subscription, or it does not exist.</returns>
    public async Task<SubscriptionAnswer?> ChangeAsync(
        ProjectSnapshot project, Guid id, ChangeOrder order, StepRequest request, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        var (terms, refusal) = TermsOf(project, item.Row.Subscription, order);
        if (refusal is not null)
        {
            return refusal with { Row = item.Row, Customer = item.Customer };
        }

        var backend = BackendOf(item);
        if (!request.Preview)
        {
            return await ThenAsync(
                project, item, await backend.ChangeAsync(project, item.Row, terms, order.Proration, CancellationToken.None));
        }

        var looked = await backend.PreviewAsync(project, item.Row, item.Customer, terms, order.Proration, cancel);
        var after = item.Row with { Subscription = item.Row.Subscription with { Terms = terms } };
        return looked.Outcome == BackendOutcome.Done
            ? new(SubscriptionOutcome.Done, after, item.Customer, looked.Invoice)
            : Refused(item, looked);
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<SubscriptionAnswer?> CancelAsync(
        ProjectSnapshot project, Guid id, CancelOrder order, StepRequest request, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        var subscription = item.Row.Subscription;
        var (isNow, verb) = order.When == ChangeTime.Now || order.GivesBack
            ? (true, SubscriptionVerb.Cancel)
            : (false, SubscriptionVerb.ScheduleCancel);
        if (NotAllowed(subscription, verb) is { } refusal)
        {
            return refusal with { Row = item.Row };
        }

        if (order.GivesBack && IsOwing(subscription))
        {
            return Impossible(Owing) with { Row = item.Row, Customer = item.Customer };
        }

        var backend = BackendOf(item);
        if (!request.Preview)
        {
            var done = await backend.CancelAsync(project, item.Row, order, CancellationToken.None);
            return await ThenAsync(
                project, item,
                isNow && done.Outcome == BackendOutcome.Missing
                    ? new(BackendOutcome.Done) { Updates = [Ended(item, order, clock.Now())] }
                    : done);
        }

        var looked = isNow
            ? await backend.PreviewEndAsync(project, item.Row, item.Customer, order.GivesBack, cancel)
            : new(BackendOutcome.Done);
        var now = clock.Now(project);
        var after = isNow
            ? subscription with { Status = SubscriptionStatus.Canceled, EndedAt = now, CancelAt = null, CancelReason = order.Reason }
            : subscription with { CancelAt = subscription.Current.End, CancelReason = order.Reason };
        return looked.Outcome == BackendOutcome.Done
            ? new(SubscriptionOutcome.Done, item.Row with { Subscription = after }, item.Customer, looked.Invoice)
            : Refused(item, looked);
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<SubscriptionAnswer?> UncancelAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        if (NotAllowed(item.Row.Subscription, SubscriptionVerb.Uncancel) is { } refusal)
        {
            return refusal with { Row = item.Row };
        }

        if (item.Row.Subscription.CancelAt is null)
        {
            return new(SubscriptionOutcome.NothingScheduled, item.Row, item.Customer);
        }

        return request.Preview
            ? new(SubscriptionOutcome.Done,
                item.Row with { Subscription = item.Row.Subscription with { CancelAt = null, CancelReason = null } }, item.Customer)
            : await ThenAsync(project, item, await BackendOf(item).UncancelAsync(project, item.Row, CancellationToken.None));
    }

    /// <summary>Previews the provider's next invoice.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<SubscriptionAnswer?> UpcomingAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        if (item.Row.Subscription.IsEnded)
        {
            return new(SubscriptionOutcome.NothingChanges, item.Row, item.Customer);
        }

        var looked = await BackendOf(item).PreviewAsync(project, item.Row, item.Customer, null, Proration.Second, cancel);
        return looked.Outcome == BackendOutcome.Done
            ? new(SubscriptionOutcome.Done, item.Row, item.Customer, Next: looked.Next)
            : Refused(item, looked);
    }

    /// <summary>Tollgate checks and counts the redemption, and the provider applies it.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<SubscriptionAnswer?> RedeemAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        var judged = await coupons.RedeemAsync(project, id, code, request with { Preview = true, IsFromProvider = true }, cancel);
        if (request.Preview || judged.Outcome != SubscriptionOutcome.Done
            || await stored.FindAsync(project, code, cancel) is not { } coupon)
        {
            return judged;
        }

        var made = await ThenAsync(
            project, item, await BackendOf(item).RedeemAsync(project, item.Row, coupon.Coupon, CancellationToken.None));
        if (made.Outcome != SubscriptionOutcome.Done)
        {
            return made;
        }

        var booked = await coupons.RedeemAsync(project, id, code, request with { IsFromProvider = true }, CancellationToken.None);
        if (booked.Outcome == SubscriptionOutcome.CouponRefused)
        {
            // Another redemption used the coupon up in the meantime.
            await BackendOf(item).EndCouponAsync(project, item.Row, code, CancellationToken.None);
        }

        return booked;
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<SubscriptionAnswer?> EndCouponAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } item)
        {
            return null;
        }

        var judged = await coupons.EndAsync(project, id, code, request with { Preview = true, IsFromProvider = true }, cancel);
        if (judged.Outcome != SubscriptionOutcome.Done)
        {
            return judged;
        }

        var made = await ThenAsync(project, item, await BackendOf(item).EndCouponAsync(project, item.Row, code, CancellationToken.None));
        return made.Outcome == SubscriptionOutcome.Done
            ? await coupons.EndAsync(project, id, code, request with { IsFromProvider = true }, CancellationToken.None)
            : made;
    }

    /// <summary>
    /// The update that ends a subscription that the provider does not have (its key now belongs to another account): a cancellation ends it
    /// here all the same.
    /// </summary>
    private static SubscriptionUpdate Ended(SubscriptionItem item, CancelOrder order, Instant now)
    {
        var row = item.Row.Subscription;
        return new(
            item.Customer, item.Row.Reference!, null, row.Status, row.Current, row.StartedAt, row.Anchor.StartedAt, row.TrialEnd, null, now,
            order.Reason, now);
    }

    private async Task<SubscriptionItem?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        await subscriptions.FindAsync(project, id, cancel) is { Row: { Subscription.ManagedBy: not null, Reference: not null } } item
            ? item
            : null;

    private ISubscriptionBackend BackendOf(SubscriptionItem item) => backends.Of(item.Row.Subscription.ManagedBy!);

    private static SubscriptionAnswer? NotAllowed(Subscription subscription, SubscriptionVerb verb) =>
        SubscriptionTransitions.After(subscription.Status, verb) is null
            ? new(SubscriptionOutcome.NotAllowed, Detail: ChangeAtOnce.NotAllowed(subscription, verb).Detail)
            : null;

    /// <summary>Returns the terms that the order asks for, or the reason why the provider cannot have them.</summary>
    private static (SubscriptionTerms Terms, SubscriptionAnswer? Refusal) TermsOf(ProjectSnapshot project, Subscription subscription,
        ChangeOrder order)
    {
        var old = subscription.Terms;
        var version = old.Plan;
        if (order.Plan is { } code && code != version.Code && !project.Catalog.Plans.TryGetValue(code, out version))
        {
            return (old, new(SubscriptionOutcome.PlanUnknown));
        }

        var interval = order.Interval ?? old.Interval;
        var isSamePrice = version!.Code == old.Plan.Code && interval == old.Interval;
        var terms =
            old with
            {
                Plan = version, Interval = interval, Quantity = order.Quantity ?? old.Quantity,
                CustomAmount = isSamePrice ? old.CustomAmount : null,
            };
        return (terms, Judge());

        SubscriptionAnswer? Judge() => terms switch
        {
            _ when order.CustomAmount is not null || order.Discount is not null || order.AddOns is { Count: > 0 } =>
                Impossible("A provider-managed subscription has its plan's price: no agreed amount, and no add-ons."),
            { Price: null } => new(SubscriptionOutcome.PriceUnknown, Detail: ChangeAtOnce.PricesOf(terms)),
            _ when NotAllowed(subscription, SubscriptionVerb.Change) is { } refusal => refusal,
            _ when IsOwing(subscription) && order.Proration != Proration.None => Impossible(Owing),
            _ when terms == old => new(SubscriptionOutcome.NothingChanges),
            { IsPayable: false } => new(SubscriptionOutcome.Implausible),
            { Amount.IsZero: true } =>
                Impossible($"Plan '{version.Code}' costs nothing, and has no price at the provider: cancel the subscription instead."),
            _ when order.Only is { } only && !ChangeAtOnce.Goes(only, old, terms) =>
                new(SubscriptionOutcome.NotAllowed,
                    Detail: $"Plan '{version.Code}' does not cost {(only == ChangeDirection.Up ? "more" : "less")}."),
            _ when (order.When ?? ChangeAtOnce.TimeOf(subscription, terms)) == ChangeTime.PeriodEnd => Impossible(
                "The provider changes a subscription now or not at all; it schedules no change for the end of the period. Send when: now, "
                    + "which credits the unused time, or cancel."),
            _ => null,
        };
    }

    /// <summary>Stripe credits a share of a period's price even if nobody has paid for it.</summary>
    private const string Owing =
        "The current period is not paid, so Tollgate cannot credit it. Let the customer pay first, or change without proration.";

    private static bool IsOwing(Subscription subscription) =>
        subscription.Status is SubscriptionStatus.PastDue or SubscriptionStatus.Paused;

    private static SubscriptionAnswer Impossible(string detail) => new(SubscriptionOutcome.NotAtProvider, Detail: detail);

    /// <summary>
    /// 3. Applies the provider's new state. An update that cannot be applied waits for its event, which gives the reason.
    /// </summary>
    private async Task<SubscriptionAnswer> ThenAsync(ProjectSnapshot project, SubscriptionItem item, BackendAnswer done)
    {
        if (done.Outcome != BackendOutcome.Done)
        {
            return Refused(item, done);
        }

        foreach (var update in done.Updates)
        {
            await apply.RunAsync(project, BackendOf(item).Name, update, CancellationToken.None);
        }

        var after = await subscriptions.FindAsync(project, item.Row.Subscription.Id, CancellationToken.None);
        return new(SubscriptionOutcome.Done, after!.Row, item.Customer);
    }

    private static SubscriptionAnswer Refused(SubscriptionItem item, BackendAnswer why) => new(
        why.Outcome switch
        {
            BackendOutcome.Declined => SubscriptionOutcome.Declined,
            BackendOutcome.Impossible or BackendOutcome.Missing => SubscriptionOutcome.NotAtProvider,
            _ => SubscriptionOutcome.NoAnswer,
        },
        item.Row, item.Customer,
        Detail: why.Failure is { } failure ? $"The card was refused ({CatalogWords.Of(failure)}). Nothing was changed." : why.Detail);
}
