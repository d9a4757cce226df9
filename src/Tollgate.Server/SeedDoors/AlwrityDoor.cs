using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// The writing assistant's <c>GET /api/subscription/plans</c> and <c>/usage/{user_id}</c>. It names the paths but no bodies; the keys of
/// the limits are those of its dashboard: the feature, and <c>monthly_cost</c> for the cost cap. The names of features contain the
/// provider: <c>gemini_calls</c>, <c>gemini_tokens</c>, <c>gemini_cost</c>. Calls and tokens are the plan's own counts; the cost of a
/// provider comes from its recorded calls unless a feature counts it.
/// </summary>
public static class AlwrityDoor
{
    /// <summary>The built-in project.</summary>
    public const string Product = "alwrity";

    /// <summary>The name of the money budget in its dashboard.</summary>
    public const string MonthlyCost = "monthly_cost";

    private const string Tag = "Seed door: ALwrity";

    internal const string Calls = "_calls";
    private const string Tokens = "_tokens";
    private const string Cost = "_cost";

    /// <summary>The index of the path segment with the user's id.</summary>
    private const int UserSegment = 3;

    private const decimal WarningPercent = 80;

    public static void MapAlwrityDoor(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        app.MapGet("/api/subscription/plans", (RequestDelegate)ListAsync)
            .RequireKey(Access.Public | Access.Secret | Access.CustomerToken | Access.Keyless, Scope.CatalogRead)
            .OfProduct(Product)
            .WithSeedErrors()
            .Describe(Plans);
        var costs = app.Services.GetRequiredService<CostQueries>();
        app.MapGet("/api/subscription/usage/{user_id}", (RequestDelegate)(context => UsageAsync(context, gate, costs)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.UsageRead)
            .WithSeedErrors()
            .Describe(Usage);
    }

    private static Task ListAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        var plans = CatalogDisplay.Offered(document).Select(plan => Of(plan, document));
        return Answer.Json(context, StatusCodes.Status200OK, new([.. plans]), WireJson.WithoutNulls.SubscriptionPlans);
    }

    private static SubscriptionPlan Of(Plan plan, CatalogDocument document) => new(
        plan.Code,
        plan.Name,
        plan.Description ?? plan.Tagline,
        document.Currency,
        MajorOf(plan, PriceInterval.Monthly, document.Currency),
        MajorOf(plan, PriceInterval.Yearly, document.Currency),
        plan.Bullets,
        LimitsOf(plan, document));

    private static decimal? MajorOf(Plan plan, PriceInterval interval, string currency) =>
        plan.Prices.FirstOrDefault(p => p.Interval == interval && p.Currency == currency) is { } price
            ? new MoneyAmount(price.AmountMinor, Currency.Of(price.Currency)).Major
            : null;

    private static Dictionary<string, decimal?> LimitsOf(Plan plan, CatalogDocument document)
    {
        var features = document.Features.ToDictionary(static f => f.Code, static f => f, StringComparer.Ordinal);
        var metered = plan.Entitlements.Where(e => features[e.Feature].Kind == FeatureKind.Metered).ToList();
        var codes = metered.Select(static e => e.Feature).ToHashSet(StringComparer.Ordinal);
        var budget = metered.FirstOrDefault(e => features[e.Feature].IsMoney)?.Feature;
        return metered.ToDictionary(
            e => SeedName(e.Feature, budget, MonthlyCost, codes), static e => e.Quota?.Value, StringComparer.Ordinal);
    }

    /// <summary>
    /// The first budget has the seed's name for it, and a second one its own code. A feature whose code is that name keeps it: then the
    /// budget has its own code too.
    /// </summary>
    private static string SeedName(string feature, string? budget, string name, IReadOnlySet<string> codes) =>
        feature == budget && !codes.Contains(name) ? name : feature;

    private static async Task UsageAsync(HttpContext context, QuotaGate gate, CostQueries costs)
    {
        if (await ReadAsync(context, gate, costs) is var (standing, month))
        {
            await Answer.Json(
                context, StatusCodes.Status200OK, ViewOf(standing, month, context.Project().Zone), WireJson.Default.AlwrityUsage);
        }
    }

    /// <summary>The balances of the user of the path, and the running month's costs. Null: the problem is written.</summary>
    internal static async ValueTask<(CustomerStanding Standing, CostBreakdown Month)?> ReadAsync(HttpContext context, QuotaGate gate,
        CostQueries costs)
    {
        if (await SeedCallers.StandingAsync(context, gate, RawPath.Segment(context, UserSegment), "user_id") is not { } standing)
        {
            return null;
        }

        return (standing,
            await costs.BreakdownAsync(context.Project(), DayRange.Months(standing.Now, 1), standing.Customer, context.RequestAborted));
    }

