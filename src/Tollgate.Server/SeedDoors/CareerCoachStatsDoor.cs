using Microsoft.Extensions.Options;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Catalog;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// A: the cost of calls to models and the distribution of plans (<c>/admin/stats/…</c>), behind the seed's <c>X-Admin-Key</c>: the
/// project's secret key, or the server's admin key with <c>X-Project</c>, else for the project that <see cref="PublicProject"/> finds.
/// </summary>
internal static class CareerCoachStatsDoor
{
    private const string Tag = "Seed door: career coach";

    /// <summary>The index of the path segment with the user's id.</summary>
    private const int UserSegment = 3;

    private static readonly QueryParameter[] Days = [
        CostDays.All[0] with { Meaning = $"The number of UTC days up to today: 1 to {CostDays.Most}, default {CostDays.Default}." }];

    public static void MapCareerCoachStats(this WebApplication app)
    {
        var costs = app.Services.GetRequiredService<CostQueries>();
        var clock = app.Services.GetRequiredService<Clock>();
        var directory = app.Services.GetRequiredService<ProjectDirectory>();
        var options = app.Services.GetRequiredService<IOptions<HttpOptions>>();
        var subscriptions = app.Services.GetRequiredService<SubscriptionQueries>();
        MapDays("/admin/stats/revenue-vs-cost", (context, days) => ResultAsync(context, costs, days), Result);
        MapDays("/admin/stats/user-costs/{user_id}", (context, days) => UserAsync(context, costs, days), User);
        MapDays("/admin/stats/features", (context, days) => FeaturesAsync(context, costs, days), Features);
        Map("/admin/stats/plans", context => PlansAsync(context, subscriptions), CareerCoachPlansAnswer.Description);

        void MapDays(string path, Func<HttpContext, DayRange, Task> answer, Description description) =>
            Map(path, context => WithDaysAsync(context, clock, answer), description);

        void Map(string path, Func<HttpContext, Task> answer, Description description) => app
            .MapGet(path, (RequestDelegate)(context => EnterAsync(context, directory, options.Value, answer)))
            .RequireKey(Access.Secret | Access.Admin, Scope.UsageRead, "X-Admin-Key")
            .OfProduct(CareerCoachDoor.Product)
            .WithLoad(Load.Heavy)
            .WithSeedErrors(SeedErrors.AdminShape)
            .Describe(description);
    }

    private static async Task EnterAsync(
        HttpContext context, ProjectDirectory directory, HttpOptions options, Func<HttpContext, Task> answer)
    {
        if (context.Caller().Project is null)
        {
            if (PublicProject.Of(context, directory, options) is not { } project)
            {
                await Problems.WriteAsync(context, ErrorCode.ProjectRequired);
                return;
            }

            context.Features.Set(context.Caller() with { Project = project });
        }

        await answer(context);
    }

    private static async Task WithDaysAsync(HttpContext context, Clock clock, Func<HttpContext, DayRange, Task> answer)
    {
        var faults = new Faults();
        var days = faults.Number(context.Request.Query["days"], "days", CostDays.Default, CostDays.Most);
        await (faults.Any ? faults.WriteAsync(context) : answer(context, DayRange.Until(clock.Now(context.Project()), days)));
    }

