using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A part of an invoice.</summary>
public readonly record struct InvoicePart(Invoice Invoice, MoneyAmount Part);

/// <summary>A part of what a step gives back, with the taxes that it was paid with.</summary>
/// <param name="Invoice">Asked for it; null: no invoice that is known.</param>
public sealed record ProrationCreditPart(Invoice? Invoice, IReadOnlyList<PaidTax> Paid)
{
    public MoneyAmount Part => Paid.Skip(1).Aggregate(Paid[0].Part, static (sum, one) => sum + one.Part);
}

/// <summary>What a step gave back of an earlier invoice, and the taxes on top of it.</summary>
public readonly record struct ProrationCreditNote(Invoice Invoice, MoneyAmount Part, MoneyAmount Tax);

/// <summary>
/// What becomes of the invoices of a subscription when unused time is given back (<c>SEMANTICS</c> 4: never more than was paid, and not
/// twice). It is noted on the invoices that asked for the time, and what is left over pays first what they still ask for: nobody has credit
/// for what he never paid.
/// </summary>
public static class ProrationCreditRules
{
    /// <summary>
    /// Which invoices asked for what is given back, the last one first. The lines tell what is left of each: an invoice that asks for time
    /// on new terms also gives back time of those before it, and the taxes of a part are those of the lines that asked for it.
    /// </summary>
    /// <param name="newestFirst">Those that asked for the period, without void ones.</param>
    /// <param name="credit">Given back, before taxes that are added; positive.</param>
    /// <param name="periodEnd">Of the period whose rest is given back.</param>
    /// <returns>Parts that are not zero; together at most <paramref name="credit"/>.</returns>
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

    /// <summary>The taxes that a part was paid with: those of the lines that asked for the period.</summary>
    /// <param name="periodEnd">Of the period whose rest is given back.</param>
    public static IReadOnlyList<PaidTax> PaidWith(InvoicePart part, Instant periodEnd)
    {
        var lines = part.Invoice.Lines.Select((line, i) => (Line: line, Rates: RatesOn(part.Invoice, i + 1)))
            .Where(one => PeriodShare.Asks(one.Line, periodEnd)).ToArray();
        return [.. lines.Zip(
            MoneyParts.Spread(part.Part, [.. lines.Select(static one => one.Line.Amount.Minor)]),
            static (one, share) => new PaidTax(share, one.Rates))];
    }

    /// <summary>Of a line; positions count from 1.</summary>
    public static TaxRate[] RatesOn(Invoice invoice, int position) =>
        [.. invoice.Taxes.Where(tax => tax.IsOn(position)).Select(static tax => new TaxRate(tax.Name, tax.Rate, tax.IsInclusive))];

    /// <summary>What is noted on the invoices, so that no other way gives it back again.</summary>
    /// <param name="taxes">On top, of each <see cref="PaidTax"/> of the parts in their order.</param>
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

    /// <summary>What the left-over of a credit pays of invoices that are open, the oldest first.</summary>
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

    /// <summary>Takes an amount out of rooms, the last one first.</summary>
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
