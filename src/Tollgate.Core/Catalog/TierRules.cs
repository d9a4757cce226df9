using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>One step of a price: so many units at one price, and a fee that is due once.</summary>
/// <param name="Units">Units, or packages where the price is per package.</param>
public readonly record struct PricedStep(Quantity Units, ExactMoney UnitPrice, ExactMoney FlatFee)
{
    /// <summary>The units are an amount of money, and this share of it is the price.</summary>
    public Percent? Percent { get; init; }

    /// <summary>What comes off the unit price and the fee; null: nothing.</summary>
    public Percent? Less { get; init; }

    /// <summary>The units are packages.</summary>
    public bool CountsPackages { get; init; }

    /// <summary>What one unit costs after the discount.</summary>
    public ExactMoney DueUnitPrice => Due(UnitPrice);

    /// <summary>Not rounded: the line that the step belongs to is, once.</summary>
    public ExactMoney Amount => Due(UnitPrice with { Major = (Units.Value * UnitPrice.Major) + FlatFee.Major });

    /// <summary>
    /// As an invoice explains it, by listed prices: <c>1000 units × 0.02 USD + 5 USD = 25 USD</c>, <c>2.5 % of 1000 USD less 10 % = 22.5
    /// USD</c>.
    /// </summary>
    public override string ToString()
    {
        var price = Percent is { } percent
            ? $"{percent} of {UnitPrice with { Major = Units.Value }}"
            : $"{Units} {(CountsPackages ? "packages" : "units")} × {UnitPrice}";
        return $"{price}{(FlatFee.Major == 0 ? "" : $" + {FlatFee}")}{(Less is { } less ? $" less {less}" : "")} = {Amount}";
    }

    private ExactMoney Due(ExactMoney listed) =>
        Less is { } off ? listed with { Major = listed.Major * (1m - (off.Value / 100m)) } : listed;
}

/// <summary>
/// What a number of units costs by tiers (<c>SEMANTICS</c> 4): the arithmetic that usage and seats have in common. It stands here
/// and not in Rating because a subscription must know what its seats cost, and comes before Rating.
/// </summary>
public static class TierRules
{
    /// <param name="units">Not negative.</param>
    /// <returns>At least one step. The order is that of the tiers.</returns>
    /// <exception cref="OverflowException">The amount is beyond 28 digits.</exception>
    public static IReadOnlyList<PricedStep> StepsOf(OveragePrice price, Quantity units)
    {
        Invariant.That(!units.IsNegative, $"{units} units cannot be priced.");
        var currency = Currency.Of(price.Currency);
        IReadOnlyList<PricedStep> steps = price.Mode switch
        {
            TierMode.PerUnit => [StepOf(price.Tiers[0], units, currency)],
            TierMode.Graduated or TierMode.Percentage => Graduated(price.Tiers, units, currency),
            TierMode.Volume => [StepOf(TierOf(price.Tiers, units), units, currency)],
            TierMode.Package =>
                [StepOf(price.Tiers[0], Packages(units, price.PackageSize!.Value), currency) with { CountsPackages = true }],
            _ => throw new InvariantBrokenException($"{price.Mode} is not a way to price."),
        };
        if (price.Discount is { } off)
        {
            steps = [.. steps.Select(step => step with { Less = off })];
        }

        return units.IsZero && price.FirstFlatFee == FirstFlatFee.OnUse ? [steps[0] with { FlatFee = new(0, currency) }] : steps;
    }

    /// <summary>Steps of one currency added up, rounded once.</summary>
    public static MoneyAmount Sum(IReadOnlyList<PricedStep> steps, Currency currency) => Exact(steps, currency).Rounded();

    /// <inheritdoc cref="Sum"/>
    public static ExactMoney Exact(IReadOnlyList<PricedStep> steps, Currency currency) =>
        new(steps.Sum(static step => step.Amount.Major), currency);

    /// <summary>
    /// Each tier takes the units above the bound of the one before, up to its own. A tier that no unit falls into is not reached, and
    /// its fee is not due.
    /// </summary>
    private static List<PricedStep> Graduated(IReadOnlyList<PriceTier> tiers, Quantity units, Currency currency)
    {
        var steps = new List<PricedStep>();
        var below = Quantity.Zero;
        foreach (var tier in tiers)
        {
            if (steps.Count > 0 && units <= below)
            {
                break;
            }

            var upTo = tier.UpTo is { } bound ? Quantity.Min(bound, units) : units;
            steps.Add(StepOf(tier, upTo - below, currency));
            below = upTo;
        }

        return steps;
    }

    /// <summary>The tier that the last unit falls into. A fraction above a bound is in the next tier.</summary>
    private static PriceTier TierOf(IReadOnlyList<PriceTier> tiers, Quantity units) =>
        tiers.First(tier => tier.UpTo is not { } bound || units <= bound);

    /// <summary>A package that was begun is paid for.</summary>
    private static Quantity Packages(Quantity units, Quantity size) => Quantity.Of(decimal.Ceiling(units.Value / size.Value));

    private static PricedStep StepOf(PriceTier tier, Quantity units, Currency currency) =>
        new(units, tier.Percent is { } percent ? percent.OfOne(currency) : tier.UnitPrice.In(currency),
            (tier.FlatFee ?? UnitPrice.Free).In(currency)) { Percent = tier.Percent };
}
