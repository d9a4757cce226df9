using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/projections</c>: the quotas that end first, and the expected use of running periods.</summary>
internal static class ProjectionEndpoints
{
    private const int DefaultLines = 100;

    private static readonly ReportColumns<ProjectionLine> Columns = new ReportColumns<ProjectionLine>()
        .Text("customer", static line => line.Customer).Text("feature", static line => line.Feature)
        .Number("used", static line => line.Used).Number("limit", static line => line.Limit)
        .Number("percent", static line => line.Percent).Number("projected", static line => line.Projected)
        .Time("ends_at", static line => line.EndsAt).Time("period_start", static line => line.PeriodStart)
        .Time("period_end", static line => line.PeriodEnd);

    private static readonly Description Projections = new(
        "Analytics", "Project usage",
        "Returns the use of running quota periods with the expected use at their end, and the time at which each limit is expected to be "
            + "reached; the use first that reaches its limit first. The projection is the use so far ÷ the passed share of the period, in "
            + "which days count by the use of their weekday once four weeks are known. A reported level stays. Imported use is not in it.")
    {
        Query =
        [
            new("customer", "Only this customer."), new("feature", "Only this feature."), Report.LimitParameter(DefaultLines),
        ],
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

    /// <summary>A file has the first lines only, because nobody reads the ends of 50,000 quotas.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<ForecastQueries>();
        new Report<ProjectionsView, ProjectionLine>
        {
            Path = "/v1/analytics/projections", Columns = Columns, Read = request => ReadAsync(request, queries),
            Lines = static view => view.Data,
        }.Map(
            app, Projections, WireJson.Default.ProjectionsView, "projections",
            "user_42,chat,800,1000,80,1200,2026-11-26T00:00:00Z,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z");
    }

    private static async Task<ProjectionsView?> ReadAsync(ReportRequest request, ForecastQueries queries)
    {
        var (limit, feature, customer) = (request.Limit(DefaultLines), request.Feature(), request["customer"]);
        request.Faults.Id(customer, "customer", required: false);
        if (request.Faults.Any)
        {
            return null;
        }

        var rows = await queries.ListAsync(request.Project, customer, feature, limit + 1, request.Cancel);
        return new([.. rows.Take(limit).Select(LineOf)], rows.Count > limit);
    }

    private static ProjectionLine LineOf(UsageProjected one) => new(
        one.Customer, one.Feature, one.Used.Value, one.Limit?.Value, UsageProjection.PercentOf(one.Used, one.Limit),
        one.Forecast.Projected?.Value, one.Forecast.EndsAt?.ToOffset(), one.Period.Start.ToOffset(),
        one.Period.End == Instant.FarFuture ? null : one.Period.End.ToOffset());
}
