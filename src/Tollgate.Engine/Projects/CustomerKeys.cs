using System.Collections.Concurrent;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>
/// Counts the new idempotency keys that the tokens of each customer have used today. A token is in the customer's hands, and each key costs
/// a row that is kept for 35 days. Each server counts separately, in memory: several servers together allow a multiple of the limit, and a
/// restart resets the count.
/// </summary>
/// <remarks>
/// Simultaneous requests may exceed the limit by their number. Costs about 100 bytes for each customer that sends a key in a day (UTC).
/// </remarks>
public sealed class CustomerKeys(int aDay)
{
    private Day _today = new(0);

    public int ADay => aDay;

    /// <summary>Returns the time until the customer may use a new key. Null: it may use one now.</summary>
    public TimeSpan? PauseOf(int project, string customer, Instant now)
    {
        var day = At(now);
        return day.Used.GetValueOrDefault((project, customer)) < aDay ? null : Day.Start(day.Number + 1) - now;
    }

    public void Used(int project, string customer, Instant now) =>
        At(now).Used.AddOrUpdate((project, customer), 1, static (_, used) => used + 1);

    private Day At(Instant now)
    {
        var (number, seen) = (Day.Of(now), Volatile.Read(ref _today));
        if (number <= seen.Number)
        {
            return seen;
        }

        var begun = new Day(number);
        var other = Interlocked.CompareExchange(ref _today, begun, seen);
        return other == seen ? begun : other;
    }

    private sealed class Day(long number)
    {
        public long Number => number;

        public ConcurrentDictionary<(int Project, string Customer), int> Used { get; } = new();

        public static long Of(Instant now) => now.UnixMicroseconds / TimeSpan.MicrosecondsPerDay;

        public static Instant Start(long number) => new(number * TimeSpan.MicrosecondsPerDay);
    }
}
