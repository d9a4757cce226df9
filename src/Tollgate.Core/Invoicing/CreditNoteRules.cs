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

    /// <summary>The credit notes of the invoice have as many lines as they can, and this one would leave something.</summary>
    TooMany,
}

public static class CreditNoteRules
{
    /// <summary>
    /// Lines that the credit notes of an invoice can have beside one for each of its own: whoever reads the invoice reads all of them. A
    /// note has one or more.
    /// </summary>
    public const int MostLines = 100;

    /// <summary>A note that gives back all that is left is always possible: after it there is none.</summary>
    public static bool IsOneTooMany(Invoice invoice, CreditDraft draft, MoneyAmount held) =>
        draft.Total < invoice.Creditable - held
        && invoice.CreditNotes.Sum(static note => note.Lines.Count) + draft.Lines.Count > MostLines + invoice.Lines.Count;

    /// <param name="held">Of what was paid for it, what customers' banks hold or took, which went back that way; null: nothing, or it is
    /// known to go.</param>
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

        return amount > left
            ? (CreditVerdict.TooMuch, null)
            : (CreditVerdict.Allowed, new([LineOf(invoice, order.Reason, amount)], TaxIn(invoice, amount), amount));
    }

    /// <summary>Each line with its own share of discounts and tax, as it was paid.</summary>
    private static (CreditVerdict, CreditDraft?) OfLines(Invoice invoice, IReadOnlyList<int> positions, MoneyAmount left)
    {
        if (positions.Count == 0 || positions.Distinct().Count() < positions.Count
            || positions.Any(position => position < 1 || position > invoice.Lines.Count))
        {
            return (CreditVerdict.LineUnknown, null);
        }

        var parts = PartsOf(invoice);
        var lines = positions.Select(at =>
            LineOf(invoice, invoice.Lines[at - 1].Description, parts[at - 1].Paid) with { Tax = parts[at - 1].Tax }).ToArray();
        var total = lines.Aggregate(MoneyAmount.Zero(invoice.Currency), static (sum, line) => sum + line.Amount);
        return total switch
        {
            { IsZero: true } => (CreditVerdict.NotPositive, null),
            _ when total > left => (CreditVerdict.TooMuch, null),
            _ => (CreditVerdict.Allowed, new(lines, TaxOf(invoice, lines, total), total)),
        };
    }

    /// <summary>
    /// The share of a part of a line that still counts: no credit note (of the line or of an amount) has credited it, and somebody still
    /// has to pay its invoice, or has paid it.
    /// </summary>
    /// <param name="position">From 1.</param>
    public static MoneyAmount KeptOf(Invoice invoice, int position, MoneyAmount part)
    {
        if (invoice.Total.IsZero || invoice.Status is InvoiceStatus.Void or InvoiceStatus.Uncollectible)
        {
            return invoice.Status == InvoiceStatus.Void ? MoneyAmount.Zero(part.Currency)
                : invoice.Total.IsZero ? part
                : MoneyParts.Share(part, invoice.Paid.Minor, invoice.Total.Minor);
        }

        var (kept, paid, line) = (1m, PartsOf(invoice)[position - 1].Paid, invoice.Lines[position - 1]);
        foreach (var note in invoice.CreditNotes)
        {
            // A note of lines has their names, and one of an amount a line of its own.
            var isOfLines = note.Lines.All(one => invoice.Lines.Any(sold => sold.Description == one.Description));
            var credited = isOfLines
                ? note.Lines.FirstOrDefault(one => one.Description == line.Description && one.Amount == paid)
                ?? note.Lines.FirstOrDefault(one => one.Description == line.Description)
                : null;
            kept -= !isOfLines ? (decimal)note.Total.Minor / invoice.Total.Minor
                : credited is null || paid.IsZero ? 0
                : (decimal)credited.Amount.Minor / paid.Minor;
        }

        return new ExactMoney(part.Major * Math.Max(0, kept), part.Currency).Rounded();
    }

    /// <summary>
    /// What each line came to, its discount taken off and its tax included, and how much of that is tax. Where something was given back on
    /// the same invoice all are less.
    /// </summary>
    private static (MoneyAmount Paid, MoneyAmount Tax)[] PartsOf(Invoice invoice)
    {
        var zero = MoneyAmount.Zero(invoice.Currency);
        var weights = invoice.Lines.Select(static line => Math.Max(0, line.Amount.Minor)).ToArray();
        var off = invoice.DiscountOfLines;
        var taxes = invoice.Lines.All(static line => line.Tax is null)
            ? MoneyParts.Spread(invoice.Tax, weights)
            : [.. invoice.Lines.Select(line => line.Tax ?? zero)];
        var asked = weights.Select((weight, i) => weight == 0
            ? 0
            : Math.Max(0, weight - off[i].Minor + AddedOf(invoice, i + 1, taxes[i]).Minor)).ToArray();
        var paid = MoneyParts.Spread(invoice.Total, asked);
        return [.. paid.Select((one, i) =>
            (one, asked[i] == 0 ? zero : new ExactMoney(taxes[i].Major * one.Minor / asked[i], invoice.Currency).Rounded()))];
    }

    /// <summary>What of a line's taxes comes on top of its price: those of its own rates that the price does not contain.</summary>
    private static MoneyAmount AddedOf(Invoice invoice, int position, MoneyAmount tax)
    {
        var rates = invoice.Taxes.Where(one => one.IsOn(position)).ToArray();
        var (all, added) =
            (rates.Sum(static one => one.Rate.Value), rates.Where(static one => !one.IsInclusive).Sum(static one => one.Rate.Value));
        return all == 0 ? MoneyAmount.Zero(invoice.Currency) : new ExactMoney(tax.Major * added / all, invoice.Currency).Rounded();
    }

    /// <summary>That of its lines; the note that gives the last of an invoice back has what is left of its tax.</summary>
    private static MoneyAmount TaxOf(Invoice invoice, IReadOnlyList<InvoiceLine> lines, MoneyAmount total)
    {
        var left = invoice.CreditNotes.Aggregate(invoice.Tax, static (tax, note) => tax - note.Tax);
        var own = lines.Aggregate(MoneyAmount.Zero(invoice.Currency), static (sum, line) => sum + line.Tax!.Value);
        return left.IsNegative || own.IsNegative ? MoneyAmount.Zero(invoice.Currency)
            : invoice.Credited + total == invoice.Total || own > left ? left
            : own;
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
