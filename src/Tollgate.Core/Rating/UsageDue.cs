using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>Units beyond a soft cap in one quota period, and the part of them that is billed already.</summary>
/// <param name="Name">The feature's name on the invoice.</param>
/// <param name="Parts">The parts in order of time; at least one.</param>
/// <param name="BilledQuantity">The quantity on earlier invoices; more than <see cref="Quantity"/> if usage was voided since.</param>
public sealed record UsageDue(
    string Feature, string Name, Period Period, IReadOnlyList<UsagePart> Parts, Quantity BilledQuantity, MoneyAmount Billed)
{
    /// <summary>The total overage.</summary>
    public Quantity Quantity => Parts.Aggregate(Quantity.Zero, static (sum, part) => sum + part.Beyond);

    /// <summary>True if a subscription sold the feature in some part of the period.</summary>
    public bool IsSold => Parts.Any(static part => part.Segment.IsSold);

    /// <summary>The last instant at which a subscription sold the feature.</summary>
    public Instant SoldUntil => Parts.LastOrDefault(static part => part.Segment.IsSold)?.Segment.Period.End ?? Period.End;

    /// <summary>True if the period was billed before.</summary>
    public bool IsCorrection => !BilledQuantity.IsZero || !Billed.IsZero;

    /// <summary>
    /// True if the billed amount equals the amount due, for instance after more use of a package that is paid for, or a bill of zero units
    /// for a fee that is due without use.
    /// </summary>
    public bool IsSettled => Rated().Amount == Billed;

    public Rated Rated() => RatingRules.Rate(Parts, Billed.Currency);
}
