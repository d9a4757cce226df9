using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Core.Tests.Quotas;

namespace Tollgate.Core.Tests.Metering;

/// <summary>
/// Events in any order of time and voids of any of them, decided by the rules, and compared with a counter that adds up all live events
/// from the start after each step, without postings.
/// </summary>
public sealed class VoidProperties
{
    private static readonly Entitlement Facts = new() { Feature = "unit", Quota = TestAccount.Q(4), Thresholds = [] };

    [Theory]
    [InlineData(MeterAggregate.Count)]
    [InlineData(MeterAggregate.Sum)]
    [InlineData(MeterAggregate.Max)]
    [InlineData(MeterAggregate.Unique)]
    [InlineData(MeterAggregate.Latest)]
    public void A_balance_is_what_its_live_events_say(MeterAggregate aggregate) => Always(steps =>
    {
        var life = new Life(aggregate);
        return steps.All(step => life.Step(Math.Abs(step % 1000)) && life.Agrees);
    });

    [Fact]
    public void A_level_is_billed_once_wherever_it_rose_and_fell() => Always(steps =>
    {
        var levels = steps.Select(static step => Quantity.Of(Math.Abs(step % 50))).ToList();
        var used = SegmentRules.UsedOfLevel(levels);
        var total = used.Aggregate(Quantity.Zero, static (sum, one) => sum + one);

        // A unit counts in the first stretch since which the level has stayed above it.
        var naive = levels.Select((_, i) => Enumerable.Range(0, 50).Count(unit =>
            levels.Skip(i).All(later => later > Quantity.Of(unit))
                && (i == 0 || levels[i - 1] <= Quantity.Of(unit) || levels.Skip(i - 1).Any(level => level <= Quantity.Of(unit)))));
        return (levels.Count == 0 || total == levels[^1]) && used.All(static one => !one.IsNegative)
            && used.Select(static one => (int)one.Value).SequenceEqual(naive);
    });

    private static void Always(Func<int[], bool> holds) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    private sealed record Recorded(int Number, Instant At, int Value, IReadOnlyList<Posting> Postings, IReadOnlyList<Reading> Readings);

    private sealed class Life(MeterAggregate aggregate)
    {
        private readonly TestAccount _test = new(Facts);
        private readonly List<Recorded> _live = [];
        private int _number;

        public bool Agrees => _test.Balance.Used.Value == Naive();

        public bool Step(int step)
        {
            if (step % 3 == 0 && _live.Count > 0)
            {
                Void(_live[step / 3 % _live.Count]);
                return true;
            }

            Record(value: step / 7 % 6, TestAccount.Month.Start.Plus(TimeSpan.FromHours(step / 3 % 5)));
            return true;
        }

        private decimal Naive() => aggregate switch
        {
            MeterAggregate.Count => _live.Count,
            MeterAggregate.Sum => _live.Sum(static one => one.Value),
            MeterAggregate.Max => _live.Select(static one => one.Value).DefaultIfEmpty().Max(),
            MeterAggregate.Unique => _live.Select(static one => one.Value).Distinct().Count(),
            MeterAggregate.Latest => _live.OrderBy(static one => one.At).ThenBy(static one => one.Number).LastOrDefault()?.Value ?? 0,
            _ => throw new ArgumentOutOfRangeException(nameof(aggregate)),
        };

        private void Record(int value, Instant at)
        {
            var amount = aggregate switch
            {
                MeterAggregate.Count => 1,
                MeterAggregate.Unique => _live.Exists(one => one.Value == value) ? 0 : 1,
                _ => value,
            };
            var effect = new Effect(
                _test.Feature, Quantity.Of(amount), aggregate, aggregate == MeterAggregate.Unique ? HashOf(value) : default);
            var verdict = AccountRules.Use(_test.Account, [effect], at, TestAccount.Now, enforce: false);
            _live.Add(
                new(++_number, at, value, verdict.Postings,
                    AggregateRules.ReadingOf(effect, _test.Balance.Reports) is { } reading ? [reading] : []));
        }

        private void Void(Recorded target)
        {
            _live.Remove(target);
            AccountRules.Reverse(
                _test.Account, VoidRules.Reverse(target.Postings, target.Readings, OthersOf(target), target.At), [], TestAccount.Now);
        }

        /// <summary>As PostgreSQL answers it.</summary>
        private Dictionary<Reading, OtherReading> OthersOf(Recorded target)
        {
            var others = new Dictionary<Reading, OtherReading>();
            foreach (var reading in target.Readings)
            {
                var same = _live.SelectMany(static one => one.Readings, static (one, of) => (one.At, Of: of))
                    .Where(one => one.Of.Kind == reading.Kind);
                var found = reading.Kind switch
                {
                    ReadingKind.Highest => same.OrderByDescending(static one => one.Of.Value),
                    ReadingKind.Seen => same.Where(one => one.Of.Hash == reading.Hash).OrderBy(static one => one.At),
                    _ => same.OrderByDescending(static one => one.At).ThenByDescending(static one => one.Of.Order),
                };
                foreach (var (at, of) in found.Take(1))
                {
                    others[reading] = new(of.Value, at, of.Order);
                }
            }

            return others;
        }

        private static Guid HashOf(int value) => new(value, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
