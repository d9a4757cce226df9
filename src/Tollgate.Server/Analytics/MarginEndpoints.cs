using System.Globalization;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/margins</c>: revenue and cost by customer, plan, feature, model, provider or day.</summary>
internal static class MarginEndpoints
{
    private const int DefaultLines = 100;

    private static readonly string[] Columns = ["revenue", "cost", "profit", "margin"];

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
        if (await ReadAsync(context, queries, clock) is not var (days, by, limit, report))
        {
            return;
        }

        var (all, total) = (report.Lines, report.Total);
        var view = new MarginsView(
            days.First, days.Last, context.Project().Currency, CatalogWords.Of(by), TextOf(total.Revenue)!, TextOf(total.Cost)!,
            TextOf(total.Profit)!, total.Share?.Rounded, all.Count, all.Count(static one => one.Profit?.Major < 0),
            [.. all.Take(limit).Select(static one => new MarginLine(
                one.Name, TextOf(one.Revenue), TextOf(one.Cost)!, TextOf(one.Profit), one.Share?.Rounded))],
            all.Count > limit, report.Unconverted);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.MarginsView);
    }

    private static async Task CsvAsync(HttpContext context, MarginQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is not var (_, by, _, report))
        {
            return;
        }

        if (report.Lines.Count > CostAnalysisEndpoints.MostCsvLines)
        {
            await CostAnalysisEndpoints.RefuseLengthAsync(context);
            return;
        }

        await CsvExport.WriteAsync(context, "margins", [CatalogWords.Of(by), .. Columns], report.Lines, static (csv, one) =>
            csv.Cell(one.Name).Next().Plain(TextOf(one.Revenue)).Next().Plain(TextOf(one.Cost)).Next().Plain(TextOf(one.Profit))
                .Next().Plain(one.Share?.Rounded).End());
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<(DayRange Days, MarginBy By, int Limit, MarginReport Report)?> ReadAsync(
        HttpContext context, MarginQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var days = CostDays.Read(context, clock.Now(project), faults);
        var limit = CostDays.Number(context.Request.Query["limit"], "limit", DefaultLines, CostAnalysisEndpoints.MostLines, faults);
        string? word = context.Request.Query["group_by"];
        faults.OneOf(word, "group_by", [.. CatalogWords.All<MarginBy>()]);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var by = word is null ? MarginBy.Customer : CatalogWords.Read<MarginBy>(word);
        return (days, by, limit, await queries.ReadAsync(project, days, by, context.RequestAborted));
    }

    private static string? TextOf(ExactMoney? amount) => amount?.Major.ToString("0.############", CultureInfo.InvariantCulture);
}
