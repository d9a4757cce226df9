using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>The billed overage of one feature in one billing interval.</summary>
/// <param name="Beyond">Units beyond the quotas of all quota periods.</param>
public sealed record EstimatedUsage(Feature Feature, Quantity Beyond, MoneyAmount Amount);

/// <summary>The bill of one billing interval for an assumed usage, before coupons and taxes.</summary>
/// <param name="Usage">The features with an amount.</param>
/// <param name="Minimum">The amount that is missing to the agreed minimum.</param>
/// <param name="Refused">The features that the plan would refuse: with any entry, the plan does not cover the usage.</param>
public sealed record Estimate(
    SubscriptionTerms Terms, IReadOnlyList<EstimatedUsage> Usage, MoneyAmount Minimum, IReadOnlyList<Feature> Refused)
{
    public MoneyAmount Total => Usage.Aggregate(Terms.Amount + Minimum, static (sum, line) => sum + line.Amount);

    public bool Fits => Refused.Count == 0;
}

/// <summary>
/// Estimates a bill from an assumed usage of each month with the rules that bill real usage: the amount of the terms, the price and the
/// rating of overage for each quota period on its own, and the minimum. A month has 30 days and equal use on each of them.
/// </summary>
public static class EstimateRules
{
    /// <summary>More units of a month than any customer uses; a larger number is a typing error.</summary>
    public const long Most = 1_000_000_000_000;

    /// <param name="terms">Terms with a monthly or yearly price.</param>
    /// <param name="usage">Units of a month by feature, or the value of a level; not negative, at most <see cref="Most"/>.</param>
    /// <returns>Null: the amount exceeds every possible invoice.</returns>
    public static Estimate? Of(CatalogDocument document, SubscriptionTerms terms, IReadOnlyDictionary<string, Quantity> usage)
    {
        Invariant.That(terms.Price is { Interval: not PriceInterval.Weekly }, "An estimate is of terms with a monthly or yearly price.");
        try
        {
            return terms.IsPayable && Rate(document, terms, usage) is var rated && rated.Total.Minor <= SubscriptionTerms.LargestAmount
                ? rated
                : null;
        }
        catch (OverflowException)
        {
            return null; // A price with twelve digits times a usage with twelve.
        }
    }

    private static Estimate Rate(CatalogDocument document, SubscriptionTerms terms, IReadOnlyDictionary<string, Quantity> usage)
    {
        var (lines, refused) = (new List<EstimatedUsage>(), new List<Feature>());
        var gives = terms.Plan.Plan.Entitlements.ToDictionary(static one => one.Feature, StringComparer.Ordinal);
        var needs = new Dictionary<string, Quantity>(usage, StringComparer.Ordinal);

        // Features with a pool come first: the units that they lack are use of the pool.
        foreach (var feature in document.Features.Where(static one => one.Kind == FeatureKind.Metered)
            .OrderBy(feature => gives.GetValueOrDefault(feature.Code)?.Pool is null))
        {
            var (need, entitlement) = (needs.GetValueOrDefault(feature.Code), gives.GetValueOrDefault(feature.Code));
            var spread = Spread.Of(feature, entitlement?.Period ?? QuotaPeriodKind.BillingMonth, terms.Interval);
            var (beyond, lacking) = Split(entitlement, spread, need);
            if (lacking.IsPositive && entitlement?.Pool is { } pool)
            {
                var drawn = spread.OfMonth(lacking).TimesRoundedUp(pool.Rate) ?? Quantity.Of(Most);
                needs[pool.Feature] = Quantity.Min(Quantity.Of(Most), needs.GetValueOrDefault(pool.Feature) + drawn);
            }
            else if (lacking.IsPositive)
            {
                refused.Add(feature);
            }

            if (entitlement is not null && SegmentRules.PriceOf(entitlement, entitlement.Quota, terms.Currency) is { } price
                && spread.All(RatingRules.Rate(price, beyond).Amount) is { IsZero: false } amount)
            {
                lines.Add(new(feature, spread.All(beyond), amount));
            }
        }

        var used = lines.Aggregate(MoneyAmount.Zero(terms.Currency), static (sum, line) => sum + line.Amount);
        var minimum = MinimumRules.Missing(terms.Price, new(Instant.Epoch, Instant.Epoch), terms.Amount, used);
        return new(terms, lines, minimum?.Amount ?? MoneyAmount.Zero(terms.Currency), refused);
    }

    /// <summary>
    /// Divides the use of a quota period that exceeds the quota into allowed overage and units that the plan lacks. Use that comes back
    /// each month exhausts what a plan gives only once, so that an estimate does not count on it; a level stays within it.
    /// </summary>
    private static (Quantity Beyond, Quantity Lacking) Split(Entitlement? entitlement, Spread spread, Quantity ofMonth)
    {
        var need = spread.Need(ofMonth);
        if (entitlement is null)
        {
            return (Quantity.Zero, need);
        }

        var isSpent = entitlement.Period == QuotaPeriodKind.Lifetime && !spread.IsLevel;
        var over = entitlement.Quota is not { } quota ? Quantity.Zero : isSpent ? need : (need - quota).FloorAtZero();
        var most = entitlement.HardCap ? Quantity.Zero
            : entitlement.OverageLimit is not { } limit ? over
            : isSpent ? Quantity.Zero : limit;
        var beyond = Quantity.Min(over, most);
        return (beyond, over - beyond);
    }

    /// <summary>The quota periods of a billing interval, over which the use of each month spreads evenly.</summary>
    /// <param name="Interval">The hours of the billing interval.</param>
    /// <param name="Period">The hours of a quota period.</param>
    private readonly record struct Spread(long Interval, long Period)
    {
        private const long Day = 24, Week = 7 * Day, Month = 30 * Day;

        /// <summary>A level has the same height in every period.</summary>
        public bool IsLevel { get; private init; }

        public static Spread Of(Feature feature, QuotaPeriodKind period, PriceInterval interval)
        {
            var whole = interval == PriceInterval.Yearly ? SavingRules.MonthsOfYear * Month : Month;
            var hours = period switch
            {
                QuotaPeriodKind.BillingPeriod or QuotaPeriodKind.Lifetime => whole,
                QuotaPeriodKind.Week => Week,
                QuotaPeriodKind.Day => Day,
                QuotaPeriodKind.Hour => 1,
                _ => Month,
            };
            return new(whole, hours) { IsLevel = feature.IsLevel && !feature.WeighsTime };
        }

        /// <summary>The use in one quota period, rounded up.</summary>
        public Quantity Need(Quantity ofMonth) => IsLevel ? ofMonth : Share(ofMonth, Period, Month);

        /// <summary>The use of a month from that of a quota period.</summary>
        public Quantity OfMonth(Quantity ofPeriod) => IsLevel ? ofPeriod : Share(ofPeriod, Month, Period);

        public Quantity All(Quantity ofPeriod) => Share(ofPeriod, Interval, Period);

        public MoneyAmount All(MoneyAmount ofPeriod) => new ExactMoney(ofPeriod.Major * Interval / Period, ofPeriod.Currency).Rounded();

        private static Quantity Share(Quantity of, long part, long whole) =>
            Quantity.Of(decimal.Round(of.Value * part / whole, Quantity.Scale, MidpointRounding.ToPositiveInfinity));
    }
}
