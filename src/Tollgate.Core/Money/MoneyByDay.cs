using Tollgate.Core.Time;

namespace Tollgate.Core.Money;

/// <summary>
/// Amounts that are spread evenly over periods, summed by day. Minor units of one currency. Each amount costs the same, however long its
/// period.
/// </summary>
/// <param name="start">When the first day begins; each has 24 hours.</param>
public sealed class MoneyByDay(Instant start, int days)
{
    private const decimal MicrosecondsOfDay = 86_400_000_000m;

    /// <summary>What days have that a period begins or ends in.</summary>
    private readonly decimal[] _edges = new decimal[days];

    /// <summary>What begins, and ends, to fall on each whole day.</summary>
    private readonly decimal[] _changes = new decimal[days + 1];

    /// <param name="period">An empty one is a moment: all of it falls on the day of it.</param>
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

    /// <summary>
    /// By day, the first one first. The sum from the first day on is rounded, half away from zero, and a day is what it adds to it: so the
    /// days add up to the whole.
    /// </summary>
    public IReadOnlyList<long> Rounded()
    {
        var (rounded, running, exact, told) = (new long[days], 0m, 0m, 0L);
        for (var day = 0; day < days; day++)
        {
            running += _changes[day];
            exact += _edges[day] + running;
            rounded[day] = (long)decimal.Round(exact, 0, MidpointRounding.AwayFromZero) - told;
            told += rounded[day];
        }

        return rounded;
    }

    /// <summary>Microseconds since the first day began.</summary>
    private decimal Offset(Instant at) => at.UnixMicroseconds - start.UnixMicroseconds;

    private void AddTo(long day, decimal minor)
    {
        if (day >= 0 && day < days)
        {
            _edges[day] += minor;
        }
    }
}
