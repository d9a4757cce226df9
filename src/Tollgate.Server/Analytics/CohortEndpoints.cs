using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>
/// <c>/v1/analytics/cohorts</c> and <c>/v1/analytics/segments</c>: retention, and paying customers by plan, currency or country.
/// </summary>
internal static class CohortEndpoints
{
    private static readonly ReportColumns<(CohortView Cohort, CohortMonthView Month)> CohortColumns =
        new ReportColumns<(CohortView Cohort, CohortMonthView Month)>()
            .Text("cohort", static line => line.Cohort.Month).Number("cohort_customers", static line => line.Cohort.Customers)
            .Text("month", static line => line.Month.Month).Number("customers", static line => line.Month.Customers)
            .Minor("mrr", static line => line.Month.Mrr).Ratio("customer_retention", static line => line.Month.CustomerRetention)
            .Ratio("revenue_retention", static line => line.Month.RevenueRetention);

    private static readonly ReportColumns<SegmentView> SegmentColumns = new ReportColumns<SegmentView>()
        .Text("name", static line => line.Name).Number("customers", static line => line.Customers).Minor("mrr", static line => line.Mrr)
        .Ratio("share", static line => line.Share);

    public static void Map(IEndpointRouteBuilder app)
    {
        Cohorts(app.ServiceProvider).Map(
            app, KpiDescriptions.Cohorts, WireJson.Default.CohortsView, "cohorts", "2026-10,10,2026-11,9,31900,0.9,1.1");
        Segments(app.ServiceProvider).Map(
            app, KpiDescriptions.Segments, WireJson.Default.SegmentsView, "segments", "pro,9,26100,0.75");
    }

    internal static Report<CohortsView, (CohortView Cohort, CohortMonthView Month)> Cohorts(IServiceProvider services)
    {
        var queries = services.GetRequiredService<CohortQueries>();
        return new()
        {
            Path = "/v1/analytics/cohorts", Columns = CohortColumns, Read = request => ReadCohortsAsync(request, queries),
            Lines = static view =>
                view.Data.SelectMany(static cohort => cohort.Months, static (cohort, month) => (Cohort: cohort, Month: month)),
            Unconverted = static view => view.Unconverted,
        };
    }

    internal static Report<SegmentsView, SegmentView> Segments(IServiceProvider services)
    {
        var queries = services.GetRequiredService<CohortQueries>();
        return new()
        {
            Path = "/v1/analytics/segments", Columns = SegmentColumns, Read = request => ReadSegmentsAsync(request, queries),
            Lines = static view => view.Data, Unconverted = static view => view.Unconverted,
            Total = static view => new(
                "Total", view.Customers, view.Data.Sum(static one => one.Mrr), Share(view.Customers, view.Customers)),
        };
    }

    private static async Task<CohortsView?> ReadCohortsAsync(ReportRequest request, CohortQueries queries)
    {
        var (from, to) = ReportDays.ReadMonths(request);
        if (request.Faults.Any)
        {
            return null;
        }

        var first = new DateOnly(from.Year, from.Month, 1);
        var (cohorts, unconverted) = await queries.CohortsAsync(request.Project, first, to, request.Now, request.Cancel);
        return new(first, to, request.Project.Currency, [.. cohorts.Select(ViewOf)], unconverted);
    }

    private static async Task<SegmentsView?> ReadSegmentsAsync(ReportRequest request, CohortQueries queries)
    {
        var (_, day) = ReportDays.Read30Days(request);
        var by = request.Word("group_by", SegmentBy.Plan);
        if (request.Faults.Any)
        {
            return null;
        }

        var (segments, unconverted) = await queries.SegmentsAsync(request.Project, by, day, request.Now, request.Cancel);
        var customers = segments.Sum(static one => one.Customers);
        return new(
            day, request.Project.Currency, CatalogWords.Of(by), customers,
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
