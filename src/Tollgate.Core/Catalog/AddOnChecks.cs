namespace Tollgate.Core.Catalog;

/// <summary>The checks of add-ons and credit packs.</summary>
internal static class AddOnChecks
{
    public static void Check(CatalogDocument document, List<CatalogFault> faults)
    {
        CatalogRules.CheckCount(document.AddOns.Count, CatalogLimits.AddOns, "add_ons", faults);
        CatalogRules.CheckUnique(document.AddOns.Select(static a => a.Code), index => $"add_ons[{index}].code", "add-on", faults);
        for (var i = 0; i < document.AddOns.Count; i++)
        {
            CheckAddOn(document.AddOns[i], $"add_ons[{i}]", document, faults);
        }

        CatalogRules.CheckCount(document.Packs.Count, CatalogLimits.Packs, "packs", faults);
        CatalogRules.CheckUnique(document.Packs.Select(static p => p.Code), index => $"packs[{index}].code", "pack", faults);
        for (var i = 0; i < document.Packs.Count; i++)
        {
            CheckPack(document.Packs[i], $"packs[{i}]", document, faults);
        }
    }

    private static void CheckAddOn(AddOn addOn, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        CatalogRules.CheckNamed(addOn.Code, addOn.Name, addOn.Description, addOn.TaxCategory, path, faults);
        CheckPrices(addOn.Prices.Count, path, faults);
        CatalogRules.CheckUnique(
            addOn.Prices.Select(static p => $"{CatalogWords.Of(p.Interval)} price in {p.Currency}"), index => $"{path}.prices[{index}]", "",
            faults);
        for (var i = 0; i < addOn.Prices.Count; i++)
        {
            CheckPrice(addOn.Prices[i].Currency, addOn.Prices[i].AmountMinor, 0, $"{path}.prices[{i}]", faults);
            CatalogRules.CheckDiscount(addOn.Prices[i].Discount, addOn.Prices[i].AmountMinor, 0, $"{path}.prices[{i}].discount", faults);
        }

        CatalogRules.CheckUnique(
            addOn.Entitlements.Select(static e => e.Feature), index => $"{path}.entitlements[{index}].feature", "feature", faults);
        for (var i = 0; i < addOn.Entitlements.Count; i++)
        {
            CheckEntitlement(addOn.Entitlements[i], $"{path}.entitlements[{i}]", document, faults);
        }

        CheckScope(addOn.Plans, $"{path}.plans", document, plan => CanBeSold(addOn, plan)
            ? null
            : $"The add-on has no price with an interval and currency of plan '{plan.Code}'.", faults);
        if (addOn.MaxQuantity is < 1 or > CatalogLimits.AddOnQuantity)
        {
            faults.Add(
                new($"{path}.max_quantity",
                    $"'max_quantity' is {addOn.MaxQuantity}; 1 to {CatalogLimits.AddOnQuantity} is allowed."));
        }
    }

    /// <summary>
    /// True if the plan and the add-on share a price. The terms of a plan without prices are agreed manually, and so are those of its
    /// add-ons.
    /// </summary>
    private static bool CanBeSold(AddOn addOn, Plan plan) =>
        plan.Prices.Count == 0
            || plan.Prices.Any(price => addOn.Prices.Any(own => own.Interval == price.Interval && own.Currency == price.Currency));

    private static void CheckEntitlement(AddOnEntitlement added, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        var feature = document.Features.FirstOrDefault(f => f.Code == added.Feature);
        (string Member, string Message)? fault = feature switch
        {
            null => ("feature",
                "The catalogue has no feature "
                    + $"'{added.Feature}'.{CatalogFault.Guess(faults, added.Feature, document.Features.Select(static one => one.Code))}"),
            { Kind: FeatureKind.Value } =>
                ("feature", $"'{added.Feature}' is a value feature; an add-on adds units of a metered feature or turns a switch on."),
            { Kind: FeatureKind.Metered } when added.Enabled || added.Quota is { IsPositive: false } =>
                ("quota", $"'quota' of '{added.Feature}' must be more than 0 (the units that one add-on adds) or unlimited."),
            { Kind: FeatureKind.Switch } when !added.Enabled =>
                ("enabled", $"'{added.Feature}' is a switch feature; an add-on turns it on: enabled: true."),
            _ => null,
        };
        if (fault is { } found)
        {
            faults.Add(new($"{path}.{found.Member}", found.Message));
        }
    }

