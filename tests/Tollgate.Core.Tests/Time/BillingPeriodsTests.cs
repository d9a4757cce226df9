using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Time;

public sealed class BillingPeriodsTests
{
    [Theory]
    // The 31st clamps and springs back, also over a year.
    [InlineData(
        PriceInterval.Monthly, "2026-01-31T09:00:00Z", "Etc/UTC", "2026-02-14T00:00:00Z", "2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z")]
    [InlineData(
        PriceInterval.Monthly, "2026-01-31T09:00:00Z", "Etc/UTC", "2026-02-28T09:00:00Z", "2026-02-28T09:00:00Z", "2026-03-31T09:00:00Z")]
    [InlineData(
        PriceInterval.Monthly, "2026-01-31T09:00:00Z", "Etc/UTC", "2046-02-28T08:59:59Z", "2046-01-31T09:00:00Z", "2046-02-28T09:00:00Z")]
    // A leap day's year.
    [InlineData(
        PriceInterval.Yearly, "2028-02-29T12:00:00Z", "Etc/UTC", "2028-12-01T00:00:00Z", "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z")]
    [InlineData(
        PriceInterval.Yearly, "2028-02-29T12:00:00Z", "Etc/UTC", "2031-03-01T00:00:00Z", "2031-02-28T12:00:00Z", "2032-02-29T12:00:00Z")]
    // Weeks keep the local hour when the clocks change.
    [InlineData(
        PriceInterval.Weekly, "2026-03-20T14:00:00Z", "America/New_York", "2026-03-30T00:00:00Z", "2026-03-27T14:00:00Z",
        "2026-04-03T14:00:00Z")]
    [InlineData(
        PriceInterval.Weekly, "2026-03-25T09:00:00Z", "Europe/Berlin", "2026-04-01T08:00:00Z", "2026-04-01T08:00:00Z",
        "2026-04-08T08:00:00Z")]
    [InlineData(
        PriceInterval.Monthly, "2026-01-15T09:00:00Z", "Europe/Berlin", "2026-04-01T00:00:00Z", "2026-03-15T09:00:00Z",
        "2026-04-15T08:00:00Z")]
    public void A_period_is_counted_from_the_anchor(
        PriceInterval interval, string anchor, string zone, string at, string start, string end) =>
        BillingPeriods.At(interval, new(Utc(anchor)), Utc(at), Zone(zone)).ShouldBe(new(Utc(start), Utc(end)));

    [Fact]
    public void An_anchor_may_keep_a_day_that_its_month_does_not_have()
    {
        var anchor = new Anchor(Utc("2026-02-28T09:00:00Z"), 31);
        BillingPeriods.At(PriceInterval.Monthly, anchor, anchor.StartedAt, TimeZoneInfo.Utc)
            .ShouldBe(new(Utc("2026-02-28T09:00:00Z"), Utc("2026-03-31T09:00:00Z")));
        BillingPeriods.At(PriceInterval.Yearly, anchor, Utc("2027-06-01T00:00:00Z"), TimeZoneInfo.Utc)
            .ShouldBe(new(Utc("2027-02-28T09:00:00Z"), Utc("2028-02-29T09:00:00Z")));
    }

    [Theory]
    // Cairo's clocks show no 00:09 on the 25th of April 2031: the year begins at 01:00 and ends at 00:09.
    [InlineData(
        PriceInterval.Monthly, "2031-01-24T22:09:12Z", "Africa/Cairo", "2031-04-24T22:00:00Z", PriceInterval.Yearly, "2032-04-24T22:09:12Z",
        "2033-04-24T22:09:12Z")]
    [InlineData(
        PriceInterval.Yearly, "2030-04-24T22:09:12Z", "Africa/Cairo", "2031-04-24T22:00:00Z", PriceInterval.Monthly, "2031-05-24T21:09:12Z",
        "2031-06-24T21:09:12Z")]
    [InlineData(
        PriceInterval.Monthly, "2031-01-24T22:09:12Z", "Africa/Cairo", "2031-04-24T22:00:00Z", PriceInterval.Weekly, "2031-05-01T21:09:12Z",
        "2031-05-08T21:09:12Z")]
    [InlineData(
        PriceInterval.Weekly, "2031-04-17T22:09:12Z", "Africa/Cairo", "2031-04-24T22:00:00Z", PriceInterval.Monthly, "2031-05-24T21:09:12Z",
        "2031-06-24T21:09:12Z")]
    // Nuuk's show no 23:15 on the 29th of March 2031: it is 00:00 on the 30th.
    [InlineData(
        PriceInterval.Monthly, "2031-01-30T01:15:00Z", "America/Nuuk", "2031-03-30T01:00:00Z", PriceInterval.Weekly, "2031-04-06T00:15:00Z",
        "2031-04-13T00:15:00Z")]
    // In other zones the day and the time of day do not change either.
    [InlineData(
        PriceInterval.Monthly, "2031-01-31T09:00:00.5Z", "Europe/Berlin", "2031-02-28T09:00:00Z", PriceInterval.Yearly,
        "2032-02-29T09:00:00Z", "2033-02-28T09:00:00Z")]
    public void Another_interval_keeps_the_time_of_day(
        PriceInterval before, string anchor, string zone, string boundary, PriceInterval after, string end, string next)
    {
        var (from, at) = (new Anchor(Utc(anchor)), Utc(boundary));
        BillingPeriods.At(before, from, at, Zone(zone)).Start.ShouldBe(at);
        var onward = BillingPeriods.Onward(from, before, after, at, Zone(zone));
        BillingPeriods.At(after, onward, at, Zone(zone)).ShouldBe(new(at, Utc(end)));
        BillingPeriods.At(after, onward, Utc(end), Zone(zone)).ShouldBe(new(Utc(end), Utc(next)));
    }

    [Fact]
    public void Before_the_anchor_there_is_none() =>
        Should.Throw<InvariantBrokenException>(() =>
            BillingPeriods.At(PriceInterval.Monthly, new(Utc("2026-01-31T00:00:00Z")), Utc("2026-01-30T00:00:00Z"), TimeZoneInfo.Utc));

    private static readonly string[] Zones = [
        "Etc/UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"];

    [Fact]
    public void Periods_tile_time_and_do_not_drift() => Prop.ForAll<int, int, int>((seconds, days, pick) =>
    {
        var zone = Zone(Zones[Math.Abs(pick % Zones.Length)]);
        var anchor = new Anchor(new((1_700_000_000L + Math.Abs(seconds % 200_000_000)) * 1_000_000));
        foreach (var interval in Enum.GetValues<PriceInterval>())
        {
            var at = anchor.StartedAt.Plus(TimeSpan.FromDays(Math.Abs(days % 4000)));
            var period = BillingPeriods.At(interval, anchor, at, zone);
            var next = BillingPeriods.Next(interval, anchor, period, zone);
            if (!period.Contains(at) || next.Start != period.End || next.End <= next.Start)
            {
                return false;
            }
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_monthly_period_is_the_quota_month_of_the_same_anchor() => Prop.ForAll<int, int>((seconds, days) =>
    {
        var anchor = new Anchor(new((1_700_000_000L + Math.Abs(seconds % 200_000_000)) * 1_000_000));
        var at = anchor.StartedAt.Plus(TimeSpan.FromDays(Math.Abs(days % 4000)));
        return BillingPeriods.At(PriceInterval.Monthly, anchor, at, TimeZoneInfo.Utc)
            == QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, at, TimeZoneInfo.Utc, anchor, null);
    }).QuickCheckThrowOnFailure();
}
