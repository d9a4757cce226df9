using System.Globalization;

namespace Tollgate.Core.Time;

/// <summary>
/// The periods of quotas (<c>SEMANTICS</c> 1). Periods of one kind tile time: every instant is in exactly one, and each begins where the
/// one before ends.
/// </summary>
/// <remarks>
/// A boundary is the first instant at which the project's wall clock shows the boundary's local time or later: the moment of a jump forward
/// that skips that time, or the first occurrence if the clock is set back and shows it twice. A slice that a jump skips completely (the day
/// that Apia skipped) does not exist.
/// </remarks>
public static class QuotaPeriods
{
    /// <summary>Returns the period of <paramref name="kind"/> that contains <paramref name="at"/>.</summary>
    /// <param name="anchor">
    /// The subscription's anchor; null: none, so a billing month is the calendar month. Every slice, including those before the anchor,
    /// begins at its local day of month and time of day (whole seconds, without the fraction).
    /// </param>
    /// <param name="billingPeriod">
    /// The subscription's running billing period; null: none, so it is the calendar month. An instant outside of it belongs to its calendar
    /// month, cut at the edge of the billing period so that no time counts twice.
    /// </param>
    public static Period Of(QuotaPeriodKind kind, Instant at, TimeZoneInfo zone, Anchor? anchor, Period? billingPeriod)
    {
        Invariant.That(at >= LocalTime.Earliest && at < Instant.FarFuture, $"{at} lies outside the calendar.");
        return kind switch
        {
            QuotaPeriodKind.BillingMonth when anchor is { } start => AnchoredMonth(at, zone, start),
            QuotaPeriodKind.BillingMonth or QuotaPeriodKind.CalendarMonth => CalendarMonth(at, zone),
            QuotaPeriodKind.BillingPeriod => BillingPeriod(at, zone, billingPeriod),
            QuotaPeriodKind.Week => DaysFrom(MondayOf(LocalTime.At(at, zone)), 7, at, zone),
            QuotaPeriodKind.Day => DaysFrom(LocalTime.At(at, zone).Date, 1, at, zone),
            QuotaPeriodKind.Hour => Hour(at, zone),
            QuotaPeriodKind.Lifetime => new(Instant.Epoch, Instant.FarFuture),
            _ => throw new InvariantBrokenException($"{kind} is not a kind of quota period."),
        };
    }

    /// <summary>Returns the local calendar month in the form that the seeds use: <c>2026-11</c>.</summary>
    public static string MonthKey(Instant at, TimeZoneInfo zone) =>
        LocalTime.At(at, zone).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private static Period AnchoredMonth(Instant at, TimeZoneInfo zone, Anchor anchor)
    {
        var start = LocalTime.At(anchor.StartedAt, zone);
        var wholeSeconds = new TimeSpan(start.Hour, start.Minute, start.Second);
        return Months(at, zone, anchor.DayIn(zone), wholeSeconds);
    }

    private static Period CalendarMonth(Instant at, TimeZoneInfo zone) => Months(at, zone, 1, TimeSpan.Zero);

    /// <summary>Returns the month that begins on <paramref name="day"/>, or on the last day of a shorter month.</summary>
    private static Period Months(Instant at, TimeZoneInfo zone, int day, TimeSpan timeOfDay)
    {
        var shown = LocalTime.At(at, zone);
        var month = MonthNumber(shown);

        // The wall clock's month is off by one before the anchor's day, and near a clock change; walk to the right slice.
        var start = Boundary(month);
        while (start > at)
        {
            start = Boundary(--month);
        }

        var end = Boundary(month + 1);
        while (end <= at)
        {
            (start, month) = (end, month + 1);
            end = Boundary(month + 1);
        }

        return new(start, end);

        Instant Boundary(int number)
        {
            var (year, zeroBasedMonth) = Math.DivRem(number, 12);
            var clamped = Math.Min(day, DateTime.DaysInMonth(year, zeroBasedMonth + 1));
            var local = new DateTime(year, zeroBasedMonth + 1, clamped, 0, 0, 0, DateTimeKind.Unspecified) + timeOfDay;
            return LocalTime.FirstInstantShowing(local, zone);
        }
    }

    private static int MonthNumber(DateTime local) => (local.Year * 12) + local.Month - 1;

    /// <summary>Returns the billing period or, outside of it, the calendar month without the part that the billing period covers.</summary>
    private static Period BillingPeriod(Instant at, TimeZoneInfo zone, Period? billingPeriod)
    {
        if (billingPeriod is not { } given)
        {
            return CalendarMonth(at, zone);
        }

        if (given.Contains(at))
        {
            return given;
        }

        var month = CalendarMonth(at, zone);
        return at < given.Start
            ? month with { End = month.End < given.Start ? month.End : given.Start }
            : month with { Start = month.Start > given.End ? month.Start : given.End };
    }

    /// <summary>Returns the start of the ISO week: Monday at local midnight, whatever the anchor.</summary>
    private static DateTime MondayOf(DateTime local) => local.Date.AddDays(-(((int)local.DayOfWeek + 6) % 7));

    private static Period DaysFrom(DateTime firstDay, int length, Instant at, TimeZoneInfo zone)
    {
        var start = LocalTime.FirstInstantShowing(firstDay, zone);
        while (start > at)
        {
            firstDay = firstDay.AddDays(-length);
            start = LocalTime.FirstInstantShowing(firstDay, zone);
        }

        var end = LocalTime.FirstInstantShowing(firstDay.AddDays(length), zone);
        while (end <= at)
        {
            firstDay = firstDay.AddDays(length);
            (start, end) = (end, LocalTime.FirstInstantShowing(firstDay.AddDays(length), zone));
        }

        return new(start, end);
    }

    /// <summary>
    /// Returns the full local hour, never longer than 60 minutes: an hour that the wall clock shows twice is two periods, and a change of
    /// offset by half an hour (Lord Howe) cuts its hour.
    /// </summary>
    private static Period Hour(Instant at, TimeZoneInfo zone)
    {
        const long hour = 3_600_000_000;
        var offset = LocalTime.OffsetAt(at, zone);
        var shownMicroseconds = at.UnixMicroseconds + (offset.Ticks / TimeSpan.TicksPerMicrosecond);
        var intoHour = ((shownMicroseconds % hour) + hour) % hour;
        var start = new Instant(at.UnixMicroseconds - intoHour);
        var end = new Instant(start.UnixMicroseconds + hour);
        var last = new Instant(end.UnixMicroseconds - 1);
        return new(
            LocalTime.OffsetAt(start, zone) == offset ? start : LocalTime.FirstWithOffsetOf(start, at, zone),
            LocalTime.OffsetAt(last, zone) == offset ? end : LocalTime.FirstWithOffsetOf(at, last, zone));
    }
}