    private static async Task ResultAsync(HttpContext context, CostQueries costs, DayRange days)
    {
        var (project, cancel) = (context.Project(), context.RequestAborted);
        var (found, users) = await CostAnalysisEndpoints.ResultOfAsync(project, costs, days, cancel);
        var earned = await context.RequestServices.GetRequiredService<RevenueQueries>()
            .ByDayAsync(project, days, Currency.Of(CostViews.Currency), cancel);
        var (total, revenue) = (found.Total, earned.Sum(static day => day.Major));
        var view = new CareerCoachResult(
            days.Days, revenue, total.Cost.Value, revenue - total.Cost.Value,
            CostAnalysisEndpoints.MarginOf(revenue, total.Cost.Value) ?? 0, total.Calls, users, AverageOf(total),
            ModelsOf(found), CostsOf(found), DaysOf(days, found));
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CareerCoachResult);
    }

    private static async Task UserAsync(HttpContext context, CostQueries costs, DayRange days)
    {
        if (await SeedCallers.CustomerAsync(context, RawPath.Segment(context, UserSegment), "user_id") is not { } user)
        {
            return;
        }

        var found = await costs.BreakdownAsync(context.Project(), days, user, context.RequestAborted);
        var total = found.Total;
        var view = new CareerCoachUserCosts(
            user, days.Days, total.Cost.Value, total.Calls, total.InputTokens, total.OutputTokens, AverageOf(total), ModelsOf(found),
            CostsOf(found),
            DaysOf(days, found));
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CareerCoachUserCosts);
    }

    private static async Task FeaturesAsync(HttpContext context, CostQueries costs, DayRange days)
    {
        var project = context.Project();
        var rows = await costs.GroupsAsync(
            project, days, CostGroups.Feature, Report.MostLines, null, context.RequestAborted);
        var from = Instant.FromUtc(days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        var used = (await costs.UsedOfFeaturesAsync(project, from, context.RequestAborted)).ToDictionary(use => use.Feature);
        var calls = rows.ToDictionary(row => row.Feature!, row => row.Totals);
        var known = CatalogViews.InOrder(project.Catalog.Document).Where(feature => feature.Kind == FeatureKind.Metered).ToList();
        var others = calls.Keys.Union(used.Keys).Except(known.Select(feature => feature.Code)).Order(StringComparer.Ordinal);
        var view = new CareerCoachFeatures(
            days.Days,
            [
                .. known.Select(feature => Of(feature.Code, feature.Name)),
                .. others.Select(code => Of(code, null)),
            ]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CareerCoachFeatures);

        CareerCoachFeature Of(string code, string? name)
        {
            var use = used.GetValueOrDefault(code) ?? new(code, Quantity.Zero, 0);
            var totals = calls.GetValueOrDefault(code);
            return new(CostViews.NameOf(code), name, use.Used.Value, use.Customers, totals.Calls, totals.Cost.Value);
        }
    }

    private static async Task PlansAsync(HttpContext context, SubscriptionQueries subscriptions)
    {
        var counts = await subscriptions.PerPlanAsync(context.Project(), context.RequestAborted);
        var view = CareerCoachPlansAnswer.Of(counts, context.Project().Catalog.Document);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CareerCoachPlans);
    }

    private static IReadOnlyList<CareerCoachModel> ModelsOf(CostBreakdown found) => [.. found.Models.Select(row => new CareerCoachModel(
        row.Model!, CostViews.NameOf(row.Provider), row.Totals.Calls, row.Totals.InputTokens, row.Totals.OutputTokens,
        row.Totals.Cost.Value,
        row.Totals.UnpricedCalls))];

    private static IReadOnlyList<CareerCoachCost> CostsOf(CostBreakdown found) =>
        [.. found.Features.Select(row => new CareerCoachCost(CostViews.NameOf(row.Feature), row.Totals.Calls, row.Totals.Cost.Value))];

    private static IReadOnlyList<CareerCoachDay> DaysOf(DayRange days, CostBreakdown found) =>
        [.. CostViews.EachDay(days, found.Days).Select(day => new CareerCoachDay(day.Day, day.Totals.Calls, day.Totals.Cost.Value))];

    /// <summary>Rounds to four decimals as the seed does (45.23 ÷ 1234 = 0.0367); smaller values keep three significant digits.</summary>
    internal static decimal AverageOf(CallTotals totals)
    {
        if (totals.Calls <= 0)
        {
            return 0;
        }

        var exact = totals.Cost.Value / totals.Calls;
        var decimals = 4;
        for (var first = 0.01m; decimals < Quantity.Scale && Math.Abs(exact) < first && exact != 0; first /= 10)
        {
            decimals++;
        }

        return decimal.Round(exact, decimals, MidpointRounding.AwayFromZero);
    }

    private const string Lists =
        """
        "by_model": [{"model_name": "gpt-4o", "provider": "openai", "requests": 1234, "input_tokens": 900000, "output_tokens": 300000,
          "cost_usd": 45.23, "unpriced_requests": 0}],
         "by_feature": [{"feature_code": "cv_generate", "requests": 1234, "cost_usd": 45.23}],
         "daily_breakdown": [{"date": "2026-11-21", "requests": 1234, "cost_usd": 45.23}]
        """;

    private static readonly Description Result = new(
        Tag, "Compare revenue and model cost",
        "Returns the seed's profit and loss. Revenue is the part of invoices in dollars that is earned in the days, without taxes: "
            + "a period's price, day by day. Voided calls and unknown costs are in no sum.")
    {
        Query = Days,
        Answers =
        [
            Example.Of<CareerCoachResult>(200, "The days.", $$"""
                {"period_days": 30, "total_revenue_usd": 0, "total_llm_cost_usd": 45.23, "estimated_profit_usd": -45.23,
                 "profit_margin_percent": 0,
                 "total_requests": 1234, "unique_users": 56, "avg_cost_per_request": 0.0367, {{Lists}} }
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description User = new(
        Tag, "Show a user's costs", "Returns the costs of one user's model calls.")
    {
        Query = Days,
        Path = new Dictionary<string, string> { ["user_id"] = "The user's id." },
        Answers =
        [
            Example.Of<CareerCoachUserCosts>(200, "The days.", $$"""
                {"user_id": "user_42", "period_days": 30, "total_cost_usd": 45.23, "total_requests": 1234, "total_input_tokens": 900000,
                 "total_output_tokens": 300000, "avg_cost_per_request": 0.0367, {{Lists}} }
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description Features = new(
        Tag, "Show usage of features",
        "Returns, for each metered feature, its usage in the quota periods that overlap the days, "
            + "and the cost of the model calls that name it in the days.")
    {
        Query = Days,
        Answers =
        [
            Example.Of<CareerCoachFeatures>(200, "In the catalogue's order.", """
                {"period_days": 30, "features": [{"feature_code": "cv_generate", "name": "CV Generation",
                 "usage_count": 210, "unique_users": 40,
                 "llm_requests": 1234, "llm_cost_usd": 45.23}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };
}
