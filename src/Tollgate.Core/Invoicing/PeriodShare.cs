using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// The part of an invoice that is for a running period. A credit of it counts as unpaid, so that a later change of the subscription cannot
/// credit it again.
/// </summary>
public static class PeriodShare
{
    /// <summary>True for a line that charges time of the period.</summary>
    public static bool Asks(InvoiceLine line, Instant periodEnd) =>
        line.Kind != InvoiceLineKind.Usage && line.Period.End == periodEnd && line.Amount > MoneyAmount.Zero(line.Amount.Currency);

    /// <param name="credited">The credited part of the total, tax included; all of it if the invoice is void. Negative to count it
    /// again.</param>
    /// <param name="positions">The positions of the credited lines, from 1; null: a part of all of them.</param>
    /// <param name="periodEnd">The end of the running period.</param>
    /// <returns>The amount before taxes that are added to the prices, as a subscription counts its billed amount.</returns>
    public static MoneyAmount Of(Invoice invoice, MoneyAmount credited, IReadOnlyList<int>? positions, Instant periodEnd)
    {
        var zero = MoneyAmount.Zero(invoice.Currency);
        if (invoice.Total.IsZero)
        {
            return zero;
        }

        var paid = MoneyParts.Spread(invoice.Total, Weights(invoice));
        var ofPeriod = invoice.Lines.Zip(paid)
            .Where((pair, i) => Asks(pair.First, periodEnd) && (positions is null || positions.Contains(i + 1)))
            .Aggregate(zero, static (sum, pair) => sum + pair.Second);
        var taken = positions is null ? MoneyParts.Share(credited, ofPeriod.Minor, invoice.Total.Minor) : ofPeriod;
        var added = invoice.Taxes.Where(static tax => !tax.IsInclusive).Aggregate(zero, static (sum, tax) => sum + tax.Amount);
        return new ExactMoney(taken.Major * (invoice.Total - added).Minor / invoice.Total.Minor, invoice.Currency).Rounded();
    }

    /// <summary>
    /// Returns the invoice's price for the period before its credit lines: the sum of the period's lines after their discounts, less credit
    /// notes, before taxes that are added.
    /// </summary>
    public static MoneyAmount AskedFor(Invoice invoice, Instant periodEnd)
    {
        return invoice.Lines.Zip(invoice.DiscountOfLines).Where(pair => Asks(pair.First, periodEnd))
            .Aggregate(MoneyAmount.Zero(invoice.Currency), static (sum, pair) => sum + pair.First.Amount - pair.Second)
            - Of(invoice, invoice.Total - invoice.Counted, null, periodEnd);
    }

    private static long[] Weights(Invoice invoice) => [.. invoice.Lines.Select(static line => Math.Max(0, line.Amount.Minor))];
}
