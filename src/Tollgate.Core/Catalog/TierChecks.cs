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
                    : $"'percent' is only for mode percentage; mode {CatalogWords.Of(mode)} needs 'unit_price'."));
            }
            else if (tier.Percent is { } percent && !Percent.TryCreate(percent.Value, out _))
            {
                faults.Add(
                    new($"{path}[{i}].percent",
                        $"{percent}; a percentage from 0 to {Percent.Largest} with at most {Percent.Scale} decimals is expected."));
            }

            if (isLast != tier.UpTo is null)
            {
                faults.Add(
                    new($"{path}[{i}].up_to",
                        isLast ? "The last tier has no upper bound: leave 'up_to' out." : "Only the last tier can leave 'up_to' out."));
            }
            else if (tier.UpTo is { } upTo && upTo <= below)
            {
                faults.Add(new($"{path}[{i}].up_to", $"Tiers must be in ascending order: {upTo} is not more than {below}."));
            }

            below = tier.UpTo ?? below;
        }
    }
}
