using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Analytics;
using Tollgate.Core.Costs;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Analytics;

/// <summary>The days on which an invoice's money is earned.</summary>
public sealed class RevenueByDayTests
{
    private static readonly DateOnly First = new(2027, 1, 1);

    [Theory]
    [InlineData(0, 31, 3100, 100)]
    [InlineData(0, 365, 36500, 100)]
    [InlineData(-10, 21, 3100, 100)]
    public void A_period_earns_the_same_every_day(int from, int until, long amount, long aDay) =>
        Earned(new DayRange(First, First.AddDays(9)), Of(amount, Line(amount, from * 24, until * 24)))
            .ShouldBe(Enumerable.Repeat(aDay, 10));

    [Fact]
    public void A_day_that_is_begun_in_the_middle_earns_its_hours() =>
        Earned(new DayRange(First, First.AddDays(3)), Of(2400, Line(2400, 18, 66))).ShouldBe([300, 1200, 900, 0]);

    [Fact]
    public void A_line_without_duration_is_earned_when_it_begins() =>
        Earned(new DayRange(First, First.AddDays(2)), Of(500, Line(500, 30, 30))).ShouldBe([0, 500, 0]);

    [Fact]
    public void A_credit_for_the_rest_of_a_period_stops_what_it_would_have_earned()
    {
        var days = new DayRange(First, First.AddDays(9));
        var revenue = new RevenueByDay(days);
        revenue.Add(Of(1000, Line(1000, 0, 240)));
        revenue.Add(Of(1500, Line(-500, 120, 240), Line(2000, 120, 240)));

        revenue.Rounded().ShouldBe([100, 100, 100, 100, 100, 400, 400, 400, 400, 400]);
    }

    /// <summary>An invoice of 1000 for one day, with 190 of tax added or included, 100 off.</summary>
    [Theory]
    [InlineData(InvoiceStatus.Paid, 1000, 0, 1190, 190, 0, 1190, 1000)]
    [InlineData(InvoiceStatus.Paid, 1190, 0, 1190, 190, 0, 1190, 1000)]
    [InlineData(InvoiceStatus.Open, 1100, 100, 1190, 190, 0, 0, 1000)]
    [InlineData(InvoiceStatus.Paid, 1000, 0, 1190, 190, 595, 1190, 500)]
    [InlineData(InvoiceStatus.Paid, 1000, 0, 1190, 190, 1190, 1190, 0)]
    [InlineData(InvoiceStatus.Paid, 1000, 0, 1190, 190, 2380, 1190, 0)]
    [InlineData(InvoiceStatus.Void, 1000, 0, 1190, 190, 0, 0, 0)]
    [InlineData(InvoiceStatus.Uncollectible, 1000, 0, 1190, 190, 0, 595, 500)]
    [InlineData(InvoiceStatus.Uncollectible, 1000, 0, 1190, 190, 0, 0, 0)]
    public void Void_credited_and_written_off_amounts_are_not_earned(
        InvoiceStatus status, long line, long discount, long asked, long tax, long goneBack, long paid, long earned) =>
        Earned(new DayRange(First, First),
            new InvoiceRevenue(status, line - discount, discount, asked, tax, goneBack, paid, [Line(line, 0, 24)])).ShouldBe([earned]);

    [Fact]
    public void The_days_of_a_period_earn_what_the_line_asked_for() => Prop.ForAll(
        (from amount in Gen.Choose(1, 1_000_000)
         from start in Gen.Choose(0, 2_000)
         from hours in Gen.Choose(1, 9_000)
         select (amount, start, hours)).ToArbitrary(),
        static input =>
        {
            var (amount, from, hours) = input;
            var days = new DayRange(First, First.AddDays(500));
            var earned = Earned(days, Of(amount, Line(amount, from, from + hours)));

            return earned.Sum() == amount && earned.All(static one => one >= 0);
        }).QuickCheckThrowOnFailure();

    private static IReadOnlyList<long> Earned(DayRange days, InvoiceRevenue invoice)
    {
        var revenue = new RevenueByDay(days);
        revenue.Add(invoice);
        return revenue.Rounded();
    }

    private static InvoiceRevenue Of(long asked, params RevenueLine[] lines) =>
        new(InvoiceStatus.Paid, asked, 0, asked, 0, 0, asked, lines);

    private static RevenueLine Line(long amount, int fromHour, int untilHour)
    {
        var start = Instant.FromUtc(First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        return new(amount, new(start.Plus(TimeSpan.FromHours(fromHour)), start.Plus(TimeSpan.FromHours(untilHour))));
    }
}
