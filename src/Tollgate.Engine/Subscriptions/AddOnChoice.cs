using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;

namespace Tollgate.Engine.Subscriptions;

/// <summary>Converts codes and quantities to add-ons of the catalogue in force.</summary>
internal static class AddOnChoice
{
    /// <param name="terms">The plan, interval and currency that the add-ons must fit.</param>
    /// <returns>The error of the first faulty one, for operators; or the add-ons.</returns>
    public static (string? Faulty, IReadOnlyList<HeldAddOn> AddOns) Of(
        CatalogDocument catalog, SubscriptionTerms terms, IReadOnlyList<(string Code, long Quantity)> wanted)
    {
        var held = new List<HeldAddOn>();
        foreach (var (code, quantity) in wanted)
        {
            var addOn = catalog.AddOns.FirstOrDefault(one => one.Code == code);
            var known = terms.AddOns.FirstOrDefault(one => one.AddOn.Code == code);
            if ((known?.AddOn ?? addOn) is not { } chosen)
            {
                // Suggestions show only add-ons that are still offered, because everybody may read them.
                return (Spelling.Unknown("add-on", code, catalog.AddOns.Where(static one => one.Active).Select(static one => one.Code)),
                    []);
            }

            if (FaultOf(chosen, known, quantity, terms) is { } fault)
            {
                return (fault, []);
            }

            // A customer keeps an add-on as bought; the catalogue may have changed since.
            held.Add(known is null ? new(addOn!, quantity) : known with { Quantity = quantity });
        }

        return (null, held);
    }

    private static string? FaultOf(AddOn addOn, HeldAddOn? known, long quantity, SubscriptionTerms terms) => addOn switch
    {
        { Active: false } when known is null => $"Add-on '{addOn.Code}' is no longer offered.",
        _ when !addOn.FitsPlan(terms.Plan.Code) => $"Add-on '{addOn.Code}' is not for plan '{terms.Plan.Code}'.",
        _ when addOn.PriceFor(terms.Interval, terms.Currency) is null =>
            $"Add-on '{addOn.Code}' is not sold {CatalogWords.Of(terms.Interval)} in {terms.Currency}.",
        { MaxQuantity: { } most } when quantity > most => $"At most {most} of add-on '{addOn.Code}' are possible.",
        _ => null,
    };
}
