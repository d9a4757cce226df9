using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A part of an invoice.</summary>
public readonly record struct InvoicePart(Invoice Invoice, MoneyAmount Part);

/// <summary>
/// What becomes of the invoices of a subscription when unused time is given back (<c>SEMANTICS</c> 4: never more than was paid, and not twice). It is
/// noted on the invoices that asked for the time, and what is left over pays first what they still ask for: nobody has credit for what he never paid.
/// </summary>
public static class GivenBackRules
{
    /// <summary>Which invoices asked for what is given back. The last one first: what an earlier change had given back is not given again.</summary>
    /// <param name="newestFirst">Those that asked for the period.</param>
    /// <param name="credit">Given back, before taxes that are added; positive.</param>
    /// <param name="periodEnd">Of the period whose rest is given back.</param>
    /// <returns>Parts that are not zero; together at most <paramref name="credit"/>.</returns>
    public static IReadOnlyList<InvoicePart> Spread(IEnumerable<Invoice> newestFirst, MoneyAmount credit, Instant periodEnd)
    {
        var (left, parts) = (credit, new List<InvoicePart>());
        foreach (var invoice in newestFirst)
        {
            var room = PeriodShare.Of(invoice, invoice.Counted, null, periodEnd) - invoice.Prorated;
            var part = room < left ? room : left;
            if (!part.IsZero && !part.IsNegative)
            {
                parts.Add(new(invoice, part));
                left -= part;
            }
        }

        return parts;
    }

    /// <summary>The taxes that a part was paid with: those of the lines that asked for the period.</summary>
    /// <param name="periodEnd">Of the period whose rest is given back.</param>
    public static IReadOnlyList<PaidTax> PaidWith(InvoicePart part, Instant periodEnd)
    {
        var invoice = part.Invoice;
        var lines = invoice.Lines.Select((line, i) => (Line: line, Rates: RatesOn(i + 1)))
            .Where(one => one.Line.Kind != InvoiceLineKind.Usage && one.Line.Period.End == periodEnd && !one.Line.Amount.IsNegative).ToArray();
        return [.. lines.Zip(MoneyParts.Spread(part.Part, [.. lines.Select(static one => one.Line.Amount.Minor)]), static (one, share) => new PaidTax(share, one.Rates))];

        TaxRate[] RatesOn(int position) => [.. invoice.Taxes.Where(tax => tax.IsOn(position)).Select(static tax => new TaxRate(tax.Name, tax.Rate, tax.IsInclusive))];
    }

    /// <summary>How much of the taxes on top each part has: <see cref="PaidWith"/> makes several of one.</summary>
    public static IEnumerable<MoneyAmount> TaxOf(IReadOnlyList<InvoicePart> parts, IReadOnlyList<MoneyAmount> taxes, Instant periodEnd)
    {
        var at = 0;
        foreach (var part in parts)
        {
            var count = PaidWith(part, periodEnd).Count;
            yield return taxes.Skip(at).Take(count).Aggregate(MoneyAmount.Zero(part.Part.Currency), static (sum, tax) => sum + tax);
            at += count;
        }
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
}
