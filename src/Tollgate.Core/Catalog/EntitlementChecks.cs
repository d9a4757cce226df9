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
            faults.Add(new($"{path}.quota", $"A quota of {entitlement.Quota}; write unlimited for no limit, or 0 to disable the feature."));
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
                    $"'{feature.Code}' is a level (its meter is {CatalogWords.Of(feature.Meters[0].Aggregate)}): it has no credit pool and "
                        + "no rollover, because its usage can fall again."));
        }
    }

    /// <summary>Time alone uses a level that it weighs, and no cap can refuse time.</summary>
    private static void CheckTimed(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (!feature.WeighsTime)
        {
            return;
        }

        var what = $"'{feature.Code}' is a time-weighted level (its meter is {CatalogWords.Of(feature.Meters[0].Aggregate)})";
        if (entitlement.Period != QuotaPeriodKind.BillingMonth)
        {
            faults.Add(new($"{path}.period", $"{what}: its period must be billing_month, because one unit is one unit for a month."));
        }

        if (entitlement is { HardCap: true, Quota: not null })
        {
            faults.Add(new($"{path}.hard_cap", $"{what}: usage grows with time, so a hard cap cannot stop it. Add hard_cap: false."));
        }

        if (entitlement.OverageLimit is not null)
        {
            faults.Add(new($"{path}.overage_limit", $"{what}: usage grows with time, so an overage limit cannot stop it."));
        }

        if (entitlement.RateLimits.Count > 0)
        {
            faults.Add(new($"{path}.rate_limits", $"{what}: a report uses no units, so rate limits have no effect."));
        }
    }

    private static void CheckUnmetered(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (entitlement.Quota is { IsZero: false } || entitlement.Pool is not null || entitlement.RateLimits.Count > 0
            || entitlement.OveragePrices.Count > 0 || entitlement.Rollover is not null)
        {
            faults.Add(
                new(path,
                    $"'{feature.Code}' is a {CatalogWords.Of(feature.Kind)} feature; only metered features have quotas."));
        }

        CatalogRules.CheckOptionalText(entitlement.Value, $"{path}.value", CatalogLimits.Url, faults);
    }

    private static void CheckOverage(Entitlement entitlement, string path, Feature feature, List<CatalogFault> faults)
    {
        if (entitlement.OverageLimit is { } limit && (entitlement.HardCap || limit.IsNegative))
        {
            faults.Add(new($"{path}.overage_limit", "'overage_limit' must be 0 or more, and needs a soft cap: add hard_cap: false."));
        }

        if (entitlement.OveragePrices.Count > 0 && (entitlement.HardCap || entitlement.Quota is null))
        {
            faults.Add(
                new($"{path}.overage_price",
                    "An overage price needs a limited quota and hard_cap: false."));
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
                        $"There is already an overage price in {entitlement.OveragePrices[i].Currency}; only one for each currency is "
                            + "allowed."));
            }
        }
    }

    private static void CheckOveragePrice(OveragePrice price, string path, Feature feature, List<CatalogFault> faults)
    {
        CatalogRules.CheckCurrency(price.Currency, $"{path}.currency", faults);
        if (price.Mode == TierMode.Package ? price.PackageSize is not { IsPositive: true } : price.PackageSize is not null)
        {
            faults.Add(new($"{path}.package_size", "'package_size' must be more than 0 in mode package, and must be left out in other "
                + "modes."));
        }

        if (price.Mode == TierMode.Percentage && (!feature.IsMoney || feature.Unit != price.Currency))
        {
            faults.Add(new($"{path}.mode", feature.IsMoney
                ? $"'{feature.Code}' counts {feature.Unit}, so a percentage of it is in {feature.Unit}, not {price.Currency}. Use "
                    + "unit_price for other currencies."
                : $"Mode percentage needs a feature that counts money, and '{feature.Code}' does not: set money: true and the currency as "
                    + "'unit'."));
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
                new($"{path}.rollover.periods", $"{rollover.Periods} periods; 1 to {CatalogLimits.RolloverPeriods} are allowed."));
        }

        if (rollover.Max is { IsNegative: true })
        {
            faults.Add(new($"{path}.rollover.max", "'max' must be 0 or more."));
        }

        if (entitlement.Quota is null || entitlement.Period == QuotaPeriodKind.Lifetime)
        {
            faults.Add(new($"{path}.rollover", "Rollover needs a limited quota and a period other than lifetime."));
        }

        if (rollover.CarryOverage && entitlement.HardCap)
        {
            faults.Add(new($"{path}.rollover.carry_overage", "'carry_overage' needs a soft cap: add hard_cap: false."));
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
                    new($"{path}.rate_limits[{i}].per", $"Two limits per {CatalogWords.Of(unit)} limit the same thing; keep the smaller "
                        + "one."));
            }
        }
    }

    private static void CheckRateLimit(RateLimit limit, string path, List<CatalogFault> faults)
    {
        if (!limit.Limit.IsPositive)
        {
            faults.Add(new($"{path}.limit", $"A limit of {limit.Limit}; a limit must be more than 0. To disable a feature, set its quota "
                + "to 0."));
        }

        if (limit.Burst is { } burst && (!burst.IsPositive || limit.Unit is not (RateUnit.Second or RateUnit.Minute)))
        {
            faults.Add(
                new($"{path}.burst", "'burst' must be more than 0, and is allowed only per second or per minute."));
        }

        if (limit.Unit == RateUnit.Concurrency && (!limit.CountsDecisions || decimal.Truncate(limit.Limit.Value) != limit.Limit.Value))
        {
            faults.Add(new($"{path}.limit", "A concurrency limit counts open reservations: it must be a whole number with counts: "
                + "decisions."));
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
            faults.Add(new($"{path}.pool.rate", $"A rate of {pool.Rate}; a rate must be more than 0 credits for one unit."));
        }

        var credits = document.Features.FirstOrDefault(f => f.Code == pool.Feature);
        var fault = credits switch
        {
            null =>
                "The catalogue has no feature "
                    + $"'{pool.Feature}'.{CatalogFault.Guess(faults, pool.Feature, document.Features.Select(static one => one.Code))}",
            _ when credits.Code == entitlement.Feature => "A feature cannot be its own pool.",
            { IsLevel: true } => $"'{pool.Feature}' is a level, so it cannot be a credit pool.",
            { Kind: not FeatureKind.Metered } => $"'{pool.Feature}' is a {CatalogWords.Of(credits.Kind)} feature; a credit pool must be a "
                + "metered feature.",
            _ when DrawsOnPool(pool.Feature, document) => $"'{pool.Feature}' has a pool itself; pools cannot be nested.",
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
                    new($"{path}.thresholds[{i}]", $"{percent} percent; thresholds must be 1 to {CatalogLimits.LargestThreshold}."));
            }
            else if (i > 0 && percent <= entitlement.Thresholds[i - 1])
            {
                faults.Add(new($"{path}.thresholds[{i}]", "Thresholds must be in ascending order without duplicates."));
            }
        }
    }
}
