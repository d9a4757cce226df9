using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Rating;

/// <summary>The amount by which a period falls short of the committed minimum.</summary>
/// <param name="Period">The period that ended, or the part of it with an agreed minimum.</param>
/// <param name="Minimum">The minimum for that time.</param>
/// <param name="Counted">Plan and usage together, before discounts.</param>
/// <param name="Amount">The missing amount; more than zero. For a correction: the amount missing now, less the amount billed
/// before.</param>
public sealed record MinimumDue(Period Period, MoneyAmount Minimum, MoneyAmount Counted, MoneyAmount Amount)
{
    /// <summary>
    /// The amount on an earlier invoice; null: the period has just ended. With an amount, minimum and counted are those of usage alone.
    /// </summary>
    public MoneyAmount? BilledBefore { get; init; }

    /// <summary>The tax category of the plan with the minimum.</summary>
    public string? TaxCategory { get; init; }
}

/// <summary>An ended period with an agreed minimum: Tollgate compares late or voided usage with it again.</summary>
/// <param name="Required">The usage that the minimum requires in addition to the plan's price; more than zero.</param>
/// <param name="Usage">The usage, including late usage.</param>
/// <param name="Billed">The sum of the lines of kind <c>minimum</c>.</param>
public sealed record MinimumPeriod(Guid Subscription, Period Period, MoneyAmount Required, MoneyAmount Usage, MoneyAmount Billed)
{
    /// <summary>True if the usage belongs to the period: its quota period ends, or was cut, in it.</summary>
    public bool Counts(UsageDue due) => due.SoldUntil > Period.Start && due.SoldUntil <= Period.End;

    /// <summary>
    /// The tax category of the plan with the minimum; null: it has none, or an older version of Tollgate billed the period.
    /// </summary>
    public string? TaxCategory { get; init; }

    public MoneyAmount Missing => Usage < Required ? Required - Usage : MoneyAmount.Zero(Required.Currency);
}

/// <summary>
/// The minimum commitment of a price (<c>SEMANTICS</c> 4), which is compared with the plan's price and usage of an ended period, before
/// discounts.
/// </summary>
public static class MinimumRules
{
    /// <summary>
    /// Corrects the minimum of an ended period, so that a correction costs only the part above the minimum: an increase of usage reduces
    /// the minimum's line by the same amount, down to zero.
    /// </summary>
    /// <param name="corrections">Corrections of usage, of any periods.</param>
    /// <returns>The period after the corrections, and the line that adjusts its minimum; null: no change.</returns>
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

    /// <param name="price">The price of the terms at the end of the period; null: they have none.</param>
    /// <param name="period">The ended period.</param>
    /// <param name="plan">The plan's price for the time of the terms: plan, seats and add-ons.</param>
    /// <param name="usage">The usage of the whole period, without corrections of earlier periods.</param>
    /// <param name="lived">
    /// The part of the period in which the terms were in force, if it was cut short or they began in the middle: the minimum is that share.
    /// Null for the whole.
    /// </param>
    /// <param name="committed">The usage required by terms in force earlier in the period; null: none.</param>
    /// <returns>Null: there is no minimum, or it is met.</returns>
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
