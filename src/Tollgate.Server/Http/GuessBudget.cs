namespace Tollgate.Server.Http;

/// <summary>
/// Limits the failures of each address: a minute's number at once, and then at that rate. It stores one number per address, in a table of
/// 128 KB for any number of addresses.
/// </summary>
/// <remarks>
/// It is the generic cell rate algorithm: the number is the moment at which the budget of the address is full again. Two addresses in the
/// same place share one budget; a random seed prevents callers from choosing their place. A shared budget can only turn a 401 into a 429.
/// </remarks>
public sealed class GuessBudget(int perMinute)
{
    private const int Places = 16_384;

    private readonly long[] _emptyAt = new long[Places];
    private readonly long _each = TimeSpan.TicksPerMinute / perMinute;
    private readonly int _seed = Random.Shared.Next();

    /// <summary>Failures in a minute.</summary>
    public int PerMinute => perMinute;

    /// <summary>Returns the pause of the address. Null: it may fail.</summary>
    /// <param name="now">The time of a monotonic clock.</param>
    public TimeSpan? PauseOf(Neighborhood address, TimeSpan now) => Pause(Volatile.Read(ref Place(address)), now.Ticks);

    /// <summary>Counts a failure. Null: it was within the budget; else the pause.</summary>
    public TimeSpan? Fail(Neighborhood address, TimeSpan now)
    {
        ref var place = ref Place(address);
        while (true)
        {
            var seen = Volatile.Read(ref place);
            if (Pause(seen, now.Ticks) is { } pause)
            {
                return pause;
            }

            if (Interlocked.CompareExchange(ref place, Math.Max(seen, now.Ticks) + _each, seen) == seen)
            {
                return null;
            }
        }
    }

    /// <summary>An address may use the number of a whole minute at once.</summary>
    private TimeSpan? Pause(long emptyAt, long now) =>
        emptyAt - now > TimeSpan.TicksPerMinute - _each ? new TimeSpan(emptyAt - now - TimeSpan.TicksPerMinute + _each) : null;

    private ref long Place(Neighborhood address) => ref _emptyAt[HashCode.Combine(_seed, address.Bits) & (Places - 1)];
}
