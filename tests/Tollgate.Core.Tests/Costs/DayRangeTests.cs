using Tollgate.Core.Costs;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Costs;

public sealed class DayRangeTests
{
    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void The_last_days_end_with_the_utc_day_of_now()
    {
        var range = DayRange.Until(At("2026-03-01T00:30:00+01:00"), 3);
        (range.First, range.Last, range.Days).ShouldBe((new(2026, 2, 26), new(2026, 2, 28), 3));
        range.All().ShouldBe([new(2026, 2, 26), new(2026, 2, 27), new(2026, 2, 28)]);
    }

    [Fact]
    public void Months_are_whole_and_end_with_the_running_one()
    {
        var range = DayRange.Months(At("2026-03-31T12:00:00Z"), 2);
        (range.First, range.Last).ShouldBe((new(2026, 2, 1), new(2026, 3, 31)));
    }
}
