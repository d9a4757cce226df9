using System.Text.RegularExpressions;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>The checks of a catalogue before its publication. They report all faults at once and never throw.</summary>
public static partial class CatalogRules
{
    public static IReadOnlyList<CatalogFault> Check(CatalogDocument document)
    {
        var faults = new List<CatalogFault>();
        CheckHead(document, faults);
        CheckFeatures(document, faults);
        CheckPlans(document, faults);
        AddOnChecks.Check(document, faults);
        PricingPageChecks.Check(document.PricingPage, faults);
        return faults;
    }

    /// <summary>
    /// Returns the forbidden changes of <paramref name="document"/>, compared with all earlier features of the project that have its codes.
    /// </summary>
    public static IReadOnlyList<CatalogFault> CheckChanges(IReadOnlyDictionary<string, Feature> known, CatalogDocument document) =>
        [.. MeterChecks.Changed(known, document)];

    private static void CheckHead(CatalogDocument document, List<CatalogFault> faults)
    {
        CheckCode(document.Code, "code", faults);
        CheckText(document.Name, "name", CatalogLimits.ShortText, faults);
        CheckCurrency(document.Currency, "currency", faults);
        if (!TimeZones.TryFind(document.TimeZone, out _))
        {
            faults.Add(new("time_zone", TimeZones.Unknown(document.TimeZone)));
        }

        if (document.UpgradeUrl.Length > CatalogLimits.Url || !UpgradeUrl().IsMatch(document.UpgradeUrl))
        {
            faults.Add(
                new("upgrade_url",
                    $"'upgrade_url' must be a path (/pricing) or an http(s) URL without spaces, of at most {CatalogLimits.Url} "
                        + "characters."));
        }

        CheckCount(document.Features.Count, CatalogLimits.Features, "features", faults);
        CheckCount(document.Plans.Count, CatalogLimits.Plans, "plans", faults);
        if (document.Plans.Count == 0)
        {
            faults.Add(new("plans", "A catalogue needs at least one plan, for customers without a subscription."));
        }
        else if (document.Plans.All(plan => plan.Code != document.DefaultPlan))
        {
            faults.Add(
                new("default_plan",
                    $"There is no plan '{document.DefaultPlan}'.{CatalogFault.Guess(faults, document.DefaultPlan, document.Plans.Select(static one => one.Code))} Plans: {string.Join(", ", document.Plans.Select(static p => p.Code))}."));
        }
    }

    private static void CheckFeatures(CatalogDocument document, List<CatalogFault> faults)
    {
        CheckUnique(document.Features.Select(static f => f.Code), index => $"features[{index}].code", "feature", faults);
        for (var i = 0; i < document.Features.Count; i++)
        {
            CheckFeature(document.Features[i], $"features[{i}]", faults);
        }

        foreach (var (type, count) in document.Features.SelectMany(static one => one.Meters).CountBy(static meter => meter.EventType)
            .Where(static pair => pair.Value > CatalogLimits.MetersOfType))
        {
            faults.Add(
                new("features",
                    $"{count} meters read events of the type '{type}'; at most {CatalogLimits.MetersOfType} are allowed, because each "
                        + "event changes as many balances."));
        }
    }

    private static void CheckFeature(Feature feature, string path, List<CatalogFault> faults)
    {
        CheckNamed(feature.Code, feature.Name, feature.Description, feature.TaxCategory, path, faults);
        CheckOptionalText(feature.Icon, $"{path}.icon", CatalogLimits.ShortText, faults);
        CheckOptionalText(feature.Unit, $"{path}.unit", CatalogLimits.ShortText, faults);
        if (feature.IsMoney && (feature.Kind != FeatureKind.Metered || !Currency.TryFind(feature.Unit, out _)))
        {
            faults.Add(new($"{path}.money", "A feature with money: true must be metered and have a currency code such as USD as its "
                + "'unit'."));
        }

        MeterChecks.Check(feature, path, faults);
    }

    private static void CheckPlans(CatalogDocument document, List<CatalogFault> faults)
    {
        CheckUnique(document.Plans.Select(static p => p.Code), index => $"plans[{index}].code", "plan", faults);
        var highlighted = 0;
        for (var i = 0; i < document.Plans.Count; i++)
        {
            var plan = document.Plans[i];
            CheckPlan(plan, $"plans[{i}]", document, faults);
            if (plan is { Highlighted: true, Active: true } && ++highlighted > 1)
            {
                faults.Add(new($"plans[{i}].highlighted", "Another plan is already highlighted; at most one is allowed."));
            }
        }
    }

