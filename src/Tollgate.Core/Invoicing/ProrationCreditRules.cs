using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A part of an invoice.</summary>
public readonly record struct InvoicePart(Invoice Invoice, MoneyAmount Part);

/// <summary>A part of a step's credit, with the taxes with which it was paid.</summary>
/// <param name="Invoice">The invoice that charged it; null: no known invoice.</param>
public sealed record ProrationCreditPart(Invoice? Invoice, IReadOnlyList<PaidTax> Paid)
{
    public MoneyAmount Part => Paid.Skip(1).Aggregate(Paid[0].Part, static (sum, one) => sum + one.Part);
}

/// <summary>The part of an earlier invoice that a step credited, and the taxes added to it.</summary>
public readonly record struct ProrationCreditNote(Invoice Invoice, MoneyAmount Part, MoneyAmount Tax);

/// <summary>
/// The effect of credited unused time on the invoices of a subscription (<c>SEMANTICS</c> 4: never more than was paid, and never twice).
/// The invoices that charged the time record the credit, and the excess first pays their open amounts: no customer gets credit that it
/// never paid for.
/// </summary>
public static class ProrationCreditRules
{
    /// <summary>
    /// Returns the invoices that charged the credited time, the last one first. Their lines show the rest of each: an invoice that charges
    /// time on new terms also credits time of earlier ones, and the taxes of a part are those of the lines that charged it.
    /// </summary>
    /// <param name="newestFirst">The invoices that charged the period, without void ones.</param>
    /// <param name="credit">The credited amount, before taxes that are added; positive.</param>
    /// <param name="periodEnd">The end of the period whose rest is credited.</param>
    /// <returns>Parts that are not zero; their sum is at most <paramref name="credit"/>.</returns>
    public static IReadOnlyList<InvoicePart> Spread(IEnumerable<Invoice> newestFirst, MoneyAmount credit, Instant periodEnd)
    {
        var rooms = new List<InvoicePart>();
        foreach (var invoice in newestFirst.Reverse())
        {
            var unused = invoice.Lines.Where(line => line.Kind == InvoiceLineKind.ProrationCredit && line.Period.End == periodEnd);
            Take(rooms, unused.Aggregate(MoneyAmount.Zero(credit.Currency), static (sum, line) => sum - line.Amount));
            rooms.Add(new(invoice, PeriodShare.AskedFor(invoice, periodEnd)));
        }

        return Take(rooms, credit);
    }

    /// <summary>Returns the taxes with which a part was paid: those of the lines that charged the period.</summary>
    /// <param name="periodEnd">The end of the period whose rest is credited.</param>
    public static IReadOnlyList<PaidTax> PaidWith(InvoicePart part, Instant periodEnd)
    {
        var lines = part.Invoice.Lines.Select((line, i) => (Line: line, Rates: RatesOn(part.Invoice, i + 1)))
            .Where(one => PeriodShare.Asks(one.Line, periodEnd)).ToArray();
        return [.. lines.Zip(
            MoneyParts.Spread(part.Part, [.. lines.Select(static one => one.Line.Amount.Minor)]),
            static (one, share) => new PaidTax(share, one.Rates))];
    }

    /// <summary>Returns the tax rates of a line; positions count from 1.</summary>
    public static TaxRate[] RatesOn(Invoice invoice, int position) =>
        [.. invoice.Taxes.Where(tax => tax.IsOn(position)).Select(static tax => new TaxRate(tax.Name, tax.Rate, tax.IsInclusive))];

    /// <summary>Returns the notes for the invoices, so that nothing else credits the same amount again.</summary>
    /// <param name="taxes">The added taxes of each <see cref="PaidTax"/> of the parts, in their order.</param>
    public static IReadOnlyList<ProrationCreditNote> NotesOf(IReadOnlyList<ProrationCreditPart> parts, IReadOnlyList<MoneyAmount> taxes)
    {
        var (notes, at) = (new List<ProrationCreditNote>(), 0);
        foreach (var part in parts)
        {
            if (part.Invoice is { } invoice)
            {
                notes.Add(
                    new(invoice, part.Part,
                        taxes.Skip(at).Take(part.Paid.Count)
                            .Aggregate(MoneyAmount.Zero(part.Part.Currency), static (sum, tax) => sum + tax)));
            }

            at += part.Paid.Count;
        }

        return notes;
    }

    /// <summary>Returns the parts of open invoices that the excess of a credit pays, oldest first.</summary>
    public static IReadOnlyList<InvoicePart> Pay(IEnumerable<Invoice> oldestFirst, MoneyAmount left)
    {
        var parts = new List<InvoicePart>();
        foreach (var invoice in oldestFirst)
        {
            var part = invoice.Due < left ? invoice.Due : left;
            if (!part.IsZero)
            {
                parts.Add(new(invoice, part));
                left -= part;
            }
        }

        return parts;
    }

    /// <summary>Takes an amount from the parts in <paramref name="rooms"/>, the last one first.</summary>
    private static List<InvoicePart> Take(List<InvoicePart> rooms, MoneyAmount amount)
    {
        var parts = new List<InvoicePart>();
        for (var i = rooms.Count - 1; i >= 0; i--)
        {
            var part = rooms[i].Part < amount ? rooms[i].Part : amount;
            if (!part.IsZero && !part.IsNegative)
            {
                parts.Add(rooms[i] with { Part = part });
                rooms[i] = rooms[i] with { Part = rooms[i].Part - part };
                amount -= part;
            }
        }

        return parts;
    }
}
