using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>Reads the server's JSON as bills and facts, and checks that the numbers of each invoice add up.</summary>
internal static class Answers
{
    public static Bill Bill(JsonObject invoice)
    {
        var (tax, total, paid, due) =
            (Amount(invoice, "tax"), Amount(invoice, "total"), Amount(invoice, "amount_paid"), Amount(invoice, "amount_due"));
        var fromCredit = Amount(invoice, "paid_from_credits");
        var status = (string)invoice["status"]!;
        var credited = invoice["credit_notes"]!.AsArray().Sum(static note => (long)note!["total"]!);
        due.ShouldBe(status == "void" ? 0 : total - paid - credited, $"The amount due differs from the remaining amount: {invoice}");
        (status is "paid" or "open" or "void").ShouldBeTrue($"An issued invoice is open, paid or void: {invoice}");
        (status is "paid" or "void").ShouldBe(due == 0, $"An invoice is paid when nothing is due: {invoice}");
        var currency = (string)invoice["currency"]!;
        var lines = invoice["lines"]!.AsArray().Select(line => line!.AsObject()).Where(line => (string)line["kind"]! != "tax").ToList();
        foreach (var usage in lines.Where(line => (string)line["kind"]! == "usage"))
        {
            Explanations.Rated(usage, currency);
        }

        return new Bill(Time(invoice["issued_at"]!), currency, [.. lines.Select(Line)], tax, total, fromCredit, status == "paid");
    }

    /// <summary>False for a month of a yearly plan that ended without anything to bill, which is no event.</summary>
    public static bool IsTold(JsonObject fact) => (string)fact["type"]! != "bill_usage" || fact["invoice"] is not null;

    public static Fact Fact(JsonObject fact) => new(Time(fact["at"]!), (string)fact["type"]!);

    public static string LateText(JsonObject late, TimeZoneInfo zone) =>
        $"{late["customer"]} {late["feature"]} {late["quantity"]} {late["amount"]} "
        + $"{Stories.Bill.Time(Time(late["period_start"]!), zone)} → {Stories.Bill.Time(Time(late["period_end"]!), zone)}";

    /// <summary>The lines of an invoice, or of none, as text to compare.</summary>
    public static string LinesText(JsonNode? invoice) =>
        invoice is null ? "no invoice" : string.Join('\n', invoice["lines"]!.AsArray().Select(line => line!.ToJsonString()));

    /// <summary>The digits at the end of an invoice's number.</summary>
    public static int RunningNumber(string number) =>
        int.Parse(number.AsSpan(number.TrimEnd([.. "0123456789"]).Length), CultureInfo.InvariantCulture);

    private static BillLine Line(JsonObject line)
    {
        var kind = (string)line["kind"]!;
        var quantity = kind == "usage" ? 1 : (int)decimal.Parse(line["quantity"]!.ToString(), CultureInfo.InvariantCulture);
        return kind == "discount"
            ? new BillLine(kind, null, 1, Amount(line, "amount"), null, null)
            : new BillLine(
                kind, (string?)line["feature"], quantity, Amount(line, "amount"), Time(line["period_start"]!), Time(line["period_end"]!));
    }

    private static long Amount(JsonObject from, string name) => (long)from[name]!;

    private static DateTime Time(JsonNode time) =>
        DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime;
}
