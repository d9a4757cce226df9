using Tollgate.Core.Money;

namespace Tollgate.Core.Metering;

/// <summary>What a void takes back of an event.</summary>
public static class VoidRules
{
    /// <summary>
    /// One for each posting of the event, in its order: what is to be subtracted. Units are simply taken back; a maximum falls to that of
    /// the other events of the period, and a unique value counts on while another event of the period has it.
    /// </summary>
    /// <param name="postings">Of the event to be voided.</param>
    /// <param name="readings">What it kept of its meters.</param>
    /// <param name="others">What other live events of the period say of the same; a reading that is missing here stands alone.</param>
    public static IReadOnlyList<Posting> PostingsToReverse(
        IReadOnlyList<Posting> postings, IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others)
    {
        var reversed = new List<Posting>(postings.Count);
        foreach (var posting in postings)
        {
            // Several readings of one feature are one change of it, which the first of its postings takes.
            var of = readings.Where(reading => reading.FeatureKey == posting.FeatureKey).ToList();
            var isFirst = reversed.TrueForAll(before => before.FeatureKey != posting.FeatureKey);
            var used = of.Count == 0 ? posting.Used : isFirst ? TakenBack(of, others) : Quantity.Zero;
            reversed.Add(posting with { Used = used, Drawn = Quantity.Min(posting.Drawn, used) });
        }

        return reversed;
    }

    /// <summary>The readings of unique meters that nothing shows any more.</summary>
    public static IEnumerable<Reading> NoLongerSeen(IReadOnlyList<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others) =>
        readings.Where(reading => reading.Kind == ReadingKind.Seen && !others.ContainsKey(reading)).Distinct();

    /// <param name="readings">Of one feature and so of one kind (<see cref="Catalog.CatalogRules"/>).</param>
    private static Quantity TakenBack(List<Reading> readings, IReadOnlyDictionary<Reading, OtherReading> others) => readings[0].Kind switch
    {
        ReadingKind.Highest => (readings.Max(static one => one.Value) - readings.Max(one => others.GetValueOrDefault(one).Value)).FloorAtZero(),
        ReadingKind.Seen => Quantity.Of(NoLongerSeen(readings, others).Count()),
    };
}
