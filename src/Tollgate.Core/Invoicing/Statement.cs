using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>What moved a customer's account.</summary>
public enum StatementEntryKind
{
    /// <summary>An invoice was issued: its total is owed.</summary>
    Invoice,

    /// <summary>What prepaid credits paid of an invoice, when they did.</summary>
    FromCredits,

    Payment,

    /// <summary>Money went back to the customer.</summary>
    Refund,

    CreditNote,

    /// <summary>
    /// What a credit note gave, or an invoice that gives back more than it asks for, was kept as prepaid credits: it comes back as
    /// <see cref="FromCredits"/> of another invoice.
    /// </summary>
    ToCredits,

    /// <summary>An invoice was voided: its total is not owed any more.</summary>
    Voided,

    /// <summary>What was not paid of an invoice was given up.</summary>
    WrittenOff,
}

/// <summary>Money that moved between a customer and the project for an invoice, as the one who keeps payments knows it.</summary>
/// <param name="Kind">Payment, FromCredits, Refund or ToCredits.</param>
/// <param name="Amount">Positive.</param>
/// <param name="Invoice">The number of the invoice that it was for.</param>
public sealed record StatementPayment(StatementEntryKind Kind, Instant At, string Invoice, MoneyAmount Amount);

/// <summary>One movement.</summary>
/// <param name="Number">Of the credit note for a credit note, of the invoice for everything else.</param>
/// <param name="Amount">Positive: the customer owes more.</param>
/// <param name="Balance">What the customer owes after it; negative: what the project owes the customer.</param>
public sealed record StatementEntry(StatementEntryKind Kind, Instant At, string Number, MoneyAmount Amount, MoneyAmount Balance);

/// <summary>A customer's account over a stretch of time.</summary>
/// <param name="Customer">The project's own id of the customer.</param>
/// <param name="Opening">What was owed when the period began.</param>
/// <param name="Closing">What was owed when it ended: opening and all entries.</param>
public sealed record Statement(
    string Customer, Currency Currency, Period Period, MoneyAmount Opening, IReadOnlyList<StatementEntry> Entries, MoneyAmount Closing)
{
    /// <summary>The sum of the entries of a kind.</summary>
    public MoneyAmount SumOf(StatementEntryKind kind) =>
        Entries.Where(entry => entry.Kind == kind).Aggregate(MoneyAmount.Zero(Currency), static (sum, entry) => sum + entry.Amount);
}

/// <summary>
/// Makes a statement of facts. Neighbouring statements join: where one closes, the next opens, whatever happened in between, because
/// facts are never taken back; what ends an invoice is an entry of its own.
/// </summary>
public static class StatementRules
{
    /// <param name="invoices">All of the customer in one currency, from the first on. Drafts are no facts yet and are passed over.</param>
    /// <param name="payments">Of these invoices.</param>
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

    /// <param name="Invoice">The number of the invoice that it belongs to: at one instant all of an invoice stands together.</param>
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

        // What nobody has to pay any more. Due is zero then, so it is what the invoice would still ask for.
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