    internal static AlwrityUsage ViewOf(CustomerStanding standing, CostBreakdown month, TimeZoneInfo zone)
    {
        var metered = standing.Features.Where(f => f.Standing is not null).ToDictionary(f => f.Feature.Code, f => f.Standing!);
        var budget = standing.Features.FirstOrDefault(f => f.Standing is not null && f.Feature.Feature.IsMoney)?.Feature.Code;
        var codes = metered.Keys.ToHashSet(StringComparer.Ordinal);
        var percentages = metered
            .Where(f => f.Value.Limit is { IsPositive: true })
            .ToDictionary(
                f => SeedName(f.Key, budget, "cost", codes), f => UsageProjection.PercentOf(f.Value.Used, f.Value.Limit)!.Value);
        var calls = metered.Where(f => f.Key.EndsWith(Calls, StringComparison.Ordinal)).Sum(f => f.Value.Used.Value);
        return new()
        {
            UserId = standing.Customer,
            BillingPeriod = QuotaPeriods.MonthKey(standing.Now, zone),
            CurrentUsage = new(
                calls, UsedOf(metered, budget) ?? month.Total.Cost.Value, StatusOf(percentages.Values),
                ProvidersOf(standing, metered, month)),
            Limits = new(
                standing.Plan.Plan.Name, metered.ToDictionary(f => SeedName(f.Key, budget, MonthlyCost, codes), f => f.Value.Limit?.Value)),
            UsagePercentages = percentages,
        };
    }

    private static Dictionary<string, AlwrityProvider> ProvidersOf(
        CustomerStanding standing, Dictionary<string, Standing> metered, CostBreakdown month)
    {
        var providers = new Dictionary<string, AlwrityProvider>(StringComparer.Ordinal);
        var rest = month.Providers.ToList();
        foreach (var feature in standing.Features.Where(f => f.Standing is not null
            && f.Feature.Code.EndsWith(Calls, StringComparison.Ordinal)))
        {
            var provider = feature.Feature.Code[..^Calls.Length];
            var names = NamesOf(feature.Feature.Feature, provider);
            var cost = rest.Where(row => names.Contains(row.Provider!))
                .Aggregate(CallTotals.Zero, (sum, row) => sum + row.Totals).Cost.Value;
            rest.RemoveAll(row => names.Contains(row.Provider!));
            providers[provider] = new(
                feature.Standing!.Used.Value, UsedOf(metered, provider + Cost) ?? cost, UsedOf(metered, provider + Tokens));
        }

        // Providers for which the plan has no feature of their own.
        foreach (var row in rest.Where(row => row.Provider!.Length > 0))
        {
            providers.TryAdd(row.Provider!, new(row.Totals.Calls, row.Totals.Cost.Value, row.Totals.TotalTokens));
        }

        return providers;
    }

    /// <summary>
    /// The catalogue's name of each provider whose calls a feature counts, by the names that a call may have: the feature
    /// <c>metaphor_calls</c> counts <c>exa</c> too, and every door says <c>metaphor</c>.
    /// </summary>
    internal static Dictionary<string, string> ProvidersIn(CatalogDocument document)
    {
        var providers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var feature in document.Features.Where(static one => one.Code.EndsWith(Calls, StringComparison.Ordinal)))
        {
            var provider = feature.Code[..^Calls.Length];
            foreach (var name in NamesOf(feature, provider))
            {
                providers.TryAdd(name, provider);
            }
        }

        return providers;
    }

    /// <summary>The providers whose calls a feature counts: the one in its name, and those in its meters' filters.</summary>
    private static HashSet<string> NamesOf(Feature feature, string provider) =>
        [provider,
            .. feature.Meters.SelectMany(meter => meter.Filters).Where(filter => filter.Property == "provider")
                .SelectMany(filter => filter.AnyOf)];

    private static decimal? UsedOf(Dictionary<string, Standing> metered, string? code) =>
        code is not null && metered.TryGetValue(code, out var standing) ? standing.Used.Value : null;

    private static string StatusOf(IEnumerable<decimal> percentages) => percentages.DefaultIfEmpty().Max() switch
    {
        >= 100 => "limit_reached",
        >= WarningPercent => "warning",
        _ => "active",
    };

    private static readonly Description Usage = new(
        Tag,
        "Show a user's usage",
        "Returns calls, cost and tokens by provider, the plan's limits and the used share of each.")
    {
        Answers =
        [
            Example.Of<AlwrityUsage>(200, "The month so far.", """
                {"user_id": "user_42", "billing_period": "2026-11",
                 "current_usage": {"total_calls": 1250, "total_cost": 15.75, "usage_status": "active",
                  "provider_breakdown": {"gemini": {"calls": 800, "cost": 10.5, "tokens": 125000},
                   "openai": {"calls": 450, "cost": 5.25, "tokens": 85000}}},
                 "limits": {"plan_name": "Pro", "limits": {"gemini_calls": 5000, "monthly_cost": 150}},
                 "usage_percentages": {"gemini_calls": 16, "cost": 10.5}}
                """),
        ],
    };

    private static readonly Description Plans = new(
        Tag, "List the plans on offer",
        "Lists the active plans with their limits. Without a key, the path or the host name selects the project; "
            + "otherwise it is the server's default project, or else ALwrity's.")
    {
        Answers =
        [
            Example.Of<SubscriptionPlans>(200, "The plans.", """
                {"plans": [{"code": "pro", "name": "Pro", "description": null, "currency": "USD", "price_monthly": 79, "price_yearly": 790,
                  "features": ["5,000 Gemini calls a month"], "limits": {"gemini_calls": 5000, "monthly_cost": 150}}]}
                """),
        ],
    };
}
