using System.Globalization;

namespace Tollgate.Core.Time;

/// <summary>
/// A point on the UTC time line with microsecond precision: the precision of <c>timestamptz</c>, so the database returns a value unchanged.
/// A local time of day is never an instant.
/// </summary>
public readonly record struct Instant(long UnixMicroseconds) : IComparable<Instant>
{
    /// <summary>The end of periods that never end (<c>lifetime</c>), and the expiry of grants that never expire.</summary>
    public static readonly Instant FarFuture = FromUtc(new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>The start of a <c>lifetime</c> period.</summary>
    public static readonly Instant Epoch = new(0);

    public static Instant FromUtc(DateTime utc)
    {
        Invariant.That(utc.Kind == DateTimeKind.Utc, $"{utc:o} is not marked as UTC.");
        return new((utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
    }

    public static Instant From(DateTimeOffset moment) => FromUtc(moment.UtcDateTime);

    public static Instant FromUnixSeconds(long seconds) => new(seconds * 1_000_000);

    public DateTime ToUtc() => DateTime.UnixEpoch.AddTicks(UnixMicroseconds * TimeSpan.TicksPerMicrosecond);

    public DateTimeOffset ToOffset() => new(ToUtc());

    public Instant Plus(TimeSpan duration) => new(UnixMicroseconds + (duration.Ticks / TimeSpan.TicksPerMicrosecond));

    public Instant Minus(TimeSpan duration) => new(UnixMicroseconds - (duration.Ticks / TimeSpan.TicksPerMicrosecond));

    /// <summary>Returns the start of the second that contains the instant. The boundaries of billing periods have no fraction.</summary>
    public Instant WholeSecond() => new(UnixMicroseconds - (UnixMicroseconds % 1_000_000));

    /// <summary>Returns the earlier of two times that may be missing. Null: both are.</summary>
    public static Instant? Earlier(Instant? a, Instant? b) => a is { } some && b is { } other ? (some < other ? some : other) : a ?? b;

    public static TimeSpan operator -(Instant later, Instant earlier) =>
        TimeSpan.FromTicks((later.UnixMicroseconds - earlier.UnixMicroseconds) * TimeSpan.TicksPerMicrosecond);

    public static bool operator <(Instant a, Instant b) => a.UnixMicroseconds < b.UnixMicroseconds;

    public static bool operator >(Instant a, Instant b) => a.UnixMicroseconds > b.UnixMicroseconds;

    public static bool operator <=(Instant a, Instant b) => a.UnixMicroseconds <= b.UnixMicroseconds;

    public static bool operator >=(Instant a, Instant b) => a.UnixMicroseconds >= b.UnixMicroseconds;

    public int CompareTo(Instant other) => UnixMicroseconds.CompareTo(other.UnixMicroseconds);

    /// <summary>Returns ISO 8601 in UTC with as many fraction digits as needed: <c>2026-11-21T08:00:00Z</c>.</summary>
    public override string ToString() => ToUtc().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