    private static void CheckPack(CreditPack pack, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        CatalogRules.CheckNamed(pack.Code, pack.Name, pack.Description, pack.TaxCategory, path, faults);
        var feature = document.Features.FirstOrDefault(f => f.Code == pack.Feature);
        if (feature is null or { Kind: not FeatureKind.Metered })
        {
            faults.Add(new($"{path}.feature", feature is null
                ? "The catalogue has no feature "
                    + $"'{pack.Feature}'.{CatalogFault.Guess(faults, pack.Feature, document.Features.Select(static one => one.Code))}"
                : $"'{pack.Feature}' is a {CatalogWords.Of(feature.Kind)} feature; a pack needs a metered feature."));
        }

        if (feature is { IsLevel: true })
        {
            faults.Add(new($"{path}.feature", $"'{pack.Feature}' is a level, so its units cannot be sold in packs. Use an add-on to raise "
                + "its quota."));
        }

        if (!pack.Quantity.IsPositive)
        {
            faults.Add(new($"{path}.quantity", $"'quantity' is {pack.Quantity}; it must be more than 0."));
        }

        CheckPrices(pack.Prices.Count, path, faults);
        CatalogRules.CheckUnique(pack.Prices.Select(static p => $"price in {p.Currency}"), index => $"{path}.prices[{index}]", "", faults);
        for (var i = 0; i < pack.Prices.Count; i++)
        {
            CheckPrice(pack.Prices[i].Currency, pack.Prices[i].AmountMinor, 1, $"{path}.prices[{i}]", faults);
            CatalogRules.CheckDiscount(pack.Prices[i].Discount, pack.Prices[i].AmountMinor, 1, $"{path}.prices[{i}].discount", faults);
        }

        if (pack.ExpiresAfterDays is < 1 or > CatalogLimits.PackDays)
        {
            faults.Add(
                new($"{path}.expires_after_days",
                    $"{pack.ExpiresAfterDays} days; 1 to {CatalogLimits.PackDays} are allowed. Leave it out for units that never expire."));
        }

        if (pack.Priority is < 0 or > CatalogLimits.PackPriority)
        {
            faults.Add(new($"{path}.priority", $"'priority' is {pack.Priority}; 0 to {CatalogLimits.PackPriority} is allowed."));
        }

        CheckScope(pack.Plans, $"{path}.plans", document, static _ => null, faults);
    }

    private static void CheckPrices(int count, string path, List<CatalogFault> faults)
    {
        CatalogRules.CheckCount(count, CatalogLimits.Prices, $"{path}.prices", faults);
        if (count == 0)
        {
            faults.Add(new($"{path}.prices", "At least one price is required."));
        }
    }

    private static void CheckPrice(string currency, long minor, long least, string path, List<CatalogFault> faults)
    {
        CatalogRules.CheckCurrency(currency, $"{path}.currency", faults);
        if (minor < least || minor > CatalogLimits.PriceMinor)
        {
            faults.Add(new($"{path}.amount", $"An amount of {minor} minor units; {least} to {CatalogLimits.PriceMinor} is allowed."));
        }
    }

    private static void CheckScope(
        IReadOnlyList<string>? plans, string path, CatalogDocument document, Func<Plan, string?> misfit, List<CatalogFault> faults)
    {
        if (plans is null)
        {
            return;
        }

        if (plans.Count == 0)
        {
            faults.Add(new(path, "An empty list allows no plan. To allow all plans, leave 'plans' out."));
        }

        CatalogRules.CheckUnique(plans, index => $"{path}[{index}]", "plan", faults);
        for (var i = 0; i < plans.Count; i++)
        {
            var plan = document.Plans.FirstOrDefault(p => p.Code == plans[i]);
            if ((plan is null
                ? $"There is no plan '{plans[i]}'.{CatalogFault.Guess(faults, plans[i], document.Plans.Select(static one => one.Code))}"
                : misfit(plan)) is { } message)
            {
                faults.Add(new($"{path}[{i}]", message));
            }
        }
    }
}
