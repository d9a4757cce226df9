using System.Globalization;

namespace Tollgate.Lifetimes.Naive;

/// <summary>The wall clock's odd hours, from the published dates of clock changes.</summary>
public sealed class NaiveCalendarTests
{
    [Theory]
    [InlineData("Etc/UTC", "2031-03-30 02:30", "2031-03-30 02:30")]
    [InlineData("Europe/Berlin", "2031-03-30 01:59", "2031-03-30 00:59")]
    [InlineData("Europe/Berlin", "2031-03-30 02:00", "2031-03-30 01:00")] // skipped: the jump
    [InlineData("Europe/Berlin", "2031-03-30 02:59", "2031-03-30 01:00")]
    [InlineData("Europe/Berlin", "2031-03-30 03:00", "2031-03-30 01:00")]
    [InlineData("Europe/Berlin", "2031-10-26 02:30", "2031-10-26 00:30")] // twice: the first
    [InlineData("Europe/Berlin", "2031-10-26 03:00", "2031-10-26 02:00")]
    [InlineData("America/New_York", "2031-03-09 02:30", "2031-03-09 07:00")]
    [InlineData("America/New_York", "2031-11-02 01:30", "2031-11-02 05:30")]
    [InlineData("Australia/Adelaide", "2031-04-06 02:30", "2031-04-05 16:00")]
    [InlineData("Australia/Lord_Howe", "2031-10-05 02:15", "2031-10-04 15:30")]
    [InlineData("Australia/Lord_Howe", "2031-04-06 01:45", "2031-04-05 14:45")]
    [InlineData("Asia/Kolkata", "2031-01-01 05:30", "2031-01-01 00:00")]
    public void A_time_of_the_wall_clock_is_a_moment(string zone, string local, string utc) =>
        new NaiveCalendar(zone).ToUtc(Time(local)).ShouldBe(DateTime.SpecifyKind(Time(utc), DateTimeKind.Utc));

    [Theory]
    [InlineData(31, 0, "2031-01-31")]
    [InlineData(31, 1, "2031-02-28")]
    [InlineData(31, 2, "2031-03-31")]
    [InlineData(31, 3, "2031-04-30")]
    [InlineData(31, 13, "2032-02-29")]
    [InlineData(30, 13, "2032-02-29")]
    [InlineData(29, 13, "2032-02-29")]
    [InlineData(29, 25, "2033-02-28")]
    [InlineData(1, 12, "2032-01-01")]
    public void The_day_of_the_anchor_is_kept(int day, int months, string date) =>
        new NaiveAnchor(2031, 1, day, TimeSpan.Zero).MonthsLater(months).ShouldBe(Time(date));

    [Fact]
    public void Calendar_days_are_midnights()
    {
        var berlin = new NaiveCalendar("Europe/Berlin");
        // From 22:30 UTC of the 29th (23:30 there) to 22:30 UTC of the 30th (half past midnight of the 31st): two midnights in 24 hours.
        berlin.CalendarDays(new(2031, 3, 29, 22, 30, 0, DateTimeKind.Utc), new(2031, 3, 30, 22, 30, 0, DateTimeKind.Utc)).ShouldBe(2);
    }

    private static DateTime Time(string time) =>
        DateTime.ParseExact(time, ["yyyy-MM-dd", "yyyy-MM-dd HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None);
}
