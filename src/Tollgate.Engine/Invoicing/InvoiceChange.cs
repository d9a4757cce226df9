using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>An invoice while its customer is locked. Disposing it releases the customer.</summary>
internal sealed class HeldInvoice : IAsyncDisposable
{
    private HeldInvoice(CustomerChange change, InvoiceRow row) => (Change, Row) = (change, row);

    public CustomerChange Change { get; }

    public InvoiceRow Row { get; }

    /// <returns>Null: the project has no such invoice.</returns>
    public static async Task<HeldInvoice?> LockAsync(CustomerChanges changes, ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        // One connection after the other: with two at once, as many calls as the pool has connections could wait for each other.
        if (await CustomerOfAsync(changes.Database, project, id, cancel) is not { } customer
            || await changes.BeginOnExistingAsync(project, customer, cancel) is not { } held)
        {
            return null;
        }

        return await held.IntoAsync<CustomerChange, HeldInvoice>(async change =>
            await InvoiceQueries.FindAsync(change.Connection, project, id, cancel) is { } row ? new(change, row) : null);
    }

    public ValueTask DisposeAsync() => Change.DisposeAsync();

    private static async Task<string?> CustomerOfAsync(
        NpgsqlDataSource database, ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await InvoiceQueries.FindAsync(connection, project, id, cancel))?.Invoice.Customer;
    }
}

/// <summary>Changes a finalised invoice, in a transaction that locks its customer. The caller commits.</summary>
internal static class InvoiceChange
{
    /// <summary>
    /// Applies a payment to an invoice. The payment of a void invoice, or the part beyond the amount due, becomes credit of the customer,
    /// which pays the next ones.
    /// </summary>
    public static async Task PayAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow row, MoneyAmount came, string actor, string note, Instant now,
        CancellationToken cancel)
    {
        var invoice = row.Invoice;
        var asked = invoice.Status == InvoiceStatus.Uncollectible ? invoice.Total - invoice.Paid - invoice.Credited : invoice.Due;
        var used = came < asked ? came : asked;
        if (used < came)
        {
            await GiveAsync(change, row, came - used, now, "payment", note, cancel);
        }

        if (used.IsZero)
        {
            return;
        }

        var paid = invoice with { Paid = invoice.Paid + used };
        paid = paid with { Status = used == asked ? InvoiceStatus.Paid : paid.Status };
        await WriteAsync(change, row, paid, "pay", used, now, actor, note, cancel);
        await CountAsync(change, row, paid, cancel);
        await GrantAsync(change, project, invoice, paid, now, cancel);
    }

    /// <summary>Credits a part of an invoice with a numbered credit note. The caller handles money that was paid for it.</summary>
    public static async Task<(Invoice After, CreditNote Note)> CreditAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow row, (CreditDraft Draft, CreditOrder Order) credit, string actor,
        Instant now, CancellationToken cancel)
    {
        var (draft, order) = credit;
        var settings = await SettingsText.LoadAsync(change.Connection, project, cancel);
        var serial = (long)(await change.ScalarAsync(InvoiceSql.TakeNumbers, cancel, project.Id, "credit_note", 1L))!;
        var note = new CreditNote(
            Guid.CreateVersion7(now.ToOffset()), settings.CreditNoteNumberOf(serial), now, order.Reason, draft.Lines, draft.Tax,
            draft.Total);
        await change.ExecuteAsync(
            InvoiceSql.InsertCreditNote, cancel, row.Partition, row.Account, note.Id, project.Id, row.Invoice.Id, serial, note.Number,
            now.ToUtc(), note.Reason,
            note.Tax.Minor, note.Total.Minor, CreditLines.Write(note.Lines));
        var after = row.Invoice with { CreditNotes = [.. row.Invoice.CreditNotes, note] };
        after = after with { Status = after.Due.IsZero ? InvoiceStatus.Paid : after.Status };
        await WriteAsync(change, row, after, "credit", note.Total, now, actor, note.Number, cancel);
        await TakeBackAsync(change, row, note.Total, order.Lines, cancel);
        return (after, note);
    }

    /// <summary>Grants purchases when the invoice is paid.</summary>
    public static async Task GrantAsync(
        CustomerChange change, ProjectSnapshot project, Invoice before, Invoice after, Instant now, CancellationToken cancel)
    {
        if (PackRules.IsPaidFor(after) && !PackRules.IsPaidFor(before))
        {
            await GrantPack.RunAsync(change, project, after, now, cancel);
        }
    }

    public static async Task WriteAsync(
        CustomerChange change, InvoiceRow row, Invoice after, string verb, MoneyAmount amount, Instant now, string actor, string? note,
        CancellationToken cancel)
    {
        await change.ExecuteAsync(
            InvoiceSql.SetState, cancel, row.Partition, row.Account, after.Id, CatalogWords.Of(after.Status), after.Paid.Minor,
            after.Credited.Minor);
        await change.ExecuteAsync(
            InvoiceSql.AddFact, cancel, row.Partition, row.Account, after.Id, verb, now.ToUtc(), amount.Minor, actor, note);
    }

    /// <summary>
    /// Updates the billed amount of the current period after an invoice changed its status: a written-off invoice that is paid after all
    /// counts again.
    /// </summary>
    public static async Task CountAsync(CustomerChange change, InvoiceRow row, Invoice after, CancellationToken cancel)
    {
        if (row.Invoice.Counted != after.Counted)
        {
            await TakeBackAsync(change, row, row.Invoice.Counted - after.Counted, null, cancel);
        }
    }

    /// <summary>
    /// Reduces the billed amount of the current period by what is credited, so that a later change does not credit it again.
    /// </summary>
    /// <param name="credited">Negative: it counts again.</param>
    public static async Task TakeBackAsync(
        CustomerChange change, InvoiceRow row, MoneyAmount credited, IReadOnlyList<int>? positions, CancellationToken cancel)
    {
        if (row.Invoice.Subscription is not { } subscription
            || await change.ScalarAsync(InvoiceSql.RunningPeriodEnd, cancel, row.Partition, row.Account, subscription) is not DateTime end)
        {
            return;
        }

        var part = PeriodShare.Of(row.Invoice, credited, positions, Instant.FromUtc(end));
        await change.ExecuteAsync(InvoiceSql.LowerBilled, cancel, row.Partition, row.Account, subscription, part.Minor);
    }

    public static Task GiveAsync(
        CustomerChange change, InvoiceRow row, MoneyAmount amount, Instant now, string cause, string note, CancellationToken cancel) =>
        change.ExecuteAsync(
        InvoiceSql.WriteCredits, cancel, new[] { row.Partition }, new[] { row.Account }, new[] { amount.Currency.Code },
        new[] { amount.Minor },
        new[] { now.ToUtc() }, new[] { cause }, new[] { row.Invoice.Id }, new[] { note });
}
