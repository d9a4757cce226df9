using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/features/adoption</c>: the customers that have and use each feature, and its units, by month.</summary>
internal static class AdoptionEndpoints
{
    private const int DefaultLines = 1_000;

    /// <summary>37 months of 200 features.</summary>
    private const int MostLines = 10_000;

    private static readonly ReportColumns<AdoptionLine> Columns = new ReportColumns<AdoptionLine>()
        .Text("month", static line => line.Month).Text("feature", static line => line.Feature)
        .Number("entitled", static line => line.Entitled).Number("customers", static line => line.Customers)
        .Ratio("rate", static line => line.Rate).Number("units", static line => line.Units)
        .Number("imported_units", static line => line.ImportedUnits);

    private static readonly Description Adoption = new(
        "Analytics", "Show the adoption of features",
        "Returns for each month and feature the customers that have it, those that used it, and the units. A use counts in the month in "
            + "which its quota period begins, in the project's time zone. "
            + "The plan at the end of the month decides who has a feature; overrides and add-ons of single customers count once they use it. "
            + "Tollgate computes the figures of small projects at the request, and those of others every few minutes: see `as_of`.")
    {
        Query = [.. ReportDays.OfMonths, new("feature", "Only this feature."), Report.LimitParameter(DefaultLines, MostLines)],
        Answers =
        [
            Example.Of<AdoptionView>(200, "The oldest month first.",
                """
                {"from": "2026-11-01", "to": "2026-11-21", "as_of": "2026-11-21T10:00:00Z",
                 "data": [{"month": "2026-11", "feature": "chat", "entitled": 120, "customers": 90, "rate": 0.75, "units": 4310,
                           "imported_units": 0}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<AdoptionQueries>();
        new Report<AdoptionView, AdoptionLine>
        {
            Path = "/v1/analytics/features/adoption", Columns = Columns, Read = request => ReadAsync(request, queries),
            Lines = static view => view.Data, HasMore = static view => view.HasMore,
        }.Map(app, Adoption, WireJson.Default.AdoptionView, "the adoption of features", "2026-11,chat,120,90,0.75,4310,0");
    }

    private static async Task<AdoptionView?> ReadAsync(ReportRequest request, AdoptionQueries queries)
    {
        var (from, to) = ReportDays.ReadMonths(request);
        var (limit, feature) = (request.Limit(DefaultLines, MostLines), request.Feature());
        if (request.Faults.Any)
        {
            return null;
        }

        var first = new DateOnly(from.Year, from.Month, 1);
        var (rows, at) = await queries.ReadAsync(
            request.Project, first, new(to.Year, to.Month, 1), feature, limit + 1, request.Cancel);
        return new(first, to, at?.ToOffset(), [.. rows.Take(limit).Select(LineOf)], rows.Count > limit);
    }

    private static AdoptionLine LineOf(Adoption one) => new(
        CostViews.MonthOf(one.Month), one.Feature, one.Entitled, one.Used, one.Rate?.Rounded, one.Units.Value, one.ImportedUnits.Value);
}
