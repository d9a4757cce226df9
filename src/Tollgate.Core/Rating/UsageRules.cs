using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>Usage reported after its period was invoiced, for which no customer pays.</summary>
/// <param name="Quantity">The quantity beyond the billed one; more than zero.</param>
/// <param name="Amount">The amount that it would have cost. Zero or negative if more units make all of them cheaper.</param>
public sealed record LateUsage(Quantity Quantity, MoneyAmount Amount);

/// <summary>The policy for late usage (<c>SEMANTICS</c> 2).</summary>
public static class UsageRules
{
    /// <summary>
    /// Returns the usage that the feature's policy ignores; null: none, so the difference is billed or credited. Only additional usage
    /// counts as late: either policy credits usage that was voided below the billed quantity.
    /// </summary>
    /// <param name="isInvoiced">True if the period was rated before, or ended before the last bill of usage.</param>
    public static LateUsage? IgnoredOf(Feature feature, UsageDue due, bool isInvoiced) =>
        isInvoiced && feature.LateEvents == LateEventPolicy.IgnoreAndReport && due.Quantity > due.BilledQuantity
            ? new(due.Quantity - due.BilledQuantity, due.Rated().Amount - due.Billed)
            : null;
}
