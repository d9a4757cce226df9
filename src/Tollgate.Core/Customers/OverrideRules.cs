using Tollgate.Core.Catalog;

namespace Tollgate.Core.Customers;

/// <summary>The validation of a customer's overrides: the plan with the overrides must be a plan that the catalogue would accept.</summary>
public static class OverrideRules
{
    /// <summary>Returns every fault at once, with paths that begin with the feature's code.</summary>
    public static IReadOnlyList<FieldFault> FaultsOf(CatalogDocument catalog, Plan plan, IEnumerable<EntitlementOverride> changes)
    {
        var faults = new List<FieldFault>();
        var fitting = new List<EntitlementOverride>();
        foreach (var change in changes)
        {
            var feature = catalog.Features.FirstOrDefault(f => f.Code == change.Feature);
            if (feature is null)
            {
                faults.Add(new(change.Feature, "names no feature of the catalogue."));
                continue;
            }

            var misfits = EntitlementRules.Misfits(feature.Kind, change).ToList();
            faults.AddRange(misfits.Select(misfit => new FieldFault($"{change.Feature}.{misfit.Member}", misfit.Message)));
            if (misfits.Count == 0)
            {
                fitting.Add(change);
            }
        }

        faults.AddRange(fitting.SelectMany(change => FaultsOfResult(catalog, plan, change)));
        return faults;
    }

    /// <summary>
    /// Puts only the changed entitlement into a plan and applies the catalogue's own rules. The plan has no prices: the customer has one
    /// currency, and needs no overage price in the plan's other currencies.
    /// </summary>
    private static IEnumerable<FieldFault> FaultsOfResult(CatalogDocument catalog, Plan plan, EntitlementOverride change)
    {
        var before = plan.Entitlements.FirstOrDefault(entitlement => entitlement.Feature == change.Feature);
        var after = plan with { Prices = [], Entitlements = [EntitlementRules.Apply(before, change)] };
        const string place = "plans[0].entitlements[0]";
        return CatalogRules.Check(catalog with { Plans = [after], DefaultPlan = after.Code })
            .Where(fault => fault.Path.StartsWith(place, StringComparison.Ordinal))
            .Select(fault => new FieldFault(change.Feature + fault.Path[place.Length..], fault.Message));
    }
}
