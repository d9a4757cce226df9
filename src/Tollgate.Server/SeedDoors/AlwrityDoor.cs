using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// The writing assistant's <c>GET /api/subscription/plans</c>. It names the path but no body; the limits are keyed as in its
/// dashboard: by feature, the cost cap as <c>monthly_cost</c>.
/// </summary>
public static class AlwrityDoor
{
    /// <summary>What its dashboard calls the budget in money.</summary>
    public const string MonthlyCost = "monthly_cost";

    public static void MapAlwrityDoor(this WebApplication app) =>
        app.MapGet("/api/subscription/plans", (RequestDelegate)ListAsync)
            .RequireKey(Access.Public | Access.Secret | Access.CustomerToken | Access.DefaultProject, Scope.CatalogRead)
            .Describe(new(
                "Seed door: ALwrity", "List the plans on offer", "The active plans with their limits. Without a key: those of the server's default project.")
            {
                Answers =
                [
                    Example.Of<SubscriptionPlans>(200, "The plans.", """
                        {"plans": [{"code": "pro", "name": "Pro", "description": null, "currency": "USD", "price_monthly": 79, "price_yearly": 790,
                          "features": ["5,000 Gemini calls a month"], "limits": {"gemini_calls": 5000, "monthly_cost": 150}}]}
                        """),
                ],
            });

    private static Task ListAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        var plans = CatalogDisplay.Offered(document).Select(plan => Of(plan, document));
        return Answer.Json(context, StatusCodes.Status200OK, new([.. plans]), PricingJson.Default.SubscriptionPlans);
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
        var limits = new Dictionary<string, decimal?>(StringComparer.Ordinal);
        foreach (var entitlement in plan.Entitlements.Where(e => features[e.Feature].Kind == FeatureKind.Metered))
        {
            // One budget bears the seed's name; a second one keeps its own code.
            var isCap = features[entitlement.Feature].IsMoney && !limits.ContainsKey(MonthlyCost);
            limits[isCap ? MonthlyCost : entitlement.Feature] = entitlement.Quota?.Value;
        }

        return limits;
    }
}
