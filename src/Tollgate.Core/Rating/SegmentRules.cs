using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>
/// Usage is billed under the plan that sold it (<c>SEMANTICS</c> 2 and 4). A quota period is split at every instant at which the customer's
/// terms change or a subscription begins or ceases to sell. The same facts give the same parts, regardless of when they were reported.
/// </summary>
public static class SegmentRules
{
    /// <summary>
    /// Returns the stretches of a feature's quota period in order of time. Adjacent stretches with the same quota and price are merged.
    /// </summary>
    /// <param name="period">The period, up to the time that is billed.</param>
    /// <param name="sold">The spans in order of time.</param>
    /// <param name="currency">The currency of the invoice, which leaves out sales in other currencies.</param>
    /// <param name="cycles">The cycles that billing months followed.</param>
    public static IReadOnlyList<UsageSegment> Of(
        FeatureEntry feature, Period period, TermsTimeline terms, IReadOnlyList<SellingSpan> sold, Currency currency, TimeZoneInfo zone,
        IReadOnlyList<BillingCycle> cycles)
    {
        var segments = new List<UsageSegment>();
        foreach (var (stretch, of) in terms.Within(period))
        {
            var entitlement = of.EntitlementOf(feature.Key);
            var quota = QuotaRules.QuotaFor(terms, feature.Key, period, stretch.Start, feature.Feature.IsMoney);
            foreach (var (part, isSold) in Cut(stretch, sold, currency))
            {
                var price = isSold && entitlement is not null ? PriceOf(entitlement, quota, currency) : null;
                Add(segments,
                    new(part, of.Plan, quota, price)
                    {
                        IsForeign = price is not null && !IsOf(entitlement!, part.Start, period, zone, cycles),
                    });
            }
        }

        return segments;
    }

    /// <summary>
    /// Returns the overage of each stretch: units above its quota that were not used before it. Overage under an earlier plan is billed at
    /// that plan's price, whatever the next plan includes.
    /// </summary>
    /// <param name="used">The units that burned the plan's own quota in each stretch.</param>
    public static IReadOnlyList<UsagePart> Beyond(IReadOnlyList<UsageSegment> segments, IReadOnlyList<Quantity> used)
    {
        Invariant.That(segments.Count == used.Count, $"{segments.Count} stretches and {used.Count} quantities.");
        var (parts, total) = (new List<UsagePart>(segments.Count), Quantity.Zero);
        for (var i = 0; i < segments.Count; i++)
        {
            var (segment, before) = (segments[i], total);
            total += used[i];
            var included = segment.Quota is { } quota && quota > before ? quota : before;
            parts.Add(Part(segment, used[i], segment.IsSold && total > included ? total - included : Quantity.Zero));
        }

        return parts;
    }

    /// <summary>
    /// Returns the units of a level that count in each stretch of its period. The usage is the level at the end; a unit counts in the
    /// stretch since which the level has not fallen below it. Units that were given up later therefore cost nothing, and the others are
    /// billed at the price of the plan under which they were added.
    /// </summary>
    /// <param name="levels">The level at the end of each stretch.</param>
    public static IReadOnlyList<Quantity> UsedOfLevel(IReadOnlyList<Quantity> levels)
    {
        var used = levels.ToArray();
        for (var i = used.Length - 2; i >= 0; i--)
        {
            used[i] = Quantity.Min(used[i], used[i + 1]);
        }

        for (var i = used.Length - 1; i > 0; i--)
        {
            used[i] -= used[i - 1];
        }

        return used;
    }

    /// <summary>Returns the use in each stretch from the total use at the end of each.</summary>
    public static IReadOnlyList<Quantity> UsedOfTotals(IReadOnlyList<Quantity> totals) =>
        [.. totals.Select((total, i) => i == 0 ? total : total - totals[i - 1])];

