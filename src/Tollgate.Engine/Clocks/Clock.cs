using System.Diagnostics;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Clocks;

/// <summary>
/// The only place that reads the time. Live projects follow the database server's clock, so that any number of servers agree about it; a
/// sandbox project with a test clock stays at the time that was set.
/// </summary>
/// <remarks>
/// The clock estimates the database's time from this machine's monotonic clock and an offset that each heartbeat measures. The estimate
/// never steps back: if it was ahead, it runs at half speed until the database has caught up. A read costs one timestamp and one load.
/// Before the first measurement the clock follows this machine's.
/// </remarks>
public sealed class Clock
{
    /// <summary>
    /// The error of a measurement is half of its round trip; one with a longer round trip than this does not replace a fresh one.
    /// </summary>
    private static readonly long LongestUsefulRoundTrip = Stopwatch.Frequency / 20; // 50 ms

    /// <summary>Beyond this age of the last measurement, any new one is better than more drift.</summary>
    private static readonly long OldestReading = Stopwatch.Frequency * 30; // 30 s

    private readonly Lock _gate = new();
    private Reading _reading;
    private bool _measured;

    public Clock() => _reading = new(Stopwatch.GetTimestamp(), Instant.From(TimeProvider.System.GetUtcNow()).UnixMicroseconds, 0);

    /// <summary>The database server's time, which ignores test clocks: for the expiry of keys and leases.</summary>
    public Instant Now() => new(Volatile.Read(ref _reading).At(Stopwatch.GetTimestamp()));

    /// <summary>
    /// Takes a measurement: the time that the database returned, and the monotonic timestamps before and after the request.
    /// </summary>
    public void Observe(long before, long after, Instant answered)
    {
        lock (_gate)
        {
            var isFresh = _measured && after - _reading.Timestamp < OldestReading;
            if (isFresh && after - before > LongestUsefulRoundTrip)
            {
                return;
            }

            var truth = answered.UnixMicroseconds + ToMicroseconds((after - before) / 2);
            var shown = _reading.At(after);
            var ahead = _measured ? Math.Max(0, shown - truth) : 0;
            Volatile.Write(ref _reading, new(after, truth + ahead, ahead));
            _measured = true;
        }
    }

    private static long ToMicroseconds(long ticks) => (long)((Int128)ticks * 1_000_000 / Stopwatch.Frequency);

    /// <summary>A straight line from a known point, at half speed while the clock works off <see cref="AheadMicroseconds"/>.</summary>
    private sealed record Reading(long Timestamp, long UnixMicroseconds, long AheadMicroseconds)
    {
        public long At(long timestamp)
        {
            var elapsed = Math.Max(0, ToMicroseconds(timestamp - Timestamp));
            return UnixMicroseconds + elapsed - Math.Min(elapsed / 2, AheadMicroseconds);
        }
    }
}
