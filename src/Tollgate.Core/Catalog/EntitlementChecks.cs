using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>The checks of one entitlement, in a plan or as a customer's override.</summary>
internal static class EntitlementChecks
{
    public static void Check(Entitlement entitlement, string path, Feature feature, CatalogDocument document, List<CatalogFault> faults)
    {
        if (feature.Kind != FeatureKind.Metered)
        {
            CheckUnmetered(entitlement, path, feature, faults);
            return;
        }

        if (entitlement.Quota is { IsNegative: true })
        {
            faults.Add(new($"{path}.quota", $"A quota of {entitlement.Quota}; write unlimited for no bound, 0 for disabled."));
        }

        CheckOverage(entitlement, path, feature, faults);
        CheckRollover(entitlement, path, faults);
        CheckRateLimits(entitlement, path, faults);
        CheckPool(entitlement, path, document, faults);
        CheckThresholds(entitlement, path, faults);
        CheckTimed(entitlement, path, feature, faults);
        if (feature.IsLevel && (entitlement.Pool is not null || entitlement.Rollover is not null))
        {
            var member = entitlement.Pool is not null ? "pool" : "rollover";
            faults.Add(
                new($"{path}.{member}",
                    $"'{feature.Code}' is a level (its meter is {CatalogWords.Of(feature.Meters[0].Aggregate)}): it may fall again, "
                        + "so it burns no credits and leaves nothing to roll over."));
        }
    }

    /// <summary>Time alone uses a level that it weighs, and no cap can refuse time.</summary>
    private static void CheckTimed(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (!feature.WeighsTime)
        {
            return;
        }

        var what = $"'{feature.Code}' is weighed by time (its meter is {CatalogWords.Of(feature.Meters[0].Aggregate)})";
        if (entitlement.Period != QuotaPeriodKind.BillingMonth)
        {
            faults.Add(new($"{path}.period", $"{what}: a unit of it is one that is there for a month, so its period is billing_month."));
        }

        if (entitlement is { HardCap: true, Quota: not null })
        {
            faults.Add(new($"{path}.hard_cap", $"{what}: it grows while nobody does anything, so no cap stops it. Add hard_cap: false."));
        }

        if (entitlement.OverageLimit is not null)
        {
            faults.Add(new($"{path}.overage_limit", $"{what}: it grows while nobody does anything, so no limit stops it."));
        }

        if (entitlement.RateLimits.Count > 0)
        {
            faults.Add(new($"{path}.rate_limits", $"{what}: a report of it uses nothing, so there is nothing to limit."));
        }
    }

    private static void CheckUnmetered(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (entitlement.Quota is { IsZero: false } || entitlement.Pool is not null || entitlement.RateLimits.Count > 0
            || entitlement.OveragePrices.Count > 0 || entitlement.Rollover is not null)
        {
            faults.Add(
                new(path,
                    $"'{feature.Code}' is a {CatalogWords.Of(feature.Kind)} feature; quotas and their policies belong to metered ones."));
        }

        CatalogRules.CheckOptionalText(entitlement.Value, $"{path}.value", CatalogLimits.Url, faults);
    }

    private static void CheckOverage(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (entitlement.OverageLimit is { } limit && (entitlement.HardCap || limit.IsNegative))
        {
            faults.Add(new($"{path}.overage_limit", "'overage_limit' is 0 or more and needs a soft cap: add hard_cap: false."));
        }

        if (entitlement.OveragePrices.Count > 0 && (entitlement.HardCap || entitlement.Quota is null))
        {
            faults.Add(
                new($"{path}.overage_price",
                    "Nothing goes beyond a hard cap or an unlimited quota; an overage price needs a quota and hard_cap: false."));
        }

        CatalogRules.CheckCount(entitlement.OveragePrices.Count, CatalogLimits.Prices, $"{path}.overage_price", faults);
        for (var i = 0; i < entitlement.OveragePrices.Count; i++)
        {
            // The document contains a single price without a list.
            var place = entitlement.OveragePrices.Count == 1 ? $"{path}.overage_price" : $"{path}.overage_price[{i}]";
            CheckOveragePrice(entitlement.OveragePrices[i], place, feature, faults);
            if (entitlement.OveragePrices.Take(i).Any(other => other.Currency == entitlement.OveragePrices[i].Currency))
            {
                faults.Add(
                    new($"{place}.currency",
                        $"Another overage price is in {entitlement.OveragePrices[i].Currency} already; there is one for each currency."));
            }
        }
    }

    private static void CheckOveragePrice(OveragePrice price, string path, Feature feature, List<CatalogFault> faults)
    {
        CatalogRules.CheckCurrency(price.Currency, $"{path}.currency", faults);
        if (price.Mode == TierMode.Package ? price.PackageSize is not { IsPositive: true } : price.PackageSize is not null)
        {
            faults.Add(new($"{path}.package_size", "'package_size' is more than 0 in mode package, and left out in the others."));
        }

        if (price.Mode == TierMode.Percentage && (!feature.IsMoney || feature.Unit != price.Currency))
        {
            faults.Add(new($"{path}.mode", feature.IsMoney
                ? $"'{feature.Code}' counts {feature.Unit}, and a percentage of that is {feature.Unit} too, not {price.Currency}; "
                    + "in other currencies say a unit_price."
                : $"A percentage is of money, and '{feature.Code}' is not: a feature that counts money says money: "
                    + "true and its currency as 'unit'."));
        }

        TierChecks.Check(price.Mode, price.Tiers, $"{path}.tiers", faults);
    }

