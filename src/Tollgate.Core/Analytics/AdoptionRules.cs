using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>A month of a report on adoption.</summary>
/// <param name="Month">Its first day.</param>
/// <param name="Until">The instant at which entitlements count: its end, or now.</param>
public readonly record struct AdoptionMonth(DateOnly Month, Instant Until);

/// <summary>The adoption of a feature in a month.</summary>
/// <param name="Entitled">The customers whose plan had the feature at the end of the month, or that used it.</param>
/// <param name="Used">The customers among them that used it.</param>
/// <param name="ImportedUnits">Use from imports, which names no quota period; not in the other figures.</param>
public sealed record Adoption(DateOnly Month, string Feature, long Entitled, long Used, Quantity Units, Quantity ImportedUnits)
{
    /// <summary>Null if no customer is entitled.</summary>
    public Ratio? Rate => Ratio.Of(Used, Entitled);
}

/// <summary>Adoption of features.</summary>
public static class AdoptionRules
{
    /// <summary>The months of which Tollgate keeps figures, the current one included.</summary>
    public const int Months = 37;

    /// <summary>The months before the current one that usage can still change: events are accepted for up to 40 days.</summary>
    private const int OpenMonths = 2;

    /// <summary>True if a plan with this entitlement offers the feature: as the gate refuses a quota of zero without a pool.</summary>
    public static bool Offers(Feature feature, Entitlement entitlement) => feature.Kind switch
    {
        FeatureKind.Switch => entitlement.Enabled,
        FeatureKind.Metered => entitlement.Quota is not { IsZero: true } || entitlement.Pool is not null,
        _ => true,
    };

    /// <summary>Returns the months to compute.</summary>
    /// <param name="last">The month of the last computation; null: compute all.</param>
    public static IReadOnlyList<AdoptionMonth> MonthsOf(Instant now, TimeZoneInfo zone, DateOnly? last)
    {
        var today = ReportSpan.DayOf(now, zone);
        var current = new DateOnly(today.Year, today.Month, 1);
        var first = current.AddMonths(1 - Months);
        if (last is { } known && (known < current ? known : current).AddMonths(-OpenMonths) is var open && open > first)
        {
            first = open;
        }

        return [.. ReportSpan.Months(first, today, zone).Select(month => new AdoptionMonth(
            month.From, month.Time.End <= now ? month.Time.End : new(now.UnixMicroseconds + 1)))];
    }
}
