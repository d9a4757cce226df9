using System.Globalization;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Analytics;

public sealed class ForecastRulesTests
{
    private static readonly TimeZoneInfo Cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");

    /// <summary>April 2027 in UTC: 30 days.</summary>
    private static readonly Period April = new(At("2027-04-01T00:00:00Z"), At("2027-05-01T00:00:00Z"));

    [Theory]
    [InlineData(100, 300, "2027-04-11T00:00:00Z", 300, "2027-05-01T00:00:00Z")]
    [InlineData(100, 200, "2027-04-11T00:00:00Z", 300, "2027-04-21T00:00:00Z")]
    [InlineData(100, 301, "2027-04-11T00:00:00Z", 300, null)]
    [InlineData(100, null, "2027-04-11T00:00:00Z", 300, null)]
    [InlineData(100, 100, "2027-04-11T00:00:00Z", 300, "2027-04-11T00:00:00Z")]
    [InlineData(100, 10, "2027-04-11T00:00:00Z", 300, "2027-04-11T00:00:00Z")]
    [InlineData(0, 10, "2027-04-11T00:00:00Z", 0, null)]
    [InlineData(0, 0, "2027-04-11T00:00:00Z", 0, "2027-04-11T00:00:00Z")]
    [InlineData(5, 10, "2027-04-01T00:00:00Z", 5, null)]
    [InlineData(5, 10, "2027-04-01T07:11:59Z", 5, null)]
    [InlineData(5, 1000, "2027-04-01T07:12:00Z", 500, null)]
    [InlineData(1, 2, "2027-04-16T00:00:00Z", 2, "2027-05-01T00:00:00Z")]
    [InlineData(1, 3, "2027-04-20T00:00:00Z", 2, null)]
    public void An_even_pace_goes_on_to_the_end_and_reaches_the_limit_on_the_way(
        int used, int? limit, string now, int projected, string? endsAt)
    {
        var forecast = ForecastRules.Of(
            Of(used), limit is { } most ? Of(most) : null, April, At(now), WeekdayPace.Even, TimeZoneInfo.Utc);
        (forecast.Projected?.Value, forecast.EndsAt?.ToString()).ShouldBe((projected, endsAt is null ? null : At(endsAt).ToString()));
    }

    /// <summary>1 April 2027 is a Thursday. Use of 7 a day on weekdays and none at weekends; the average day has 5.</summary>
    [Theory]
    [InlineData("2027-04-08T00:00:00Z", 35, 154, 98, "2027-04-21T00:00:00Z")]
    [InlineData("2027-04-10T00:00:00Z", 49, 154, 50, "2027-04-12T03:25:42.857143Z")]
    [InlineData("2027-04-12T00:00:00Z", 49, 154, 50, "2027-04-12T03:25:42.857143Z")]
    [InlineData("2027-04-12T00:00:00Z", 49, 154, 154, "2027-05-01T00:00:00Z")]
    [InlineData("2027-04-12T00:00:00Z", 49, 154, 155, null)]
    public void Days_count_by_the_use_of_their_weekday(string now, int used, int projected, int limit, string? endsAt)
    {
        var pace = PaceOf(static day => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0 : 7);
        (pace.MillionthsOn(DayOfWeek.Monday), pace.MillionthsOn(DayOfWeek.Sunday)).ShouldBe((1_400_000, 0));
        var forecast = ForecastRules.Of(Of(used), Of(limit), April, At(now), pace, TimeZoneInfo.Utc);
        (forecast.Projected?.Value, forecast.EndsAt?.ToString()).ShouldBe((projected, endsAt is null ? null : At(endsAt).ToString()));
    }

    [Fact]
    public void Weekdays_are_those_of_the_zone_and_a_day_of_25_hours_counts_as_such()
    {
        // October 2027 in Cairo begins at 21:00 UTC of 30 September and has one hour more: summer time ends with the 28th.
        var october = new Period(At("2027-09-30T21:00:00Z"), At("2027-10-31T22:00:00Z"));
        var forecast = ForecastRules.Of(Of(6), Of(1_000), october, At("2027-10-15T21:00:00Z"), WeekdayPace.Even, Cairo);
        forecast.Projected.ShouldBe(Of(12), "6 × 745 ÷ 360, rounded.");
        var thursdays = PaceOf(static day => day.DayOfWeek == DayOfWeek.Thursday ? 1 : 0);

        // The 7th and the 14th are over; the 21st and the 28th, of 25 hours, follow.
        ForecastRules.Of(Of(480), null, october, At("2027-10-15T21:00:00Z"), thursdays, Cairo).Projected.ShouldBe(Of(970));
    }

    [Fact]
    public void A_period_without_end_has_no_projection_and_use_on_days_without_weight_falls_back_to_an_even_pace()
    {
        var life = new Period(April.Start, Instant.FarFuture);
        ForecastRules.Of(Of(10), Of(20), life, At("2027-04-11T00:00:00Z"), WeekdayPace.Even, Cairo)
            .ShouldBe(new UsageForecast(null, At("2027-04-21T00:00:00Z")));
        ForecastRules.Of(Of(1), Of(1_000_000), life, At("2027-04-11T00:00:00Z"), WeekdayPace.Even, Cairo)
            .ShouldBe(new UsageForecast(null, null), "Thousands of years.");
        var mondays = PaceOf(static day => day.DayOfWeek == DayOfWeek.Monday ? 1 : 0);
        ForecastRules.Of(Of(10), null, April, At("2027-04-04T00:00:00Z"), mondays, TimeZoneInfo.Utc).Projected.ShouldBe(Of(100));
    }

    [Theory]
    [InlineData(35, false)]
    [InlineData(28, false)]
    [InlineData(27, true)]
    [InlineData(0, true)]
    public void Fewer_than_four_weeks_count_as_an_even_pace(int days, bool isEven) =>
        PaceOf(static day => day.Day, days).IsEven.ShouldBe(isEven);

    [Fact]
    public void A_total_that_falls_counts_as_no_use_and_no_use_is_an_even_pace()
    {
        PaceOf(static _ => 0).IsEven.ShouldBeTrue();
        PaceOf(static day => day.DayOfWeek == DayOfWeek.Friday ? -5 : 6).MillionthsOn(DayOfWeek.Friday).ShouldBe(0);
    }

    /// <summary>The pace on 1 April 2027 after a number of known days.</summary>
    private static WeekdayPace PaceOf(Func<DateOnly, int> use, int days = WeekdayPace.Days)
    {
        var today = new DateOnly(2027, 4, 1);
        var (totals, total) = (new Dictionary<DateOnly, Quantity>(), 1_000);
        for (var day = today.AddDays(-days - 1); day <= today; day = day.AddDays(1))
        {
            totals[day] = Of(total += use(day));
        }

        return WeekdayPace.Of(totals, today);
    }

    private static Quantity Of(int units) => Quantity.Of(units);

    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture));
}
