using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>Updates the collection in the transaction that makes an attempt, or that finds none to make.</summary>
internal static class CollectTurn
{
    private static readonly TimeSpan UntilOffered = TimeSpan.FromDays(1);

    /// <summary>True if the attempt that was due then is still to be made.</summary>
    public static async Task<bool> IsDueAsync(CustomerChange change, Guid invoice, Instant due, CancellationToken cancel) =>
        await Collections.FindAsync(change, invoice, cancel) is { State: CollectionState.Open, CollectAt: { } at } && at == due;

    /// <param name="answer">The start of the attempt.</param>
    public static async Task TakeAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow row, ChargeAnswer answer, Instant now, CancellationToken cancel)
    {
        var invoice = row.Invoice.Id;
        switch (answer.Outcome)
        {
            case ChargeOutcome.Attempted:
                await AwaitAsync(change, invoice, answer.Row!.Payment.Id, cancel);
                return;

            // A customer who has opened a page may pay there; wait for a while.
            case ChargeOutcome.IsPending
                when await CheckoutQueries.PageOfAsync(change.Connection, project, invoice, cancel) is { } page
                    && page.OpenedAt.Plus(ClosePages.Patience) > now:
                await change.ExecuteAsync(
                    CollectionSql.PutOff, cancel, row.Partition, row.Account, invoice, page.OpenedAt.Plus(ClosePages.Patience).ToUtc());
                return;

            // Another attempt is pending; its result becomes the result of this one.
            case ChargeOutcome.IsPending:
                await AwaitAsync(
                    change, invoice, (Guid)(await change.ScalarAsync(PaymentSql.PendingOf, cancel, row.Partition, row.Account, invoice))!,
                    cancel);
                return;

            // A past-due subscription stays under its policy, even if the project has changed provider: an attempt that is impossible has
            // failed.
            case ChargeOutcome.NoMethod:
            case ChargeOutcome.NotOffered when await Collections.FindAsync(change, invoice, cancel) is { Failures: > 0 }:
                var payment = await WriteMissingAsync(change, project, row, now, cancel);
                await AwaitAsync(change, invoice, payment, cancel);
                await MoveCollection.FailedAsync(change, project, invoice, (payment, PaymentFailure.PaymentMethodMissing), now, cancel);
                return;

            case ChargeOutcome.NothingDue:
                await MoveCollection.SettledAsync(change, project, invoice, now, cancel);
                return;

            // The project's provider charges nobody, and no attempt has failed yet; try again later, since the provider may change.
            default:
                await change.ExecuteAsync(
                    CollectionSql.PutOff, cancel, row.Partition, row.Account, invoice, now.Plus(UntilOffered).ToUtc());
                return;
        }
    }

    private static Task AwaitAsync(CustomerChange change, Guid invoice, Guid payment, CancellationToken cancel) =>
        change.ExecuteAsync(CollectionSql.Await, cancel, change.Row.Partition, change.Row.Account, invoice, payment);

    /// <summary>Writes a failed attempt without a provider, so that it is listed among the others.</summary>
    private static async Task<Guid> WriteMissingAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow row, Instant now, CancellationToken cancel)
    {
        var (payment, failure) = (Guid.CreateVersion7(now.ToOffset()), CatalogWords.Of(PaymentFailure.PaymentMethodMissing));
        await change.ExecuteAsync(
            PaymentSql.Insert, cancel, row.Partition, row.Account, payment, project.Id, row.Invoice.Id,
            CatalogWords.Of(project.Payments.Provider),
            SqlCommands.OrNull(null, NpgsqlDbType.Uuid), row.Invoice.Currency.Code, row.Invoice.Due.Minor,
            CatalogWords.Of(PaymentStatus.Pending),
            SqlCommands.OrNull(null, NpgsqlDbType.Text), now.ToUtc(), SqlCommands.OrNull(null, NpgsqlDbType.TimestampTz));
        await change.ExecuteAsync(
            PaymentSql.Settle, cancel, row.Partition, row.Account, payment, CatalogWords.Of(PaymentStatus.Failed), failure,
            SqlCommands.OrNull(null, NpgsqlDbType.Text), now.ToUtc());
        await change.ExecuteAsync(
            PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, "fail", now.ToUtc(), row.Invoice.Due.Minor,
            PaymentActors.System,
            SqlCommands.OrNull(failure, NpgsqlDbType.Text));
        return payment;
    }
}
