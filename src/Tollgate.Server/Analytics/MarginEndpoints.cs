using System.Globalization;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/margins</c>: the customers whose calls cost more than they pay, first.</summary>
internal static class MarginEndpoints
{
    private const int DefaultLines = 100;

    private static readonly string[] Columns = ["customer", "revenue", "cost", "profit", "margin"];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<MarginQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/margins", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.Margins);
        app.MapGet("/v1/analytics/margins.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.MarginsCsv);
    }

    private static async Task ShowAsync(HttpContext context, MarginQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is not var (days, limit, report))
        {
            return;
        }

        var (all, total) = (report.Customers, report.Total);
        var view = new MarginsView(
            days.First, days.Last, context.Project().Currency, TextOf(total.Revenue), TextOf(total.Cost), TextOf(total.Profit),
            total.Share?.Rounded, all.Count, all.Count(static one => one.Profit.Major < 0),
            [.. all.Take(limit).Select(static one => new MarginLine(
                one.Customer!, TextOf(one.Revenue), TextOf(one.Cost), TextOf(one.Profit), one.Share?.Rounded))],
            all.Count > limit, report.Unconverted);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.MarginsView);
    }

    private static async Task CsvAsync(HttpContext context, MarginQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is not var (_, _, report))
        {
            return;
        }

        if (report.Customers.Count > CostAnalysisEndpoints.MostCsvLines)
        {
            await CostAnalysisEndpoints.RefuseLengthAsync(context);
            return;
        }

        await CsvExport.WriteAsync(context, "margins", Columns, report.Customers, static (csv, one) =>
            csv.Cell(one.Customer).Next().Plain(TextOf(one.Revenue)).Next().Plain(TextOf(one.Cost)).Next().Plain(TextOf(one.Profit))
                .Next().Plain(one.Share?.Rounded).End());
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<(DayRange Days, int Limit, MarginReport Report)?> ReadAsync(
        HttpContext context, MarginQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var days = CostDays.Read(context, clock.Now(project), faults);
        var limit = CostDays.Number(context.Request.Query["limit"], "limit", DefaultLines, CostAnalysisEndpoints.MostLines, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        return (days, limit, await queries.ReadAsync(project, days, context.RequestAborted));
    }

    private static string TextOf(ExactMoney amount) => amount.Major.ToString("0.############", CultureInfo.InvariantCulture);
}
