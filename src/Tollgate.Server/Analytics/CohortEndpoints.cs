using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>
/// <c>/v1/analytics/cohorts</c> and <c>/v1/analytics/segments</c>: retention, and paying customers by plan, currency or country.
/// </summary>
internal static class CohortEndpoints
{
    private static readonly string[] CohortColumns =
        ["cohort", "cohort_customers", "month", "customers", "mrr", "customer_retention", "revenue_retention"];

    private static readonly string[] SegmentColumns = ["name", "customers", "mrr", "share"];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<CohortQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/cohorts", (RequestDelegate)(context => CohortsAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.Cohorts);
        app.MapGet("/v1/analytics/cohorts.csv", (RequestDelegate)(context => CohortsCsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.CohortsCsv);
        app.MapGet("/v1/analytics/segments", (RequestDelegate)(context => SegmentsAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.Segments);
        app.MapGet("/v1/analytics/segments.csv", (RequestDelegate)(context => SegmentsCsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.SegmentsCsv);
    }

    private static async Task CohortsAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        if (await ReadCohortsAsync(context, queries, clock) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CohortsView);
        }
    }

    private static async Task CohortsCsvAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        if (await ReadCohortsAsync(context, queries, clock) is { } view)
        {
            var lines = view.Data.SelectMany(static cohort => cohort.Months, static (cohort, month) => (Cohort: cohort, Month: month));
            await CsvExport.WriteAsync(context, "cohorts", CohortColumns, lines, static (csv, line) =>
                csv.Plain(line.Cohort.Month).Next().Plain(line.Cohort.Customers).Next().Plain(line.Month.Month).Next()
                    .Plain(line.Month.Customers).Next().Plain(line.Month.Mrr).Next().Plain(line.Month.CustomerRetention).Next()
                    .Plain(line.Month.RevenueRetention).End());
        }
    }

    private static async Task SegmentsAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        if (await ReadSegmentsAsync(context, queries, clock) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.SegmentsView);
        }
    }

    private static async Task SegmentsCsvAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        if (await ReadSegmentsAsync(context, queries, clock) is { } view)
        {
            await CsvExport.WriteAsync(context, "segments", SegmentColumns, view.Data, static (csv, line) =>
                csv.Cell(line.Name).Next().Plain(line.Customers).Next().Plain(line.Mrr).Next().Plain(line.Share).End());
        }
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<CohortsView?> ReadCohortsAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var (from, to) = ReportDays.ReadMonths(context, clock.Now(project), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var first = new DateOnly(from.Year, from.Month, 1);
        var (cohorts, unconverted) = await queries.CohortsAsync(project, first, to, context.RequestAborted);
        return new(first, to, project.Currency, [.. cohorts.Select(ViewOf)], unconverted);
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<SegmentsView?> ReadSegmentsAsync(HttpContext context, CohortQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var (_, day) = ReportDays.Read30Days(context, clock.Now(project), faults);
        string? word = context.Request.Query["group_by"];
        faults.OneOf(word, "group_by", [.. CatalogWords.All<SegmentBy>()]);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var by = word is null ? SegmentBy.Plan : CatalogWords.Read<SegmentBy>(word);
        var (segments, unconverted) = await queries.SegmentsAsync(project, by, day, context.RequestAborted);
        var customers = segments.Sum(static one => one.Customers);
        return new(
            day, project.Currency, CatalogWords.Of(by), customers,
            [.. segments.Select(one => new SegmentView(one.Name, one.Customers, one.Mrr.Minor, Share(one.Customers, customers)))],
            unconverted);
    }

    private static CohortView ViewOf(Cohort cohort) => new(
        CostViews.MonthOf(cohort.Month), cohort.Customers,
        [.. cohort.Months.Select(month => new CohortMonthView(
            CostViews.MonthOf(month.Month), month.Customers, month.Mrr.Minor, Share(month.Customers, cohort.Customers),
            Share(month.Mrr.Minor, cohort.Months[0].Mrr.Minor)))]);

    private static decimal? Share(long part, long whole) => Ratio.Of(part, whole)?.Rounded;
}
