namespace Tollgate.Core.Time;

/// <summary>
/// Converts between local wall-clock time and the time line. It relies only on the offset of an instant:
/// <see cref="TimeZoneInfo.IsInvalidTime"/> does not know gaps in which a zone changed its standard offset, such as the day that
/// Pacific/Apia skipped in 2011.
/// </summary>
internal static class LocalTime
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>The earliest instant of a boundary; it keeps all arithmetic within <see cref="DateTime"/>.</summary>
    public static readonly Instant Earliest = Instant.FromUtc(new DateTime(2, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>Returns the local time at <paramref name="at"/>.</summary>
    public static DateTime At(Instant at, TimeZoneInfo zone) =>
        DateTime.SpecifyKind(at.ToUtc().Add(OffsetAt(at, zone)), DateTimeKind.Unspecified);

    public static TimeSpan OffsetAt(Instant at, TimeZoneInfo zone) => zone.GetUtcOffset(at.ToUtc());

    /// <summary>
    /// Returns the first instant at which the wall clock shows <paramref name="local"/> or later. A local time that a jump forward skips
    /// therefore becomes the moment of the jump, and one that occurs twice becomes its first occurrence. The result never decreases when
    /// <paramref name="local"/> grows, so periods with such boundaries tile time.
    /// </summary>
    public static Instant FirstInstantShowing(DateTime local, TimeZoneInfo zone)
    {
        var asUtc = Instant.FromUtc(DateTime.SpecifyKind(local, DateTimeKind.Utc));

        // Offsets lie within ±14 hours, so the result has the offset of the day before or of the day after, or is a change of offset in
        // between. No zone has had two changes within 48 hours since 1970.
        var before = OffsetAt(new(asUtc.UnixMicroseconds - MicrosecondsPerDay), zone);
        var after = OffsetAt(new(asUtc.UnixMicroseconds + MicrosecondsPerDay), zone);
        var withBefore = asUtc.Minus(before);
        if (before == after || OffsetAt(withBefore, zone) == before)
        {
            return withBefore;
        }

        var withAfter = asUtc.Minus(after);
        return OffsetAt(withAfter, zone) == after ? withAfter : FirstWithOffsetOf(withAfter, withBefore, zone);
    }

    /// <summary>Returns the instant, between two instants with different offsets, at which the later one's offset begins.</summary>
    public static Instant FirstWithOffsetOf(Instant low, Instant high, TimeZoneInfo zone)
    {
        var target = OffsetAt(high, zone);
        var (below, reached) = (low.UnixMicroseconds, high.UnixMicroseconds);
        while (reached - below > 1)
        {
            var middle = below + ((reached - below) / 2);
            if (OffsetAt(new(middle), zone) == target)
            {
                reached = middle;
            }
            else
            {
                below = middle;
            }
        }

        return new(reached);
    }
}
