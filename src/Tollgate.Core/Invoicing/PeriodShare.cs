using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// The part of an invoice that is for a running period. What is taken back of it was not paid, so that a later change of the
/// subscription cannot give it back a second time.
/// </summary>
public static class PeriodShare
{
    /// <param name="credited">Taken back of the total, tax included; all of it when the invoice is void. Negative for what counts again.</param>
    /// <param name="positions">The lines that are taken back, from 1; null: a part of all of them.</param>
    /// <param name="periodEnd">Of the running period.</param>
    /// <returns>Before taxes that are added to the prices, as a subscription counts what was billed.</returns>
    public static MoneyAmount Of(Invoice invoice, MoneyAmount credited, IReadOnlyList<int>? positions, Instant periodEnd)
    {
        var zero = MoneyAmount.Zero(invoice.Currency);
        if (invoice.Total.IsZero)
        {
            return zero;
        }

        var paid = MoneyParts.Spread(invoice.Total, [.. invoice.Lines.Select(static line => Math.Max(0, line.Amount.Minor))]);
        var ofPeriod = invoice.Lines.Zip(paid)
            .Where((pair, i) => pair.First.Kind != InvoiceLineKind.Usage && pair.First.Period.End == periodEnd && (positions is null || positions.Contains(i + 1)))
            .Aggregate(zero, static (sum, pair) => sum + pair.Second);
        var taken = positions is null ? MoneyParts.Share(credited, ofPeriod.Minor, invoice.Total.Minor) : ofPeriod;
        var added = invoice.Taxes.Where(static tax => !tax.IsInclusive).Aggregate(zero, static (sum, tax) => sum + tax.Amount);
        return new ExactMoney(taken.Major * (invoice.Total - added).Minor / invoice.Total.Minor, invoice.Currency).Rounded();
    }
}
