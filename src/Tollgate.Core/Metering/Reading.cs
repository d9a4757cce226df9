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
}

/// <summary>How a feature's meter read an event.</summary>
/// <param name="Value">Of <see cref="ReadingKind.Highest"/>.</param>
/// <param name="Hash">Of <see cref="ReadingKind.Seen"/>: the hash of the value.</param>
public readonly record struct Reading(int FeatureKey, ReadingKind Kind, Quantity Value, Guid Hash)
{
    public static Reading Highest(int feature, Quantity value) => new(feature, ReadingKind.Highest, value, default);

    public static Reading Seen(int feature, Guid hash) => new(feature, ReadingKind.Seen, default, hash);
}

/// <summary>What the other live events of the period say in place of a reading that is voided: without them nothing.</summary>
/// <param name="Value">Of <see cref="ReadingKind.Highest"/>: the highest of theirs.</param>
public readonly record struct OtherReading(Quantity Value);
