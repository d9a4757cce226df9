using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>What a period falls short of the committed minimum.</summary>
/// <param name="Period">The one that ended.</param>
/// <param name="Minimum">Of that period.</param>
/// <param name="Counted">Plan and usage together, before discounts.</param>
/// <param name="Amount">What is missing; more than zero.</param>
public sealed record MinimumDue(Period Period, MoneyAmount Minimum, MoneyAmount Counted, MoneyAmount Amount);

/// <summary>The minimum commitment of a price (<c>SEMANTICS</c> 4): plan price and usage of an ended period are compared, before discounts.</summary>
public static class MinimumRules
{
    /// <param name="price">Of the terms that the period ended on.</param>
    /// <param name="period">The ended one.</param>
    /// <param name="plan">Billed for the period: plan, seats and add-ons, less what was given back.</param>
    /// <param name="usage">Of the period; corrections of earlier periods are not of it.</param>
    /// <param name="lived">
    /// The part of the period that the price was in force, for one that was cut short or began in the middle: the minimum is that share.
    /// Null for the whole.
    /// </param>
    /// <returns>Null: there is no minimum, or it was reached.</returns>
    public static MinimumDue? Missing(PlanPrice price, Period period, MoneyAmount plan, MoneyAmount usage, Fraction? lived = null)
    {
        if (price.MinimumMinor is not { } minor)
        {
            return null;
        }

        var committed = new MoneyAmount(minor, Currency.Of(price.Currency));
        var minimum = lived is { } share ? share.Of(committed) : committed;
        var counted = plan + usage;
        return counted < minimum ? new(period, minimum, counted, minimum - counted) : null;
    }
}
