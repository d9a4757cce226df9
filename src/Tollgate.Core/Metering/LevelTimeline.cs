using System.Collections.Immutable;
using System.Numerics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>A report of a time-weighted level (<see cref="Catalog.MeterAggregates.WeighsTime"/>).</summary>
/// <param name="Number">The order of recording among the reports of one instant.</param>
public readonly record struct LevelReport(Instant At, int Number, Quantity Level);

/// <summary>A difference by which a level changes from an instant until another one.</summary>
public readonly record struct LevelChange(Instant From, Instant Until, Quantity By);

/// <summary>
/// The reports of one level of one customer, in the order of time: each holds until the next one, over the ends of quota periods too.
/// Before the first report the level is zero. Never changes: a report more makes a new timeline.
/// </summary>
public sealed class LevelTimeline
{
    private static readonly Comparer<LevelReport> InTime =
        Comparer<LevelReport>.Create(static (a, b) => (a.At, a.Number).CompareTo((b.At, b.Number)));

    private readonly ImmutableList<LevelReport> _reports;

    private LevelTimeline(Instant since, ImmutableList<LevelReport> reports) => (Since, _reports) = (since, reports);

    /// <summary>The instant from which the timeline knows the level.</summary>
    public Instant Since { get; }

    /// <param name="reports">All reports after <paramref name="since"/>, and the last one before those, if there is one.</param>
    public static LevelTimeline Of(Instant since, IEnumerable<LevelReport> reports) => new(since, [.. reports.Order(InTime)]);

    public bool Knows(Instant at) => at >= Since;

    /// <summary>Returns the number of the last report of this instant; 0: there is none.</summary>
    public int LastNumberAt(Instant at) => LastBefore(new(at.UnixMicroseconds + 1)) is { } last && last.At == at ? last.Number : 0;

    /// <summary>Returns the last report before an instant; null: there is none.</summary>
    public LevelReport? LastBefore(Instant at)
    {
        var next = PlaceOf(new(at, int.MinValue, Quantity.Zero));
        return next == 0 ? null : _reports[next - 1];
    }

    /// <summary>Returns the timeline with one more report, and the change of the level.</summary>
    public (LevelTimeline After, LevelChange Change) With(LevelReport report)
    {
        Invariant.That(Knows(report.At), $"A report of {report.At} in a timeline since {Since}.");
        var place = PlaceOf(report);
        return (new(Since, _reports.Insert(place, report)), ChangeAt(place, place, report, 1));
    }

    /// <summary>Returns the timeline without a report, and the change of the level. Null: it has no such report.</summary>
    public (LevelTimeline After, LevelChange Change)? Without(Instant at, int number)
    {
        Invariant.That(at > Since, $"Of a report of {at}, a timeline since {Since} does not know what was before it.");
        var place = PlaceOf(new(at, number, Quantity.Zero));
        return place < _reports.Count && _reports[place] is var report && (report.At, report.Number) == (at, number)
            ? (new(Since, _reports.RemoveAt(place)), ChangeAt(place, place + 1, report, -1))
            : null;
    }

    /// <summary>Returns the level's integral over a period: nano-units times microseconds.</summary>
    public BigInteger Over(Period period)
    {
        Invariant.That(Knows(period.Start), $"The period {period} of a timeline since {Since}.");
        var sum = BigInteger.Zero;
        for (var i = Math.Max(0, PlaceOf(new(period.Start, int.MinValue, Quantity.Zero)) - 1); i < _reports.Count; i++)
        {
            var (from, until) = (_reports[i].At, i + 1 < _reports.Count ? _reports[i + 1].At : Instant.FarFuture);
            if (from >= period.End)
            {
                break;
            }

            sum += TimedLevel.Over(_reports[i].Level, from > period.Start ? from : period.Start, until < period.End ? until : period.End);
        }

        return sum;
    }

    /// <param name="next">The place of the next report.</param>
    private LevelChange ChangeAt(int place, int next, LevelReport report, int sign)
    {
        var before = place == 0 ? Quantity.Zero : _reports[place - 1].Level;
        var by = report.Level - before;
        return new(report.At, next < _reports.Count ? _reports[next].At : Instant.FarFuture, sign > 0 ? by : -by);
    }

    /// <summary>Returns the place of the first report that is not before this one.</summary>
    private int PlaceOf(LevelReport report)
    {
        var found = _reports.BinarySearch(report, InTime);
        return found < 0 ? ~found : found;
    }
}
