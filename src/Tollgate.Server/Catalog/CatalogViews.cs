using Tollgate.Contracts.Catalog;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Billing;

namespace Tollgate.Server.Catalog;

/// <summary>Converts the catalogue in force to the bodies of the API.</summary>
internal static class CatalogViews
{
    public static PlanView Of(Plan plan, PublishedCatalog catalog) => new(
        plan.Code,
        plan.Name,
        plan.Tagline,
        plan.Description,
        plan.Bullets,
        plan.Icon,
        plan.Highlighted,
        plan.SortOrder,
        plan.Active,
        plan.Code == catalog.Document.DefaultPlan,
        catalog.Plans[plan.Code].Number,
        [.. plan.Prices.Select(Of)],
        [.. plan.Entitlements.Select(entitlement => Of(entitlement, catalog.Features[entitlement.Feature].Feature))])
    {
        AddOns = OrNull(
            [.. catalog.Document.AddOns.Where(addOn => addOn.Active && addOn.FitsPlan(plan.Code)).Select(addOn => Of(addOn, catalog))]),
        Packs = OrNull([.. catalog.Document.Packs.Where(pack => pack.Active && pack.FitsPlan(plan.Code)).Select(Of)]),
    };

    public static PriceView Of(PlanPrice price) =>
        new(CatalogWords.Of(price.Interval), price.Currency, price.AmountMinor, price.TrialDays, CatalogDisplay.Price(price))
        {
            Seats = price.Seats is { } seats
                ? new(seats.Included, CatalogWords.Of(seats.Mode), CatalogWords.Of(seats.FirstFlatFee), [.. seats.Tiers.Select(Of)],
                    seats.Discount?.Value)
                : null,
            Discounted = Of(price.Discount, price.AmountMinor, price.Currency),
            Minimum = price.MinimumMinor,
        };

    private static AddOnView Of(AddOn addOn, PublishedCatalog catalog) => new(
        addOn.Code,
        addOn.Name,
        addOn.Description,
        addOn.MaxQuantity,
        [.. addOn.Prices.Select(static price =>
            Of(new PlanPrice(price.Interval, price.Currency, price.AmountMinor, TrialDays: 0) { Discount = price.Discount }))],
        [
            .. addOn.Entitlements.Select(given => catalog.Features[given.Feature].Feature.Kind == FeatureKind.Switch
                ? new AddOnEntitlementView(given.Feature) { Enabled = given.Enabled }
                : new AddOnEntitlementView(given.Feature) { Quota = given.Quota?.Value }),
        ]);

    private static PackView Of(CreditPack pack) => new(
        pack.Code,
        pack.Name,
        pack.Description,
        pack.Feature,
        pack.Quantity.Value,
        pack.ExpiresAfterDays,
        [
            .. pack.Prices.Select(static price =>
                new PackPriceView(price.Currency, price.AmountMinor, price.Listed.Display())
                {
                    Discounted = Of(price.Discount, price.AmountMinor, price.Currency),
                }),
        ]);

    public static OveragePriceView Of(OveragePrice price) => new(
        CatalogWords.Of(price.Mode), price.Currency, CatalogWords.Of(price.FirstFlatFee), price.PackageSize?.Value,
        [.. price.Tiers.Select(Of)], price.Discount?.Value);

    private static DiscountedView? Of(LineDiscount? discount, long minor, string code)
    {
        if (discount is null)
        {
            return null;
        }

        var due = discount.Of(new(minor, Currency.Of(code))).Rounded();
        return new(discount.Percent?.Value, discount.AmountMinor, due.Minor, due.Display());
    }

    private static TierView Of(PriceTier tier) => new(
        tier.UpTo?.Value, tier.Percent is null ? tier.UnitPrice.ToString() : null, tier.FlatFee?.ToString(), tier.Percent?.Value);

    private static IReadOnlyList<T>? OrNull<T>(IReadOnlyList<T> list) => list.Count == 0 ? null : list;

    public static PlanEntitlementView Of(Entitlement entitlement, Feature feature)
    {
        var view = new PlanEntitlementView(
            feature.Code, feature.Name, CatalogWords.Of(feature.Kind), CatalogDisplay.Entitlement(feature, entitlement));
        return feature.Kind switch
        {
            FeatureKind.Switch => view with { Enabled = entitlement.Enabled },
            FeatureKind.Value => view with { Value = entitlement.Value, Unlimited = entitlement.Value is null },
            _ => view with
            {
                Quota = entitlement.Quota?.Value,
                Unlimited = entitlement.Quota is null,
                Period = CatalogWords.Of(entitlement.Period),
                HardCap = entitlement.HardCap,
                OverageLimit = entitlement.OverageLimit?.Value,
                OveragePrices = OrNull([.. entitlement.OveragePrices.Select(Of)]),
            },
        };
    }

    public static FeatureView Of(Feature feature) => new(
        feature.Code,
        feature.Name,
        CatalogWords.Of(feature.Kind),
        feature.Description,
        feature.Icon,
        feature.Unit,
        feature.IsMoney,
        feature.SortOrder);

    public static PlanComparison Compare(CatalogDocument document)
    {
        var plans = CatalogDisplay.Offered(document).ToArray();
        return new(
            [.. plans.Select(static plan =>
                new ComparedPlan(plan.Code, plan.Name, plan.Tagline, plan.Highlighted, [.. plan.Prices.Select(Of)]))],
            [.. InOrder(document).Select(feature => Compare(feature, plans)).Where(static row => row.Plans.Count > 0)]);
    }

    public static IEnumerable<Feature> InOrder(CatalogDocument document) =>
        document.Features.OrderBy(static f => f.SortOrder).ThenBy(static f => f.Code, StringComparer.Ordinal);

    public static MrrChangeView Of(RevenueChange revenue) =>
        new(revenue.Before.Currency.Code, revenue.Before.Minor, revenue.After.Minor, revenue.After.Minor - revenue.Before.Minor);

    public static CatalogChangeView Of(CatalogChange change) =>
        new(CatalogWords.Of(change.Kind), change.Subject, change.Member, change.From, change.To, change.ToString());

    private static ComparedFeature Compare(Feature feature, Plan[] plans) => new(
        feature.Code,
        feature.Name,
        feature.Description,
        feature.Icon,
        feature.Unit,
        plans
            .Select(plan => (plan.Code, Entitlement: plan.Entitlements.FirstOrDefault(e => e.Feature == feature.Code)))
            .Where(static cell => cell.Entitlement is not null)
            .ToDictionary(static cell => cell.Code, cell => Of(cell.Entitlement!, feature), StringComparer.Ordinal));
}
