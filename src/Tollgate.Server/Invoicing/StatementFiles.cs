using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>A customer's statement as a PDF, a page and a CSV.</summary>
internal static class StatementFiles
{
    public static byte[] Pdf(Statement statement, StatementParties parties, InvoiceStyle style) =>
        DocumentPdf.Draw(StatementDocument.Of(statement, parties, style));

    public static string Html(Statement statement, StatementParties parties, InvoiceStyle style) =>
        DocumentHtml.Write(StatementDocument.Of(statement, parties, style));

    /// <summary>One row for each entry, between one for the opening and one for the closing balance.</summary>
    public static string Csv(Statement statement)
    {
        var csv = new StringBuilder().Header(
            "customer", "currency", "at", "entry", "number", "amount_minor", "amount", "balance_minor", "balance");
        Begin("opening", statement.Period.Start).Next().Append(",,").Money(statement.Opening).End();
        foreach (var entry in statement.Entries)
        {
            Begin(CatalogWords.Of(entry.Kind), entry.At).Cell(entry.Number).Next().Money(entry.Amount).Next().Money(entry.Balance).End();
        }

        Begin("closing", statement.Period.End).Next().Append(",,").Money(statement.Closing).End();
        return csv.ToString();

        StringBuilder Begin(string entry, Core.Time.Instant at) =>
            csv.Cell(statement.Customer).Next().Plain(statement.Currency).Next().Plain(at).Next().Plain(entry).Next();
    }
}