    private static void CheckPlan(Plan plan, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        CheckNamed(plan.Code, plan.Name, plan.Description, plan.TaxCategory, path, faults);
        if (plan.Code == "compare")
        {
            faults.Add(new($"{path}.code", "A plan cannot have the code 'compare', because /v1/plans/compare compares plans."));
        }

        CheckOptionalText(plan.Tagline, $"{path}.tagline", CatalogLimits.ShortText, faults);
        CheckOptionalText(plan.Icon, $"{path}.icon", CatalogLimits.ShortText, faults);
        CheckCount(plan.Bullets.Count, CatalogLimits.Bullets, $"{path}.bullets", faults);
        for (var i = 0; i < plan.Bullets.Count; i++)
        {
            CheckText(plan.Bullets[i], $"{path}.bullets[{i}]", CatalogLimits.ShortText, faults);
        }

        CheckCount(plan.Prices.Count, CatalogLimits.Prices, $"{path}.prices", faults);
        CheckUnique(
            plan.Prices.Select(static p => $"{CatalogWords.Of(p.Interval)} price in {p.Currency}"), index => $"{path}.prices[{index}]", "",
            faults);
        for (var i = 0; i < plan.Prices.Count; i++)
        {
            CheckPrice(plan.Prices[i], $"{path}.prices[{i}]", faults);
        }

        CheckUnique(plan.Entitlements.Select(static e => e.Feature), index => $"{path}.entitlements[{index}].feature", "feature", faults);
        for (var i = 0; i < plan.Entitlements.Count; i++)
        {
            CheckEntitlement(plan, plan.Entitlements[i], $"{path}.entitlements[{i}]", document, faults);
        }
    }

    private static void CheckPrice(PlanPrice price, string path, List<CatalogFault> faults)
    {
        CheckCurrency(price.Currency, $"{path}.currency", faults);
        if (price.AmountMinor is < 0 or > CatalogLimits.PriceMinor)
        {
            faults.Add(
                new($"{path}.amount", $"An amount of {price.AmountMinor} minor units; 0 to {CatalogLimits.PriceMinor} is allowed."));
        }

        if (price.TrialDays is < 0 or > CatalogLimits.TrialDays)
        {
            faults.Add(new($"{path}.trial_days", $"{price.TrialDays} trial days; 0 to {CatalogLimits.TrialDays} are allowed."));
        }

        CheckDiscount(price.Discount, price.AmountMinor, 0, $"{path}.discount", faults);

        if (price.MinimumMinor is { } minimum && (minimum <= price.AmountMinor || minimum > CatalogLimits.PriceMinor))
        {
            faults.Add(new(
                $"{path}.minimum",
                $"A minimum of {minimum} minor units; it must be more than the amount of {price.AmountMinor}, and at most "
                    + $"{CatalogLimits.PriceMinor}."));
        }

        if (price.Seats is { } seats)
        {
            CheckSeats(seats, $"{path}.seats", faults);
        }
    }

    private static void CheckSeats(SeatPrice seats, string path, List<CatalogFault> faults)
    {
        if (seats.Included is < 0 or > CatalogLimits.Seats)
        {
            faults.Add(new($"{path}.included", $"{seats.Included} included seats; 0 to {CatalogLimits.Seats} are allowed."));
        }

        if (seats.Mode is TierMode.Package or TierMode.Percentage)
        {
            faults.Add(new($"{path}.mode", "The mode of seats must be per_unit, graduated or volume."));
            return;
        }

        TierChecks.Check(seats.Mode, seats.Tiers, $"{path}.tiers", faults);
    }

    private static void CheckEntitlement(
        Plan plan, Entitlement entitlement, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        var feature = document.Features.FirstOrDefault(f => f.Code == entitlement.Feature);
        if (feature is null)
        {
            faults.Add(
                new($"{path}.feature",
                    $"The catalogue has no feature '{entitlement.Feature}'.{CatalogFault.Guess(faults, entitlement.Feature, document.Features.Select(static one => one.Code))}"));
            return;
        }

        EntitlementChecks.Check(entitlement, path, feature, document, faults);
        CheckCurrencies(plan, entitlement, $"{path}.overage_price", faults);
        if (entitlement.Pool is { } pool
            && document.Features.Any(f => f.Code == pool.Feature)
            && plan.Entitlements.All(other => other.Feature != pool.Feature))
        {
            faults.Add(
                new($"{path}.pool.feature",
                    $"Plan '{plan.Code}' does not have the credit feature '{pool.Feature}'. Add it with its quota, or with 0 if customers "
                        + "only buy packs."));
        }
    }

