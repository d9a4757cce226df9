
namespace Tollgate.Core.Time;

/// <summary>The cycle that a customer's quotas follow from an instant on: a subscription's anchor and interval, or the calendar.</summary>
/// <param name="From">The start; periods of the cycle before end here.</param>
/// <param name="Anchor">Null: the calendar, as for customers without a subscription.</param>
/// <param name="Interval">The interval of the subscription; null with the calendar.</param>
public sealed record BillingCycle(Instant From, Anchor? Anchor, PriceInterval? Interval);

/// <summary>
/// Quota periods of a customer whose cycle changes over time (<c>SEMANTICS</c> 1). Within a cycle they follow its anchor; a new cycle cuts
/// the running period, so that all periods tile time. Before the first cycle they follow the calendar.
/// </summary>
public static class BillingCycles
{
    /// <summary>
    /// True if a subscription gave the customer its cycle, and none does now, because it ended, is paused or is unpaid. A plan that a
    /// caller assigned later takes its place.
    /// </summary>
    public static bool HaveLapsed(IReadOnlyList<BillingCycle> cycles, Instant? planAssignedAt) =>
        cycles is [.., { Anchor: null } last] && !(planAssignedAt > last.From);

    /// <param name="cycles">The cycles in the order of <see cref="BillingCycle.From"/>.</param>
    public static Period PeriodOf(QuotaPeriodKind kind, Instant at, TimeZoneInfo zone, IReadOnlyList<BillingCycle> cycles)
    {
        if (cycles.Count == 0 || kind is not (QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod))
        {
            return QuotaPeriods.Of(kind, at, zone, null, null);
        }

        var next = 0;
        while (next < cycles.Count && cycles[next].From <= at)
        {
            next++;
        }

        var cycle = next == 0 ? null : cycles[next - 1];
        var period = cycle is { Anchor: { } anchor, Interval: { } interval }
            ? QuotaPeriods.Of(
                kind, at, zone, anchor, kind == QuotaPeriodKind.BillingPeriod ? BillingPeriods.At(interval, anchor, at, zone) : null)
            : QuotaPeriods.Of(kind, at, zone, null, null);
        var start = cycle is not null && period.Start < cycle.From ? cycle.From : period.Start;
        var end = next < cycles.Count && period.End > cycles[next].From ? cycles[next].From : period.End;
        return new(start, end);
    }

    /// <summary>Returns the period that begins where <paramref name="period"/> ends. A lifetime is its own neighbour.</summary>
    public static Period Next(QuotaPeriodKind kind, Period period, TimeZoneInfo zone, IReadOnlyList<BillingCycle> cycles) =>
        kind == QuotaPeriodKind.Lifetime ? period : PeriodOf(kind, period.End, zone, cycles);

    /// <summary>
    /// Appends a cycle. It drops cycles that ended before <paramref name="oldest"/>, since no event can reach them, and replaces a last
    /// cycle that begins at the same instant.
    /// </summary>
    public static IReadOnlyList<BillingCycle> With(IReadOnlyList<BillingCycle> cycles, BillingCycle added, Instant oldest)
    {
        var kept = cycles.Where(cycle => cycle.From < added.From).ToList();
        kept.Add(added);
        while (kept.Count > 1 && kept[1].From < oldest)
        {
            kept.RemoveAt(0);
        }

        return kept;
    }
}
