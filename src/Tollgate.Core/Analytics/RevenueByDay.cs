using Tollgate.Core.Costs;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>The revenue data of an invoice. Amounts are in minor units of its currency.</summary>
/// <param name="Net">The sum of its lines and discounts, before taxes that are added. Negative: it credits more than it charges.</param>
/// <param name="Asked">The charged amount with taxes.</param>
/// <param name="Tax">All taxes, including those that the prices include.</param>
/// <param name="GoneBack">The amount returned by credit notes, and to banks in lost disputes, tax included.</param>
public sealed record InvoiceRevenue(
    InvoiceStatus Status, long Net, long Discount, long Asked, long Tax, long GoneBack, long Paid, IReadOnlyList<RevenueLine> Lines);

/// <param name="Amount">The amount before discounts; negative for a credit.</param>
/// <param name="Period">The service period. An empty one is earned at its start.</param>
/// <param name="Name">The plan or feature that earns it, for a report by them; null: none.</param>
public readonly record struct RevenueLine(long Amount, Period Period, string? Name = null);

/// <summary>
/// Revenue by UTC day (<c>SEMANTICS</c> 5): invoices are recognised over their service periods, by the second, so that a year paid in
/// advance is earned over the year. Without taxes. Discounts reduce their own lines; credit notes and lost disputes reduce all lines of an
/// invoice; a void invoice earns nothing, and a written-off one only its payments.
/// </summary>
public sealed class RevenueByDay(DayRange days)
{
    private readonly MoneyByDay _earned = new(Instant.FromUtc(days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)), days.Days);

    public void Add(InvoiceRevenue invoice) => Add(invoice, _ => this);

    /// <summary>
    /// Adds each line of an invoice to one of several sums: the discounts, taxes and credits of the invoice concern all of them.
    /// </summary>
    /// <param name="into">Returns the sum of the line.</param>
    public static void Add(InvoiceRevenue invoice, Func<RevenueLine, RevenueByDay> into)
    {
        if (invoice.Status is InvoiceStatus.Void or InvoiceStatus.Draft)
        {
            return;
        }

        // Taxes that the prices include are not revenue; taxes that are added to them are not in the lines.
        var contained = invoice.Tax - (invoice.Asked - invoice.Net);
        var stands = invoice.Status == InvoiceStatus.Uncollectible ? invoice.Paid : invoice.Asked;
        var left = Math.Max(0, stands - invoice.GoneBack);
        var kept = invoice.Asked <= 0 || invoice.Net <= 0 ? 1m : (decimal)(invoice.Net - contained) / invoice.Net * left / invoice.Asked;
        var weights = invoice.Lines.Sum(static line => Math.Max(0, line.Amount));
        foreach (var line in invoice.Lines)
        {
            var discount = weights == 0 ? 0 : (decimal)invoice.Discount * Math.Max(0, line.Amount) / weights;
            into(line)._earned.Add((line.Amount - discount) * kept, line.Period);
        }
    }

    /// <summary>The sum itself, for revenue that was summed up before.</summary>
    public MoneyByDay Earned => _earned;

    /// <summary>Returns each day's revenue in order, in minor units; the days add up to the total, rounded.</summary>
    public IReadOnlyList<long> Rounded() => _earned.Rounded();
}
