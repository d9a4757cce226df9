namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// The anchor of a subscription's periods: a month, a day that is kept for ever (31 also in a February), and the time of day. All of it on
/// the project's wall clock.
/// </summary>
internal sealed record NaiveAnchor(int Year, int Month, int Day, TimeSpan TimeOfDay)
{
    /// <summary>The date and time of the anchor itself.</summary>
    public DateTime Local => MonthsLater(0);

    /// <summary>The anchor's day <paramref name="months"/> months later: the last day if the month is too short.</summary>
    public DateTime MonthsLater(int months)
    {
        var first = new DateTime(Year, Month, 1).AddMonths(months);
        var day = Math.Min(Day, DateTime.DaysInMonth(first.Year, first.Month));
        return new DateTime(first.Year, first.Month, day) + TimeOfDay;
    }

    public DateTime WeeksLater(int weeks) => Local.AddDays(7 * weeks);
}

/// <summary>The project's wall clock, read the slow way.</summary>
internal sealed class NaiveCalendar(string zone)
{
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(zone);

    public DateTime ToLocal(DateTime utc) => DateTime.SpecifyKind(utc + OffsetAt(utc), DateTimeKind.Unspecified);

    /// <summary>
    /// The first moment at which the wall clock shows this time; where the clock jumps over it, the moment of the jump.
    /// </summary>
    public DateTime ToUtc(DateTime local)
    {
        // A clock never changes twice within two days: only the offsets of the day before and the day after are possible.
        var before = OffsetAt(Utc(local.AddDays(-1)));
        var after = OffsetAt(Utc(local.AddDays(1)));
        var shown = new[] { Utc(local - before), Utc(local - after) }.Where(utc => ToLocal(utc) == local).ToList();
        if (shown.Count > 0)
        {
            return shown.Min();
        }

        // No moment shows it. Walk back minute by minute from a moment that is certainly after the jump.
        var jump = WholeMinute(Utc(local - before));
        while (ToLocal(jump.AddMinutes(-1)) >= local)
        {
            jump = jump.AddMinutes(-1);
        }

        return jump;
    }

    public NaiveAnchor AnchorAt(DateTime utc)
    {
        var local = ToLocal(utc);
        return new(local.Year, local.Month, local.Day, local.TimeOfDay);
    }

    /// <summary>The same time of day <paramref name="days"/> calendar days later.</summary>
    public DateTime DaysLater(DateTime utc, int days) => ToUtc(ToLocal(utc).AddDays(days));

    /// <summary>Returns the number of midnights between two moments.</summary>
    public int CalendarDays(DateTime from, DateTime to) => (ToLocal(to).Date - ToLocal(from).Date).Days;

    private TimeSpan OffsetAt(DateTime utc) => Zone.GetUtcOffset(new DateTimeOffset(utc, TimeSpan.Zero));

    private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private static DateTime WholeMinute(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
}
