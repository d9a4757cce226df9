using Tollgate.Core.Catalog;

namespace Tollgate.Core.Time;

/// <summary>
/// The billing periods of a subscription (<c>SEMANTICS</c> 1). They tile time from the anchor on: each boundary is the anchor plus
/// whole weeks, months or years on the calendar of the project's zone, at the anchor's local time of day. It is always counted
/// from the anchor, never from the boundary before, so that the 31st springs back after a short month.
/// </summary>
public static class BillingPeriods
{
    /// <summary>Where period number <paramref name="number"/> begins; number 0 begins at the anchor itself.</summary>
    public static Instant Boundary(PriceInterval interval, Anchor anchor, int number, TimeZoneInfo zone)
    {
        if (number == 0)
        {
            return anchor.StartedAt;
        }

        var start = LocalTime.At(anchor.StartedAt, zone);
        var day = interval switch
        {
            PriceInterval.Weekly => start.Date.AddDays(7 * number),
            PriceInterval.Monthly => Months(start, anchor.DayIn(zone), number),
            PriceInterval.Yearly => Months(start, anchor.DayIn(zone), 12 * number),
            _ => throw new InvariantBrokenException($"{interval} is not an interval."),
        };
        return LocalTime.FirstInstantShowing(day + new TimeSpan(start.Hour, start.Minute, start.Second), zone);
    }

    /// <summary>The period that contains <paramref name="at"/>. Before the anchor there is none.</summary>
    public static Period At(PriceInterval interval, Anchor anchor, Instant at, TimeZoneInfo zone)
    {
        Invariant.That(at >= anchor.StartedAt, $"{at} lies before the anchor {anchor.StartedAt}.");
        var days = (int)(at - anchor.StartedAt).TotalDays;
        var number = days / interval switch { PriceInterval.Weekly => 7, PriceInterval.Monthly => 31, _ => 366 };
        var end = Boundary(interval, anchor, number + 1, zone);
        while (end <= at)
        {
            end = Boundary(interval, anchor, ++number + 1, zone);
        }

        return new(Boundary(interval, anchor, number, zone), end);
    }

    /// <summary>The period that begins where <paramref name="period"/> ends.</summary>
    public static Period Next(PriceInterval interval, Anchor anchor, Period period, TimeZoneInfo zone) =>
        At(interval, anchor, period.End, zone);

    /// <summary>So many calendar days later, at the same local time of day: the end of a trial.</summary>
    public static Instant AfterDays(Instant start, int days, TimeZoneInfo zone) =>
        LocalTime.FirstInstantShowing(LocalTime.At(start, zone).AddDays(days), zone);

    private static DateTime Months(DateTime start, int day, int months)
    {
        var (year, zeroBasedMonth) = Math.DivRem((start.Year * 12) + start.Month - 1 + months, 12);
        return new(year, zeroBasedMonth + 1, Math.Min(day, DateTime.DaysInMonth(year, zeroBasedMonth + 1)), 0, 0, 0, DateTimeKind.Unspecified);
    }
}
