using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The kind of a movement in a customer's account.</summary>
public enum StatementEntryKind
{
    /// <summary>An invoice was issued: the customer owes its total.</summary>
    Invoice,

    /// <summary>Prepaid credits paid a part of an invoice.</summary>
    FromCredits,

    Payment,

    /// <summary>Money returned to the customer.</summary>
    Refund,

    CreditNote,

    /// <summary>
    /// The amount of a credit note, or the excess of credits on an invoice, became prepaid credits: it returns as <see cref="FromCredits"/>
    /// of another invoice.
    /// </summary>
    ToCredits,

    /// <summary>An invoice was voided: the customer no longer owes its total.</summary>
    Voided,

    /// <summary>The unpaid rest of an invoice was written off.</summary>
    WrittenOff,
}

/// <summary>A movement of money between a customer and the project for an invoice, from the records of payments.</summary>
/// <param name="Kind">Payment, FromCredits, Refund or ToCredits.</param>
/// <param name="Amount">Positive.</param>
/// <param name="Invoice">The number of its invoice.</param>
public sealed record StatementPayment(StatementEntryKind Kind, Instant At, string Invoice, MoneyAmount Amount);

/// <summary>One movement.</summary>
/// <param name="Number">The number of the credit note for a credit note, else of the invoice.</param>
/// <param name="Amount">Positive: the customer owes more.</param>
/// <param name="Balance">The amount that the customer owes after it; negative: the project owes the customer.</param>
public sealed record StatementEntry(StatementEntryKind Kind, Instant At, string Number, MoneyAmount Amount, MoneyAmount Balance);

/// <summary>A customer's account over a period.</summary>
/// <param name="Customer">The project's own id of the customer.</param>
/// <param name="Opening">The amount owed at the start of the period.</param>
/// <param name="Closing">The amount owed at its end: opening plus all entries.</param>
public sealed record Statement(
    string Customer, Currency Currency, Period Period, MoneyAmount Opening, IReadOnlyList<StatementEntry> Entries, MoneyAmount Closing)
{
    /// <summary>Returns the sum of the entries of a kind.</summary>
    public MoneyAmount SumOf(StatementEntryKind kind) =>
        Entries.Where(entry => entry.Kind == kind).Aggregate(MoneyAmount.Zero(Currency), static (sum, entry) => sum + entry.Amount);
}

/// <summary>
/// Computes a statement from facts. The closing balance of one statement is the opening balance of the next, because facts are never
/// removed; the end of an invoice is an entry of its own.
/// </summary>
public static class StatementRules
{
    /// <param name="invoices">All invoices of the customer in one currency, from the first on. Drafts are skipped, since they are no facts
    /// yet.</param>
    /// <param name="payments">The payments of these invoices.</param>
    public static Statement Of(
        string customer, Currency currency, Period period, IReadOnlyList<Invoice> invoices, IReadOnlyList<StatementPayment> payments)
    {
        var movements = invoices.Where(static invoice => invoice.Status != InvoiceStatus.Draft).SelectMany(Movements)
            .Concat(payments.Select(static payment =>
                new Movement(payment.Kind, payment.At, payment.Invoice, payment.Invoice, SignedAmount(payment))))
            .Where(movement => movement.At < period.End)
            .OrderBy(static movement => movement.At).ThenBy(static movement => movement.Invoice, StringComparer.Ordinal)
            .ThenBy(static movement => movement.Kind)
            .ThenBy(static movement => movement.Number, StringComparer.Ordinal);

        var (opening, balance) = (MoneyAmount.Zero(currency), MoneyAmount.Zero(currency));
        var entries = new List<StatementEntry>();
        foreach (var movement in movements)
        {
            balance += movement.Amount;
            if (movement.At < period.Start)
            {
                opening = balance;
            }
            else
            {
                entries.Add(new(movement.Kind, movement.At, movement.Number, movement.Amount, balance));
            }
        }

        return new(customer, currency, period, opening, entries, balance);
    }

    /// <param name="Invoice">The number of its invoice: movements of an invoice at one instant stay together.</param>
    private readonly record struct Movement(StatementEntryKind Kind, Instant At, string Invoice, string Number, MoneyAmount Amount);

    private static IEnumerable<Movement> Movements(Invoice invoice)
    {
        var (number, issued) = (invoice.Number ?? "", invoice.IssuedAt ?? invoice.CreatedAt);
        yield return new(StatementEntryKind.Invoice, issued, number, number, invoice.Total - invoice.ToCredits);
        if (!invoice.ToCredits.IsZero)
        {
            yield return new(StatementEntryKind.ToCredits, issued, number, number, invoice.ToCredits);
        }

        foreach (var note in invoice.CreditNotes)
        {
            yield return new(StatementEntryKind.CreditNote, note.IssuedAt, number, note.Number, -note.Total);
        }

        // The amount that the customer no longer has to pay. Due is zero by then, so compute it as if the invoice were open.
        if (invoice.Status is InvoiceStatus.Void or InvoiceStatus.Uncollectible)
        {
            var left = (invoice with { Status = InvoiceStatus.Open }).Due;
            var kind = invoice.Status == InvoiceStatus.Void ? StatementEntryKind.Voided : StatementEntryKind.WrittenOff;
            yield return new(kind, invoice.ClosedAt ?? issued, number, number, -left);
        }
    }

    private static MoneyAmount SignedAmount(StatementPayment payment)
    {
        Invariant.That(!payment.Amount.IsNegative, $"{payment.Amount} is no amount of a payment.");
        return payment.Kind switch
        {
            StatementEntryKind.Payment or StatementEntryKind.FromCredits => -payment.Amount,
            StatementEntryKind.Refund or StatementEntryKind.ToCredits => payment.Amount,
            _ => throw new InvariantBrokenException($"{payment.Kind} is no movement of money."),
        };
    }
}
