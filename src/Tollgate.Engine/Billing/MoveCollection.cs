using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Applies the end of an attempt, or of any other payment, to the collection, and the subscription follows. All code that settles a payment
/// or an invoice calls it in its transaction, which locks the customer.
/// </summary>
internal static class MoveCollection
{
    /// <summary>A customer who left a page may come back soon.</summary>
    private static readonly TimeSpan AfterCanceled = TimeSpan.FromHours(1);

    /// <summary>The cause of the end in the subscription's timeline.</summary>
    public const string Reason = "payment_failed";

    /// <summary>
    /// Ends the collection if the invoice has no amount due any more: paid, void, credited, or written off by an operator. Otherwise
    /// nothing happens.
    /// </summary>
    public static async Task SettledAsync(
        CustomerChange change, ProjectSnapshot project, Guid invoice, Instant now, CancellationToken cancel)
    {
        if (await Collections.FindAsync(change, invoice, cancel) is not { } collection)
        {
            return;
        }

        var after = (await InvoiceQueries.FindAsync(change.Connection, project, invoice, cancel))!.Invoice;
        if (collection.State == CollectionState.GivenUp)
        {
            if (after.Status == InvoiceStatus.Paid)
            {
                await GoOnAsync(change, project, collection, now, cancel);
            }

            return;
        }

        if (collection.State is not (CollectionState.Open or CollectionState.Stopped) || !after.Due.IsZero)
        {
            return;
        }

        var state = after.Status == InvoiceStatus.Paid ? CollectionState.Paid : CollectionState.Dropped;
        await EndAsync(change, collection, state, state == CollectionState.Paid ? "pay" : "drop", (null, null), now, cancel);
        await RecoverAsync(change, project, collection, $"invoice {after.Number} is {CatalogWords.Of(after.Status)}", now, cancel);
    }