    /// <summary>
    /// Requires prices in all currencies of the plan: overage with a price in one currency only would be free for customers who pay in
    /// another.
    /// </summary>
    private static void CheckCurrencies(Plan plan, Entitlement entitlement, string path, List<CatalogFault> faults)
    {
        var missing = plan.Prices.Select(static price => price.Currency).Distinct()
            .Except(entitlement.OveragePrices.Select(static price => price.Currency)).ToArray();
        if (entitlement.OveragePrices.Count > 0 && missing.Length > 0)
        {
            faults.Add(new(
                path,
                $"Plan '{plan.Code}' is also sold in {string.Join(" and ", missing)}, where overage of '{entitlement.Feature}' has no "
                    + "price and would be free. List a price for each currency."));
        }
    }

    /// <param name="left">The minor units that must remain of the price.</param>
    internal static void CheckDiscount(LineDiscount? discount, long price, long left, string path, List<CatalogFault> faults)
    {
        if (discount is not null && !discount.Fits(price, left))
        {
            faults.Add(new(
                path,
                $"{discount.Percent?.ToString() ?? $"{discount.AmountMinor} minor units"} off a price of {price}; "
                    + $"a discount must be 0 to 100 percent or an amount, and leave at least {left}."));
        }
    }


    internal static void CheckCurrency(string code, string path, List<CatalogFault> faults)
    {
        if (!Currency.TryFind(code, out _))
        {
            faults.Add(new(path, Currency.Unknown(code)));
        }
    }

    /// <summary>Checks the members that all listed parts of a catalogue share.</summary>
    internal static void CheckNamed(
        string code, string name, string? description, string? taxCategory, string path, List<CatalogFault> faults)
    {
        CheckCode(code, $"{path}.code", faults);
        if (taxCategory is not null)
        {
            CheckCode(taxCategory, $"{path}.tax_category", faults);
        }

        CheckText(name, $"{path}.name", CatalogLimits.ShortText, faults);
        CheckOptionalText(description, $"{path}.description", CatalogLimits.LongText, faults);
    }

    internal static void CheckCount(int count, int most, string path, List<CatalogFault> faults)
    {
        if (count > most)
        {
            faults.Add(new(path, $"{count} entries; at most {most} are allowed."));
        }
    }

    internal static void CheckOptionalText(string? text, string path, int longest, List<CatalogFault> faults)
    {
        if (text is not null)
        {
            CheckText(text, path, longest, faults);
        }
    }

    internal static void CheckText(string text, string path, int longest, List<CatalogFault> faults)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            faults.Add(new(path, "This text is empty."));
        }
        else if (text.Length > longest)
        {
            faults.Add(new(path, $"{text.Length} characters; at most {longest} are allowed."));
        }
        else if (text.Any(static c => (char.IsControl(c) && c is not ('\n' or '\t')) || c == '\uFFFD') || HasLoneSurrogate(text))
        {
            faults.Add(new(path, "The text contains control characters or unpaired surrogates."));
        }
    }

    internal static bool IsEventType(string text) => EventType().IsMatch(text);

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return true;
                }

                i++;
            }
        }

        return false;
    }

    private static void CheckCode(string code, string path, List<CatalogFault> faults)
    {
        if (!Code().IsMatch(code))
        {
            faults.Add(
                new(path, $"'{code}' is not a valid code: use up to 63 lower-case letters, digits, _ and -, beginning with a letter."));
        }
    }

    internal static void CheckUnique(IEnumerable<string> names, Func<int, string> path, string kind, List<CatalogFault> faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var name in names)
        {
            if (!seen.Add(name))
            {
                faults.Add(new(path(index), $"The {kind} '{name}' occurs twice.".Replace("  ", " ", StringComparison.Ordinal)));
            }

            index++;
        }
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Code();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,126}\z", RegexOptions.CultureInvariant)]
    private static partial Regex EventType();

    [GeneratedRegex(@"^(/|https?://)[^\s""<>\\^`]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex UpgradeUrl();
}
