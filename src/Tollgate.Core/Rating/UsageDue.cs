using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>Units beyond a soft cap in one quota period, and what of them was billed already.</summary>
/// <param name="Name">The feature's, as it is written on the invoice.</param>
/// <param name="Quantity">Beyond what was granted, in all.</param>
/// <param name="Price">Of the plan version that was in force; a correction keeps it.</param>
/// <param name="BilledQuantity">On earlier invoices; more than <paramref name="Quantity"/> where usage was voided since.</param>
public sealed record UsageDue(
    string Feature, string Name, Period Period, Quantity Quantity, OveragePrice Price, Quantity BilledQuantity, MoneyAmount Billed)
{
    /// <summary>Something of the period was billed before.</summary>
    public bool IsCorrection => !BilledQuantity.IsZero || !Billed.IsZero;

    /// <summary>What was billed is what is due, also where more was used of a package that was paid for. A fee that is due without use is a reason to bill nothing used.</summary>
    public bool IsSettled => Rated().Amount == Billed;

    public Rated Rated() => RatingRules.Rate(Price, Quantity);
}
