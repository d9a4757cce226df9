using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>What a price by tiers must satisfy, for usage and for seats.</summary>
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
            if (isLast != tier.UpTo is null)
            {
                faults.Add(new($"{path}[{i}].up_to", isLast ? "The last tier is open: leave 'up_to' out." : "Only the last tier is open: say 'up_to'."));
            }
            else if (tier.UpTo is { } upTo && upTo <= below)
            {
                faults.Add(new($"{path}[{i}].up_to", $"Tiers ascend: {upTo} is not more than {below}."));
            }

            below = tier.UpTo ?? below;
        }
    }
}
