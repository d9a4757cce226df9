using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>What a void takes back of one posting.</summary>
/// <param name="Posting">To be subtracted. Where the last value of a period is voided and the one before was higher,
/// <see cref="Posting.Used"/> is negative.</param>
/// <param name="MovesReport">Another report counts from then on.</param>
/// <param name="ReportAt">When that one happened; null: none is left.</param>
public readonly record struct Reversal(Posting Posting, bool MovesReport, Instant? ReportAt);

/// <summary>What a void takes back of an event.</summary>
public static class VoidRules
{
    /// <summary>
    /// One for each posting of the event, in its order. Units are simply taken back; a maximum falls to that of the other events of the
    /// period, a unique value counts on while another event of the period has it, and the last value gives way to the one before. What time
    /// made of a value, <see cref="LevelTimeline"/> takes back.
    /// </summary>
    /// <param name="postings">Of the event to be voided.</param>
    /// <param name="readings">What it kept of its meters.</param>
    /// <param name="others">What other live events of the period say of the same; a reading that is missing here stands alone.</param>
    /// <param name="at">When the event happened.</param>
    public static IReadOnlyList<Reversal> Reverse(
        IReadOnlyList<Posting> postings, IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others, Instant at)
    {
        var reversed = new List<Reversal>(postings.Count);
        foreach (var posting in postings)
        {
            // Several readings of one feature are one change of it, which the first of its postings takes.
            var of = readings.Where(reading => reading.FeatureKey == posting.FeatureKey).ToList();
            var isFirst = reversed.TrueForAll(before => before.Posting.FeatureKey != posting.FeatureKey);
            var used = of.Count == 0 ? posting.Used : isFirst ? TakenBack(of, others, at) : Quantity.Zero;
            var moves = of.Exists(reading => Counts(reading, others, at));
            Instant? reportAt = moves && others.TryGetValue(of[0], out var before) ? before.At : null;
            reversed.Add(new(posting with { Used = used, Drawn = Quantity.Min(posting.Drawn, used.FloorAtZero()) }, moves, reportAt));
        }

        return reversed;
    }

    /// <summary>A report of a level that time weighs: what it changed is not in its posting alone.</summary>
    public static bool IsOfTime(in Reading reading) => reading.Kind == ReadingKind.Timed;

    /// <summary>The readings of unique meters that nothing shows any more.</summary>
    public static IEnumerable<Reading> NoLongerSeen(IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others) =>
        readings.Where(reading => reading.Kind == ReadingKind.Seen && !others.ContainsKey(reading)).Distinct();

    /// <param name="readings">Of one feature and so of one kind (<see cref="Catalog.CatalogRules"/>).</param>
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
    /// It is the report that counts: no other one of the period happened later or, at the same instant, was recorded later.
    /// </summary>
    private static bool Counts(Reading reading, IReadOnlyDictionary<Reading, OtherReading> others, Instant at) =>
        reading.Kind == ReadingKind.Latest
            && !(others.TryGetValue(reading, out var other) && (other.At, other.Order).CompareTo((at, reading.Order)) > 0);
}
