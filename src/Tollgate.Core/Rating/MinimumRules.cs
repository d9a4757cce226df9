using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>What a period falls short of the committed minimum.</summary>
/// <param name="Period">The one that ended, or the part of it for which something was agreed.</param>
/// <param name="Minimum">Of that time.</param>
/// <param name="Counted">Plan and usage together, before discounts.</param>
/// <param name="Amount">What is missing; more than zero. Of a correction: what is missing now, less what was billed before.</param>
public sealed record MinimumDue(Period Period, MoneyAmount Minimum, MoneyAmount Counted, MoneyAmount Amount)
{
    /// <summary>Of an earlier invoice; null: the period has just ended. Minimum and counted are then those of usage alone.</summary>
    public MoneyAmount? BilledBefore { get; init; }

    /// <summary>That of the plan that the minimum was agreed for.</summary>
    public string? TaxCategory { get; init; }
}

/// <summary>A period with an agreed minimum that is over: usage that is reported or voided later is compared with it again.</summary>
/// <param name="Required">What usage has to come to beside the plan's price; more than zero.</param>
/// <param name="Usage">What it came to, late usage included.</param>
/// <param name="Billed">What lines of kind <c>minimum</c> ask for.</param>
public sealed record MinimumPeriod(Guid Subscription, Period Period, MoneyAmount Required, MoneyAmount Usage, MoneyAmount Billed)
{
    /// <summary>Usage of quota periods that end in it, or were cut in it, is its usage.</summary>
    public bool Counts(UsageDue due) => due.SoldUntil > Period.Start && due.SoldUntil <= Period.End;

    /// <summary>
    /// That of the plan that the minimum was agreed for; null: it has none, or an older version of Tollgate billed the period.
    /// </summary>
    public string? TaxCategory { get; init; }

    public MoneyAmount Missing => Usage < Required ? Required - Usage : MoneyAmount.Zero(Required.Currency);
}

/// <summary>
/// The minimum commitment of a price (<c>SEMANTICS</c> 4): plan price and usage of an ended period are compared, before discounts.
/// </summary>
public static class MinimumRules
{
    /// <summary>
    /// What was corrected of an ended period costs what exceeds the minimum and nothing else: what usage has become more the minimum
    /// becomes less, down to nothing.
    /// </summary>
    /// <param name="corrections">Of usage, of any periods.</param>
    /// <returns>The period as it is then, and the line that brings its minimum there; null: it stays as it was billed.</returns>
    public static (MinimumPeriod After, MinimumDue? Line) Corrected(MinimumPeriod ended, IEnumerable<UsageDue> corrections)
    {
        var usage = corrections.Where(ended.Counts).Aggregate(ended.Usage, static (sum, due) => sum + due.Rated().Amount - due.Billed);
        var missing = (ended with { Usage = usage }).Missing;
        var line = missing == ended.Billed ? null : new MinimumDue(ended.Period, ended.Required, usage, missing - ended.Billed)
        {
            BilledBefore = ended.Billed, TaxCategory = ended.TaxCategory,
        };
        return (ended with { Usage = usage, Billed = missing }, line);
    }

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
    public static MinimumDue? Missing(
        PlanPrice? price, Period period, MoneyAmount plan, MoneyAmount usage, Fraction? lived = null, MoneyAmount? committed = null)
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
