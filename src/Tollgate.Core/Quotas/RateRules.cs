using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// Rate windows. Second and minute windows are smooth: the generic cell rate algorithm (ITU-T I.371) with a theoretical
/// arrival time, so that capacity comes back continuously. Hour and day windows are fixed and aligned to the project's clock.
/// </summary>
public static class RateRules
{
    /// <summary>
    /// The longest step and burst of a smooth window: 317 years. Larger ones would exceed the range of numbers and of instants.
    /// </summary>
    private const long Longest = 10_000_000_000_000_000;

    /// <param name="State">The state to store if the whole decision is allowed.</param>
    /// <param name="RetryAfter">Zero if allowed; otherwise the time until the same request would pass. Null: it never passes (it exceeds
    /// the burst or the limit).</param>
    /// <param name="Remaining">The units that could still pass at this moment.</param>
    public readonly record struct Verdict(bool Allowed, RateState State, TimeSpan? RetryAfter, Quantity Remaining);

    /// <summary>Computes a number that distinguishes limits that share a slot over time. Stable across processes.</summary>
    public static int Fingerprint(RateLimit limit)
    {
        unchecked
        {
            var hash = ((int)limit.Unit * 397) ^ (limit.CountsDecisions ? 1 : 0);
            foreach (var character in $"{limit.Limit}/{limit.Burst}")
            {
                hash = (hash * 31) + character;
            }

            return hash;
        }
    }

    /// <param name="window">For hour and day limits: the window that contains <paramref name="now"/>.</param>
    public static Verdict Judge(RateLimit limit, int featureKey, int slot, RateState? state, Quantity amount, Instant now, Period window)
    {
        Invariant.That(limit.Unit != RateUnit.Concurrency, "Concurrency is judged by the open holds.");
        var fingerprint = Fingerprint(limit);
        var known = state is { } seen && seen.Fingerprint == fingerprint ? seen : null;
        var units = limit.CountsDecisions ? Quantity.One : amount;
        return limit.Unit is RateUnit.Second or RateUnit.Minute
            ? Smooth(limit, featureKey, slot, fingerprint, known, units, now)
            : Fixed(limit, featureKey, slot, fingerprint, known, units, now, window);
    }

    private static Verdict Smooth(RateLimit limit, int featureKey, int slot, int fingerprint, RateState? state, Quantity units, Instant now)
    {
        var window = limit.Unit == RateUnit.Second ? 1_000_000m : 60_000_000m;
        var perUnit = window / limit.Limit.Value;
        var tolerance = Microseconds(limit.Burst ?? limit.Limit, perUnit);

        // Round steps down to a microsecond: a full burst taken in single units must pass.
        var step = Microseconds(units, perUnit);
        var arrival = state is null || state.Moment < now ? now : state.Moment;
        var next = new Instant(arrival.UnixMicroseconds + step);
        var wait = next.UnixMicroseconds - now.UnixMicroseconds - tolerance;
        if (wait > 0)
        {
            var free = Units(tolerance - (arrival.UnixMicroseconds - now.UnixMicroseconds), perUnit);
            return new(false, new(featureKey, slot, fingerprint, arrival, Quantity.Zero),
                step > tolerance ? null : TimeSpan.FromMicroseconds(wait), free);
        }

        var left = Units(tolerance - (next.UnixMicroseconds - now.UnixMicroseconds), perUnit);
        return new(true, new(featureKey, slot, fingerprint, next, Quantity.Zero), TimeSpan.Zero, left);
    }

    private static long Microseconds(Quantity units, decimal perUnit) =>
        units.Value > Longest / perUnit ? Longest : (long)decimal.Floor(units.Value * perUnit);

    private static Quantity Units(long microseconds, decimal perUnit) =>
        microseconds <= 0 ? Quantity.Zero : Quantity.Of(Math.Min(decimal.Floor(Quantity.Largest), decimal.Floor(microseconds / perUnit)));

    private static Verdict Fixed(
        RateLimit limit, int featureKey, int slot, int fingerprint, RateState? state, Quantity units, Instant now, Period window)
    {
        var used = state is { } seen && seen.Moment == window.Start ? seen.Used : Quantity.Zero;
        var after = used + units;
        if (after > limit.Limit)
        {
            return new(false, new(featureKey, slot, fingerprint, window.Start, used),
                units > limit.Limit ? null : window.End - now, (limit.Limit - used).FloorAtZero());
        }

        return new(true, new(featureKey, slot, fingerprint, window.Start, after), TimeSpan.Zero, limit.Limit - after);
    }
}
