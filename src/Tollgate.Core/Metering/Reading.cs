using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>The kind of value that an event keeps in addition to its posting, so that a void knows what the event reported.</summary>
public enum ReadingKind
{
    /// <summary>A value; the highest of the period counts.</summary>
    Highest,

    /// <summary>A value that counts once in the period.</summary>
    Seen,

    /// <summary>A value; the last report of the period counts.</summary>
    Latest,

    /// <summary>A value that counts for as long as it holds.</summary>
    Timed,
}

/// <summary>The value that a feature's meter read from an event.</summary>
/// <param name="Value">For all kinds but <see cref="ReadingKind.Seen"/>.</param>
/// <param name="Hash">For <see cref="ReadingKind.Seen"/>: the hash of the value.</param>
/// <param name="Order">For <see cref="ReadingKind.Latest"/>: the report's number in its period, in the order of recording; for
/// <see cref="ReadingKind.Timed"/>: its number in its instant.</param>
public readonly record struct Reading(int FeatureKey, ReadingKind Kind, Quantity Value, Guid Hash, int Order)
{
    public static Reading Highest(int feature, Quantity value) => new(feature, ReadingKind.Highest, value, default, 0);

    public static Reading Seen(int feature, Guid hash) => new(feature, ReadingKind.Seen, default, hash, 0);

    public static Reading Latest(int feature, Quantity value, int order) => new(feature, ReadingKind.Latest, value, default, order);

    public static Reading Timed(int feature, Quantity value, int number) => new(feature, ReadingKind.Timed, value, default, number);
}

/// <summary>The reading of the other live events of the period that replaces a voided one; missing if there are none.</summary>
/// <param name="Value">For <see cref="ReadingKind.Highest"/>: the highest of theirs; for <see cref="ReadingKind.Latest"/>: the last of
/// theirs.</param>
/// <param name="At">For <see cref="ReadingKind.Latest"/>: the time of that event.</param>
/// <param name="Order">Its <see cref="Reading.Order"/>.</param>
public readonly record struct OtherReading(Quantity Value, Instant At, int Order);

/// <summary>The reports of a level in one quota period. One of them counts, and its value is the usage.</summary>
/// <param name="At">The time of the report that counts; null: all were voided.</param>
/// <param name="Count">The number of recorded reports, including voided ones: the next report gets this number plus one.</param>
public sealed record LatestReport(Instant? At, int Count);
