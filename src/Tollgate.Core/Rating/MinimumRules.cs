using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>What a period falls short of the committed minimum.</summary>
/// <param name="Period">The one that ended, or the part of it for which something was agreed.</param>
/// <param name="Minimum">Of that time.</param>
/// <param name="Counted">Plan and usage together, before discounts.</param>
/// <param name="Amount">What is missing; more than zero.</param>
public sealed record MinimumDue(Period Period, MoneyAmount Minimum, MoneyAmount Counted, MoneyAmount Amount);

/// <summary>The minimum commitment of a price (<c>SEMANTICS</c> 4): plan price and usage of an ended period are compared, before discounts.</summary>
public static class MinimumRules
{
    /// <param name="price">Of the terms that the period ended on; null: they have none.</param>
    /// <param name="period">The ended one.</param>
    /// <param name="plan">The plan's price for the time that the terms were in force: plan, seats and add-ons.</param>
    /// <param name="usage">Of the whole period; corrections of earlier periods are not of it.</param>
    /// <param name="lived">
    /// The part of the period that the terms were in force, for one that was cut short or that they came into in the middle: the
    /// minimum is that share. Null for the whole.
    /// </param>
    /// <param name="committed">What usage has to come to for terms that were in force earlier in the period; null: for none.</param>
    /// <returns>Null: there is no minimum, or it was reached.</returns>
    public static MinimumDue? Missing(PlanPrice? price, Period period, MoneyAmount plan, MoneyAmount usage, Fraction? lived = null, MoneyAmount? committed = null)
    {
        var (agreed, counted) = (committed ?? MoneyAmount.Zero(usage.Currency), usage);
        if (price?.MinimumMinor is { } minor)
        {
            var own = new MoneyAmount(minor, Currency.Of(price.Currency));
            (agreed, counted) = (agreed + (lived is { } share ? share.Of(own) : own), counted + plan);
        }

        var isAgreed = agreed > MoneyAmount.Zero(agreed.Currency);
        return isAgreed && counted < agreed ? new(period, agreed, counted, agreed - counted) : null;
    }
}
