using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Costs;

/// <summary><c>/v1/customers/{id}/dashboard</c>: usage, limits and costs together, with notices.</summary>
internal static class CustomerOverviewEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var gate = app.ServiceProvider.GetRequiredService<QuotaGate>();
        var costs = app.ServiceProvider.GetRequiredService<CostQueries>();
        app.MapGet("/v1/customers/{id}/dashboard", (RequestDelegate)(context => DashboardAsync(context, gate, costs)))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(CostDescriptions.Dashboard);
    }

    private static async Task DashboardAsync(HttpContext context, QuotaGate gate, CostQueries costs)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await ReadingEndpoints.StandingAsync(context, gate, id) is not { } standing)
        {
            return;
        }

        var month = await costs.BreakdownAsync(context.Project(), DayRange.Months(standing.Now, 1), id, context.RequestAborted);
        var usage = ReadingEndpoints.UsageOf(standing, context.Project().Zone);
        var view = new CustomerDashboard
        {
            Customer = id, Plan = usage.Plan, PlanName = standing.Plan.Plan.Name, PeriodStart = usage.PeriodStart,
            PeriodEnd = usage.PeriodEnd,
            Features = usage.Features, Costs = CostViews.Fill(new CostTotals(), month.Total),
            ByProvider = CostViews.ProvidersOf(month.Providers),
            ProjectedCostUsd = CostViews.ProjectedMonth(month.Total.Cost, standing.Now).ToString(),
            Notices = [.. NoticesOf(standing).Select(ViewOf)],
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerDashboard);
    }

    /// <summary>Limits with usage, the most urgent first.</summary>
    internal static IEnumerable<(FeatureStanding Feature, NoticeLevel Level)> NoticesOf(CustomerStanding standing) => standing.Features
        .Where(feature => feature.Standing is not null)
        .Select(feature => (Feature: feature, Level: UsageNotices.LevelOf(feature.Standing!.Used, feature.Standing.Limit)))
        .Where(notice => notice.Level is not null)
        .Select(notice => (notice.Feature, notice.Level!.Value))
        .OrderByDescending(notice => notice.Value);

    private static UsageNotice ViewOf((FeatureStanding Feature, NoticeLevel Level) notice)
    {
        var (used, limit) = (notice.Feature.Standing!.Used, notice.Feature.Standing.Limit!.Value);
        return new()
        {
            Feature = notice.Feature.Feature.Code, Severity = CatalogWords.Of(notice.Level), Used = used.Value, Limit = limit.Value,
            Message = UsageNotices.MessageOf(notice.Feature.Feature.Feature, used, limit),
            Percent = UsageProjection.PercentOf(used, limit)!.Value,
        };
    }
}