    private static void CheckRollover(Entitlement entitlement, string path, List<CatalogFault> faults)
    {
        if (entitlement.Rollover is not { } rollover)
        {
            return;
        }

        if (rollover.Periods is < 1 or > CatalogLimits.RolloverPeriods)
        {
            faults.Add(
                new($"{path}.rollover.periods", $"{rollover.Periods} periods; they lie between 1 and {CatalogLimits.RolloverPeriods}."));
        }

        if (rollover.Max is { IsNegative: true })
        {
            faults.Add(new($"{path}.rollover.max", "'max' is 0 or more."));
        }

        if (entitlement.Quota is null || entitlement.Period == QuotaPeriodKind.Lifetime)
        {
            faults.Add(new($"{path}.rollover", "An unlimited quota and a lifetime period have no rollover."));
        }

        if (rollover.CarryOverage && entitlement.HardCap)
        {
            faults.Add(new($"{path}.rollover.carry_overage", "There is no overage under a hard cap; add hard_cap: false."));
        }
    }

    private static void CheckRateLimits(Entitlement entitlement, string path, List<CatalogFault> faults)
    {
        CatalogRules.CheckCount(entitlement.RateLimits.Count, CatalogLimits.RateLimits, $"{path}.rate_limits", faults);
        for (var i = 0; i < entitlement.RateLimits.Count; i++)
        {
            CheckRateLimit(entitlement.RateLimits[i], $"{path}.rate_limits[{i}]", faults);
            var (unit, counts) = (entitlement.RateLimits[i].Unit, entitlement.RateLimits[i].CountsDecisions);
            if (entitlement.RateLimits.Take(i).Any(other => other.Unit == unit && other.CountsDecisions == counts))
            {
                faults.Add(
                    new($"{path}.rate_limits[{i}].per", $"Two limits per {CatalogWords.Of(unit)} count the same; keep the smaller one."));
            }
        }
    }

    private static void CheckRateLimit(RateLimit limit, string path, List<CatalogFault> faults)
    {
        if (!limit.Limit.IsPositive)
        {
            faults.Add(new($"{path}.limit", $"A limit of {limit.Limit}; it is more than 0. To forbid a feature, set its quota to 0."));
        }

        if (limit.Burst is { } burst && (!burst.IsPositive || limit.Unit is not (RateUnit.Second or RateUnit.Minute)))
        {
            faults.Add(
                new($"{path}.burst", "'burst' is more than 0 and belongs to windows of a second or a minute; the others are fixed."));
        }

        if (limit.Unit == RateUnit.Concurrency && (!limit.CountsDecisions || decimal.Truncate(limit.Limit.Value) != limit.Limit.Value))
        {
            faults.Add(new($"{path}.limit", "Concurrency counts open reservations: a whole number, counts: decisions."));
        }
    }

    private static void CheckPool(Entitlement entitlement, string path, CatalogDocument document, List<CatalogFault> faults)
    {
        if (entitlement.Pool is not { } pool)
        {
            return;
        }

        if (!pool.Rate.IsPositive)
        {
            faults.Add(new($"{path}.pool.rate", $"A rate of {pool.Rate}; it is more than 0 credits for one unit."));
        }

        var credits = document.Features.FirstOrDefault(f => f.Code == pool.Feature);
        var fault = credits switch
        {
            null =>
                $"The catalogue has no feature '{pool.Feature}'.{CatalogFault.Guess(faults, pool.Feature, document.Features.Select(static one => one.Code))}",
            _ when credits.Code == entitlement.Feature => "A feature cannot draw on itself.",
            { IsLevel: true } => $"'{pool.Feature}' is a level: its meter says what is used of it, so nothing can be drawn from it.",
            { Kind: not FeatureKind.Metered } => $"'{pool.Feature}' is a {CatalogWords.Of(credits.Kind)} feature; credits are metered.",
            _ when DrawsOnPool(pool.Feature, document) => $"'{pool.Feature}' draws on a pool itself; credits are one level deep.",
            _ => null,
        };
        if (fault is not null)
        {
            faults.Add(new($"{path}.pool.feature", fault));
        }
    }

    private static bool DrawsOnPool(string feature, CatalogDocument document) =>
        document.Plans.SelectMany(static p => p.Entitlements).Any(e => e.Feature == feature && e.Pool is not null);

    private static void CheckThresholds(Entitlement entitlement, string path, List<CatalogFault> faults)
    {
        CatalogRules.CheckCount(entitlement.Thresholds.Count, CatalogLimits.Thresholds, $"{path}.thresholds", faults);
        for (var i = 0; i < entitlement.Thresholds.Count; i++)
        {
            var percent = entitlement.Thresholds[i];
            if (percent is < 1 or > CatalogLimits.LargestThreshold)
            {
                faults.Add(
                    new($"{path}.thresholds[{i}]", $"{percent} percent; thresholds lie between 1 and {CatalogLimits.LargestThreshold}."));
            }
            else if (i > 0 && percent <= entitlement.Thresholds[i - 1])
            {
                faults.Add(new($"{path}.thresholds[{i}]", "Thresholds ascend and occur once."));
            }
        }
    }
}
