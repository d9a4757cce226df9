using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Reports;
using Tollgate.Core.Catalog;
using Tollgate.Core.Reports;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Reports;

/// <summary>A report as JSON, CSV and PDF.</summary>
internal static class ReportFiles
{
    public static ReportView View(ComposedReport report) => new(
        CatalogWords.Of(report.Order.Kind), report.Title, report.Project, report.Order.Customer, report.Order.From, report.Order.To,
        report.Currency, report.At.ToOffset(), [.. report.Sections.Select(ViewOf)], report.Notes);

    public static byte[] Json(ComposedReport report) => JsonSerializer.SerializeToUtf8Bytes(View(report), WireJson.Default.ReportView);

    /// <summary>A block for each table, with the table's name before each line, and an empty line between two blocks.</summary>
    public static byte[] Csv(ComposedReport report)
    {
        var csv = new StringBuilder();
        foreach (var section in report.Sections)
        {
            if (csv.Length > 0)
            {
                csv.End();
            }

            csv.Header(["section", .. section.Table.Columns.Select(static column => column.Name)]);
            foreach (var row in section.Table.Total is { } total ? section.Table.Rows.Append(total) : section.Table.Rows)
            {
                csv.Plain(section.Name);
                for (var i = 0; i < row.Length; i++)
                {
                    csv.Next();
                    _ = section.Table.Columns[i].Kind is CellKind.Text or CellKind.Word ? csv.Cell(row[i]) : csv.Plain(row[i]);
                }

                csv.End();
            }
        }

        return Encoding.UTF8.GetBytes(csv.ToString());
    }

    public static async Task<byte[]> PdfAsync(
        ComposedReport report, InvoiceQueries invoices, ProjectSnapshot project, CancellationToken cancel)
    {
        var document = ReportDocument.Of(report, await invoices.SettingsAsync(project, cancel), project);
        return DocumentPdf.Draw(document with { Logo = DocumentLogo.TryRead(await invoices.LogoAsync(project, cancel)) });
    }

    /// <summary>The name of a file. It contains no text that a caller chooses.</summary>
    public static string NameOf(ReportOrder order, ReportFormat format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{CatalogWords.Of(order.Kind)}-{order.From:yyyy-MM-dd}-{order.To:yyyy-MM-dd}.{CatalogWords.Of(format)}");

    public static string TypeOf(ReportFormat format) => format switch
    {
        ReportFormat.Pdf => InvoicePdf.ContentType,
        ReportFormat.Csv => CsvText.ContentType,
        _ => Answer.JsonType,
    };

    /// <summary>The types of columns in JSON.</summary>
    public static IReadOnlyList<string> ColumnTypes { get; } = [.. Enum.GetValues<CellKind>().Select(TypeOf).Distinct()];

    private static ReportSectionView ViewOf(ReportSection section) => new(
        section.Name, section.Title, section.Table.Source,
        [.. section.Table.Columns.Select(static column =>
            new ReportColumnView(column.Name, ReportDocument.TitleOf(column.Name), TypeOf(column.Kind)))],
        section.Table.Rows, section.Table.Total, section.Table.HasMore);

    private static string TypeOf(CellKind kind) => kind switch
    {
        CellKind.Word => "text",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
