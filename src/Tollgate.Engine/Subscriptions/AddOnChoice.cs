using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;

namespace Tollgate.Engine.Subscriptions;

/// <summary>From codes and amounts to add-ons of the catalogue in force.</summary>
internal static class AddOnChoice
{
    /// <param name="terms">Plan, interval and currency that they must fit.</param>
    /// <returns>What is wrong with the first faulty one, for people; or the add-ons.</returns>
    public static (string? Faulty, IReadOnlyList<HeldAddOn> AddOns) Of(
        CatalogDocument catalog, SubscriptionTerms terms, IReadOnlyList<(string Code, long Quantity)> wanted)
    {
        var held = new List<HeldAddOn>();
        foreach (var (code, quantity) in wanted)
        {
            var addOn = catalog.AddOns.FirstOrDefault(one => one.Code == code);
            var known = terms.AddOns.FirstOrDefault(one => one.AddOn.Code == code);
            if (FaultOf(addOn, known, code, quantity, terms) is { } fault)
            {
                return (fault, []);
            }

            // Who has one keeps it as it was bought; the catalogue may have changed since.
            held.Add(known is null ? new(addOn!, quantity) : known with { Quantity = quantity });
        }

        return (null, held);
    }

    private static string? FaultOf(AddOn? addOn, HeldAddOn? known, string code, long quantity, SubscriptionTerms terms) => (known?.AddOn ?? addOn) switch
    {
        null => $"The catalogue has no add-on '{code}'.",
        { Active: false } when known is null => $"Add-on '{code}' is not offered any more.",
        var one when !one.FitsPlan(terms.Plan.Code) => $"Add-on '{code}' is not for plan '{terms.Plan.Code}'.",
        var one when one.PriceFor(terms.Interval, terms.Currency) is null => $"Add-on '{code}' is not sold {CatalogWords.Of(terms.Interval)} in {terms.Currency}.",
        { MaxQuantity: { } most } when quantity > most => $"At most {most} of add-on '{code}' can be had.",
        _ => null,
    };
}
