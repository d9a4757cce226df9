using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Time;

/// <summary>Properties of every kind, zone, anchor and instant. Failing cases print their seed and shrink.</summary>
public sealed class QuotaPeriodsProperties
{
    private static readonly TimeZoneInfo[] Zones =
    [
        .. new[]
        {
            "Etc/UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
            "Africa/Cairo", "America/Sao_Paulo", "America/Havana", "Asia/Tehran", "Pacific/Kwajalein", "America/St_Johns",
        }.Select(QuotaPeriodsTests.Zone),
    ];

    private sealed record Case(QuotaPeriodKind Kind, TimeZoneInfo Zone, Anchor? Anchor, Period? Billing, Instant At);

    [Fact]
    public void Every_instant_lies_in_its_period() =>
        Always(c => Of(c, c.At).Contains(c.At));

    [Fact]
    public void Every_instant_of_a_period_gives_that_period() =>
        Always(c =>
        {
            var period = Of(c, c.At);
            var middle = new Instant(period.Start.UnixMicroseconds + ((period.End.UnixMicroseconds - period.Start.UnixMicroseconds) / 2));
            Instant[] within = [period.Start, middle, new(period.End.UnixMicroseconds - 1)];
            return within.All(at => at >= Instant.FarFuture || Of(c, at) == period);
        });

    [Fact]
    public void Neighbours_touch_and_lead_back() =>
        Always(c =>
        {
            var period = Of(c, c.At);
            var next = Next(c, period);
            var previous = Previous(c, period);
            return c.Kind == QuotaPeriodKind.Lifetime
                || (next.Start == period.End
                    && previous.End == period.Start
                    && Previous(c, next) == period
                    && Next(c, previous) == period);
        });

    [Fact]
    public void Later_instants_never_lie_in_earlier_periods() =>
        Always(c =>
        {
            var later = c.At.Plus(TimeSpan.FromMinutes(c.At.UnixMicroseconds % 100_000));
            return Of(c, c.At).Start <= Of(c, later).Start;
        });

    [Fact]
    public void An_hour_is_never_longer_than_sixty_minutes() =>
        Always(c =>
        {
            var hour = Of(c with { Kind = QuotaPeriodKind.Hour }, c.At);
            return hour.End - hour.Start <= TimeSpan.FromHours(1) && hour.End > hour.Start;
        });

    [Fact]
    public void An_anchor_never_drifts() =>
        Always(c =>
        {
            if (c.Anchor is not { } anchor)
            {
                return true;
            }

            var anchored = LocalTime.At(anchor.StartedAt, c.Zone);
            var start = LocalTime.At(Of(c with { Kind = QuotaPeriodKind.BillingMonth }, c.At).Start, c.Zone);
            var clamped = Math.Min(anchored.Day, DateTime.DaysInMonth(start.Year, start.Month));
            var sameDay = start.Day == clamped;
            var sameTime = start.TimeOfDay == new TimeSpan(anchored.Hour, anchored.Minute, anchored.Second);
            return (sameDay && sameTime) || WasSkipped(start, anchored, c.Zone);
        });

    [Fact]
    public void Boundaries_agree_with_a_search_minute_by_minute()
    {
        // The slow oracle: walks over a whole year around each zone's strangest clock change and searches the first minute at which the
        // wall clock shows the boundary's local time or later.
        foreach (var (zone, year) in new[]
        {
            ("America/New_York", 2026), ("Europe/Berlin", 2026), ("Australia/Lord_Howe", 2026), ("Asia/Kathmandu", 2026),
            ("Pacific/Apia", 2011), ("Africa/Cairo", 2026), ("America/Sao_Paulo", 2018), ("America/Havana", 2026),
        })
        {
            AssertDaysOf(year, QuotaPeriodsTests.Zone(zone));
        }
    }

    private static void AssertDaysOf(int year, TimeZoneInfo zone)
    {
        var slow = new List<Instant>();
        var highest = DateTime.MinValue;
        var minute = new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (; minute.Year <= year; minute = minute.AddMinutes(1))
        {
            var shown = minute + zone.GetUtcOffset(minute);
            if (shown.Date > highest)
            {
                highest = shown.Date;
                slow.Add(Instant.FromUtc(minute));
            }
        }

        var fast = new List<Instant>();
        var day = QuotaPeriods.Of(QuotaPeriodKind.Day, slow[1], zone, null, null);
        while (day.Start <= slow[^1])
        {
            fast.Add(day.Start);
            day = QuotaPeriods.Of(QuotaPeriodKind.Day, day.End, zone, null, null);
        }

        fast.ShouldBe(slow[1..], $"{zone.Id} {year}");
    }

    private static bool WasSkipped(DateTime start, DateTime anchored, TimeZoneInfo zone)
    {
        // The boundary was moved forward: right before it the wall clock showed a time more than a second earlier.
        var boundary = LocalTime.FirstInstantShowing(start, zone);
        var before = LocalTime.At(new(boundary.UnixMicroseconds - 1), zone);
        return start - before > TimeSpan.FromSeconds(1) && anchored != start;
    }

    private static Period Of(Case c, Instant at) => QuotaPeriods.Of(c.Kind, at, c.Zone, c.Anchor, c.Billing);

    private static Period Next(Case c, Period period) => c.Kind == QuotaPeriodKind.Lifetime ? period : Of(c, period.End);

    private static Period Previous(Case c, Period period) =>
        c.Kind == QuotaPeriodKind.Lifetime ? period : Of(c, new(period.Start.UnixMicroseconds - 1));

    private static void Always(Func<Case, bool> property) =>
        Prop.ForAll(Arb.From(Cases()), property).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    /// <summary>Half of the instants lie within two days of a month's end or an offset change's usual dates.</summary>
    private static Gen<Case> Cases()
    {
        var anywhere =
            from day in Gen.Choose(14_610, 29_219) // 2010 to 2049
            from second in Gen.Choose(0, 86_399)
            from microsecond in Gen.Choose(0, 999_999)
            select (((day * 86_400L) + second) * 1_000_000) + microsecond;
        var nearMonthEnd =
            from year in Gen.Choose(2010, 2049)
            from month in Gen.Choose(1, 12)
            from hours in Gen.Choose(-48, 48)
            from seconds in Gen.Choose(-2, 3_602)
            select Instant.FromUtc(new DateTime(year, month, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(hours)
                .AddSeconds(seconds)).UnixMicroseconds;
        var instants = Gen.OneOf(anywhere, nearMonthEnd).Select(static micro => new Instant(micro));
        return
            from kind in Gen.Elements(Enum.GetValues<QuotaPeriodKind>())
            from zone in Gen.Elements(Zones)
            from at in instants
            from anchor in instants
            from hasAnchor in Gen.Elements(true, true, false)
            from billingStart in instants
            from billingDays in Gen.Choose(1, 400)
            from hasBilling in Gen.Elements(true, false)
            select new Case(
                kind,
                zone,
                hasAnchor ? new Anchor(anchor) : null,
                hasBilling ? new Period(billingStart, billingStart.Plus(TimeSpan.FromDays(billingDays))) : null,
                at);
    }
}
