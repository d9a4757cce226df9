namespace Tollgate.Server.Http;

/// <summary>
/// Limits the failures or the requests of each address: a minute's number at once, and then at that rate. It stores one number per
/// address, in a table of 128 KB for any number of addresses.
/// </summary>
/// <remarks>
/// It is the generic cell rate algorithm: the number is the moment at which the budget of the address is full again. Two addresses in the
/// same place share one budget; a random seed prevents callers from choosing their place. Shared, a budget of failures can only turn a 401
/// into a 429.
/// </remarks>
public sealed class MinuteBudget(int perMinute)
{
    private const int Places = 16_384;

    private readonly long[] _emptyAt = new long[Places];
    private readonly long _each = TimeSpan.TicksPerMinute / perMinute;
    private readonly int _seed = Random.Shared.Next();

    /// <summary>The number in a minute.</summary>
    public int PerMinute => perMinute;

    /// <summary>Returns the pause of the address. Null: it has a budget.</summary>
    /// <param name="now">The time of a monotonic clock.</param>
    public TimeSpan? PauseOf(Neighborhood address, TimeSpan now) => Pause(Volatile.Read(ref Place(address)), now.Ticks, _each);

    /// <summary>Takes one. Null: it was within the budget; else the pause.</summary>
    public TimeSpan? Take(Neighborhood address, TimeSpan now) => Take(ref Place(address), now, _each);

    /// <summary>Takes one from a budget. Null: it had one; else the pause.</summary>
    /// <param name="emptyAt">The moment at which the budget is full again.</param>
    /// <param name="each">The ticks after which one returns.</param>
    public static TimeSpan? Take(ref long emptyAt, TimeSpan now, long each)
    {
        while (true)
        {
            var seen = Volatile.Read(ref emptyAt);
            if (Pause(seen, now.Ticks, each) is { } pause)
            {
                return pause;
            }

            if (Interlocked.CompareExchange(ref emptyAt, Math.Max(seen, now.Ticks) + each, seen) == seen)
            {
                return null;
            }
        }
    }

    /// <summary>The number of a whole minute may be used at once.</summary>
    private static TimeSpan? Pause(long emptyAt, long now, long each) =>
        emptyAt - now > TimeSpan.TicksPerMinute - each ? new TimeSpan(emptyAt - now - TimeSpan.TicksPerMinute + each) : null;

    private ref long Place(Neighborhood address) => ref _emptyAt[HashCode.Combine(_seed, address.Bits) & (Places - 1)];
}
