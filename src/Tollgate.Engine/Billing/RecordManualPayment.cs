using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Records a payment of an invoice's whole amount outside of any provider, such as a bank transfer. A repeat changes nothing.
/// </summary>
public sealed class RecordManualPayment(CustomerChanges changes, Clock clock)
{
    /// <param name="note">The way it was paid, for operators.</param>
    public async Task<InvoiceAnswer> RunAsync(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel)
    {
        await using (var held = await HeldInvoice.LockAsync(changes, project, id, cancel))
        {
            if (held is null)
            {
                return new(InvoiceOutcome.NotFound);
            }

            var (change, row) = (held.Change, held.Row);
            var (invoice, now) = (row.Invoice, clock.Now(project));
            if (invoice.Status is not (InvoiceStatus.Open or InvoiceStatus.Uncollectible))
            {
                return invoice.Status == InvoiceStatus.Paid
                    ? new(InvoiceOutcome.Unchanged, row)
                    : new(InvoiceOutcome.NotAllowed, row, Detail: $"The invoice is {CatalogWords.Of(invoice.Status)}.");
            }

            var (amount, payment) = (invoice.Total - invoice.Paid - invoice.Credited, Guid.CreateVersion7(now.ToOffset()));
            await change.ExecuteAsync(
                PaymentSql.Insert, cancel, row.Partition, row.Account, payment, project.Id, id, CatalogWords.Of(PaymentProvider.Manual),
                SqlCommands.OrNull(null, NpgsqlDbType.Uuid), invoice.Currency.Code, amount.Minor, CatalogWords.Of(PaymentStatus.Succeeded),
                SqlCommands.OrNull(null, NpgsqlDbType.Text), now.ToUtc(), now.ToUtc());
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, "succeed", now.ToUtc(), amount.Minor, actor,
                SqlCommands.OrNull(note, NpgsqlDbType.Text));
            await InvoiceChange.PayAsync(change, project, row, amount, actor, PaymentActors.NoteOf(payment), now, cancel);
            await MoveCollection.SettledAsync(change, project, id, now, cancel);
            var after = await InvoiceQueries.FindAsync(change.Connection, project, id, cancel);
            await change.CommitAsync();
            return new(InvoiceOutcome.Done, after);
        }
    }
}
