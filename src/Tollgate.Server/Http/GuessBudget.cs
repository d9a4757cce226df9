namespace Tollgate.Server.Http;

/// <summary>
/// How often each address may still fail: so many times at once, and after that as often as a minute gives back. One number for an address,
/// in a table of fixed size: 128 KB, however many addresses come.
/// </summary>
/// <remarks>
/// It is the generic cell rate algorithm: the number is the moment at which the address has used up nothing any more. Two addresses whose
/// place is the same share one budget; a random seed keeps callers from choosing their place. Whoever shares is told 429 instead of 401,
/// and loses nothing by it.
/// </remarks>
public sealed class GuessBudget(int perMinute)
{
    private const int Places = 16_384;

    private readonly long[] _emptyAt = new long[Places];
    private readonly long _each = TimeSpan.TicksPerMinute / perMinute;
    private readonly int _seed = Random.Shared.Next();

    /// <summary>Failures in a minute.</summary>
    public int PerMinute => perMinute;

    /// <summary>How long the address has to pause. Null: it may fail.</summary>
    /// <param name="now">Of a clock that never steps back.</param>
    public TimeSpan? PauseOf(Neighborhood address, TimeSpan now) => Pause(Volatile.Read(ref Place(address)), now.Ticks);

    /// <summary>It failed once more. Null: it had that left.</summary>
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

    /// <summary>A whole minute's worth may be used at once.</summary>
    private TimeSpan? Pause(long emptyAt, long now) =>
        emptyAt - now > TimeSpan.TicksPerMinute - _each ? new TimeSpan(emptyAt - now - TimeSpan.TicksPerMinute + _each) : null;

    private ref long Place(Neighborhood address) => ref _emptyAt[HashCode.Combine(_seed, address.Bits) & (Places - 1)];
}
