using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Time;

public sealed class BillingCyclesTests
{
    /// <summary>Free until 31 January 10:00, monthly from then on, yearly from 14 March on, and free again from 1 May on.</summary>
    private static readonly BillingCycle[] Life =
    [
        new(Utc("2026-01-31T10:00:00Z"), new Anchor(Utc("2026-01-31T10:00:00Z")), PriceInterval.Monthly),
        new(Utc("2026-03-14T00:00:00Z"), new Anchor(Utc("2026-03-14T00:00:00Z")), PriceInterval.Yearly),
        new(Utc("2026-05-01T00:00:00Z"), null, null),
    ];

    [Theory]
    [InlineData("2026-01-10T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31T09:59:59Z", "2026-01-01T00:00:00Z", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z")]
    [InlineData("2026-03-13T00:00:00Z", "2026-02-28T10:00:00Z", "2026-03-14T00:00:00Z")]
    [InlineData("2026-03-14T00:00:00Z", "2026-03-14T00:00:00Z", "2026-04-14T00:00:00Z")]
    [InlineData("2026-04-30T00:00:00Z", "2026-04-14T00:00:00Z", "2026-05-01T00:00:00Z")]
    [InlineData("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z")]
    public void Months_of_quotas_are_cut_where_a_cycle_begins(string at, string start, string end) =>
        BillingCycles.PeriodOf(QuotaPeriodKind.BillingMonth, Utc(at), TimeZoneInfo.Utc, Life).ShouldBe(new(Utc(start), Utc(end)));

    [Theory]
    [InlineData("2026-02-10T00:00:00Z", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z")]
    [InlineData("2026-04-20T00:00:00Z", "2026-03-14T00:00:00Z", "2026-05-01T00:00:00Z")]
    public void A_billing_period_is_that_of_the_subscription(string at, string start, string end) =>
        BillingCycles.PeriodOf(QuotaPeriodKind.BillingPeriod, Utc(at), TimeZoneInfo.Utc, Life).ShouldBe(new(Utc(start), Utc(end)));

    [Theory]
    [InlineData(0, null, false)]
    [InlineData(2, null, false)]
    [InlineData(3, null, true)]
    [InlineData(3, "2026-05-01T00:00:00Z", true)]
    [InlineData(3, "2026-05-02T00:00:00Z", false)]
    public void A_customer_has_lapsed_whose_last_cycle_is_the_calendars_again(int cycles, string? planAssignedAt, bool lapsed) =>
        BillingCycles.HaveLapsed(Life[..cycles], planAssignedAt is null ? null : Utc(planAssignedAt)).ShouldBe(lapsed);

    [Fact]
    public void Calendar_months_know_no_cycles() =>
        BillingCycles.PeriodOf(QuotaPeriodKind.CalendarMonth, Utc("2026-01-31T12:00:00Z"), TimeZoneInfo.Utc, Life)
            .ShouldBe(new(Utc("2026-01-01T00:00:00Z"), Utc("2026-02-01T00:00:00Z")));

    [Fact]
    public void Slices_tile_time_forward_and_backward()
    {
        foreach (var kind in (QuotaPeriodKind[])[QuotaPeriodKind.BillingMonth, QuotaPeriodKind.BillingPeriod])
        {
            var period = BillingCycles.PeriodOf(kind, Utc("2025-12-15T00:00:00Z"), TimeZoneInfo.Utc, Life);
            while (period.End < Utc("2026-09-01T00:00:00Z"))
            {
                var next = BillingCycles.Next(kind, period, TimeZoneInfo.Utc, Life);
                next.Start.ShouldBe(period.End);
                BillingCycles.PeriodOf(kind, new(next.Start.UnixMicroseconds - 1), TimeZoneInfo.Utc, Life).ShouldBe(period);
                period = next;
            }
        }
    }

    [Fact]
    public void A_new_cycle_takes_the_place_of_one_that_begins_with_it_and_old_ones_are_dropped()
    {
        var added = new BillingCycle(Utc("2026-05-01T00:00:00Z"), new Anchor(Utc("2026-05-01T00:00:00Z")), PriceInterval.Weekly);
        BillingCycles.With(Life, added, Instant.Epoch).ShouldBe([Life[0], Life[1], added]);
        BillingCycles.With(Life, added, Utc("2026-04-01T00:00:00Z")).ShouldBe([Life[1], added]);
    }
}
