using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Reports;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Analytics;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Reports;

/// <summary><c>/v1/reports/{kind}</c> and <c>/v1/customers/{id}/reports/{kind}</c>, as JSON, CSV and PDF.</summary>
internal static class ReportEndpoints
{
    /// <summary>The index of the segment with the kind in <c>/v1/customers/{id}/reports/{kind}</c>.</summary>
    private const int CustomersKindSegment = 4;

    private sealed record Deps(ComposeReport Compose, InvoiceQueries Invoices, Clock Clock);

    public static void MapReports(this WebApplication app)
    {
        var services = app.Services;
        var deps = new Deps(
            services.GetRequiredService<ComposeReport>(), services.GetRequiredService<InvoiceQueries>(),
            services.GetRequiredService<Clock>());
        foreach (var format in (ReportFormat[])[ReportFormat.Json, ReportFormat.Csv, ReportFormat.Pdf])
        {
            var suffix = format == ReportFormat.Json ? "" : "." + CatalogWords.Of(format);
            app.MapGet($"/v1/reports/{{kind}}{suffix}", (RequestDelegate)(context => BusinessAsync(context, deps, format, suffix)))
                .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(ReportDescriptions.Business(format));
            app.MapGet(
                    $"/v1/customers/{{id}}/reports/{{kind}}{suffix}",
                    (RequestDelegate)(context => CustomerAsync(context, deps, format, suffix)))
                .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(ReportDescriptions.OfCustomer(format));
        }
    }

    private static async Task BusinessAsync(HttpContext context, Deps deps, ReportFormat format, string suffix)
    {
        if (await KindAsync(context, RawPath.Id(context)[..^suffix.Length], ReportDescriptions.BusinessKinds) is not { } kind)
        {
            return;
        }

        var request = RequestOf(context, deps);
        var (from, to) = ReportDays.ReadMonths(request);
        await AnswerAsync(context, deps, request, new(kind, null, from, to), format);
    }

    private static async Task CustomerAsync(HttpContext context, Deps deps, ReportFormat format, string suffix)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await KindAsync(context, RawPath.Segment(context, CustomersKindSegment)[..^suffix.Length], ReportDescriptions.CustomerKinds)
                is not { } kind)
        {
            return;
        }

        var request = RequestOf(context, deps);
        var (from, to) = ReportDays.Read30Days(request);
        await AnswerAsync(context, deps, request, new(kind, id, from, to), format);
    }

    private static ReportRequest RequestOf(HttpContext context, Deps deps) => new(
        context.Project(), context.Request.Query, deps.Clock.Now(context.Project()), ComposeReport.MostLines, context.RequestAborted);

    /// <summary>Null: there is no such report, and the problem is written.</summary>
    private static async Task<ReportKind?> KindAsync(HttpContext context, string word, IReadOnlyList<string> known)
    {
        if (known.Contains(word, StringComparer.Ordinal))
        {
            return CatalogWords.Read<ReportKind>(word);
        }

        await Problems.WriteAsync(context, ErrorCode.NotFound, Spelling.UnknownOfFew("report", word, [.. known]), "kind");
        return null;
    }

    private static async Task AnswerAsync(HttpContext context, Deps deps, ReportRequest request, ReportOrder order, ReportFormat format)
    {
        if (request.Faults.Any)
        {
            await request.Faults.WriteAsync(context);
            return;
        }

        if (await deps.Compose.RunAsync(request.Project, order, request.Now, request.Cancel) is not { } report)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        if (format == ReportFormat.Json)
        {
            await Answer.Json(context, StatusCodes.Status200OK, ReportFiles.View(report), WireJson.Default.ReportView);
            return;
        }

        var bytes = format == ReportFormat.Csv
            ? ReportFiles.Csv(report)
            : await ReportFiles.PdfAsync(report, deps.Invoices, request.Project, request.Cancel);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{ReportFiles.NameOf(order, format)}\"";
        await Answer.Bytes(context, StatusCodes.Status200OK, bytes, ReportFiles.TypeOf(format));
    }
}
