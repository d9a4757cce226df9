using System.Globalization;
using System.Text;

namespace Tollgate.Lifetimes.Stories;

/// <summary>One line of an invoice, in minor units. A discount has no period.</summary>
public sealed record BillLine(string Kind, string? Feature, int Quantity, long Amount, DateTime? Start, DateTime? End)
{
    public static BillLine Of(string kind, long amount, DateTime start, DateTime end, int quantity = 1, string? feature = null) =>
        new(kind, feature, quantity, amount, start, end);

    public static BillLine Discount(long amount) => new("discount", null, 1, -amount, null, null);
}

/// <summary>
/// An invoice in a life: time, lines, amounts. <see cref="FromCredit"/> is the part that the customer's own credit paid.
/// </summary>
public sealed record Bill(
    DateTime IssuedAt, string Currency, IReadOnlyList<BillLine> Lines, long Tax, long Total, long FromCredit, bool Paid)
{
    /// <summary>The order of the lines in texts, independent of their order in the invoice.</summary>
    private static readonly string[] Order = [
        "proration_credit", "proration_charge", "subscription", "seat", "add_on", "credit_pack", "usage", "minimum", "discount"];

    /// <summary>
    /// <code>
    /// 2031-04-16 00:00 open 1833, tax 293, 100 from credit
    ///   proration_credit -500 2031-04-16 00:00 → 2031-05-01 00:00
    ///   subscription x3 3000 2031-05-01 00:00 → 2031-06-01 00:00
    ///   usage pages 500 2031-04-01 00:00 → 2031-05-01 00:00
    ///   discount -200
    /// </code>
    /// </summary>
    /// <param name="zone">Whose wall clock the times are read from.</param>
    public string Text(TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Time(IssuedAt, zone)} {(Paid ? "paid" : "open")} {Total}");
        text.Append(Tax == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", tax {Tax}"));
        text.Append(FromCredit == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {FromCredit} from credit"));
        foreach (var line in Lines.OrderBy(line => Array.IndexOf(Order, line.Kind)).ThenBy(line => line.Start)
            .ThenBy(line => line.Feature, StringComparer.Ordinal))
        {
            text.Append("\n  ").Append(line.Kind);
            text.Append(line.Feature is null ? "" : " " + line.Feature);
            text.Append(line.Quantity == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" x{line.Quantity}"));
            text.Append(CultureInfo.InvariantCulture, $" {line.Amount}");
            text.Append(line is { Start: { } start, End: { } end } ? $" {Time(start, zone)} → {Time(end, zone)}" : "");
        }

        return text.ToString();
    }

    public static string Text(IEnumerable<Bill> bills, TimeZoneInfo zone) => string.Join('\n', bills.Select(bill => bill.Text(zone)));

    public static string Time(DateTime utc, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
        return local.ToString(local.Second == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
