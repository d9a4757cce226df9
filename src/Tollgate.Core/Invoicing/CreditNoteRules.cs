using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>A request to credit an invoice: an amount of its total, tax included, or whole lines.</summary>
/// <param name="Amount">Null: the lines.</param>
/// <param name="Lines">Positions from 1; if amount and lines are null: all that is left.</param>
public sealed record CreditOrder(MoneyAmount? Amount, IReadOnlyList<int>? Lines, string Reason);

/// <summary>A credit note before it has a number.</summary>
public sealed record CreditDraft(IReadOnlyList<InvoiceLine> Lines, MoneyAmount Tax, MoneyAmount Total);

public enum CreditVerdict
{
    Allowed,

    /// <summary>The invoice is neither open nor paid, so it charges nothing that could be credited.</summary>
    NotInState,
    NothingLeft,

    /// <summary>More than the invoice charges, less earlier credits.</summary>
    TooMuch,
    LineUnknown,
    NotPositive,

    /// <summary>The credit notes of the invoice have the most lines that they can have, and this one would leave a rest.</summary>
    TooMany,
}

public static class CreditNoteRules
{
    /// <summary>
    /// The most lines that the credit notes of an invoice can have in addition to one for each of its own lines: reading the invoice reads
    /// all of them. A note has one or more.
    /// </summary>
    public const int MostLines = 100;

    /// <summary>
    /// True if the note would exceed <see cref="MostLines"/>. A note that credits all that is left is always possible, since it is the last
    /// one.
    /// </summary>
    public static bool IsOneTooMany(Invoice invoice, CreditDraft draft, MoneyAmount held) =>
        draft.Total < invoice.Creditable - held
        && invoice.CreditNotes.Sum(static note => note.Lines.Count) + draft.Lines.Count > MostLines + invoice.Lines.Count;

    /// <param name="held">The part of its payments that customers' banks hold or took back in disputes; null: none, or the caller has
    /// already checked it.</param>
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

    /// <summary>Credits each line with its own share of discounts and tax, as it was paid.</summary>
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
    /// Returns the share of a part of a line that still counts: no credit note (of the line or of an amount) has credited it, and its
    /// invoice is due or paid.
    /// </summary>
    /// <param name="position">The position of the line, from 1.</param>
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
            // The lines of a note of lines have the descriptions of the invoice's lines; a note of an amount has one line of its own.
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
    /// Returns the final amount of each line, less its discount and including its tax, and the tax in it. If the invoice also credits
    /// something, all are smaller.
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

    /// <summary>
    /// Returns the part of a line's taxes that is added to its price: those of its own rates that the price does not include.
    /// </summary>
    private static MoneyAmount AddedOf(Invoice invoice, int position, MoneyAmount tax)
    {
        var rates = invoice.Taxes.Where(one => one.IsOn(position)).ToArray();
        var (all, added) =
            (rates.Sum(static one => one.Rate.Value), rates.Where(static one => !one.IsInclusive).Sum(static one => one.Rate.Value));
        return all == 0 ? MoneyAmount.Zero(invoice.Currency) : new ExactMoney(tax.Major * added / all, invoice.Currency).Rounded();
    }

    /// <summary>Returns the tax of the lines; the note that credits the last part of an invoice has the rest of its tax.</summary>
    private static MoneyAmount TaxOf(Invoice invoice, IReadOnlyList<InvoiceLine> lines, MoneyAmount total)
    {
        var left = invoice.CreditNotes.Aggregate(invoice.Tax, static (tax, note) => tax - note.Tax);
        var own = lines.Aggregate(MoneyAmount.Zero(invoice.Currency), static (sum, line) => sum + line.Tax!.Value);
        return left.IsNegative || own.IsNegative ? MoneyAmount.Zero(invoice.Currency)
            : invoice.Credited + total == invoice.Total || own > left ? left
            : own;
    }

    /// <summary>
    /// Returns the tax within a part of the total, in the same ratio: that of all parts credited so far, rounded once, less the tax of
    /// earlier notes. The notes of a fully credited invoice therefore have exactly its tax, to the cent.
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
