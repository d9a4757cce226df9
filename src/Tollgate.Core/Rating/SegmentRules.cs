using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>
/// Usage is billed under the plan that sold it (<c>SEMANTICS</c> 2 and 4). A quota period is split at every instant at which the
/// customer's terms change or a subscription begins or ends to sell. The same facts give the same parts, whenever they were reported.
/// </summary>
public static class SegmentRules
{
    /// <summary>
    /// The quota period of a feature in stretches, in the order of time. Neighbours with the same quota and price are one.
    /// </summary>
    /// <param name="period">Until the moment to which it is billed.</param>
    /// <param name="sold">In the order of time.</param>
    /// <param name="currency">Of the invoice: what was sold in another one is not on it.</param>
    /// <param name="cycles">What billing months hung on.</param>
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
    /// What of each stretch is beyond: units above its quota that were not used before it. What went beyond an earlier plan is billed at
    /// that plan's price, whatever the next plan includes.
    /// </summary>
    /// <param name="used">What burned the plan's own quota in each stretch.</param>
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
    /// The units of a level that count in each stretch of its period. The level is used as it stands at the end; a unit counts in the
    /// stretch since which the level has not been below it again. So units that were given up later cost nothing, and those that stayed are
    /// billed at the price of the plan under which they came.
    /// </summary>
    /// <param name="levels">Where it stood at the end of each stretch.</param>
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

    /// <summary>What each stretch used, where it is known what had been used by the end of each.</summary>
    public static IReadOnlyList<Quantity> UsedOfTotals(IReadOnlyList<Quantity> totals) =>
        [.. totals.Select((total, i) => i == 0 ? total : total - totals[i - 1])];

    /// <summary>Of a period of which nothing is beyond, wherever it was used.</summary>
    public static IReadOnlyList<UsagePart> Within(IReadOnlyList<UsageSegment> segments) =>
        [.. segments.Select(static segment => Part(segment, null, Quantity.Zero))];

    private static UsagePart Part(UsageSegment segment, Quantity? used, Quantity beyond) =>
        new(segment.IsForeign && beyond.IsZero ? segment with { Price = null, IsForeign = false } : segment, used, beyond);

    /// <summary>No sold stretch can have anything beyond: what each of them used does not matter.</summary>
    public static bool IsWithin(IReadOnlyList<UsageSegment> segments, Quantity used) =>
        segments.All(segment => !segment.IsSold || used <= segment.Quota);

    /// <summary>
    /// Two prices are one: units beyond at it are rated together, whatever lies between them, so that tiers go on and a first flat fee is
    /// due once in the period.
    /// </summary>
    public static bool AreSame(OveragePrice? a, OveragePrice? b) => ReferenceEquals(a, b)
        || (a is not null && b is not null
            && (a.Mode, a.Currency, a.PackageSize, a.FirstFlatFee, a.Discount) == (b.Mode, b.Currency, b.PackageSize, b.FirstFlatFee,
                b.Discount)
            && a.Tiers.Select(Written).SequenceEqual(b.Tiers.Select(Written)));

    /// <summary>No fee and a fee of nothing are one.</summary>
    private static PriceTier Written(PriceTier tier) => tier with { FlatFee = tier.FlatFee ?? UnitPrice.Free };

    /// <summary>
    /// Under a hard cap what went beyond is an overshoot of facts, not a sale; overage that is carried into the next period is paid with
    /// that period's quota.
    /// </summary>
    private static OveragePrice? PriceOf(Entitlement entitlement, Quantity? quota, Currency currency) =>
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
    /// The entitlement counts over this period, and not over another one that holds the same time: a calendar month that an earlier plan
    /// left open is not sold by a plan with months of the subscription.
    /// </summary>
    private static bool IsOf(Entitlement entitlement, Instant at, Period period, TimeZoneInfo zone, IReadOnlyList<BillingCycle> cycles)
    {
        // Cycles that no event can reach any more were dropped; what is sold has one, so its period was right when it was opened.
        var isForgotten = entitlement.Period is QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod
            && (cycles.Count == 0 || at < cycles[0].From);
        return isForgotten || BillingCycles.PeriodOf(entitlement.Period, at, zone, cycles).Start == period.Start;
    }
}
