using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

public enum InvoiceOutcome
{
    Done,

    /// <summary>The invoice already has that status; nothing was changed.</summary>
    Unchanged,
    NotFound,

    /// <summary>The invoice's current status forbids it.</summary>
    NotAllowed,
    CreditRefused,
}

/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record InvoiceAnswer(InvoiceOutcome Outcome, InvoiceRow? Row = null, string? Detail = null);

/// <summary>
/// Changes a finalised invoice, apart from payments. Its lines never change; each change is a separate fact. Purchases on the invoice are
/// granted in the transaction that pays it, or credits it so far that nothing is due.
/// </summary>
public sealed class ChangeInvoiceStatus(CustomerChanges changes, Clock clock)
{
    /// <summary>
    /// Voids an open invoice; its coupons and credits may be used again. A paid invoice cannot become void; credit it instead.
    /// </summary>
    public Task<InvoiceAnswer> VoidAsync(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel) =>
        ChangeAsync(
            project, id, actor, "void", note,
            static invoice => invoice.Status switch
            {
                InvoiceStatus.Open or InvoiceStatus.Uncollectible when invoice.CreditNotes.Count == 0 =>
                    invoice with { Status = InvoiceStatus.Void },
                InvoiceStatus.Void => invoice,
                _ => null,
            },
            cancel);

    /// <summary>Marks an invoice as uncollectible.</summary>
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
    /// Credits a part of an invoice, or all of it, with a credit note that has its own number. On an open invoice it reduces the amount
    /// due; on a paid one it becomes credit of the customer, which pays the next invoices.
    /// </summary>
    /// <param name="request">The request; a repeat returns the first result. Null: each call is a new request.</param>
    public async Task<InvoiceAnswer> CreditAsync(
        ProjectSnapshot project, Guid id, CreditOrder order, Guid? request, string actor, CancellationToken cancel)
    {
        await using (var locked = await HeldInvoice.LockAsync(changes, project, id, cancel))
        {
            if (locked is null)
            {
                return new(InvoiceOutcome.NotFound);
            }

            var (change, row) = (locked.Change, locked.Row);
            var (invoice, now) = (row.Invoice, clock.Now(project));
            if (await change.ResultOfAsync(request, cancel) is not null)
            {
                return new(InvoiceOutcome.Done, row);
            }

            var held = new MoneyAmount(
                (long)(await change.ScalarAsync(InvoiceSql.HeldOf, cancel, row.Partition, row.Account, id))!, invoice.Currency);
            var (verdict, draft) = CreditNoteRules.Judge(invoice, order, held);
            if (draft is not null && CreditNoteRules.IsOneTooMany(invoice, draft, held))
            {
                (verdict, draft) = (CreditVerdict.TooMany, null);
            }

            if (draft is null)
            {
                return new(
                    verdict == CreditVerdict.NotInState ? InvoiceOutcome.NotAllowed : InvoiceOutcome.CreditRefused, row,
                    Detail: Explain(verdict, invoice, held));
            }

            var (after, note) = await InvoiceChange.CreditAsync(change, project, row, (draft, order), actor, now, cancel);

            // A payment beyond the reduced total becomes credit of the customer.
            var paidTooMuch = after.Paid + after.Credited - after.Total;
            var before = invoice.Paid + invoice.Credited - invoice.Total;
            var gained = paidTooMuch.FloorAtZero() - before.FloorAtZero();
            if (!gained.IsZero)
            {
                await InvoiceChange.GiveAsync(change, row, gained, now, "credit_note", note.Number, cancel);
            }

            await change.KeepResultAsync(request, note.Id.ToString("D"), cancel);
            await EndAsync(change, project, invoice, after, now, cancel);
            return new(InvoiceOutcome.Done, row with { Invoice = after });
        }
    }

    private async Task<InvoiceAnswer> ChangeAsync(
        ProjectSnapshot project, Guid id, string actor, string verb, string? note, Func<Invoice, Invoice?> decide, CancellationToken cancel)
    {
        await using (var locked = await HeldInvoice.LockAsync(changes, project, id, cancel))
        {
            if (locked is null)
            {
                return new(InvoiceOutcome.NotFound);
            }

            var (change, row) = (locked.Change, locked.Row);
            var invoice = row.Invoice;
            if (decide(invoice) is not { } after)
            {
                return new(InvoiceOutcome.NotAllowed, row,
                    Detail: $"The invoice is {CatalogWords.Of(invoice.Status)}.{(invoice.Status == InvoiceStatus.Paid ? " To return money, refund its payment; to reduce it, issue a credit note." : "")}");
            }

            if (ReferenceEquals(after, invoice))
            {
                return new(InvoiceOutcome.Unchanged, row);
            }

            var now = clock.Now(project);
            await InvoiceChange.WriteAsync(change, row, after, verb, invoice.Due, now, actor, note, cancel);
            await InvoiceChange.CountAsync(change, row, after, cancel);
            if (verb == "void")
            {
                await change.ExecuteAsync(RedemptionSql.Return, cancel, row.Partition, row.Account, invoice.Id);
                if (invoice.FromCredits > invoice.ProrationCredited)
                {
                    // Return to the customer the credits that paid the invoice, except those that the invoice itself caused.
                    await InvoiceChange.GiveAsync(
                        change, row, invoice.FromCredits - invoice.ProrationCredited, now, "invoice", verb, cancel);
                }
            }

            await EndAsync(change, project, invoice, after, now, cancel);
            return new(InvoiceOutcome.Done, row with { Invoice = after });
        }
    }

    /// <summary>Grants purchases when the invoice is paid, updates the collection, and commits.</summary>
    private static async Task EndAsync(
        CustomerChange change, ProjectSnapshot project, Invoice before, Invoice after, Instant now, CancellationToken cancel)
    {
        await InvoiceChange.GrantAsync(change, project, before, after, now, cancel);
        if (after.Due.IsZero)
        {
            await change.ExecuteAsync(CollectionSql.LookNow, cancel, change.Row.Partition, change.Row.Account, after.Id, now.ToUtc());
        }

        await change.CommitAsync();
    }

    private static IEnumerable<string> Gone(Invoice invoice, MoneyAmount held) =>
        new[] { (invoice.Credited, "by credit notes"), (invoice.ProrationCredited, "when the subscription changed"),
            (held, "to a bank that disputes it") }
            .Where(static one => !one.Item1.IsZero).DefaultIfEmpty((MoneyAmount.Zero(invoice.Currency), ""))
            .Select(static one => $"{one.Item1} {one.Item2}".TrimEnd());

    private static string Explain(CreditVerdict verdict, Invoice invoice, MoneyAmount held) => verdict switch
    {
        CreditVerdict.NotInState => $"The invoice is {CatalogWords.Of(invoice.Status)}; open and paid ones can be credited.",
        CreditVerdict.NothingLeft or CreditVerdict.TooMuch =>
            $"The invoice's total is {invoice.Total}. Of that {string.Join(", ", Gone(invoice, held))} was already credited or refunded.",
        CreditVerdict.TooMany =>
            $"The invoice has {invoice.CreditNotes.Count} credit notes, the most there can be. The last one must credit the whole "
                + "remainder: leave amount and lines out.",
        CreditVerdict.LineUnknown => $"Lines are numbered from 1 to {invoice.Lines.Count}; each can be named once.",
        _ => "The amount to credit must be more than 0.",
    };
}
