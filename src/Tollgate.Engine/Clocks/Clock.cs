using System.Diagnostics;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Clocks;

/// <summary>
/// The one place where the time is read. Live projects follow the database server's clock, so that any number of
/// servers agree about it; a sandbox project with a test clock stands where that was put.
/// </summary>
/// <remarks>
/// The database's clock is estimated from this machine's monotonic clock and an offset that each heartbeat measures.
/// The estimate never steps back: when it was ahead, it runs at half speed until the database has caught up.
/// Reading it costs one timestamp and one load. Before the first measurement it follows this machine's clock.
/// </remarks>
public sealed class Clock
{
    /// <summary>Half of a round trip is the error of a measurement; a worse one than this replaces nothing that is fresh.</summary>
    private static readonly long LongestUsefulRoundTrip = Stopwatch.Frequency / 20; // 50 ms

    /// <summary>After that long any measurement is better than drifting on.</summary>
    private static readonly long OldestReading = Stopwatch.Frequency * 30; // 30 s

    private readonly Lock _gate = new();
    private Reading _reading;
    private bool _measured;

    public Clock() => _reading = new(Stopwatch.GetTimestamp(), Instant.From(TimeProvider.System.GetUtcNow()).UnixMicroseconds, 0);

    /// <summary>The database server's time: for expiry of keys and leases, whatever a test clock says.</summary>
    public Instant Now() => new(Volatile.Read(ref _reading).At(Stopwatch.GetTimestamp()));

    /// <summary>Takes a measurement: what the database answered, and the monotonic timestamps around the question.</summary>
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

    /// <summary>A straight line from a known point, first at half speed while <see cref="AheadMicroseconds"/> are being lost.</summary>
    private sealed record Reading(long Timestamp, long UnixMicroseconds, long AheadMicroseconds)
    {
        public long At(long timestamp)
        {
            var elapsed = Math.Max(0, ToMicroseconds(timestamp - Timestamp));
            return UnixMicroseconds + elapsed - Math.Min(elapsed / 2, AheadMicroseconds);
        }
    }
}
