using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/features/adoption</c>: the customers that have and use each feature, and its units, by month.</summary>
internal static class AdoptionEndpoints
{
    private const int DefaultLines = 1_000;

    /// <summary>37 months of 200 features.</summary>
    private const int MostLines = 10_000;

    private static readonly string[] Columns =
        ["month", "feature", "entitled", "customers", "rate", "units", "imported_units"];

    private static readonly QueryParameter[] Query =
        [.. ReportDays.OfMonths, new("feature", "Only this feature.")];

    private static readonly Description Adoption = new(
        "Analytics", "Show the adoption of features",
        "Returns for each month and feature the customers that have it, those that used it, and the units. A use counts in the month in "
            + "which its quota period begins, in the project's time zone. "
            + "The plan at the end of the month decides who has a feature; overrides and add-ons of single customers count once they use it. "
            + "Tollgate computes the figures of small projects at the request, and those of others every few minutes: see `as_of`.")
    {
        Query = [.. Query, new("limit", $"Lines: 1 to {MostLines}, default {DefaultLines}.", "integer")],
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

    private static readonly Description AdoptionCsv = new(
        "Analytics", "Export the adoption of features",
        "Returns the lines of `GET /v1/analytics/features/adoption` as CSV (RFC 4180), at most 50,000 of them.")
    {
        Query = Query,
        Answers =
        [
            Example.OfText(
                200, "The file.", CsvText.ContentType,
                "month,feature,entitled,customers,rate,units,imported_units\r\n2026-11,chat,120,90,0.75,4310,0\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<AdoptionQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/features/adoption", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(Adoption);
        app.MapGet("/v1/analytics/features/adoption.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AdoptionCsv);
    }

    private static async Task ShowAsync(HttpContext context, AdoptionQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock, isFile: false) is not var (from, to, limit, rows, at))
        {
            return;
        }

        var view = new AdoptionView(from, to, at?.ToOffset(), [.. rows.Take(limit).Select(LineOf)], rows.Count > limit);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.AdoptionView);
    }

    private static async Task CsvAsync(HttpContext context, AdoptionQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock, isFile: true) is not var (_, _, limit, rows, _))
        {
            return;
        }

        if (rows.Count > limit)
        {
            await CostAnalysisEndpoints.RefuseLengthAsync(context);
            return;
        }

        await CsvExport.WriteAsync(context, "adoption", Columns, rows.Select(LineOf), static (csv, line) =>
            csv.Plain(line.Month).Next().Cell(line.Feature).Next().Plain(line.Entitled).Next().Plain(line.Customers).Next()
                .Plain(line.Rate).Next().Plain(line.Units).Next().Plain(line.ImportedUnits).End());
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<(DateOnly From, DateOnly To, int Limit, IReadOnlyList<Adoption> Rows, Instant? AsOf)?> ReadAsync(
        HttpContext context, AdoptionQueries queries, Clock clock, bool isFile)
    {
        var (project, faults) = (context.Project(), new Faults());
        var (from, to) = ReportDays.ReadMonths(context, clock.Now(project), faults);
        var limit = isFile
            ? CostAnalysisEndpoints.MostCsvLines
            : CostDays.Number(context.Request.Query["limit"], "limit", DefaultLines, MostLines, faults);
        string? feature = context.Request.Query["feature"];
        if (feature is not null && project.Catalog.FeaturesByKey.Values.All(one => one.Code != feature))
        {
            faults.Unknown(
                "feature", feature, "feature", project.Catalog.Features.Keys, "The code of a feature of the catalogue is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var first = new DateOnly(from.Year, from.Month, 1);
        var (rows, at) = await queries.ReadAsync(
            project, first, new(to.Year, to.Month, 1), feature, limit + 1, context.RequestAborted);
        return (first, to, limit, rows, at);
    }

    private static AdoptionLine LineOf(Adoption one) => new(
        CostViews.MonthOf(one.Month), one.Feature, one.Entitled, one.Used, one.Rate?.Rounded, one.Units.Value, one.ImportedUnits.Value);
}
