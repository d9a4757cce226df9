using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>Usage that came when its period was invoiced already, and that nobody is asked to pay for.</summary>
/// <param name="Quantity">Beyond what was billed; more than zero.</param>
/// <param name="Amount">What it would have been. Not more than zero where more units make all of them cheaper.</param>
public sealed record LateUsage(Quantity Quantity, MoneyAmount Amount);

/// <summary>What becomes of usage that comes late (<c>SEMANTICS</c> 2).</summary>
public static class UsageRules
{
    /// <summary>
    /// What of a period is ignored by the feature's policy; null: nothing, the difference is billed or given back. Only what came is
    /// late: what was voided below what was billed is given back under either policy.
    /// </summary>
    /// <param name="isInvoiced">The period was rated before, or ended before usage was billed last.</param>
    public static LateUsage? IgnoredOf(Feature feature, UsageDue due, bool isInvoiced) =>
        isInvoiced && feature.LateEvents == LateEventPolicy.IgnoreAndReport && due.Quantity > due.BilledQuantity
            ? new(due.Quantity - due.BilledQuantity, due.Rated().Amount - due.Billed)
            : null;
}
