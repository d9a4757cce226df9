using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>The use of a feature on each weekday, compared with the average day: 1,000,000 millionths are the average.</summary>
public sealed class WeekdayPace
{
    /// <summary>The days before today whose use counts: one of them may be unknown for each weekday.</summary>
    public const int Days = 35;

    private const int LeastOfEach = 4;

    private const long Average = 1_000_000;

    /// <summary>The same use every day.</summary>
    public static readonly WeekdayPace Even = new([.. Enumerable.Repeat(Average, 7)]);

    private readonly long[] _millionths;

    private WeekdayPace(long[] millionths) => _millionths = millionths;

    public bool IsEven => ReferenceEquals(this, Even);

    public long MillionthsOn(DayOfWeek day) => _millionths[(int)day];

    /// <summary>
    /// Compares the weekdays of the last five weeks. A day is known if there is a total at its end and at the end of the day before.
    /// <see cref="Even"/> with fewer than four known days of a weekday, or without use.
    /// </summary>
    /// <param name="totals">The use of all time at the end of days.</param>
    public static WeekdayPace Of(IReadOnlyDictionary<DateOnly, Quantity> totals, DateOnly today)
    {
        var (sums, counts) = (new Quantity[7], new int[7]);
        for (var day = today.AddDays(-Days); day < today; day = day.AddDays(1))
        {
            if (totals.TryGetValue(day, out var at) && totals.TryGetValue(day.AddDays(-1), out var before))
            {
                sums[(int)day.DayOfWeek] += (at - before).FloorAtZero();
                counts[(int)day.DayOfWeek]++;
            }
        }

        if (counts.Min() < LeastOfEach || sums.All(static sum => sum.IsZero))
        {
            return Even;
        }

        var means = sums.Zip(counts, static (sum, count) => sum.Value / count).ToArray();
        var average = means.Average();
        return new([.. means.Select(mean => (long)decimal.Round(mean / average * Average))]);
    }
}

/// <summary>The expected use of a period.</summary>
/// <param name="Projected">At the end of the period; null for a period that never ends.</param>
/// <param name="EndsAt">When the limit is reached; now if it is, and null if the period ends before.</param>
public readonly record struct UsageForecast(Quantity? Projected, Instant? EndsAt);

/// <summary>
/// Projects use to the end of its period (<c>SEMANTICS</c> 5): use so far ÷ the share of the period that has passed, where a weekday with
/// twice the average use passes twice as fast.
/// </summary>
public static class ForecastRules
{
    /// <summary>The longest time ahead for which a period without end shows when its limit is reached.</summary>
    private static readonly TimeSpan Farthest = TimeSpan.FromDays(3_650);

    /// <param name="limit">Null: unlimited.</param>
    /// <param name="zone">The zone of the weekdays.</param>
    public static UsageForecast Of(Quantity used, Quantity? limit, Period period, Instant now, WeekdayPace pace, TimeZoneInfo zone)
    {
        var isEndless = period.End == Instant.FarFuture;
        var reached = limit is { } least && used >= least ? now : (Instant?)null;
        var elapsed = now.UnixMicroseconds - period.Start.UnixMicroseconds;
        if (used.IsZero || elapsed <= 0 || (!isEndless && elapsed * 100 < period.End.UnixMicroseconds - period.Start.UnixMicroseconds))
        {
            return new(isEndless ? null : used, reached);
        }

        var parts = PartsOf(isEndless ? new(period.Start, now.Plus(Farthest)) : period, now, isEndless ? WeekdayPace.Even : pace, zone);
        var passed = parts.Where(part => part.Time.End <= now).Aggregate(Int128.Zero, static (sum, part) => sum + part.Pace);
        if (passed == 0)
        {
            return Of(used, limit, period, now, WeekdayPace.Even, zone);
        }

        var whole = parts.Aggregate(Int128.Zero, static (sum, part) => sum + part.Pace);
        return new(
            isEndless ? null : Quotas.UsageProjection.Times(used, whole, passed),
            reached ?? (limit is { } most ? At(parts, (Int128)decimal.Ceiling((decimal)passed * most.Value / used.Value)) : null));
    }

    /// <summary>Returns when the sum of the parts' paces reaches a value; null: after the last part.</summary>
    private static Instant? At(IReadOnlyList<(Period Time, long Millionths, Int128 Pace)> parts, Int128 wanted)
    {
        foreach (var (time, millionths, pace) in parts)
        {
            if (pace >= wanted)
            {
                return millionths == 0 ? time.Start : new(time.Start.UnixMicroseconds + (long)((wanted + millionths - 1) / millionths));
            }

            wanted -= pace;
        }

        return null;
    }

    /// <summary>Divides a period at local midnights and at now. Pace: microseconds × millionths of the weekday.</summary>
    private static List<(Period Time, long Millionths, Int128 Pace)> PartsOf(
        Period period, Instant now, WeekdayPace pace, TimeZoneInfo zone)
    {
        var parts = new List<(Period, long, Int128)>();
        for (var start = period.Start; start < period.End;)
        {
            var day = ReportSpan.DayOf(start, zone);
            var end = pace.IsEven ? period.End : ReportSpan.Of(day, day, zone).Time.End;
            end = end > period.End ? period.End : end;
            end = start < now && now < end ? now : end;
            var millionths = pace.MillionthsOn(day.DayOfWeek);
            parts.Add((new(start, end), millionths, (Int128)(end.UnixMicroseconds - start.UnixMicroseconds) * millionths));
            start = end;
        }

        return parts;
    }
}
