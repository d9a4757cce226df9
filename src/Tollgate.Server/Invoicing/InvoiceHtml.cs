using Tollgate.Core.Invoicing;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// An invoice or a credit note as a page: one file, light and dark, for phones and for print. Send it with
/// <see cref="DocumentHtml.ContentPolicy"/>.
/// </summary>
internal static class InvoiceHtml
{
    public static string Of(Invoice invoice, InvoiceStyle style) => DocumentHtml.Write(InvoiceDocument.Of(invoice, style));

    /// <param name="invoice">The invoice that the credit note corrects.</param>
    public static string Of(Invoice invoice, CreditNote note, InvoiceStyle style) =>
        DocumentHtml.Write(InvoiceDocument.Of(invoice, note, style));
}
