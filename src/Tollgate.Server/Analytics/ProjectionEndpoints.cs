using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/projections</c>: the quotas that end first, and the expected use of running periods.</summary>
internal static class ProjectionEndpoints
{
    private const int DefaultLines = 100;

    private static readonly string[] Columns =
        ["customer", "feature", "used", "limit", "percent", "projected", "ends_at", "period_start", "period_end"];

    private static readonly QueryParameter[] Query = [new("customer", "Only this customer."), new("feature", "Only this feature.")];

    private static readonly Description Projections = new(
        "Analytics", "Project usage",
        "Returns the use of running quota periods with the expected use at their end, and the time at which each limit is expected to be "
            + "reached; the use first that reaches its limit first. The projection is the use so far ÷ the passed share of the period, in "
            + "which days count by the use of their weekday once four weeks are known. A reported level stays. Imported use is not in it.")
    {
        Query = [.. Query, new("limit", $"Lines: 1 to {CostAnalysisEndpoints.MostLines}, default {DefaultLines}.", "integer")],
        Answers =
        [
            Example.Of<ProjectionsView>(200, "The first limits first.",
                """
                {"data": [{"customer": "user_42", "feature": "chat", "used": 800, "limit": 1000, "percent": 80, "projected": 1200,
                           "ends_at": "2026-11-26T00:00:00Z", "period_start": "2026-11-01T00:00:00Z",
                           "period_end": "2026-12-01T00:00:00Z"}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description ProjectionsCsv = new(
        "Analytics", "Export projections",
        $"Returns the lines of `GET /v1/analytics/projections` as CSV (RFC 4180), the first {CostAnalysisEndpoints.MostCsvLines} at most.")
    {
        Query = Query,
        Answers =
        [
            Example.OfText(
                200, "The file.", CsvText.ContentType,
                "customer,feature,used,limit,percent,projected,ends_at,period_start,period_end\r\nuser_42,chat,800,1000,80,1200,"
                    + "2026-11-26T00:00:00Z,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<ForecastQueries>();
        app.MapGet("/v1/analytics/projections", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(Projections);
        app.MapGet("/v1/analytics/projections.csv", (RequestDelegate)(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(ProjectionsCsv);
    }

    private static async Task ShowAsync(HttpContext context, ForecastQueries queries)
    {
        var faults = new Faults();
        var limit = CostDays.Number(context.Request.Query["limit"], "limit", DefaultLines, CostAnalysisEndpoints.MostLines, faults);
        if (await ReadAsync(context, queries, limit + 1, faults) is { } rows)
        {
            var view = new ProjectionsView([.. rows.Take(limit).Select(LineOf)], rows.Count > limit);
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.ProjectionsView);
        }
    }

    private static async Task CsvAsync(HttpContext context, ForecastQueries queries)
    {
        if (await ReadAsync(context, queries, CostAnalysisEndpoints.MostCsvLines, new()) is { } rows)
        {
            await CsvExport.WriteAsync(context, "projections", Columns, rows.Select(LineOf), static (csv, line) =>
                csv.Cell(line.Customer).Next().Cell(line.Feature).Next().Plain(line.Used).Next().Plain(line.Limit).Next()
                    .Plain(line.Percent).Next().Plain(line.Projected).Next().Time(line.EndsAt).Next().Time(line.PeriodStart).Next()
                    .Time(line.PeriodEnd).End());
        }
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<IReadOnlyList<UsageProjected>?> ReadAsync(
        HttpContext context, ForecastQueries queries, int most, Faults faults)
    {
        var project = context.Project();
        string? customer = context.Request.Query["customer"], feature = context.Request.Query["feature"];
        faults.Id(customer, "customer", required: false);
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

        return await queries.ListAsync(project, customer, feature, most, context.RequestAborted);
    }

    private static ProjectionLine LineOf(UsageProjected one) => new(
        one.Customer, one.Feature, one.Used.Value, one.Limit?.Value, UsageProjection.PercentOf(one.Used, one.Limit),
        one.Forecast.Projected?.Value, one.Forecast.EndsAt?.ToOffset(), one.Period.Start.ToOffset(),
        one.Period.End == Instant.FarFuture ? null : one.Period.End.ToOffset());
}
