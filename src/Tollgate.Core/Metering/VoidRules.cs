using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>The reversal of one posting by a void.</summary>
/// <param name="Posting">The posting to subtract. If a void removes the last value of a period and the one before was higher,
/// <see cref="Posting.Used"/> is negative.</param>
/// <param name="MovesReport">True if another report counts from then on.</param>
/// <param name="ReportAt">The time of that report; null: none is left.</param>
public readonly record struct Reversal(Posting Posting, bool MovesReport, Instant? ReportAt);

/// <summary>The rules by which a void reverses an event.</summary>
public static class VoidRules
{
    /// <summary>
    /// Returns one reversal for each posting of the event, in its order. A void subtracts units; a maximum falls to that of the other
    /// events of the period; a unique value still counts while another event of the period has it; and the last value gives way to the one
    /// before. <see cref="LevelTimeline"/> reverses the value of a time-weighted level.
    /// </summary>
    /// <param name="postings">The postings of the event to void.</param>
    /// <param name="readings">The readings that the event kept.</param>
    /// <param name="others">The replacing readings from other live events of the period; a reading without an entry has no other
    /// event.</param>
    /// <param name="at">The time of the event.</param>
    public static IReadOnlyList<Reversal> Reverse(
        IReadOnlyList<Posting> postings, IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others, Instant at)
    {
        var reversed = new List<Reversal>(postings.Count);
        foreach (var posting in postings)
        {
            // Several readings of one feature make one change, which its first posting takes.
            var of = readings.Where(reading => reading.FeatureKey == posting.FeatureKey).ToList();
            var isFirst = reversed.TrueForAll(before => before.Posting.FeatureKey != posting.FeatureKey);
            var used = of.Count == 0 ? posting.Used : isFirst ? TakenBack(of, others, at) : Quantity.Zero;
            var moves = of.Exists(reading => Counts(reading, others, at));
            Instant? reportAt = moves && others.TryGetValue(of[0], out var before) ? before.At : null;
            reversed.Add(new(posting with { Used = used, Drawn = Quantity.Min(posting.Drawn, used.FloorAtZero()) }, moves, reportAt));
        }

        return reversed;
    }

    /// <summary>True for a report of a time-weighted level: its posting alone does not contain its effect.</summary>
    public static bool IsOfTime(in Reading reading) => reading.Kind == ReadingKind.Timed;

    /// <summary>Returns the readings of unique meters that no other event shows.</summary>
    public static IEnumerable<Reading> NoLongerSeen(IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others) =>
        readings.Where(reading => reading.Kind == ReadingKind.Seen && !others.ContainsKey(reading)).Distinct();

    /// <param name="readings">The readings of one feature, and therefore of one kind (<see cref="Catalog.CatalogRules"/>).</param>
    private static Quantity TakenBack(List<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others, Instant at) =>
        readings[0].Kind switch
    {
        ReadingKind.Highest =>
            (readings.Max(static one => one.Value) - readings.Max(one => others.GetValueOrDefault(one).Value)).FloorAtZero(),
        ReadingKind.Seen => Quantity.Of(NoLongerSeen(readings, others).Count()),
        ReadingKind.Latest =>
            Counts(readings[0], others, at) ? readings[0].Value - others.GetValueOrDefault(readings[0]).Value : Quantity.Zero,
        ReadingKind.Timed => Quantity.Zero,
    };

    /// <summary>
    /// True if this report counts: no other report of the period happened later or, at the same instant, was recorded later.
    /// </summary>
    private static bool Counts(Reading reading, IReadOnlyDictionary<Reading, OtherReading> others, Instant at) =>
        reading.Kind == ReadingKind.Latest
            && !(others.TryGetValue(reading, out var other) && (other.At, other.Order).CompareTo((at, reading.Order)) > 0);
}
