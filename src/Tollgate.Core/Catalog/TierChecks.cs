using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>The checks of a tiered price, for usage and for seats.</summary>
internal static class TierChecks
{
    public static void Check(TierMode mode, IReadOnlyList<PriceTier> tiers, string path, List<CatalogFault> faults)
    {
        CatalogRules.CheckCount(tiers.Count, CatalogLimits.Tiers, path, faults);
        var single = mode is TierMode.PerUnit or TierMode.Package;
        if (tiers.Count == 0 || (single && tiers.Count > 1))
        {
            faults.Add(new(path, $"{tiers.Count} tiers; {CatalogWords.Of(mode)} has {(single ? "exactly one" : "at least one")}."));
        }

        var below = Quantity.Zero;
        for (var i = 0; i < tiers.Count; i++)
        {
            var (tier, isLast) = (tiers[i], i == tiers.Count - 1);
            if (tier.Percent is null != mode is not TierMode.Percentage)
            {
                faults.Add(new($"{path}[{i}].percent", mode == TierMode.Percentage
                    ? "'percent' is missing: 2.5 for two and a half percent of the amount."
                    : $"'percent' belongs to mode percentage; {CatalogWords.Of(mode)} has a 'unit_price'."));
            }
            else if (tier.Percent is { } percent && !Percent.TryCreate(percent.Value, out _))
            {
                faults.Add(
                    new($"{path}[{i}].percent",
                        $"{percent}; a percentage lies between 0 and {Percent.Largest} and has at most {Percent.Scale} decimals."));
            }

            if (isLast != tier.UpTo is null)
            {
                faults.Add(
                    new($"{path}[{i}].up_to",
                        isLast ? "The last tier is open: leave 'up_to' out." : "Only the last tier is open: say 'up_to'."));
            }
            else if (tier.UpTo is { } upTo && upTo <= below)
            {
                faults.Add(new($"{path}[{i}].up_to", $"Tiers ascend: {upTo} is not more than {below}."));
            }

            below = tier.UpTo ?? below;
        }
    }
}
