using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>What an event keeps beside its posting, so that a void knows what the event had said.</summary>
public enum ReadingKind
{
    /// <summary>A value of which the highest of the period counts.</summary>
    Highest,

    /// <summary>A value that counts once in the period.</summary>
    Seen,

    /// <summary>A value of which the last reported one of the period counts.</summary>
    Latest,

    /// <summary>A value that counts for as long as it holds.</summary>
    Timed,
}

/// <summary>How a feature's meter read an event.</summary>
/// <param name="Value">Of all but <see cref="ReadingKind.Seen"/>.</param>
/// <param name="Hash">Of <see cref="ReadingKind.Seen"/>: the hash of the value.</param>
/// <param name="Order">Of <see cref="ReadingKind.Latest"/>: the report's number in its period, in the order of recording; of
/// <see cref="ReadingKind.Timed"/>: its number in its instant.</param>
public readonly record struct Reading(int FeatureKey, ReadingKind Kind, Quantity Value, Guid Hash, int Order)
{
    public static Reading Highest(int feature, Quantity value) => new(feature, ReadingKind.Highest, value, default, 0);

    public static Reading Seen(int feature, Guid hash) => new(feature, ReadingKind.Seen, default, hash, 0);

    public static Reading Latest(int feature, Quantity value, int order) => new(feature, ReadingKind.Latest, value, default, order);

    public static Reading Timed(int feature, Quantity value, int number) => new(feature, ReadingKind.Timed, value, default, number);
}

/// <summary>What the other live events of the period say in place of a reading that is voided: without them nothing.</summary>
/// <param name="Value">Of <see cref="ReadingKind.Highest"/>: the highest of theirs; of <see cref="ReadingKind.Latest"/>: the last of
/// theirs.</param>
/// <param name="At">Of <see cref="ReadingKind.Latest"/>: when that one happened.</param>
/// <param name="Order">Its <see cref="Reading.Order"/>.</param>
public readonly record struct OtherReading(Quantity Value, Instant At, int Order);

/// <summary>The reports of a level in one quota period. One of them counts, and its value is the usage.</summary>
/// <param name="At">The time of the report that counts; null: all were voided.</param>
/// <param name="Count">How many were recorded, voided ones too: the next one's number is one more.</param>
public sealed record LatestReport(Instant? At, int Count);
