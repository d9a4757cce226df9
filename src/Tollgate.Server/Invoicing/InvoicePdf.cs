using Tollgate.Core.Invoicing;

namespace Tollgate.Server.Invoicing;

/// <summary>An invoice, a credit note, or a statement as a file that can be sent and kept. The same record gives the same bytes.</summary>
internal static class InvoicePdf
{
    public const string ContentType = "application/pdf";

    public static byte[] Of(Invoice invoice, InvoiceStyle style) => PaperPdf.Draw(InvoicePaper.Of(invoice, style));

    /// <param name="invoice">The one that it corrects.</param>
    public static byte[] Of(Invoice invoice, CreditNote note, InvoiceStyle style) => PaperPdf.Draw(InvoicePaper.Of(invoice, note, style));
}
