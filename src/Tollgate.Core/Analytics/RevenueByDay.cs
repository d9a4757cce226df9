using Tollgate.Core.Costs;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>An invoice as revenue looks at it. Amounts in minor units of its currency.</summary>
/// <param name="Net">Of its lines and discounts, before taxes that are added. Negative: it gave back more than it asked for.</param>
/// <param name="Asked">With taxes.</param>
/// <param name="Tax">All of it, also what the prices contain.</param>
/// <param name="GoneBack">By credit notes, and to banks in lost disputes, tax included.</param>
public sealed record InvoiceRevenue(
    InvoiceStatus Status, long Net, long Discount, long Asked, long Tax, long GoneBack, long Paid, IReadOnlyList<RevenueLine> Lines);

/// <param name="Amount">Before discounts; negative for what is given back.</param>
/// <param name="Period">What it pays for. An empty one is earned at its start.</param>
public readonly record struct RevenueLine(long Amount, Period Period);

/// <summary>
/// Revenue of UTC days, by <c>SEMANTICS</c> 5: what invoices recognise over their service periods, by the second; a year that is paid in
/// advance is earned over the year. Without taxes. Discounts lower the lines that they were taken off; credit notes and lost disputes lower
/// all of an invoice; a void one earned nothing, and one that was given up what was paid of it.
/// </summary>
public sealed class RevenueByDay(DayRange days)
{
    private readonly MoneyByDay _earned = new(Instant.FromUtc(days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)), days.Days);

    public void Add(InvoiceRevenue invoice)
    {
        if (invoice.Status is InvoiceStatus.Void or InvoiceStatus.Draft)
        {
            return;
        }

        // What the prices contain of the tax is not ours; what is added to them never was in the lines.
        var contained = invoice.Tax - (invoice.Asked - invoice.Net);
        var stands = invoice.Status == InvoiceStatus.Uncollectible ? invoice.Paid : invoice.Asked;
        var left = Math.Max(0, stands - invoice.GoneBack);
        var kept = invoice.Asked <= 0 || invoice.Net <= 0 ? 1m : (decimal)(invoice.Net - contained) / invoice.Net * left / invoice.Asked;
        var weights = invoice.Lines.Sum(static line => Math.Max(0, line.Amount));
        foreach (var line in invoice.Lines)
        {
            var discount = weights == 0 ? 0 : (decimal)invoice.Discount * Math.Max(0, line.Amount) / weights;
            _earned.Add((line.Amount - discount) * kept, line.Period);
        }
    }

    /// <summary>Each day's revenue, the first day's first, in minor units; the days add up to the whole, rounded.</summary>
    public IReadOnlyList<long> Rounded() => _earned.Rounded();
}
