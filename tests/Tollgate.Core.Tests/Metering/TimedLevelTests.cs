using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Tests.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Metering;

/// <summary>Time-weighted levels: by hand, and in any order of reports and voids beside a counter that adds up hour by hour.</summary>
public sealed class TimedLevelTests
{
    private static readonly Instant May = Utc(5, 1);
    private static readonly Instant September = Utc(9, 1);

    [Fact]
    public void A_level_of_the_whole_month_is_its_units_and_one_of_half_of_it_half_of_them()
    {
        var june = new Period(Utc(6, 1), Utc(7, 1));
        Used([(Utc(6, 1), 100)], june).ShouldBe(100);
        Used([(Utc(6, 16), 100)], june).ShouldBe(50);
        Used([(Utc(5, 9), 100), (Utc(6, 16), 0)], june).ShouldBe(50, "it came from before the month");
        Used([(Utc(5, 9), 100)], june).ShouldBe(100, "nobody has to report it again");
        Used([(Utc(6, 1), 10), (Utc(6, 11), 40), (Utc(6, 21), 25)], june).ShouldBe(25, "a third of each");
        Used([(Utc(7, 1), 100)], june).ShouldBe(0);
    }

    [Fact]
    public void A_period_that_is_cut_has_its_share_of_the_whole_one()
    {
        var (first, second) = (new Period(Utc(6, 1), Utc(6, 11)), new Period(Utc(6, 11), Utc(7, 1)));
        (Used([(Utc(5, 1), 90)], first), Used([(Utc(5, 1), 90)], second)).ShouldBe((30, 60));
    }

    /// <summary>By the anchor of the cycle that the period begins with, as if no other cycle cut it.</summary>
    [Fact]
    public void The_whole_of_a_period_knows_no_cuts()
    {
        BillingCycle[] cycles =
        [
            new(Utc(3, 10), new(Utc(3, 10)), PriceInterval.Monthly), new(Utc(3, 20), new(Utc(3, 20)), PriceInterval.Yearly),
            new(Utc(4, 25), null, null),
        ];
        Days(Utc(3, 1), cycles).ShouldBe(31, "March of the calendar");
        Days(Utc(3, 10), cycles).ShouldBe(31, "from the 10th of March");
        Days(Utc(4, 20), cycles).ShouldBe(30, "from the 20th of April");
        Days(Utc(4, 25), cycles).ShouldBe(30, "April of the calendar");
        Days(Utc(2, 1), []).ShouldBe(28);
        var cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");
        (TimedLevel.WholeOf(Utc(4, 10), cairo, []) / 3_600_000_000m).ShouldBe((30 * 24) - 1, "the clock goes forward on the last Friday");
    }

    [Theory]
    [InlineData(1, 3, "0.333333333")]
    [InlineData(2, 3, "0.666666667")]
    [InlineData(1, 2_000_000_000, "0.000000001")]
    [InlineData(1, 2_000_000_001, "0")]
    public void Units_are_rounded_once_and_a_half_goes_up(long units, long whole, string expected) =>
        TimedLevel.UnitsOf(units * new BigInteger(1_000_000_000), whole).ToString().ShouldBe(expected);

    [Fact]
    public void Nothing_of_the_largest_level_is_lost() =>
        Used([(Utc(6, 1), Quantity.Largest)], new(Utc(6, 1), Utc(7, 1))).ShouldBe(Quantity.Largest);

    [Fact]
    public void Usage_grows_with_time_and_includes_reports_of_the_next_minutes()
    {
        var june = new Period(Utc(6, 1), Utc(7, 1));
        var level = Level([(Utc(6, 1), 30), (Utc(6, 16), 60)], june);
        level.UsedBy(Utc(6, 21), june).Value.ShouldBe(15 + 10);
        level.UsedBy(Utc(6, 10), june).Value.ShouldBe(15, "by the last report that is known");
        level.UsedBy(Utc(6, 16), june).Value.ShouldBe(15);
        level.UsedBy(Utc(8, 1), june).Value.ShouldBe(45);
        level.AtEnd.Value.ShouldBe(45);
        Level([(Utc(5, 1), 30)], june).UsedBy(Utc(5, 20), june).Value.ShouldBe(0);
    }

    [Fact]
    public void The_later_recorded_of_two_reports_of_one_instant_holds()
    {
        var reports = LevelTimeline.Of(May, []);
        (reports, _) = reports.With(new(Utc(6, 1), 1, Quantity.Of(5)));
        reports.LastNumberAt(Utc(6, 1)).ShouldBe(1);
        (reports, var change) = reports.With(new(Utc(6, 1), 2, Quantity.Of(8)));
        change.ShouldBe(new(Utc(6, 1), Instant.FarFuture, Quantity.Of(3)));
        (reports, change) = reports.Without(Utc(6, 1), 1)!.Value;
        change.Until.ShouldBe(change.From, "it held for no time");
        reports.LastBefore(Utc(6, 2))!.Value.Level.Value.ShouldBe(8);
        reports.Without(Utc(6, 1), 1).ShouldBeNull();
    }

    [Fact]
    public void Rows_are_what_live_reports_say_in_whatever_order_they_came() => Always(steps =>
    {
        var life = new Life();
        return Array.TrueForAll(steps, step => life.Step(Math.Abs(step % 100_000)));
    });

