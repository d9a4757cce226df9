using System.Globalization;
using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>The English texts of a catalogue for readers. The pricing page and the doors show them.</summary>
public static class CatalogDisplay
{
    /// <summary>Returns the offered plans in their order.</summary>
    public static IEnumerable<Plan> Offered(CatalogDocument document) =>
        document.Plans.Where(static plan => plan.Active).OrderBy(static plan => plan.SortOrder)
            .ThenBy(static plan => plan.Code, StringComparer.Ordinal);

    public static string Price(PlanPrice price) => new MoneyAmount(price.AmountMinor, Currency.Of(price.Currency)).Display();

    /// <summary>
    /// Returns <c>30</c>, <c>10,000</c>, <c>$150</c> for a budget, <c>Unlimited</c>, <c>Included</c>, <c>Not included</c>, or the value.
    /// </summary>
    public static string Entitlement(Feature feature, Entitlement entitlement) => feature.Kind switch
    {
        FeatureKind.Switch => entitlement.Enabled ? "Included" : "Not included",
        FeatureKind.Value => entitlement.Value ?? "Unlimited",
        _ => entitlement.Quota is { } quota ? Amount(feature, quota) : "Unlimited",
    };

    private static string Amount(Feature feature, Quantity quota)
    {
        var number = quota.Value.ToString("#,0.#########", CultureInfo.InvariantCulture);
        return feature switch
        {
            { IsMoney: true, Unit: "USD" } => "$" + number,
            { IsMoney: true } => $"{feature.Unit} {number}",
            _ => number,
        };
    }
}
