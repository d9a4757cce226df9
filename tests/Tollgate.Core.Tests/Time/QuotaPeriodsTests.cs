using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Time;

public sealed class QuotaPeriodsTests
{
    [Theory]
    // The 31st clamps and springs back.
    [InlineData("2026-01-31T09:30:15Z", "Etc/UTC", "2026-02-10T00:00:00Z", "2026-01-31T09:30:15Z", "2026-02-28T09:30:15Z")]
    [InlineData("2026-01-31T09:30:15Z", "Etc/UTC", "2026-02-28T09:30:15Z", "2026-02-28T09:30:15Z", "2026-03-31T09:30:15Z")]
    [InlineData("2026-01-31T09:30:15Z", "Etc/UTC", "2026-04-01T00:00:00Z", "2026-03-31T09:30:15Z", "2026-04-30T09:30:15Z")]
    [InlineData("2026-01-31T09:30:15Z", "Etc/UTC", "2031-12-31T09:30:14Z", "2031-11-30T09:30:15Z", "2031-12-31T09:30:15Z")]
    // Leap years, and a leap day as the anchor.
    [InlineData("2027-12-31T00:00:00Z", "Etc/UTC", "2028-02-15T00:00:00Z", "2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("2028-02-29T12:00:00Z", "Etc/UTC", "2029-02-28T12:00:00Z", "2029-02-28T12:00:00Z", "2029-03-29T12:00:00Z")]
    [InlineData("2026-01-30T00:00:00Z", "Etc/UTC", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-30T00:00:00Z")]
    // The end belongs to the next period, the start to its own.
    [InlineData("2026-01-15T10:00:00Z", "Etc/UTC", "2026-02-15T09:59:59.999999Z", "2026-01-15T10:00:00Z", "2026-02-15T10:00:00Z")]
    [InlineData("2026-01-15T10:00:00Z", "Etc/UTC", "2026-02-15T10:00:00Z", "2026-02-15T10:00:00Z", "2026-03-15T10:00:00Z")]
    // Before the anchor the slices go on.
    [InlineData("2026-01-31T09:00:00Z", "Etc/UTC", "2025-12-01T00:00:00Z", "2025-11-30T09:00:00Z", "2025-12-31T09:00:00Z")]
    // The fraction of a second is cut off.
    [InlineData("2026-01-15T10:00:00.75Z", "Etc/UTC", "2026-01-15T10:00:00.75Z", "2026-01-15T10:00:00Z", "2026-02-15T10:00:00Z")]
    // The local time of day is kept over a change of offset: 10:00 in Berlin is 09:00Z in winter, 08:00Z in summer.
    [InlineData("2026-01-15T09:00:00Z", "Europe/Berlin", "2026-04-01T00:00:00Z", "2026-03-15T09:00:00Z", "2026-04-15T08:00:00Z")]
    // The local day counts: 23:30Z on the 30th is the 31st in Kathmandu (+05:45).
    [InlineData("2026-01-30T23:30:00Z", "Asia/Kathmandu", "2026-03-01T00:00:00Z", "2026-02-27T23:30:00Z", "2026-03-30T23:30:00Z")]
    // 02:30 does not exist in New York on 8 March 2026: the slice begins when the clock jumps to 03:00.
    [InlineData("2026-02-08T07:30:00Z", "America/New_York", "2026-03-20T00:00:00Z", "2026-03-08T07:00:00Z", "2026-04-08T06:30:00Z")]
    // 01:30 comes twice on 1 November 2026: the earlier one, at -04:00.
    [InlineData("2026-10-01T05:30:00Z", "America/New_York", "2026-11-20T00:00:00Z", "2026-11-01T05:30:00Z", "2026-12-01T06:30:00Z")]
    // Half an hour of daylight saving: 02:15 on 4 October 2026 is skipped in Lord Howe (02:00 jumps to 02:30).
    [InlineData("2026-09-03T15:45:00Z", "Australia/Lord_Howe", "2026-10-20T00:00:00Z", "2026-10-03T15:30:00Z", "2026-11-03T15:15:00Z")]
    // Apia had no 30 December 2011.
    [InlineData("2011-11-30T20:00:00Z", "Pacific/Apia", "2012-01-10T00:00:00Z", "2011-12-30T10:00:00Z", "2012-01-29T20:00:00Z")]
    public void A_billing_month_is_the_slice_of_its_anchor(string anchor, string zone, string at, string start, string end) =>
        QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, Utc(at), Zone(zone), new Anchor(Utc(anchor)), null)
            .ShouldBe(new Period(Utc(start), Utc(end)));

    [Theory]
    [InlineData(QuotaPeriodKind.CalendarMonth, "Etc/UTC", "2026-11-21T08:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData(QuotaPeriodKind.BillingMonth, "Etc/UTC", "2026-11-21T08:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData(QuotaPeriodKind.BillingPeriod, "Etc/UTC", "2026-11-21T08:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData(QuotaPeriodKind.CalendarMonth, "America/New_York", "2026-12-01T04:59:59Z", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z")]
    // Cairo's clock jumps at midnight: 24 April 2026 begins at 01:00, which is 22:00Z of the day before.
    [InlineData(QuotaPeriodKind.Day, "Africa/Cairo", "2026-04-24T10:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")]
    // São Paulo's old clock jumped at midnight: 4 November 2018 began at 01:00, 23 hours long; and repeated 23:00.
    [InlineData(QuotaPeriodKind.Day, "America/Sao_Paulo", "2018-11-04T10:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")]
    [InlineData(QuotaPeriodKind.Day, "America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z")]
    // The skipped 30 December 2011 is in no period: 29 December ends where the 31st begins.
    [InlineData(QuotaPeriodKind.Day, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z")]
    [InlineData(QuotaPeriodKind.Day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z")]
    // Weeks begin on Monday.
    [InlineData(QuotaPeriodKind.Week, "Etc/UTC", "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData(QuotaPeriodKind.Week, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData(QuotaPeriodKind.Hour, "Etc/UTC", "2026-11-21T08:59:59.999999Z", "2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z")]
    [InlineData(QuotaPeriodKind.Hour, "Asia/Kathmandu", "2026-11-21T08:20:00Z", "2026-11-21T08:15:00Z", "2026-11-21T09:15:00Z")]
    // The hour that New York shows twice is two periods.
    [InlineData(QuotaPeriodKind.Hour, "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z")]
    [InlineData(QuotaPeriodKind.Hour, "America/New_York", "2026-11-01T06:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z")]
    // Lord Howe on 5 April 2026: at 02:00 (+11) back to 01:30 (+10:30); on 4 October 02:00 jumps to 02:30.
    [InlineData(QuotaPeriodKind.Hour, "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z")]
    [InlineData(QuotaPeriodKind.Hour, "Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z")]
    [InlineData(QuotaPeriodKind.Hour, "Australia/Lord_Howe", "2026-10-03T15:40:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z")]
    [InlineData(QuotaPeriodKind.Lifetime, "Europe/Berlin", "2026-11-21T08:00:00Z", "1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z")]
    public void A_period_without_a_subscription_follows_the_calendar(
        QuotaPeriodKind kind, string zone, string at, string start, string end) =>
        QuotaPeriods.Of(kind, Utc(at), Zone(zone), null, null).ShouldBe(new Period(Utc(start), Utc(end)));

    [Fact]
    public void A_billing_period_is_the_one_given_and_time_outside_of_it_is_cut_at_its_edges()
    {
        var year = new Period(Utc("2026-03-10T12:00:00Z"), Utc("2027-03-10T12:00:00Z"));

        Of("2026-08-01T00:00:00Z").ShouldBe(year);
        Of("2026-03-05T00:00:00Z").ShouldBe(new Period(Utc("2026-03-01T00:00:00Z"), year.Start));
        Of("2026-02-05T00:00:00Z").ShouldBe(new Period(Utc("2026-02-01T00:00:00Z"), Utc("2026-03-01T00:00:00Z")));
        Of("2027-03-10T12:00:00Z").ShouldBe(new Period(year.End, Utc("2027-04-01T00:00:00Z")));
        Of("2027-04-05T00:00:00Z").ShouldBe(new Period(Utc("2027-04-01T00:00:00Z"), Utc("2027-05-01T00:00:00Z")));

        Period Of(string at) => QuotaPeriods.Of(QuotaPeriodKind.BillingPeriod, Utc(at), Zone("Etc/UTC"), null, year);
    }

    [Fact]
    public void A_lifetime_is_its_own_successor()
    {
        var lifetime = QuotaPeriods.Of(QuotaPeriodKind.Lifetime, Utc("2026-11-21T08:00:00Z"), Zone("Etc/UTC"), null, null);

        BillingCycles.Next(QuotaPeriodKind.Lifetime, lifetime, Zone("Etc/UTC"), []).ShouldBe(lifetime);
    }

    [Theory]
    [InlineData("2026-11-30T23:30:00Z", "Etc/UTC", "2026-11")]
    [InlineData("2026-11-30T23:30:00Z", "Europe/Berlin", "2026-12")]
    [InlineData("2027-01-01T03:00:00Z", "America/New_York", "2026-12")]
    public void A_month_key_is_the_local_month(string at, string zone, string key) =>
        QuotaPeriods.MonthKey(Utc(at), Zone(zone)).ShouldBe(key);

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("Etc/UTC", true)]
    [InlineData("UTC", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("Mars/Olympus_Mons", false)]
    [InlineData("europe/berlin", false)]
    [InlineData("Pacific Standard Time", false)]
    [InlineData("localtime", false)]
    [InlineData("right/Europe/Berlin", false)]
    [InlineData("../etc/passwd", false)]
    [InlineData("Europe/../Europe/Berlin", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_zone_is_found_by_its_exact_name_or_refused(string? name, bool found)
    {
        TimeZones.TryFind(name, out var zone).ShouldBe(found);
        zone?.Id.ShouldBe(name);
    }

    internal static Instant Utc(string text) =>
        Instant.From(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    internal static TimeZoneInfo Zone(string name)
    {
        TimeZones.TryFind(name, out var zone).ShouldBeTrue();
        return zone!;
    }
}
