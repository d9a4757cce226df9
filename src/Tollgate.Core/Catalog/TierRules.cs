using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>One step of a price: units at one price, and a fee that is due once.</summary>
/// <param name="Units">The units, or the packages if the price is per package.</param>
public readonly record struct PricedStep(Quantity Units, ExactMoney UnitPrice, ExactMoney FlatFee)
{
    /// <summary>The percentage of an amount of money that is the price; the units are that amount. Null: a unit price.</summary>
    public Percent? Percent { get; init; }

    /// <summary>The discount on the unit price and the fee; null: none.</summary>
    public Percent? Less { get; init; }

    /// <summary>True if the units are packages.</summary>
    public bool CountsPackages { get; init; }

    /// <summary>The unit price after the discount.</summary>
    public ExactMoney DueUnitPrice => Due(UnitPrice);

    /// <summary>The amount, not rounded: its line rounds it once.</summary>
    public ExactMoney Amount => Due(UnitPrice with { Major = (Units.Value * UnitPrice.Major) + FlatFee.Major });

    /// <summary>
    /// Returns the explanation for an invoice, with listed prices: <c>1000 units × 0.02 USD + 5 USD = 25 USD</c>,
    /// <c>2.5 % of 1000 USD less 10 % = 22.5 USD</c>.
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
/// The price of a number of units by tiers (<c>SEMANTICS</c> 4): the arithmetic that usage and seats share. It is not in Rating because a
/// subscription needs the price of its seats, and comes before Rating.
/// </summary>
public static class TierRules
{
    /// <param name="units">Not negative.</param>
    /// <returns>At least one step, in the order of the tiers.</returns>
    /// <exception cref="OverflowException">The amount exceeds 28 digits.</exception>
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

    /// <summary>Returns the sum of steps in one currency, rounded once.</summary>
    public static MoneyAmount Sum(IReadOnlyList<PricedStep> steps, Currency currency) => Exact(steps, currency).Rounded();

    /// <summary>Returns the sum of steps in one currency, not rounded.</summary>
    public static ExactMoney Exact(IReadOnlyList<PricedStep> steps, Currency currency) =>
        new(steps.Sum(static step => step.Amount.Major), currency);

    /// <summary>
    /// Returns the steps of graduated tiers: each tier takes the units above the limit of the one before, up to its own. A tier without a
    /// unit is not reached, and its fee is not due.
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

    /// <summary>Returns the tier of the last unit. A fraction above a limit is in the next tier.</summary>
    private static PriceTier TierOf(IReadOnlyList<PriceTier> tiers, Quantity units) =>
        tiers.First(tier => tier.UpTo is not { } bound || units <= bound);

    /// <summary>Returns the number of packages: a partly used package counts as one.</summary>
    private static Quantity Packages(Quantity units, Quantity size) => Quantity.Of(decimal.Ceiling(units.Value / size.Value));

    private static PricedStep StepOf(PriceTier tier, Quantity units, Currency currency) =>
        new(units, tier.Percent is { } percent ? percent.OfOne(currency) : tier.UnitPrice.In(currency),
            (tier.FlatFee ?? UnitPrice.Free).In(currency)) { Percent = tier.Percent };
}
