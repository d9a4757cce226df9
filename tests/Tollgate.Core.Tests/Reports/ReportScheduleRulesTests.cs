using System.Globalization;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Reports;

/// <summary>When scheduled reports are sent, and which days they cover.</summary>
public sealed class ReportScheduleRulesTests
{
    [Theory]
    [InlineData(ReportInterval.Daily, "2026-11-21T03:59:59Z", "2026-11-21T04:00:00Z", "2026-11-19", "2026-11-19")]
    [InlineData(ReportInterval.Daily, "2026-11-21T04:00:00Z", "2026-11-22T04:00:00Z", "2026-11-20", "2026-11-20")]
    [InlineData(ReportInterval.Weekly, "2026-11-22T23:00:00Z", "2026-11-23T04:00:00Z", "2026-11-09", "2026-11-15")]
    [InlineData(ReportInterval.Weekly, "2026-11-23T04:00:00Z", "2026-11-30T04:00:00Z", "2026-11-16", "2026-11-22")]
    [InlineData(ReportInterval.Monthly, "2027-01-31T21:59:59Z", "2027-02-01T04:00:00Z", "2026-12-01", "2026-12-31")]
    [InlineData(ReportInterval.Monthly, "2027-02-01T04:00:00Z", "2027-03-01T04:00:00Z", "2027-01-01", "2027-01-31")]
    [InlineData(ReportInterval.Monthly, "2027-05-15T00:00:00Z", "2027-06-01T03:00:00Z", "2027-04-01", "2027-04-30")]
    public void A_report_is_sent_at_six_in_the_morning_after_its_period_in_Cairo(
        ReportInterval every, string now, string next, string from, string to)
    {
        var zone = Zone("Africa/Cairo");
        ReportScheduleRules.NextAfter(every, At(now), zone).ShouldBe(At(next));
        ReportScheduleRules.LastDue(every, At(now), zone).ShouldBe((Day(from), Day(to)));
    }

    /// <summary>Cairo's clock skips midnight on April 30, 2027, and shows 23 o'clock twice on October 28.</summary>
    [Fact]
    public void Each_day_of_a_year_with_changes_of_the_clock_has_one_report()
    {
        foreach (var zone in (TimeZoneInfo[])[Zone("Africa/Cairo"), Zone("Europe/Berlin"), Zone("America/Nuuk"), Zone("Pacific/Apia")])
        {
            var (now, expected) = (At("2027-01-01T18:00:00Z"), default(DateOnly?));
            for (var sent = 0; sent < 365; sent++)
            {
                now = ReportScheduleRules.NextAfter(ReportInterval.Daily, now, zone);
                TimeZoneInfo.ConvertTimeFromUtc(now.ToUtc(), zone).Hour.ShouldBe(6, $"{zone.Id} {now}");
                var (from, to) = ReportScheduleRules.LastDue(ReportInterval.Daily, now, zone);
                from.ShouldBe(to);
                from.ShouldBe(expected ?? from, $"{zone.Id} {now}");
                expected = to.AddDays(1);
            }
        }
    }

    [Fact]
    public void After_months_without_a_look_the_last_period_is_due()
    {
        var zone = Zone("Africa/Cairo");
        ReportScheduleRules.LastDue(ReportInterval.Daily, At("2027-04-15T12:00:00Z"), zone)
            .ShouldBe((Day("2027-04-14"), Day("2027-04-14")));
        ReportScheduleRules.LastDue(ReportInterval.Monthly, At("2027-05-01T02:00:00Z"), zone)
            .ShouldBe((Day("2027-03-01"), Day("2027-03-31")), "April's report is due at six.");
    }

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture));

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
