using Tollgate.Core.Invoicing;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Invoicing;

/// <summary>An invoice, a credit note or a statement as a PDF. The same record gives the same bytes.</summary>
internal static class InvoicePdf
{
    public const string ContentType = "application/pdf";

    /// <summary>Draws the customer's copy, with the language and the footer of the time of issue.</summary>
    public static async Task<byte[]> OfAsync(InvoiceQueries queries, ProjectSnapshot project, InvoiceRow row, CancellationToken cancel) =>
        Of(row.Invoice, new()
    {
        Locale = row.Language, Zone = project.Zone, Logo = await queries.LogoAsync(project, cancel), Footer = row.Footer,
        IsSandbox = project.Mode == ProjectMode.Sandbox,
    });

    public static byte[] Of(Invoice invoice, InvoiceStyle style) => DocumentPdf.Draw(InvoiceDocument.Of(invoice, style));

    /// <param name="invoice">The invoice that the credit note corrects.</param>
    public static byte[] Of(Invoice invoice, CreditNote note, InvoiceStyle style) =>
        DocumentPdf.Draw(InvoiceDocument.Of(invoice, note, style));
}
