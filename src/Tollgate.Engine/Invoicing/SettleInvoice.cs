using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Invoicing;

public enum InvoiceOutcome
{
    Done,

    /// <summary>It is so already; nothing was changed.</summary>
    Unchanged,
    NotFound,

    /// <summary>Not while the invoice stands where it does.</summary>
    NotAllowed,
    CreditRefused,
}

/// <param name="Detail">Of a refusal, for people.</param>
public sealed record InvoiceAnswer(InvoiceOutcome Outcome, InvoiceRow? Row = null, CreditNote? CreditNote = null, string? Detail = null);

/// <summary>
/// What happens to an invoice after it was finalised. Its lines never change; each of these is a fact beside them. What was bought on
/// it is given in the transaction in which it is paid.
/// </summary>
public sealed class SettleInvoice(NpgsqlDataSource database, QuotaGate gate, Clock clock)
{
    /// <summary>Paid by hand, all that is due: a bank transfer that came in. A repeat changes nothing.</summary>
    /// <param name="note">How it was paid, for people.</param>
    public Task<InvoiceAnswer> PayAsync(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel) =>
        ChangeAsync(
            project, id, actor, "pay", note,
            static invoice => invoice.Status switch
            {
                InvoiceStatus.Open or InvoiceStatus.Uncollectible => invoice with { Status = InvoiceStatus.Paid, Paid = invoice.Total - invoice.Credited },
                InvoiceStatus.Paid => invoice,
                _ => null,
            },
            cancel);

    /// <summary>It asked for nothing, and what it took off may be used again. A paid one is never void; it is credited.</summary>
    public Task<InvoiceAnswer> VoidAsync(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel) =>
        ChangeAsync(
            project, id, actor, "void", note,
            static invoice => invoice.Status switch
            {
                InvoiceStatus.Open or InvoiceStatus.Uncollectible when invoice.CreditNotes.Count == 0 => invoice with { Status = InvoiceStatus.Void },
                InvoiceStatus.Void => invoice,
                _ => null,
            },
            cancel);

    /// <summary>Nobody will pay it.</summary>
    public Task<InvoiceAnswer> GiveUpAsync(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel) =>
        ChangeAsync(
            project, id, actor, "mark_uncollectible", note,
            static invoice => invoice.Status switch
            {
                InvoiceStatus.Open => invoice with { Status = InvoiceStatus.Uncollectible },
                InvoiceStatus.Uncollectible => invoice,
                _ => null,
            },
            cancel);

    /// <summary>
    /// Gives back a part of an invoice, or all of it, by a document with a number of its own. Of an open invoice that much need not
    /// be paid any more; of a paid one it is the customer's, and pays the next invoices.
    /// </summary>
    public async Task<InvoiceAnswer> CreditAsync(ProjectSnapshot project, Guid id, CreditOrder order, string actor, CancellationToken cancel)
    {
        if (await LockAsync(project, id, cancel) is not ({ } change, { } row))
        {
            return new(InvoiceOutcome.NotFound);
        }

        await using (change)
        {
            var (invoice, now) = (row.Invoice, clock.Now(project));
            var (verdict, draft) = CreditNoteRules.Judge(invoice, order);
            if (draft is null)
            {
                return new(verdict == CreditVerdict.NotInState ? InvoiceOutcome.NotAllowed : InvoiceOutcome.CreditRefused, row, Detail: Explain(verdict, invoice));
            }

            var settings = await SettingsText.LoadAsync(change.Connection, project, cancel);
            var serial = (long)(await change.AskAsync(InvoiceSql.TakeNumbers, cancel, project.Id, "credit_note", 1L))!;
            var note = new CreditNote(Guid.CreateVersion7(now.ToOffset()), settings.CreditNoteNumberOf(serial), now, order.Reason, draft.Lines, draft.Tax, draft.Total);
            await change.ExecuteAsync(
                InvoiceSql.InsertCreditNote, cancel, row.Partition, row.Account, note.Id, project.Id, id, serial, note.Number, now.ToUtc(), note.Reason,
                note.Tax.Minor, note.Total.Minor, CreditLines.Write(note.Lines));
            var after = invoice with { CreditNotes = [.. invoice.CreditNotes, note] };
            after = after with { Status = after.Due.IsZero ? InvoiceStatus.Paid : after.Status };
            await WriteAsync(change, row, after, "credit", note.Total, now, actor, note.Number, cancel);
            await TakeBackAsync(change, row, note.Total, order.Lines, cancel);

            // What was paid and need not have been is the customer's.
            var paidTooMuch = after.Paid + after.Credited - after.Total;
            var before = invoice.Paid + invoice.Credited - invoice.Total;
            var gained = Positive(paidTooMuch) - Positive(before);
            if (!gained.IsZero)
            {
                await GiveAsync(change, row, gained, now, "credit_note", note.Number, cancel);
            }

            await EndAsync(change, project, invoice, after, now, cancel);
            return new(InvoiceOutcome.Done, row with { Invoice = after }, note);
        }
    }

