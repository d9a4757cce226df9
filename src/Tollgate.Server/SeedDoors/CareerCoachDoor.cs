using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// The career coach's pricing page: <c>/pricing/*</c> with its own fields, in its own order. <c>features</c> omits switches and values of
/// other products' catalogues, since they are not quotas.
/// </summary>
public static class CareerCoachDoor
{
    /// <summary>The built-in project.</summary>
    public const string Product = "career-coach";

    private const string Tag = "Seed door: career coach";

    private const string Pro = """
        {
          "code": "pro", "name": "Pro", "description": "Advanced features for serious career advancement", "sort_order": 3,
          "prices": [{"billing_period": "monthly", "price_cents": 2999, "currency": "USD", "trial_days": 7, "display_price": "$29.99"}],
          "features": [
            {"feature_code": "cv_generate", "monthly_quota": 30, "hard_cap": true, "display_quota": "30"},
            {"feature_code": "career_chat_messages", "monthly_quota": null, "hard_cap": false, "display_quota": "Unlimited"}
          ]
        }
        """;

    public static void MapCareerCoachDoor(this WebApplication app)
    {
        Map(
            "/pricing/plans", ListAsync, "List the plans on offer",
            "Lists the active plans in their order. Without a key, the path (`/p/{project}/pricing/plans`) or the host name selects the "
                + "project; otherwise it is the server's default project, or else the career coach's.",
            Example.Of<IReadOnlyList<PricingPlan>>(200, "The plans.", $"[{Pro}]"));
        Map(
            "/pricing/plans/{code}", GetAsync, "Read one plan",
            "Returns the plan. The answer is 404 if no plan has the code, or the plan is no longer on offer.",
            Example.Of<PricingPlan>(200, "The plan.", Pro));
        Map(
            "/pricing/features", FeaturesAsync, "List feature descriptions and icons", "Lists all metered features in their order.",
            Example.Of<IReadOnlyList<PricingFeature>>(200, "The features.", """
                [{"feature_code": "cv_generate", "name": "CV Generation", "description": "A complete CV.", "icon": "file-text"}]
                """));
        Map(
            "/pricing/compare", CompareAsync, "Compare the plans", "Returns one row for each feature, with every plan's quota.",
            Example.Of<PricingComparison>(200, "Plans and rows.", """
                {
                  "plans": [{"code": "free", "name": "Free", "prices": []}],
                  "features": [{"feature_code": "cv_generate", "name": "CV Generation", "description": null,
                   "icon": null, "plans": {
                    "free": {"feature_code": "cv_generate", "monthly_quota": 2, "hard_cap": true, "display_quota": "2"}
                  }}]
                }
                """));

        void Map(string path, RequestDelegate answer, string summary, string details, Example example)
        {
            var hasCode = path.EndsWith("{code}", StringComparison.Ordinal);
            app.MapGet(path, answer)
                .RequireKey(Access.Public | Access.Secret | Access.CustomerToken | Access.Keyless, Scope.CatalogRead)
                .OfProduct(Product)
                .WithSeedErrors()
                .Describe(new(Tag, summary, details)
                {
                    Answers = [example],
                    Errors = hasCode ? [ErrorCode.PlanNotFound] : [],
                    Path = hasCode ? new() { ["code"] = "The plan's code." } : new Dictionary<string, string>(),
                });
        }
    }

    private static Task ListAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        return Answer.Json(
            context, StatusCodes.Status200OK, [.. CatalogDisplay.Offered(document).Select(plan => Of(plan, document))],
            WireJson.WithoutNulls.IReadOnlyListPricingPlan);
    }

    private static Task GetAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        var code = (string)context.Request.RouteValues["code"]!;
        return CatalogDisplay.Offered(document).FirstOrDefault(plan => plan.Code == code) is { } found
            ? Answer.Json(context, StatusCodes.Status200OK, Of(found, document), WireJson.WithoutNulls.PricingPlan)
            : Problems.WriteAsync(context, ErrorCode.PlanNotFound, $"Plan {code} not found");
    }

    private static Task FeaturesAsync(HttpContext context)
    {
        var features = Metered(context.Project().Catalog.Document)
            .Select(static f => new PricingFeature(f.Code, f.Name, f.Description, f.Icon));
        return Answer.Json(context, StatusCodes.Status200OK, [.. features], WireJson.WithoutNulls.IReadOnlyListPricingFeature);
    }

    private static Task CompareAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        var plans = CatalogDisplay.Offered(document).ToArray();
        var comparison = new PricingComparison(
            [.. plans.Select(static plan => new PricingComparedPlan(plan.Code, plan.Name, [.. plan.Prices.Select(Of)]))],
            [.. Metered(document).Select(feature => Row(feature, plans))]);
        return Answer.Json(context, StatusCodes.Status200OK, comparison, WireJson.WithoutNulls.PricingComparison);
    }

    private static PricingComparedFeature Row(Feature feature, Plan[] plans) => new(
        feature.Code,
        feature.Name,
        feature.Description,
        feature.Icon,
        plans
            .SelectMany(plan => plan.Entitlements.Where(e => e.Feature == feature.Code).Select(e => (plan.Code, Quota: Of(e))))
            .ToDictionary(static cell => cell.Code, static cell => cell.Quota, StringComparer.Ordinal));

    private static IEnumerable<Feature> Metered(CatalogDocument document) =>
        CatalogViews.InOrder(document).Where(static f => f.Kind == FeatureKind.Metered);

    private static PricingPlan Of(Plan plan, CatalogDocument document)
    {
        var metered = Metered(document).Select(static f => f.Code).ToHashSet(StringComparer.Ordinal);
        return new(
            plan.Code,
            plan.Name,
            plan.Description,
            plan.SortOrder,
            [.. plan.Prices.Select(Of)],
            [.. plan.Entitlements.Where(e => metered.Contains(e.Feature)).Select(Of)]);
    }

    private static PricingPrice Of(PlanPrice price) =>
        new(CatalogWords.Of(price.Interval), price.AmountMinor, price.Currency, price.TrialDays, CatalogDisplay.Price(price));

    private static PricingQuota Of(Entitlement entitlement) =>
        new(entitlement.Feature, entitlement.Quota?.Value, entitlement.HardCap, entitlement.Quota?.ToString() ?? "Unlimited");
}
