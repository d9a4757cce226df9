using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

public sealed class UsageProjectionTests
{
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc));
    private static readonly Period November = new(Start, Start.Plus(TimeSpan.FromDays(30)));

    [Theory]
    [InlineData("15.75", 10, "47.25")] // the dashboard example of seed D: a third of the month
    [InlineData("10", 15, "20")]
    [InlineData("10", 20, "15")]
    [InlineData("1", 7, "4")] // 4.28 calls
    [InlineData("1.0", 4, "8")] // trailing zeros of the database are no decimals: 7.5 rounds away from zero
    [InlineData("0", 10, "0")]
    [InlineData("10", 30, "10")]
    [InlineData("10", 40, "10")] // a period that has ended
    public void Usage_goes_on_at_the_pace_so_far(string used, int days, string projected) =>
        UsageProjection.AtPeriodEnd(Of(used), November, Start.Plus(TimeSpan.FromDays(days))).ShouldBe(Of(projected));

    [Fact]
    public void The_first_hundredth_of_a_period_projects_nothing()
    {
        var hundredth = (November.End - November.Start) / 100;
        UsageProjection.AtPeriodEnd(Of("5"), November, Start).ShouldBe(Of("5"));
        UsageProjection.AtPeriodEnd(Of("5"), November, Start.Plus(hundredth - TimeSpan.FromSeconds(1))).ShouldBe(Of("5"));
        UsageProjection.AtPeriodEnd(Of("5"), November, Start.Plus(hundredth)).ShouldBe(Of("500"));
    }

    [Fact]
    public void A_lifetime_has_no_end_to_project_to() =>
        UsageProjection.AtPeriodEnd(Of("5"), new(Instant.Epoch, Instant.FarFuture), Start).ShouldBeNull();

    [Fact]
    public void A_projection_beyond_every_quantity_is_the_largest_one() =>
        UsageProjection.AtPeriodEnd(Quantity.Of(Quantity.Largest), November, Start.Plus(TimeSpan.FromDays(1)))
            .ShouldBe(Quantity.Of(Quantity.Largest));

    [Theory]
    [InlineData("800", "5000", "16.0")]
    [InlineData("1", "3", "33.3")]
    [InlineData("7", "5", "140")]
    [InlineData("0", "0", "0")]
    [InlineData("1", "0", "100")]
    public void Percents_have_one_decimal(string used, string limit, string percent) =>
        UsageProjection.PercentOf(Of(used), Of(limit)).ShouldBe(decimal.Parse(percent, CultureInfo.InvariantCulture));

    [Fact]
    public void A_level_stays_as_it_was_reported_last()
    {
        var seats =
            new Feature
            {
                Code = "seats", Name = "Seats", Meters = [new("seats", MeterAggregate.Latest, null, [], LateEventPolicy.NextInvoice)],
            };
        var calls = new Feature { Code = "calls", Name = "Calls" };
        var at = Start.Plus(TimeSpan.FromDays(3));
        var five = new Standing(1, null, Of("5"), Quantity.Zero, null, November);
        (UsageProjection.AtPeriodEnd(seats, five, at), UsageProjection.AtPeriodEnd(calls, five, at)).ShouldBe((Of("5"), Of("50")));
        UsageProjection.AtPeriodEnd(seats, five with { Period = new(Instant.Epoch, Instant.FarFuture) }, Start).ShouldBeNull();
        UsageProjection.AtPeriodEnd(seats, five with { UsedAtEnd = Of("7.5") }, at).ShouldBe(Of("7.5"), "time uses it until the end");
    }

    [Fact]
    public void Without_a_limit_there_are_no_percents() => UsageProjection.PercentOf(Of("1"), null).ShouldBeNull();

    private static Quantity Of(string text) => Quantity.Of(decimal.Parse(text, CultureInfo.InvariantCulture));
}