    /// <summary>Ends past due if no failed invoice of the subscription is being collected any more.</summary>
    private static async Task RecoverAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, string cause, Instant now, CancellationToken cancel)
    {
        var isFailing = await change.ScalarAsync(
            CollectionSql.IsFailing, cancel, change.Row.Partition, change.Row.Account, collection.Subscription) is true;
        if (!isFailing && collection.Failures > 0)
        {
            await StepAsync(change, project, collection, SubscriptionVerb.RecoverPayment, cause, now, cancel);
        }
    }

    /// <summary>Records a failed attempt. An attempt that was not made to collect (<c>POST /v1/payments</c>) changes nothing.</summary>
    public static async Task FailedAsync(
        CustomerChange change, ProjectSnapshot project, Guid invoice, (Guid Payment, PaymentFailure Failure) why, Instant now,
        CancellationToken cancel)
    {
        if (await Collections.FindAsync(change, invoice, cancel) is not { State: CollectionState.Open } collection
            || collection.Payment != why.Payment)
        {
            return;
        }

        // The invoice was settled in the meantime: there is nothing left to try.
        if ((await InvoiceQueries.FindAsync(change.Connection, project, invoice, cancel))!.Invoice.Due.IsZero)
        {
            await SettledAsync(change, project, invoice, now, cancel);
            return;
        }

        // Nobody finished a page: no card was charged. Charge the saved one after a while.
        if (why.Failure == PaymentFailure.Canceled)
        {
            await change.ExecuteAsync(
                CollectionSql.PutOff, cancel, change.Row.Partition, change.Row.Account, invoice, now.Plus(AfterCanceled).ToUtc());
            return;
        }

        if (!DunningRules.CanBeMended(why.Failure))
        {
            await StopAsync(change, project, collection, why, now, cancel);
            return;
        }

        var policy = await DunningQueries.PolicyAsync(change.Connection, project, cancel);
        var (failures, first) =
            (collection.PlannedAt is null ? collection.Failures + 1 : collection.Failures, collection.FirstFailedAt ?? now);
        var next = collection.PlannedAt is { } planned
            ? DunningRules.AfterExtraAttempt(planned, now, project.Zone)
            : DunningRules.NextAttempt(policy, first, failures, now, project.Zone);
        await (next is { } at
            ? TryAgainAsync(change, project, collection with { Failures = failures, FirstFailedAt = first }, why, (now, at), policy, cancel)
            : GiveUpAsync(change, project, collection with { Failures = failures, FirstFailedAt = first }, why, now, policy, cancel));
    }

    /// <summary>
    /// Stops automatic attempts without consequences for the customer: the project must fix the cause, and can then charge the invoice or
    /// record a payment.
    /// </summary>
    private static async Task StopAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, (Guid Payment, PaymentFailure Failure) why, Instant now,
        CancellationToken cancel)
    {
        var failure = CatalogWords.Of(why.Failure);
        await change.ExecuteAsync(
            CollectionSql.Stop, cancel, change.Row.Partition, change.Row.Account, collection.Invoice, now.ToUtc(), failure);
        await AddFactAsync(change, collection, "stop", (why.Payment, failure), now, null, cancel);
        await RecoverAsync(
            change, project, collection, $"payment {why.Payment:D}: {failure}; Tollgate no longer collects the invoice automatically", now,
            cancel);
    }

    private static async Task TryAgainAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, (Guid Payment, PaymentFailure Failure) why,
        (Instant Now, Instant Next) when,
        DunningPolicy policy, CancellationToken cancel)
    {
        var failure = CatalogWords.Of(why.Failure);
        await change.ExecuteAsync(
            CollectionSql.Fail, cancel, change.Row.Partition, change.Row.Account, collection.Invoice, when.Next.ToUtc(),
            collection.Failures,
            collection.FirstFailedAt!.Value.ToUtc(), failure);
        await AddFactAsync(change, collection, "fail", (why.Payment, failure), when.Now, when.Next, cancel);
        if (await StatusAsync(change, project, collection, cancel) is { } status
            && DunningRules.StepAfterFailure(policy, status, isLast: false) is { } verb)
        {
            await StepAsync(change, project, collection, verb, $"payment {why.Payment:D}: {failure}", when.Now, cancel);
        }
    }

    /// <summary>
    /// Gives up after the last failed attempt: the subscription ends or waits, and automatic attempts stop. The invoice can still be paid.
    /// </summary>
    private static async Task GiveUpAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, (Guid Payment, PaymentFailure Failure) why, Instant now,
        DunningPolicy policy,
        CancellationToken cancel)
    {
        if (await StatusAsync(change, project, collection, cancel) is { } status
            && DunningRules.StepAfterFailure(policy, status, isLast: true) is { } verb)
        {
            var outcome = await StepAsync(change, project, collection, verb, Reason, now, cancel);
            if (outcome == SubscriptionOutcome.Implausible)
            {
                // The last invoice is implausible and needs a review by an operator: try again the day after.
                var (isKnown, tomorrow) = (collection.Failures - 1, DunningRules.AfterExtraAttempt(now, now, project.Zone));
                await TryAgainAsync(
                    change, project, collection with { Failures = Math.Max(1, isKnown) }, why, (now, tomorrow), policy, cancel);
                return;
            }
        }

        var row = (await InvoiceQueries.FindAsync(change.Connection, project, collection.Invoice, cancel))!;
        var after = row.Invoice with { Status = InvoiceStatus.Uncollectible };
        await InvoiceChange.WriteAsync(
            change, row, after, "mark_uncollectible", row.Invoice.Due, now, PaymentActors.System, Reason, cancel);
        await InvoiceChange.CountAsync(change, row, after, cancel);
        await EndAsync(change, collection, CollectionState.GivenUp, "give_up", (why.Payment, CatalogWords.Of(why.Failure)), now, cancel);
    }

    /// <summary>
    /// Resumes a subscription that was paused for its invoice, from now on: with a new period, less the paid and unused rest of the old
    /// one.
    /// </summary>
    private static async Task GoOnAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, Instant now, CancellationToken cancel)
    {
        var row = await FindAsync(change, project, collection.Subscription, cancel);
        if (row is { Subscription: { Status: SubscriptionStatus.Paused, PausedAt: { } since } }
            && since == collection.EndedAt!.Value.WholeSecond())
        {
            await StepAsync(change, project, collection, SubscriptionVerb.Resume, "the invoice that it waited for is paid", now, cancel);
        }
    }

    private static async Task<SubscriptionOutcome> StepAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, SubscriptionVerb verb, string cause, Instant now,
        CancellationToken cancel)
    {
        var row = await FindAsync(change, project, collection.Subscription, cancel);
        if (row is null || SubscriptionTransitions.After(row.Subscription.Status, verb) is null)
        {
            return SubscriptionOutcome.NotAllowed;
        }

        var subscription = row.Subscription;
        var writing = new StepWriting(
            change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), PaymentActors.System, now);
        var step = verb switch
        {
            SubscriptionVerb.FailPayment => SubscriptionLife.FailPayment(subscription, now),
            SubscriptionVerb.RecoverPayment => SubscriptionLife.RecoverPayment(subscription, now),
            SubscriptionVerb.Pause => SubscriptionLife.Pause(subscription, null, now.WholeSecond()),
            SubscriptionVerb.Resume => SubscriptionLife.Resume(subscription, await writing.FactsAsync(row, cancel), now),
            _ => SubscriptionLife.Cancel(subscription, cause, now.WholeSecond()),
        };
        return (await writing.WriteAsync(row, StepChoice.Of(step, cause), cancel)).Outcome;
    }

    private static async Task<SubscriptionStatus?> StatusAsync(
        CustomerChange change, ProjectSnapshot project, Collection collection, CancellationToken cancel) =>
        (await FindAsync(change, project, collection.Subscription, cancel))?.Subscription.Status;

    private static Task<SubscriptionRow?> FindAsync(
        CustomerChange change, ProjectSnapshot project, Guid subscription, CancellationToken cancel) =>
        TakeStep.FindAsync(change, project, SubscriptionSql.ById, cancel, change.Row.Partition, change.Row.Account, subscription);

    private static async Task EndAsync(
        CustomerChange change, Collection collection, CollectionState state, string verb, (Guid? Payment, string? Failure) why, Instant now,
        CancellationToken cancel)
    {
        await change.ExecuteAsync(
            CollectionSql.End, cancel, change.Row.Partition, change.Row.Account, collection.Invoice, CatalogWords.Of(state), now.ToUtc());
        await AddFactAsync(change, collection, verb, why, now, null, cancel);
    }

    private static Task AddFactAsync(
        CustomerChange change, Collection collection, string verb, (Guid? Payment, string? Failure) why, Instant now, Instant? next,
        CancellationToken cancel) => change.ExecuteAsync(
        CollectionSql.AddFact, cancel, change.Row.Partition, change.Row.Account, collection.Invoice, verb, now.ToUtc(),
        SqlCommands.OrNull(why.Payment, NpgsqlDbType.Uuid), SqlCommands.OrNull(why.Failure, NpgsqlDbType.Text), collection.Failures,
        SqlCommands.OrNull(next?.ToUtc(), NpgsqlDbType.TimestampTz));
}
