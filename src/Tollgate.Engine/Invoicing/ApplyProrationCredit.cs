using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Applies a step's proration credit to earlier invoices of its subscription: 1. mark their unused time and usage as credited, so that it
/// is not credited again; 2. pay their open amounts from credit that the step's own invoice leaves over. The caller locks the customer, has
/// written the credit, and commits.
/// </summary>
internal sealed class ApplyProrationCredit(NpgsqlConnection connection, ProjectSnapshot project, string actor)
{
    /// <summary>Returns the invoices that billed the unused time which a step credits; the newest first.</summary>
    public static async Task<IReadOnlyList<InvoicePart>> PartsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, StepOrder order, CancellationToken cancel)
    {
        var credit = order.Step.Charges.Where(static charge => charge.Kind == ChargeKind.UnusedTime)
            .Aggregate(MoneyAmount.Zero(order.Step.After.Terms.Currency), static (sum, charge) => sum - charge.Amount);
        if (order.Before is not { ManagedBy: null } before || credit.IsZero)
        {
            return [];
        }

        var rows = await FindAsync(connection, project, order.Customer, before, cancel);
        return ProrationCreditRules.Spread(rows.Select(static row => row.Invoice), credit, before.Current.End);
    }

    /// <param name="at">The time at which the step's invoice is issued.</param>
    /// <returns>The invoices that the credit has paid: Tollgate stops collecting them.</returns>
    public async Task<IReadOnlyList<Guid>> RunAsync(BilledOrder billed, Instant at, CancellationToken cancel)
    {
        var settled = new List<Guid>();
        if (billed is not { Order: var order, Billed.Bill: { } bill })
        {
            return settled;
        }

        foreach (var (invoice, part, tax) in bill.ProrationCredited)
        {
            await ExecuteAsync(
                InvoiceSql.NoteProrated, cancel, order.Customer.Partition, order.Customer.Account, invoice.Id, part.Minor, tax.Minor);
        }

        // Credit that the step's own invoice does not use: of unused time, or of voided usage.
        if (order.Before is { ManagedBy: null } before && !bill.Sums.Left.IsZero)
        {
            var rows = await FindAsync(connection, project, order.Customer, before, cancel);
            foreach (var (invoice, part) in ProrationCreditRules.Pay(rows.Select(static row => row.Invoice).Reverse(), bill.Sums.Left))
            {
                await PayAsync(order.Customer, invoice, part, at, cancel);
                if (part == invoice.Due)
                {
                    settled.Add(invoice.Id);
                }
            }
        }

        return settled;
    }

    /// <summary>Returns the invoices that billed the period, and those with an open amount; the newest first.</summary>
    private static async Task<IReadOnlyList<InvoiceRow>> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, CustomerRow customer, Subscription before, CancellationToken cancel)
    {
        var ids = new List<Guid>();
        await using (var command = connection.Command(
            InvoiceSql.OfPeriod, customer.Partition, customer.Account, before.Id, before.Current.End.ToUtc()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                ids.Add(reader.GetGuid(0));
            }
        }

        var rows = (await InvoiceQueries.FindAsync(connection, project, [.. ids], cancel)).ToDictionary(static row => row.Invoice.Id);
        return [.. ids.Select(id => rows[id])];
    }

    private async Task PayAsync(CustomerRow customer, Invoice invoice, MoneyAmount part, Instant at, CancellationToken cancel)
    {
        var (partition, account) = (customer.Partition, customer.Account);
        var isPaid = part == invoice.Due;
        await ExecuteAsync(
            InvoiceSql.PayFromCredits, cancel, partition, account, invoice.Id, part.Minor,
            CatalogWords.Of(isPaid ? InvoiceStatus.Paid : invoice.Status));
        await ExecuteAsync(InvoiceSql.AddFact, cancel, partition, account, invoice.Id, "pay", at.ToUtc(), part.Minor, actor, "credits");
        await ExecuteAsync(InvoiceSql.TakeCredit, cancel, partition, account, part.Currency.Code, part.Minor, at.ToUtc(), invoice.Id);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
