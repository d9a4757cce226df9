using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Catalog;

/// <summary>
/// Reports a name in a request that the project does not have, and suggests the nearest. A suggestion reveals nothing that the caller's key
/// may not read: the pricing page shows features and offered plans, retired plans need <c>catalog:read</c>, coupons <c>billing:read</c>.
/// </summary>
internal static class UnknownNames
{
    /// <summary>The number of coupons, the newest, that a code is compared with. A project may have one for each customer.</summary>
    private const int MostCoupons = 1_000;

    public static string Feature(PublishedCatalog catalog, string code) =>
        Spelling.UnknownOfFew("feature", code, [.. catalog.Features.Keys.Order(StringComparer.Ordinal)]) + WhyNone(catalog);

    public static Task WriteFeatureAsync(HttpContext context, string code, string param) =>
        Problems.WriteAsync(context, ErrorCode.FeatureNotFound, Feature(context.Project().Catalog, code), param);

    /// <summary>Returns the faults that the rules found, and names the feature in a fault of an unknown feature.</summary>
    public static IEnumerable<FieldFault> Named(PublishedCatalog catalog, IEnumerable<FieldFault> found, string feature) =>
        catalog.Features.ContainsKey(feature)
        ? found
        : found.Select(fault => fault.Field == "feature" ? fault with { Detail = Feature(catalog, feature) } : fault);

    public static string Plan(Caller caller, string code) =>
        Spelling.UnknownOfFew("plan", code, [.. PlansFor(caller)]) + WhyNone(caller.Project!.Catalog);

    /// <summary>Explains that a project without a catalogue has no features; empty if it has some.</summary>
    private static string WhyNone(PublishedCatalog catalog) =>
        catalog.Features.Count == 0
            ? " The project has no features yet: put a catalogue into force with PUT /v1/catalog, "
                + "or \"tollgate catalog apply catalog.yaml\"."
            : "";

    public static Task WritePlanAsync(HttpContext context, string code, string? param = null) =>
        Problems.WriteAsync(context, ErrorCode.PlanNotFound, Plan(context.Caller(), code), param);

    /// <summary>Null: the project has the coupon.</summary>
    public static async Task<string?> CouponAsync(HttpContext context, string code)
    {
        var (caller, coupons) = (context.Caller(), context.RequestServices.GetRequiredService<CouponQueries>());
        if (await coupons.FindAsync(context.Project(), code, context.RequestAborted) is not null)
        {
            return null;
        }

        var mayRead = IsOfProject(caller) && caller.Scopes.HasFlag(Scope.BillingRead);
        return Spelling.Unknown(
            "coupon", code, mayRead ? await coupons.CodesAsync(context.Project(), MostCoupons, context.RequestAborted) : []);
    }

    private static IEnumerable<string> PlansFor(Caller caller)
    {
        var catalog = caller.Project!.Catalog;
        return IsOfProject(caller) && caller.Scopes.HasFlag(Scope.CatalogRead)
            ? catalog.Plans.Keys.Order(StringComparer.Ordinal)
            : CatalogDisplay.Offered(catalog.Document).Select(static plan => plan.Code);
    }

    private static bool IsOfProject(Caller caller) => caller.Kind is KeyKind.Secret or KeyKind.Restricted or KeyKind.Admin;
}