    /// <summary>Returns the parts of a period without overage.</summary>
    public static IReadOnlyList<UsagePart> Within(IReadOnlyList<UsageSegment> segments) =>
        [.. segments.Select(static segment => Part(segment, null, Quantity.Zero))];

    private static UsagePart Part(UsageSegment segment, Quantity? used, Quantity beyond) =>
        new(segment.IsForeign && beyond.IsZero ? segment with { Price = null, IsForeign = false } : segment, used, beyond);

    /// <summary>True if no sold stretch can have overage, whatever usage each of them has.</summary>
    public static bool IsWithin(IReadOnlyList<UsageSegment> segments, Quantity used) =>
        segments.All(segment => !segment.IsSold || used <= segment.Quota);

    /// <summary>
    /// True if the two prices are the same: units beyond the quota are rated together, whatever lies between them, so that tiers continue
    /// and a first flat fee is due once in the period.
    /// </summary>
    public static bool AreSame(OveragePrice? a, OveragePrice? b) => ReferenceEquals(a, b)
        || (a is not null && b is not null
            && (a.Mode, a.Currency, a.PackageSize, a.FirstFlatFee, a.Discount) == (b.Mode, b.Currency, b.PackageSize, b.FirstFlatFee,
                b.Discount)
            && a.Tiers.Select(Written).SequenceEqual(b.Tiers.Select(Written)));

    /// <summary>Normalises a tier: no fee and a fee of zero are the same.</summary>
    private static PriceTier Written(PriceTier tier) => tier with { FlatFee = tier.FlatFee ?? UnitPrice.Free };

    /// <summary>
    /// Returns the overage price, or null. Under a hard cap, units beyond the quota are an overshoot of facts, not a sale; the next
    /// period's quota pays for overage that carries over.
    /// </summary>
    internal static OveragePrice? PriceOf(Entitlement entitlement, Quantity? quota, Currency currency) =>
        quota is not null && entitlement is { HardCap: false, Rollover: not { CarryOverage: true } }
            ? entitlement.OveragePriceIn(currency)
            : null;

    private static void Add(List<UsageSegment> segments, UsageSegment next)
    {
        if (segments is [.., var last] && AreSame(last.Price, next.Price)
            && (!next.IsSold || (last.Quota == next.Quota && last.IsForeign == next.IsForeign)))
        {
            segments[^1] = last with { Period = last.Period with { End = next.Period.End }, Plan = next.IsSold ? last.Plan : next.Plan };
            return;
        }

        segments.Add(next);
    }

    private static IEnumerable<(Period Period, bool IsSold)> Cut(Period stretch, IReadOnlyList<SellingSpan> sold, Currency currency)
    {
        var from = stretch.Start;
        foreach (var span in sold.Where(span => span.Currency == currency && span.Period.End > stretch.Start
            && span.Period.Start < stretch.End))
        {
            var (start, end) =
                (span.Period.Start > from ? span.Period.Start : from, span.Period.End < stretch.End ? span.Period.End : stretch.End);
            if (start > from)
            {
                yield return (new(from, start), false);
            }

            if (end > start)
            {
                yield return (new(start, end), true);
                from = end;
            }
        }

        if (from < stretch.End)
        {
            yield return (new(from, stretch.End), false);
        }
    }

    /// <summary>
    /// True if the entitlement counts over this period, and not over another one at the same time: a plan with months of the subscription
    /// does not sell a calendar month that an earlier plan left open.
    /// </summary>
    private static bool IsOf(Entitlement entitlement, Instant at, Period period, TimeZoneInfo zone, IReadOnlyList<BillingCycle> cycles)
    {
        // Cycles that no event can reach are dropped. A sold feature has a cycle, so its period was right when it was opened.
        var isForgotten = entitlement.Period is QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod
            && (cycles.Count == 0 || at < cycles[0].From);
        return isForgotten || BillingCycles.PeriodOf(entitlement.Period, at, zone, cycles).Start == period.Start;
    }
}
