using Tollgate.Core.Invoicing;

namespace Tollgate.Server.Invoicing;

/// <summary>An invoice or a credit note as a page: one file, light and dark, for a phone and for paper. Send it with <see cref="PaperHtml.ContentPolicy"/>.</summary>
internal static class InvoiceHtml
{
    public static string Of(Invoice invoice, InvoiceStyle style) => PaperHtml.Write(InvoicePaper.Of(invoice, style));

    /// <param name="invoice">The one that it corrects.</param>
    public static string Of(Invoice invoice, CreditNote note, InvoiceStyle style) => PaperHtml.Write(InvoicePaper.Of(invoice, note, style));
}
