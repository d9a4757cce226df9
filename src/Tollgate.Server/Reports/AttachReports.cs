using System.Globalization;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Reports;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Mail;

namespace Tollgate.Server.Reports;

/// <summary>Composes the file of a scheduled report when the room Mail sends it.</summary>
internal sealed class AttachReports(ComposeReport compose, InvoiceQueries invoices, CustomerQueries customers, Clock clock)
{
    /// <returns>Null: the customer does not exist any more.</returns>
    public async Task<MailFile?> RunAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        var order = new ReportOrder(
            CatalogWords.Read<ReportKind>(mail.Data.GetProperty("kind").GetString()!), mail.Data.GetProperty("customer").GetString(),
            DayOf(mail.Data, "from"), DayOf(mail.Data, "to"));
        var format = CatalogWords.Read<ReportFormat>(mail.Data.GetProperty("format").GetString()!);
        return await BytesAsync(project, order, format, cancel) is { } bytes
            ? new(ReportFiles.NameOf(order, format), ReportFiles.TypeOf(format), bytes)
            : null;
    }

    private async Task<byte[]?> BytesAsync(ProjectSnapshot project, ReportOrder order, ReportFormat format, CancellationToken cancel)
    {
        if (order.Kind == ReportKind.Statement)
        {
            return await StatementAsync(project, order, format, cancel);
        }

        return await compose.RunAsync(project, order, clock.Now(project), cancel) is not { } report ? null
            : format switch
            {
                ReportFormat.Pdf => await ReportFiles.PdfAsync(report, invoices, project, cancel),
                ReportFormat.Csv => ReportFiles.Csv(report),
                _ => ReportFiles.Json(report),
            };
    }

    private async Task<byte[]?> StatementAsync(ProjectSnapshot project, ReportOrder order, ReportFormat format, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, order.Customer!, cancel) is not { Customer: var customer })
        {
            return null;
        }

        var time = ReportSpan.Of(order.From, order.To, project.Zone).Time;
        var statement = await InvoiceFileEndpoints.StatementOfAsync(
            invoices, project, customer.Id, Currency.Of(customer.Profile.Currency ?? project.Currency), time.Start, time.End, cancel);
        return format == ReportFormat.Json
            ? JsonSerializer.SerializeToUtf8Bytes(InvoiceAnswers.Of(statement), WireJson.Default.StatementView)
            : await InvoiceFileEndpoints.StatementFileAsync(
                invoices, project, customer, statement, format == ReportFormat.Pdf ? InvoiceFileEndpoints.Pdf : InvoiceFileEndpoints.Csv,
                cancel);
    }

    private static DateOnly DayOf(JsonElement data, string member) =>
        DateOnly.ParseExact(data.GetProperty(member).GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
