using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A line that billed usage or an agreed minimum of a period, or took some of it back.</summary>
/// <param name="Position">On the invoice, from 1.</param>
/// <param name="Rated">Before discounts; negative where something was taken back.</param>
/// <param name="Reduced">What percentages of coupons took off the invoice.</param>
public sealed record BilledLine(Invoice Invoice, int Position, MoneyAmount Rated, Percent Reduced);

/// <summary>What lines billed: usage of a feature in a quota period, or the minimum of a billing period.</summary>
/// <param name="Feature">Null: the minimum.</param>
/// <param name="At">Start of the quota period, which a step may cut; end of a period with a minimum, which may have been agreed in the
/// middle of it.</param>
public readonly record struct BilledKey(string? Feature, Instant At)
{
    public static BilledKey Of(InvoiceLine line) =>
        new(line.Feature, line.Kind == InvoiceLineKind.Minimum ? line.Period.End : line.Period.Start);
}

/// <summary>
/// The refund of voided usage, and of a minimum that usage reached later: the amount that the customer paid for it (<c>SEMANTICS</c> 4).
/// Percentages that came off the invoice come off again, and amounts that an invoice gave back already (by a void or a credit note) do not
/// go back a second time.
/// </summary>
public static class CorrectionRules
{
    /// <param name="line">Negative, as it was rated.</param>
    /// <param name="oldestFirst">The lines that billed it. The rest, which they do not explain, goes back as it was rated.</param>
    /// <param name="rates">Taxes of now, for that.</param>
    /// <returns>The line as it goes back, which may be zero, and the parts of it.</returns>
    public static (InvoiceLine Line, IReadOnlyList<ProrationCreditPart> Parts) Paid(InvoiceLine line, IReadOnlyList<BilledLine> oldestFirst,
        IReadOnlyList<TaxRate> rates)
    {
        var (pieces, rest) = Pieces(oldestFirst, -line.Amount);
        var parts = new List<ProrationCreditPart>();
        foreach (var (billed, piece) in pieces)
        {
            var before = parts.Where(part => part.Invoice!.Id == billed.Invoice.Id)
                .Aggregate(MoneyAmount.Zero(piece.Currency), static (sum, part) => sum + part.Part);
            var (paid, room) = (PaidOf(billed, piece), RoomOf(billed.Invoice) - before);
            paid = room < paid ? room : paid;
            if (paid > MoneyAmount.Zero(piece.Currency))
            {
                parts.Add(new(billed.Invoice, [new(paid, ProrationCreditRules.RatesOn(billed.Invoice, billed.Position))]));
            }
        }

        if (!rest.IsZero)
        {
            parts.Add(new(null, [new(rest, rates)]));
        }

        var back = parts.Aggregate(MoneyAmount.Zero(line.Amount.Currency), static (sum, part) => sum + part.Part);
        return back == -line.Amount
            ? (line, parts)
            : (line with
            {
                Amount = -back, Rated = line.Amount,
                Steps = [.. line.Steps, $"{-line.Amount} taken back, of which {back} was paid after discounts and credit notes"],
            }, parts);
    }

    /// <summary>Which lines billed what is taken back: the last first, less what earlier corrections took back.</summary>
    private static (List<(BilledLine Line, MoneyAmount Piece)> Pieces, MoneyAmount Unknown) Pieces(IReadOnlyList<BilledLine> oldestFirst,
        MoneyAmount amount)
    {
        var left = new List<(BilledLine Line, MoneyAmount Piece)>();
        foreach (var line in oldestFirst)
        {
            if (line.Rated.IsNegative)
            {
                Take(left, -line.Rated);
            }
            else
            {
                left.Add((line, line.Rated));
            }
        }

        return Take(left, amount);
    }

    private static (List<(BilledLine Line, MoneyAmount Piece)> Taken,
        MoneyAmount Unknown) Take(List<(BilledLine Line, MoneyAmount Piece)> left, MoneyAmount amount)
    {
        var taken = new List<(BilledLine Line, MoneyAmount Piece)>();
        while (left.Count > 0 && !amount.IsZero)
        {
            var (line, room) = left[^1];
            var piece = room < amount ? room : amount;
            taken.Add((line, piece));
            amount -= piece;
            left.RemoveAt(left.Count - 1);
            if (piece < room)
            {
                left.Add((line, room - piece));
            }
        }

        return (taken, amount);
    }

    /// <summary>Of a piece of a line: less the percentages, and less the share that was credited or is not asked for any more.</summary>
    private static MoneyAmount PaidOf(BilledLine line, MoneyAmount piece) =>
        CreditNoteRules.KeptOf(line.Invoice, line.Position, piece - ExactMoney.Of(piece).Times(line.Reduced).Rounded());

    /// <summary>
    /// What the invoice asked for and nothing gave back yet, before taxes that are added: coupons of an amount and promotional credit are
    /// not money that goes back.
    /// </summary>
    private static MoneyAmount RoomOf(Invoice invoice)
    {
        var zero = MoneyAmount.Zero(invoice.Currency);
        var asked = invoice.Lines.Where(line => line.Amount > zero).Aggregate(zero, static (sum, line) => sum + line.Amount)
            - invoice.Discount;
        if (invoice.Total.IsZero)
        {
            return asked - invoice.Prorated;
        }

        var added = invoice.Taxes.Where(static tax => !tax.IsInclusive).Aggregate(zero, static (sum, tax) => sum + tax.Amount);
        var gone = (invoice.Total - invoice.Counted).Major * (invoice.Total - added).Minor / invoice.Total.Minor;
        return asked - new ExactMoney(gone, invoice.Currency).Rounded() - invoice.Prorated;
    }
}
