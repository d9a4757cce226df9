using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>What is to be given back of an invoice: an amount of its total, tax included, or whole lines of it.</summary>
/// <param name="Amount">Null: the lines.</param>
/// <param name="Lines">Positions from 1; null with neither: all that is left.</param>
public sealed record CreditOrder(MoneyAmount? Amount, IReadOnlyList<int>? Lines, string Reason);

/// <summary>A credit note before it has a number.</summary>
public sealed record CreditDraft(IReadOnlyList<InvoiceLine> Lines, MoneyAmount Tax, MoneyAmount Total);

public enum CreditVerdict
{
    Allowed,

    /// <summary>Only what was asked for can be given back: open and paid invoices.</summary>
    NotInState,
    NothingLeft,

    /// <summary>More than the invoice asked for, less what went back already.</summary>
    TooMuch,
    LineUnknown,
    NotPositive,
}

public static class CreditNoteRules
{
    /// <param name="held">Of what was paid for it, what customers' banks hold or took, which went back that way; null: nothing, or it is known to go.</param>
    public static (CreditVerdict Verdict, CreditDraft? Draft) Judge(Invoice invoice, CreditOrder order, MoneyAmount? held = null)
    {
        if (invoice.Status is not (InvoiceStatus.Open or InvoiceStatus.Paid))
        {
            return (CreditVerdict.NotInState, null);
        }

        var left = invoice.Creditable - (held ?? MoneyAmount.Zero(invoice.Currency));
        if (left.IsZero || left.IsNegative)
        {
            return (CreditVerdict.NothingLeft, null);
        }

        if (order.Lines is { } positions)
        {
            return OfLines(invoice, positions, left);
        }

        var amount = order.Amount ?? left;
        if (amount.IsZero || amount.IsNegative)
        {
            return (CreditVerdict.NotPositive, null);
        }

        return amount > left ? (CreditVerdict.TooMuch, null) : (CreditVerdict.Allowed, new([LineOf(invoice, order.Reason, amount)], TaxIn(invoice, amount), amount));
    }

    /// <summary>Each line with its own share of discounts and tax, as it was paid.</summary>
    private static (CreditVerdict, CreditDraft?) OfLines(Invoice invoice, IReadOnlyList<int> positions, MoneyAmount left)
    {
        if (positions.Count == 0 || positions.Distinct().Count() < positions.Count || positions.Any(position => position < 1 || position > invoice.Lines.Count))
        {
            return (CreditVerdict.LineUnknown, null);
        }

        var paid = MoneyParts.Spread(invoice.Total, [.. invoice.Lines.Select(static line => Math.Max(0, line.Amount.Minor))]);
        var lines = positions.Select(position => LineOf(invoice, invoice.Lines[position - 1].Description, paid[position - 1])).ToArray();
        var total = lines.Aggregate(MoneyAmount.Zero(invoice.Currency), static (sum, line) => sum + line.Amount);
        return total switch
        {
            { IsZero: true } => (CreditVerdict.NotPositive, null),
            _ when total > left => (CreditVerdict.TooMuch, null),
            _ => (CreditVerdict.Allowed, new(lines, TaxIn(invoice, total), total)),
        };
    }

    /// <summary>
    /// The tax that is contained in a part of the total, in the same ratio: that of all parts given back until now, rounded once,
    /// less what earlier notes had of it. So the notes of an invoice that was given back whole have its tax, to the cent.
    /// </summary>
    private static MoneyAmount TaxIn(Invoice invoice, MoneyAmount part)
    {
        var zero = MoneyAmount.Zero(invoice.Currency);
        var before = invoice.CreditNotes.Aggregate(zero, static (sum, note) => sum + note.Total);
        var had = invoice.CreditNotes.Aggregate(zero, static (sum, note) => sum + note.Tax);
        var until = invoice.Total.IsZero ? zero : MoneyParts.Share(invoice.Tax, (before + part).Minor, invoice.Total.Minor);
        return until < had ? zero : until - had;
    }

    private static InvoiceLine LineOf(Invoice invoice, string description, MoneyAmount amount) => new()
    {
        Kind = InvoiceLineKind.Credit, Description = description, Quantity = Quantity.One, Amount = amount, Period = invoice.Period,
    };
}
