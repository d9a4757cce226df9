using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Llm;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Alerts;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// D: <c>/api/subscription/pricing</c>, <c>/usage/{user_id}/trends</c>, <c>/dashboard/{user_id}</c> and <c>/alerts/{user_id}</c>. The seed
/// states the dashboard's body; the other bodies use its terms.
/// </summary>
internal static class AlwrityCostsDoor
{
    private const string Tag = "Seed door: ALwrity";

    /// <summary>The index of the path segment with the user's id.</summary>
    private const int UserSegment = 3;

    /// <summary>The index of the path segment with the alert's id.</summary>
    private const int AlertSegment = 4;

    /// <summary>The longest list of prices; all known lists are shorter.</summary>
    private const int MostPrices = 5_000;

    private const int MostAlerts = 100;

    private static readonly Dictionary<string, string> UserPath = new() { ["user_id"] = "The user's id." };

    public static void MapAlwrityCosts(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        var costs = app.Services.GetRequiredService<CostQueries>();
        var prices = app.Services.GetRequiredService<PriceQueries>();
        var customers = app.Services.GetRequiredService<CustomerQueries>();
        var alerts = app.Services.GetRequiredService<AlertQueries>();
        var clock = app.Services.GetRequiredService<Clock>();
        const Access readers = Access.Public | Access.Secret | Access.CustomerToken | Access.Keyless;
        app.MapGet("/api/subscription/pricing", (RequestDelegate)(context => PricingAsync(context, prices, clock)))
            .RequireKey(readers, Scope.CatalogRead).OfProduct(AlwrityDoor.Product).WithSeedErrors().Describe(Pricing);
        Map("/api/subscription/usage/{user_id}/trends", context => TrendsAsync(context, costs, clock), Trends);
        Map("/api/subscription/dashboard/{user_id}", context => DashboardAsync(context, gate, costs), Dashboard);
        Map("/api/subscription/alerts/{user_id}", context => AlertsAsync(context, alerts, customers), Alerts);
        app.MapPost(
            "/api/subscription/alerts/{user_id}/{alert_id}/read", (RequestDelegate)(context => ReadAlertAsync(context, alerts, customers)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.AlertsWrite).WithSeedErrors().Describe(ReadAlert);

        void Map(string path, RequestDelegate answer, Description description) => app
            .MapGet(path, answer).RequireKey(Access.Secret | Access.CustomerToken, Scope.UsageRead).WithSeedErrors().Describe(description);
    }

    private static async Task PricingAsync(HttpContext context, PriceQueries queries, Clock clock)
    {
        var project = context.Project();
        string? provider = context.Request.Query["provider"];
        var faults = new Faults();
        if (!faults.Text(provider, "provider", PriceRules.LongestProvider))
        {
            await faults.WriteAsync(context);
            return;
        }

        // The provider that the caller names, under all its names, else those whose calls the plans count.
        var names = AlwrityDoor.ProvidersIn(project.Catalog.Document);
        var asked = provider is null ? null : NameOf(provider);
        string[] providers = asked is null ? [.. names.Keys] : [asked, .. names.Keys.Where(name => names[name] == asked && name != asked)];
        var rows = await queries.InForceAsync(project.Id, clock.Now(project), providers, MostPrices, context.RequestAborted);
        var view = new AlwrityPricing(
        [
            .. rows.Where(row => asked is null || NameOf(row.Price.Provider) == asked)
                .Select(row => ViewOf(row.Price, NameOf(row.Price.Provider))),
        ]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.AlwrityPricing);

        string NameOf(string name) => names.GetValueOrDefault(name, name);
    }

    private static AlwrityPrice ViewOf(ModelPrice price, string provider) => new()
    {
        Provider = provider, ModelName = price.Model, InputCostPerMillion = Of(price, LlmUnit.Input),
        OutputCostPerMillion = Of(price, LlmUnit.Output),
        CostPerRequest = Of(price, LlmUnit.Request), CostPerSearch = Of(price, LlmUnit.Search), CostPerPage = Of(price, LlmUnit.Page),
        CostPerImage = Of(price, LlmUnit.Image), Currency = price.Currency.Code, EffectiveFrom = price.ValidFrom.ToOffset(),
    };

    private static decimal? Of(ModelPrice price, LlmUnit unit) => price.Prices.TryGetValue(unit, out var one) ? one.Value : null;

    private static async Task TrendsAsync(HttpContext context, CostQueries costs, Clock clock)
    {
        if (await SeedCallers.CustomerAsync(context, RawPath.Segment(context, UserSegment), "user_id") is not { } user)
        {
            return;
        }

        var faults = new Faults();
        var months = CustomerCostEndpoints.MonthsOf(context, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var names = AlwrityDoor.ProvidersIn(project.Catalog.Document);
        var trend = await CustomerCostEndpoints.MonthsAsync(costs, project, user, clock.Now(project), months, context.RequestAborted);
        var view = new AlwrityTrends(
            user, months,
            [
                .. trend.Select(month => new AlwrityMonth(
                    CostViews.MonthOf(month.Month), month.Totals.Calls, month.Totals.Cost.Value, month.Totals.TotalTokens,
                    month.Providers.GroupBy(row => NameOf(row.Provider), StringComparer.Ordinal)
                        .ToDictionary(static rows => rows.Key, static rows => Of(rows.Select(static row => row.Totals))))),
            ]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.AlwrityTrends);

        string NameOf(string? provider) =>
            CostViews.NameOf(provider) is { } name ? names.GetValueOrDefault(name, name) : "unknown";
    }

    /// <summary>Calls without a provider and calls of a provider of that name share the name <c>unknown</c>.</summary>
    private static AlwrityProvider Of(IEnumerable<CallTotals> rows)
    {
        var all = rows.Aggregate(CallTotals.Zero, static (sum, row) => sum + row);
        return new(all.Calls, all.Cost.Value, all.TotalTokens);
    }

    private static async Task DashboardAsync(HttpContext context, QuotaGate gate, CostQueries costs)
    {
        if (await AlwrityDoor.ReadAsync(context, gate, costs) is not var (standing, month))
        {
            return;
        }

        var usage = AlwrityDoor.ViewOf(standing, month, context.Project().Zone);
        var used = usage.CurrentUsage.ProviderBreakdown.Where(provider => provider.Value.Calls > 0 || provider.Value.Cost > 0)
            .ToDictionary(provider => provider.Key, provider => provider.Value);
        var view = new AlwrityDashboard(
            usage.CurrentUsage with { ProviderBreakdown = used }, usage.Limits, usage.UsagePercentages, ProjectionsOf(standing, month),
            [.. CustomerOverviewEndpoints.NoticesOf(standing).Where(IsSaid).Select(NoticeOf)]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.AlwrityDashboard);
    }

    /// <summary>Projects the money budget at the pace so far; without a budget, the month's cost.</summary>
    private static AlwrityProjections ProjectionsOf(CustomerStanding standing, CostBreakdown month)
    {
        if (standing.Features.FirstOrDefault(feature => feature.Standing is not null
            && feature.Feature.Feature.IsMoney)?.Standing is not { } budget)
        {
            return new(CostViews.ProjectedMonth(month.Total.Cost, standing.Now).Value, null);
        }

        var projected = UsageProjection.AtPeriodEnd(budget.Used, budget.Period, standing.Now) ?? budget.Used;
        return new(projected.Value, UsageProjection.PercentOf(projected, budget.Limit));
    }

    /// <summary>At the level info, only calls have a notice, as in the seed's sample.</summary>
    private static bool IsSaid((FeatureStanding Feature, NoticeLevel Level) notice) =>
        notice.Level > NoticeLevel.Info || notice.Feature.Feature.Code.EndsWith(AlwrityDoor.Calls, StringComparison.Ordinal);

    private static AlwrityNotice NoticeOf((FeatureStanding Feature, NoticeLevel Level) notice)
    {
        var (feature, standing) = (notice.Feature.Feature.Feature, notice.Feature.Standing!);
        return new(
            TitleOf(feature, notice.Level), UsageNotices.MessageOf(feature, standing.Used, standing.Limit!.Value),
            CatalogWords.Of(notice.Level));
    }

    /// <summary><c>API Usage Notice - Gemini</c>: the provider is the first word of the feature's name.</summary>
    private static string TitleOf(Feature feature, NoticeLevel level) => feature.IsMoney
        ? $"Cost {UsageNotices.WordOf(level)} - {feature.Name}"
        : $"API Usage {UsageNotices.WordOf(level)} - {feature.Name.Split(' ', 2)[0]}";

    private static async Task AlertsAsync(HttpContext context, AlertQueries alerts, CustomerQueries customers)
    {
        if (await SeedCallers.CustomerAsync(context, RawPath.Segment(context, UserSegment), "user_id") is not { } user)
        {
            return;
        }

        var project = context.Project();
        var rows = await AlertEndpoints.OfCustomerAsync(
            alerts, customers, project, user, isUnread: false, null, MostAlerts, context.RequestAborted);
        var view = new AlwrityAlerts(user, [.. rows.Select(row => AlertOf(row, project))]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.AlwrityAlerts);
    }

    private static async Task ReadAlertAsync(HttpContext context, AlertQueries alerts, CustomerQueries customers)
    {
        if (await SeedCallers.CustomerAsync(context, RawPath.Segment(context, UserSegment), "user_id") is not { } user)
        {
            return;
        }

        var project = context.Project();
        var row = await AlertEndpoints.ReadByCustomerAsync(
            alerts, customers, project, user, RawPath.Segment(context, AlertSegment), context.RequestAborted);
        await (row is null
            ? Problems.WriteAsync(context, ErrorCode.AlertNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, AlertOf(row, project), WireJson.Default.AlwrityAlert));
    }

    private static AlwrityAlert AlertOf(AlertRow row, ProjectSnapshot project)
    {
        var (crossing, level) = (row.Crossing!, Enum.Parse<NoticeLevel>(row.Severity.ToString()));
        var feature = AlertAnswers.FeatureOf(crossing.Feature, project);
        return new(
            row.Id.ToString("D"), TitleOf(feature, level), AlertAnswers.MessageOf(crossing, feature), CatalogWords.Of(level),
            crossing.Percent, QuotaPeriods.MonthKey(Instant.From(crossing.PeriodStart), project.Zone), row.At.ToOffset(),
            row.CustomerReadAt is not null, row.CustomerReadAt?.ToOffset(), row.Recommendation);
    }

    private static readonly Description Pricing = new(
        Tag, "List provider prices",
        "Returns the present prices of models, searches, pages and images in dollars: the project's own prices, "
            + "and the shared prices of the providers whose calls the "
        + "plans count. Without a key, the project is chosen as for the plans.")
    {
        Query = [new("provider", "Only prices of this provider.")],
        Answers =
        [
            Example.Of<AlwrityPricing>(200, "By provider and model.", """
                {"pricing": [{"provider": "gemini", "model_name": "gemini-2.5-flash", "input_cost_per_1m": 0.125,
                 "output_cost_per_1m": 0.375,
                  "cost_per_request": null, "cost_per_search": null, "cost_per_page": null, "cost_per_image": null, "currency": "USD",
                  "effective_from": "2024-01-01T00:00:00Z"}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description Trends = new(
        Tag, "Show a user's usage over time", "Returns recorded model calls by UTC month and provider, the oldest month first.")
    {
        Path = UserPath,
        Query = [new("months", "The number of months, the current one included: 1 to 36, default 6.", "integer")],
        Answers =
        [
            Example.Of<AlwrityTrends>(200, "The months.", """
                {"user_id": "user_42", "months": 1, "trends": [{"billing_period": "2026-11", "total_calls": 1250, "total_cost": 15.75,
                 "total_tokens": 210000, "provider_breakdown": {"gemini": {"calls": 800, "cost": 10.5, "tokens": 125000},
                 "openai": {"calls": 450, "cost": 5.25, "tokens": 85000}}}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description Dashboard = new(
        Tag, "Show a user's dashboard", "Returns the seed's dashboard: usage, limits, percentages, projections and notices about limits.")
    {
        Path = UserPath,
        Answers =
        [
            Example.Of<AlwrityDashboard>(200, "The month so far.", """
                {"current_usage": {"total_calls": 1250, "total_cost": 15.75, "usage_status": "active",
                  "provider_breakdown": {"gemini": {"calls": 800, "cost": 10.50, "tokens": 125000},
                   "openai": {"calls": 450, "cost": 5.25, "tokens": 85000}}},
                 "limits": {"plan_name": "Pro", "limits": {"gemini_calls": 5000, "monthly_cost": 150.0}},
                 "usage_percentages": {"gemini_calls": 16.0, "cost": 10.5},
                 "projections": {"projected_monthly_cost": 47.25, "projected_usage_percentage": 31.5},
                 "alerts": [{"title": "API Usage Notice - Gemini", "message": "You have used 800 of 5,000 Gemini API calls",
                  "severity": "info"}]}
                """),
        ],
    };

    private static readonly Description Alerts = new(
        Tag, "List a user's alerts",
        "Lists the thresholds (80, 90 and 100 %) that usage has crossed, the newest first, at most 100. "
            + "Each fires once per limit and month.")
    {
        Path = UserPath,
        Answers =
        [
            Example.Of<AlwrityAlerts>(200, "The alerts.", """
                {"user_id": "user_42", "alerts": [{"id": "019aa5a3-5c1e-7b10-9d31-5f0c8a4b7e10", "title": "API Usage Warning - Gemini",
                 "message": "You have used 4,000 of 5,000 Gemini API calls",
                 "severity": "warning", "threshold_percentage": 80, "billing_period": "2026-11", "created_at": "2026-11-20T08:00:00Z",
                 "is_read": false, "read_at": null, "recommendation": null}]}
                """),
        ],
    };

    private static readonly Description ReadAlert = new(
        Tag, "Mark a user's alert as read", "Records that the user has read the alert. A repeat changes nothing.")
    {
        Path = new Dictionary<string, string> { ["user_id"] = "The user's id.", ["alert_id"] = "The alert's id." },
        Answers =
        [
            Example.Of<AlwrityAlert>(200, "The alert.", """
                {"id": "019aa5a3-5c1e-7b10-9d31-5f0c8a4b7e10", "title": "API Usage Warning - Gemini",
                 "message": "You have used 4,000 of 5,000 Gemini API calls",
                 "severity": "warning", "threshold_percentage": 80, "billing_period": "2026-11", "created_at": "2026-11-20T08:00:00Z",
                 "is_read": true, "read_at": "2026-11-20T09:00:00Z", "recommendation": null}
                """),
        ],
        Errors = [ErrorCode.AlertNotFound],
    };
}
