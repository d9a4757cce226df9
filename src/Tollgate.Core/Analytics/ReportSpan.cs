using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>A part of a report: days of the project's time zone, both inclusive, and the instants at which they begin and end.</summary>
public readonly record struct ReportSpan(DateOnly From, DateOnly To, Period Time)
{
    public int Days => To.DayNumber - From.DayNumber + 1;

    /// <summary>Returns the days from the first one's local midnight to the midnight after the last one.</summary>
    public static ReportSpan Of(DateOnly from, DateOnly to, TimeZoneInfo zone) =>
        new(from, to, new(Midnight(from, zone), Midnight(to.AddDays(1), zone)));

    /// <summary>Returns the part of each calendar month that lies in the days, in order.</summary>
    public static IReadOnlyList<ReportSpan> Months(DateOnly from, DateOnly to, TimeZoneInfo zone)
    {
        var months = new List<ReportSpan>();
        while (from <= to)
        {
            var last = new DateOnly(from.Year, from.Month, 1).AddMonths(1).AddDays(-1);
            months.Add(Of(from, last < to ? last : to, zone));
            from = last.AddDays(1);
        }

        return months;
    }

    /// <summary>
    /// Returns the end of what has happened before <paramref name="end"/>, the present instant included. Later movements of recurring
    /// revenue are only planned, such as the churn of an imported subscription that still runs.
    /// </summary>
    public static Instant Happened(Instant end, Instant now) => end <= now ? end : new(now.UnixMicroseconds + 1);

    /// <summary>Returns the same number of days before.</summary>
    public ReportSpan Previous(TimeZoneInfo zone) => Of(From.AddDays(-Days), From.AddDays(-1), zone);

    /// <summary>Returns the local day of an instant.</summary>
    public static DateOnly DayOf(Instant at, TimeZoneInfo zone) => DateOnly.FromDateTime(LocalTime.At(at, zone));

    private static Instant Midnight(DateOnly day, TimeZoneInfo zone) =>
        LocalTime.FirstInstantShowing(day.ToDateTime(TimeOnly.MinValue), zone);
}
