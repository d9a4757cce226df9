using Tollgate.Core.Time;

namespace Tollgate.Core.Money;

/// <summary>
/// Sums by day of amounts that are spread evenly over periods, in minor units of one currency. The work for an amount does not depend on
/// the length of its period.
/// </summary>
/// <param name="start">The beginning of the first day; each day has 24 hours.</param>
public sealed class MoneyByDay(Instant start, int days)
{
    private const decimal MicrosecondsOfDay = 86_400_000_000m;

    /// <summary>Decimals that count: thirds of an amount add up to it, also where each was rounded to fewer digits than it has.</summary>
    private const int Noise = 6;

    /// <summary>The amounts of days in which a period begins or ends.</summary>
    private readonly decimal[] _edges = new decimal[days];

    /// <summary>The changes, at each day, of the amount that falls on every whole day.</summary>
    private readonly decimal[] _changes = new decimal[days + 1];

    /// <param name="period">An empty period is a moment: all of the amount falls on its day.</param>
    public void Add(decimal minor, Period period)
    {
        var (from, until) = (Offset(period.Start), Offset(period.End));
        var (first, last) = ((long)Math.Floor(from / MicrosecondsOfDay), (long)Math.Ceiling(until / MicrosecondsOfDay) - 1);
        if (until <= from || first == last)
        {
            AddTo(first, minor);
            return;
        }

        var aDay = minor * MicrosecondsOfDay / (until - from);
        AddTo(first, aDay * (((first + 1) * MicrosecondsOfDay) - from) / MicrosecondsOfDay);
        AddTo(last, aDay * (until - (last * MicrosecondsOfDay)) / MicrosecondsOfDay);
        _changes[Math.Clamp(first + 1, 0, days)] += aDay;
        _changes[Math.Clamp(last, 0, days)] -= aDay;
    }

    /// <summary>Adds sums of earlier amounts.</summary>
    /// <param name="day">From 0.</param>
    /// <param name="edge">Falls on the day itself.</param>
    /// <param name="change">The change, at the day, of the amount of every whole day.</param>
    public void Add(int day, decimal edge, decimal change)
    {
        _edges[day] += edge;
        _changes[day] += change;
    }

    /// <summary>
    /// Returns the amounts by day, in order. Each is the difference of two running sums, rounded half away from zero, so that the days add
    /// up to the total.
    /// </summary>
    public IReadOnlyList<long> Rounded()
    {
        var (rounded, running, exact, spread) = (new long[days], 0m, 0m, 0L);
        for (var day = 0; day < days; day++)
        {
            running += _changes[day];
            exact += _edges[day] + running;
            rounded[day] = (long)decimal.Round(decimal.Round(exact, Noise), 0, MidpointRounding.AwayFromZero) - spread;
            spread += rounded[day];
        }

        return rounded;
    }

    /// <summary>Returns the microseconds since the start of the first day.</summary>
    private decimal Offset(Instant at) => at.UnixMicroseconds - start.UnixMicroseconds;

    private void AddTo(long day, decimal minor)
    {
        if (day >= 0 && day < days)
        {
            _edges[day] += minor;
        }
    }
}