    [Fact]
    public void Two_parts_of_a_period_add_up_to_it() => Always(steps =>
    {
        var reports = LevelTimeline.Of(May, steps.Select((step, i) => new LevelReport(At(Math.Abs(step % 2_900)), i, Quantity.Of(i % 7))));
        return steps.All(step =>
        {
            var (june, cut) = (new Period(Utc(6, 1), Utc(7, 1)), At(744 + Math.Abs(step % 720)));
            var (whole, first) = (TimedLevel.Of(reports, june, 1), reports.Over(june with { End = cut }));
            return first + reports.Over(june with { Start = cut }) == whole.Integral
                && TimedLevel.Of(reports, june with { End = cut }, 1).AtEnd <= whole.AtEnd;
        });
    });

    private static void Always(Func<int[], bool> holds) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Instant Utc(int month, int day) => Instant.FromUtc(new DateTime(2031, month, day, 0, 0, 0, DateTimeKind.Utc));

    private static Instant At(int hour) => May.Plus(TimeSpan.FromHours(hour));

    private static decimal Days(Instant at, IReadOnlyList<BillingCycle> cycles) =>
        TimedLevel.WholeOf(at, TimeZoneInfo.Utc, cycles) / 86_400_000_000m;

    private static TimedLevel Level((Instant At, decimal Level)[] reports, Period period) => TimedLevel.Of(
        LevelTimeline.Of(Instant.Epoch, reports.Select(static (one, i) => new LevelReport(one.At, i, Quantity.Of(one.Level)))), period,
        TimedLevel.WholeOf(period.Start, TimeZoneInfo.Utc, []));

    private static decimal Used((Instant At, decimal Level)[] reports, Period period) => Level(reports, period).AtEnd.Value;

    /// <summary>A level with reports of four months in any order, voids of any of them, and rows that open now and then.</summary>
    private sealed class Life
    {
        private readonly FeatureEntry _feature = new(1, new()
        {
            Code = "gb", Name = "GB", Meters = [new("gb", MeterAggregate.WeightedSum, null, [], LateEventPolicy.NextInvoice)],
        });

        private readonly AccountState _account;
        private readonly List<(int Hour, int Number, int Level, IReadOnlyList<Posting> Postings)> _live = [];

        public Life()
        {
            _account = new()
            {
                ProjectId = 1, Customer = "c", Partition = 0, Key = 1, CustomerVersion = 1, CatalogRevision = 1,
                Terms = new([
                    TestAccount.Terms(
                        Instant.Epoch, 1, new() { Feature = "gb", Quota = Quantity.Of(4), HardCap = false, Thresholds = [50, 100] }),
                ]),
                CustomerSince = Instant.Epoch, Zone = TimeZoneInfo.Utc,
                Cycles = [new(Utc(6, 11), new(Utc(6, 11)), PriceInterval.Monthly), new(Utc(8, 1), null, null)],
                FeaturesByCode = new Dictionary<string, FeatureEntry> { ["gb"] = _feature },
            };
            Level.Load(LevelTimeline.Of(Instant.Epoch, []));
        }

        private FeatureState Level => _account.FeatureOf(_feature);

        public bool Step(int step)
        {
            if (step % 3 == 0 && _live.Count > 0)
            {
                Void(step / 3 % _live.Count);
            }
            else if (step % 7 == 0)
            {
                Level.BalanceIn(Level.PeriodAt(At(step % 2_900)));
            }
            else
            {
                // Few different hours: some reports are of one instant.
                Report(hour: step % 58 * 50, level: step / 7 % 6);
            }

            return Level.Balances.All(Agrees);
        }

        private void Report(int hour, int level)
        {
            var effect = new Effect(_feature, Quantity.Of(level), MeterAggregate.WeightedSum, default);
            var verdict = AccountRules.Use(_account, [effect], At(hour), September, enforce: hour % 100 == 0);
            verdict.Allowed.ShouldBeTrue();
            _live.Add((hour, Level.Reports!.Current.LastNumberAt(At(hour)), level, verdict.Postings));

        }

        private void Void(int at)
        {
            var (hour, number, level, postings) = _live[at];
            _live.RemoveAt(at);
            TimedLevelRules.TakeBack(
                _account, Level, Reading.Timed(1, Quantity.Of(level), number), At(hour), postings.Single().PeriodStart);
        }

        private bool Agrees(Slot<Core.Ledger.Balance> slot)
        {
            var row = slot.Current;
            var hours = (int)((row.Period.End - row.Period.Start) / TimeSpan.FromHours(1));
            var from = (int)((row.Period.Start - May) / TimeSpan.FromHours(1));
            var sum = Enumerable.Range(from, hours).Sum(hour => (decimal)LevelIn(hour));
            var whole = row.Timed!.Whole / 3_600_000_000m;
            return row.Used.Value == decimal.Round(sum / whole, 9, MidpointRounding.AwayFromZero)
                && row.Timed == TimedLevel.Of(Level.Reports!.Current, row.Period, row.Timed.Whole)
                && row.UsedBy(row.Period.End).Used == row.Used && row.UsedBy(row.Period.Start).Used <= row.Used;
        }

        private int LevelIn(int hour) => _live.Where(one => one.Hour <= hour).OrderBy(static one => one.Hour)
            .ThenBy(static one => one.Number).LastOrDefault().Level;
    }
}
