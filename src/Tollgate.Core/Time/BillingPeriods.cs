
namespace Tollgate.Core.Time;

/// <summary>
/// The billing periods of a subscription (<c>SEMANTICS</c> 1). They tile time from the anchor on: each boundary is the anchor plus whole
/// weeks, months or years on the calendar of the project's zone, at the anchor's local time of day. The count always starts at the anchor,
/// never at the boundary before, so that the 31st returns after a short month.
/// </summary>
public static class BillingPeriods
{
    /// <summary>Returns the start of period number <paramref name="number"/>; number 0 starts at the anchor itself.</summary>
    public static Instant Boundary(PriceInterval interval, Anchor anchor, int number, TimeZoneInfo zone)
    {
        if (number == 0)
        {
            return anchor.StartedAt;
        }

        var start = LocalTime.At(anchor.StartedAt, zone);
        return LocalTime.FirstInstantShowing(Moved(interval, start.Date, anchor.DayIn(zone), number) + TimeOfDay(start), zone);
    }

    /// <summary>Returns the period that contains <paramref name="at"/>. There is none before the anchor.</summary>
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

    /// <summary>Returns the period that begins where <paramref name="period"/> ends.</summary>
    public static Period Next(PriceInterval interval, Anchor anchor, Period period, TimeZoneInfo zone) =>
        At(interval, anchor, period.End, zone);

    /// <summary>
    /// Returns the anchor for another interval from <paramref name="boundary"/> on. The time of day and the day of the month stay; weeks
    /// have no day of the month, so an interval after weeks takes that of the boundary. A boundary in an hour that the clock skipped shows
    /// another time of day: its periods count from an earlier instant that shows the right one.
    /// </summary>
    public static Anchor Onward(Anchor anchor, PriceInterval before, PriceInterval after, Instant boundary, TimeZoneInfo zone)
    {
        var (shown, time) = (LocalTime.At(boundary, zone), TimeOfDay(LocalTime.At(anchor.StartedAt, zone)));
        if (TimeOfDay(shown) == time)
        {
            return new(boundary, before == PriceInterval.Weekly ? null : anchor.DayIn(zone));
        }

        // Nuuk skips the end of a day, Cairo the beginning of one.
        var date = LocalTime.FirstInstantShowing(shown.Date + time, zone) == boundary ? shown.Date : shown.Date.AddDays(-1);
        var day = before == PriceInterval.Weekly ? date.Day : anchor.DayIn(zone);
        var start = boundary;
        for (var number = -1; TimeOfDay(LocalTime.At(start, zone)) != time; number--)
        {
            start = LocalTime.FirstInstantShowing(Moved(after, date, day, number) + time, zone);
        }

        return new(start, day);
    }

    /// <summary>Returns the instant a number of calendar days later at the same local time of day, such as the end of a trial.</summary>
    public static Instant AfterDays(Instant start, int days, TimeZoneInfo zone) =>
        LocalTime.FirstInstantShowing(LocalTime.At(start, zone).AddDays(days), zone);

    private static DateTime Moved(PriceInterval interval, DateTime date, int day, int number) => interval switch
    {
        PriceInterval.Weekly => date.AddDays(7 * number),
        PriceInterval.Monthly => Months(date, day, number),
        PriceInterval.Yearly => Months(date, day, 12 * number),
        _ => throw new InvariantBrokenException($"{interval} is not an interval."),
    };

    private static TimeSpan TimeOfDay(DateTime local) => new(local.Hour, local.Minute, local.Second);

    private static DateTime Months(DateTime start, int day, int months)
    {
        var (year, zeroBasedMonth) = Math.DivRem((start.Year * 12) + start.Month - 1 + months, 12);
        return new(
            year, zeroBasedMonth + 1, Math.Min(day, DateTime.DaysInMonth(year, zeroBasedMonth + 1)), 0, 0, 0, DateTimeKind.Unspecified);
    }
}
