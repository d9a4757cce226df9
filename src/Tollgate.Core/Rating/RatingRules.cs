using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>
/// What usage costs (<c>SEMANTICS</c> 4). The same quantity under the same price gives the same amount on any day and any machine.
/// </summary>
public static class RatingRules
{
    /// <param name="quantity">Units beyond what the plan includes; not negative.</param>
    public static Rated Rate(OveragePrice price, Quantity quantity)
    {
        Invariant.That(!quantity.IsNegative, $"{quantity} units cannot be rated.");
        var currency = Currency.Of(price.Currency);
        var steps = price.Mode switch
        {
            TierMode.PerUnit => [StepOf(price.Tiers[0], quantity, currency)],
            TierMode.Graduated => Graduated(price.Tiers, quantity, currency),
            TierMode.Volume => [StepOf(TierOf(price.Tiers, quantity), quantity, currency)],
            TierMode.Package => [StepOf(price.Tiers[0], Packages(quantity, price.PackageSize!.Value), currency)],
            _ => throw new InvariantBrokenException($"{price.Mode} is not a way to price."),
        };
        return new(quantity, currency, steps);
    }

    /// <summary>
    /// Each tier takes the units above the bound of the one before, up to its own. A tier that no unit falls into is not reached, and
    /// its fee is not due; the first one's always is.
    /// </summary>
    private static List<RatedStep> Graduated(IReadOnlyList<PriceTier> tiers, Quantity quantity, Currency currency)
    {
        var steps = new List<RatedStep>();
        var below = Quantity.Zero;
        foreach (var tier in tiers)
        {
            if (steps.Count > 0 && quantity <= below)
            {
                break;
            }

            var upTo = tier.UpTo is { } bound ? Quantity.Min(bound, quantity) : quantity;
            steps.Add(StepOf(tier, upTo - below, currency));
            below = upTo;
        }

        return steps;
    }

    /// <summary>All units at the price of the tier that the last one falls into. A fraction above a bound is in the next tier.</summary>
    private static PriceTier TierOf(IReadOnlyList<PriceTier> tiers, Quantity quantity) =>
        tiers.First(tier => tier.UpTo is not { } bound || quantity <= bound);

    /// <summary>A package that was begun is paid for.</summary>
    private static Quantity Packages(Quantity quantity, Quantity size) => Quantity.Of(decimal.Ceiling(quantity.Value / size.Value));

    private static RatedStep StepOf(PriceTier tier, Quantity units, Currency currency) =>
        new(units, tier.UnitPrice.In(currency), (tier.FlatFee ?? UnitPrice.Free).In(currency));
}