    private async Task<InvoiceAnswer> ChangeAsync(
        ProjectSnapshot project, Guid id, string actor, string verb, string? note, Func<Invoice, Invoice?> decide, CancellationToken cancel)
    {
        if (await LockAsync(project, id, cancel) is not ({ } change, { } row))
        {
            return new(InvoiceOutcome.NotFound);
        }

        await using (change)
        {
            var invoice = row.Invoice;
            if (decide(invoice) is not { } after)
            {
                return new(InvoiceOutcome.NotAllowed, row, Detail: $"The invoice is {CatalogWords.Of(invoice.Status)}.");
            }

            if (ReferenceEquals(after, invoice))
            {
                return new(InvoiceOutcome.Unchanged, row);
            }

            var (amount, now) = (verb == "pay" ? after.Paid - invoice.Paid : invoice.Due, clock.Now(project));
            await WriteAsync(change, row, after, verb, amount, now, actor, note, cancel);
            if (invoice.Counted != after.Counted)
            {
                await TakeBackAsync(change, row, invoice.Counted - after.Counted, null, cancel);
            }

            if (verb == "void")
            {
                await change.ExecuteAsync(RedemptionSql.GiveBack, cancel, row.Partition, row.Account, invoice.Id);
                if (!invoice.FromCredits.IsZero)
                {
                    // What credits had paid of it is the customer's again.
                    await GiveAsync(change, row, invoice.FromCredits, now, "invoice", verb, cancel);
                }
            }

            await EndAsync(change, project, invoice, after, now, cancel);
            return new(InvoiceOutcome.Done, row with { Invoice = after });
        }
    }

    /// <summary>Access follows payment: what was bought is given when the invoice is paid, and quotas follow at once.</summary>
    private async Task EndAsync(CustomerChange change, ProjectSnapshot project, Invoice before, Invoice after, Instant now, CancellationToken cancel)
    {
        var isGranted = PackRules.IsPaidFor(after) && !PackRules.IsPaidFor(before) && await GrantPack.RunAsync(change, project, after, now, cancel);
        await change.CommitAsync(cancel);
        if (isGranted)
        {
            await gate.ForgetAsync(project, after.Customer, cancel);
        }
    }

    private async Task<(CustomerChange? Change, InvoiceRow? Row)> LockAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        // One connection after the other: two at once would let as many calls as the pool has connections wait for each other.
        string customer;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            if (await InvoiceQueries.FindAsync(connection, project, id, cancel) is not { } found)
            {
                return (null, null);
            }

            customer = found.Invoice.Customer;
        }

        return await CustomerChange.BeginOnExistingAsync(database, project, customer, cancel) is { } change
            ? (change, await InvoiceQueries.FindAsync(change.Connection, project, id, cancel))
            : (null, null);
    }

    private static async Task WriteAsync(
        CustomerChange change, InvoiceRow row, Invoice after, string verb, MoneyAmount amount, Instant now, string actor, string? note, CancellationToken cancel)
    {
        await change.ExecuteAsync(
            InvoiceSql.SetState, cancel, row.Partition, row.Account, after.Id, CatalogWords.Of(after.Status), after.Paid.Minor, after.Credited.Minor);
        await change.ExecuteAsync(InvoiceSql.AddFact, cancel, row.Partition, row.Account, after.Id, verb, now.ToUtc(), amount.Minor, actor, note);
    }

    /// <summary>What is taken back of the running period was not billed for it any more: a later change does not give it back again.</summary>
    /// <param name="credited">Negative: what was given up is paid after all, and counts again.</param>
    private static async Task TakeBackAsync(CustomerChange change, InvoiceRow row, MoneyAmount credited, IReadOnlyList<int>? positions, CancellationToken cancel)
    {
        if (row.Invoice.Subscription is not { } subscription
            || await change.AskAsync(InvoiceSql.RunningPeriodEnd, cancel, row.Partition, row.Account, subscription) is not DateTime end)
        {
            return;
        }

        var part = PeriodShare.Of(row.Invoice, credited, positions, Instant.FromUtc(end));
        await change.ExecuteAsync(InvoiceSql.LowerBilled, cancel, row.Partition, row.Account, subscription, part.Minor);
    }

    private static Task GiveAsync(
        CustomerChange change, InvoiceRow row, MoneyAmount amount, Instant now, string cause, string note, CancellationToken cancel) => change.ExecuteAsync(
        InvoiceSql.WriteCredits, cancel, new[] { row.Partition }, new[] { row.Account }, new[] { amount.Currency.Code }, new[] { amount.Minor },
        new[] { now.ToUtc() }, new[] { cause }, new[] { row.Invoice.Id }, new[] { note });

    private static MoneyAmount Positive(MoneyAmount amount) => amount.IsNegative ? MoneyAmount.Zero(amount.Currency) : amount;

    private static string Explain(CreditVerdict verdict, Invoice invoice) => verdict switch
    {
        CreditVerdict.NotInState => $"The invoice is {CatalogWords.Of(invoice.Status)}; open and paid ones can be credited.",
        CreditVerdict.NothingLeft => "All of the invoice was credited already.",
        CreditVerdict.TooMuch => $"The invoice asked for {invoice.Total}, and {invoice.Credited} of it was credited already.",
        CreditVerdict.LineUnknown => $"Lines are numbered from 1 to {invoice.Lines.Count}; each can be named once.",
        _ => "What is given back is more than 0.",
    };
}
