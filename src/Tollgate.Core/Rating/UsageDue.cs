using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
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
    /// <summary>The line that brings what was billed to what is due; null when it is.</summary>
    public InvoiceLine? Line()
    {
        var rated = RatingRules.Rate(Price, Quantity);
        var isCorrection = !BilledQuantity.IsZero || !Billed.IsZero;
        if (isCorrection ? BilledQuantity == Quantity : Quantity.IsZero)
        {
            return null;
        }

        return new()
        {
            Kind = InvoiceLineKind.Usage, Feature = Feature, Period = Period, Quantity = Quantity - BilledQuantity, Amount = rated.Amount - Billed,
            Description = isCorrection ? $"{Name}: correction of an earlier period" : $"{Name} beyond the plan",
            UnitPrice = rated.Steps is [{ FlatFee.IsZero: true } only] && Price.Mode != TierMode.Package && !isCorrection ? only.UnitPrice.Value : null,
            Steps = [.. rated.Steps.Select(Explain), .. isCorrection ? (string[])[$"billed before: {BilledQuantity} for {Billed}"] : []],
        };
    }

    private string Explain(RatedStep step) => string.Create(CultureInfo.InvariantCulture,
        $"{step.Units} {(Price.Mode == TierMode.Package ? "packages" : "units")} × {step.UnitPrice}{(step.FlatFee.IsZero ? "" : $" + {step.FlatFee}")} = {step.Amount:0.############}");
}
