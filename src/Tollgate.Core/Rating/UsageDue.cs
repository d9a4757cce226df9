using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>Units beyond a soft cap in one quota period, and what of them was billed already.</summary>
/// <param name="Name">The feature's, as it is written on the invoice.</param>
/// <param name="Parts">In the order of time; at least one.</param>
/// <param name="BilledQuantity">On earlier invoices; more than <see cref="Quantity"/> where usage was voided since.</param>
public sealed record UsageDue(
    string Feature, string Name, Period Period, IReadOnlyList<UsagePart> Parts, Quantity BilledQuantity, MoneyAmount Billed)
{
    /// <summary>Beyond what was included, in all.</summary>
    public Quantity Quantity => Parts.Aggregate(Quantity.Zero, static (sum, part) => sum + part.Beyond);

    /// <summary>Somebody sold the feature in some of the period.</summary>
    public bool IsSold => Parts.Any(static part => part.Segment.IsSold);

    /// <summary>The last instant at which somebody sold it.</summary>
    public Instant SoldUntil => Parts.LastOrDefault(static part => part.Segment.IsSold)?.Segment.Period.End ?? Period.End;

    /// <summary>Something of the period was billed before.</summary>
    public bool IsCorrection => !BilledQuantity.IsZero || !Billed.IsZero;

    /// <summary>
    /// What was billed is what is due, also where more was used of a package that was paid for. A fee that is due without use is a reason
    /// to bill nothing used.
    /// </summary>
    public bool IsSettled => Rated().Amount == Billed;

    public Rated Rated() => RatingRules.Rate(Parts, Billed.Currency);
}
