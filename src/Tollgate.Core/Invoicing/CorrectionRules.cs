using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>A line that billed usage or an agreed minimum of a period, or credited some of it.</summary>
/// <param name="Position">The position on the invoice, from 1.</param>
/// <param name="Rated">The amount before discounts; negative for a credit.</param>
/// <param name="Reduced">The percentage that coupons took off the invoice.</param>
public sealed record BilledLine(Invoice Invoice, int Position, MoneyAmount Rated, Percent Reduced);

/// <summary>
/// The key of lines that billed the same thing: usage of a feature in a quota period, or the minimum of a billing period.
/// </summary>
/// <param name="Feature">Null: the minimum.</param>
/// <param name="At">The start of the quota period, whose end a step may cut; for a minimum, the end of the period, since it may have been
/// agreed in the middle.</param>
public readonly record struct BilledKey(string? Feature, Instant At)
{
    public static BilledKey Of(InvoiceLine line) =>
        new(line.Feature, line.Kind == InvoiceLineKind.Minimum ? line.Period.End : line.Period.Start);
}

/// <summary>
/// The refund of voided usage, and of a minimum that usage reached later: the amount that the customer paid for it (<c>SEMANTICS</c> 4). It
/// is reduced by the percentages that coupons took off the invoice, and it leaves out amounts that a void or a credit note has returned
/// already.
/// </summary>
public static class CorrectionRules
{
    /// <param name="line">The line as rated; negative.</param>
    /// <param name="oldestFirst">The lines that billed it. A rest that they do not explain is credited as rated.</param>
    /// <param name="rates">The current taxes, for that rest.</param>
    /// <returns>The credited line, which may be zero, and its parts.</returns>
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

    /// <summary>Returns the lines that billed the credited amount: the last first, less earlier corrections.</summary>
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

    /// <summary>
    /// Returns the paid amount of a piece of a line: less the percentages, and less the share that was credited or is no longer due.
    /// </summary>
    private static MoneyAmount PaidOf(BilledLine line, MoneyAmount piece) =>
        CreditNoteRules.KeptOf(line.Invoice, line.Position, piece - ExactMoney.Of(piece).Times(line.Reduced).Rounded());

    /// <summary>
    /// Returns the amount that the invoice charged and that was not yet credited, before taxes that are added: coupons of an amount and
    /// promotional credit are not money to return.
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
