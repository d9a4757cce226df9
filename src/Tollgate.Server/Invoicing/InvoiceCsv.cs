using System.Globalization;
using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// Invoices for a spreadsheet: one row for each line, with the columns of the whole invoice on each. An invoice without lines has one row.
/// Each amount has two columns, in minor units (exact, for programs) and in major ones; times are UTC.
/// </summary>
internal static class InvoiceCsv
{
    public static string Of(params ReadOnlySpan<Invoice> invoices)
    {
        var csv = new StringBuilder().Header(Columns);
        foreach (var invoice in invoices)
        {
            csv.Lines(invoice);
        }

        return csv.ToString();
    }

    /// <summary>A row for each line of the invoice.</summary>
    public static void Lines(this StringBuilder csv, Invoice invoice)
    {
        if (invoice.Lines.Count == 0)
        {
            csv.Whole(invoice).Next().Append(",,,,,,,,,").Sums(invoice);
        }

        foreach (var (index, line) in invoice.Lines.Index())
        {
            csv.Whole(invoice).Next().Plain(index + 1).Next().Line(line).Sums(invoice);
        }
    }

    public static readonly string[] Columns =
    [
        "invoice_number", "invoice_id", "status", "customer", "currency", "issued_at", "period_start", "period_end", "line", "kind",
        "description", "feature", "quantity", "unit_price", "amount_minor", "amount", "line_period_start", "line_period_end",
        "subtotal_minor", "subtotal", "discount_minor", "discount", "tax_minor", "tax", "total_minor", "total", "amount_paid_minor",
        "amount_paid", "amount_due_minor", "amount_due",
    ];

    private static StringBuilder Whole(this StringBuilder csv, Invoice invoice) =>
        csv.Cell(invoice.Number).Next().Plain(invoice.Id).Next().Plain(CatalogWords.Of(invoice.Status)).Next().Cell(invoice.Customer).Next()
            .Plain(invoice.Currency).Next().Plain(invoice.IssuedAt).Next().Plain(invoice.Period.Start).Next().Plain(invoice.Period.End);

    private static StringBuilder Line(this StringBuilder csv, InvoiceLine line) =>
        csv.Plain(CatalogWords.Of(line.Kind)).Next().Cell(line.Description).Next().Cell(line.Feature).Next().Plain(line.Quantity).Next()
            .Plain(line.UnitPrice?.Major.ToString("0.############", CultureInfo.InvariantCulture)).Next().Money(line.Amount).Next()
            .Plain(line.Period.Start).Next().Plain(line.Period.End);

    private static void Sums(this StringBuilder csv, Invoice invoice) =>
        csv.Next().Money(invoice.Subtotal).Next().Money(invoice.Discount).Next().Money(invoice.Tax).Next().Money(invoice.Total).Next()
            .Money(invoice.Paid).Next().Money(invoice.Due).End();
}
