using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>A customer's plan and the usage of a period to compare plans at.</summary>
/// <param name="Interval">The interval of its price.</param>
/// <param name="Used">By feature code: the usage in a month at its end, as far as it is known.</param>
/// <param name="IsProjected">True: the usage is a projection to the period's end.</param>
public sealed record PlanUse(
    Plan Plan, PriceInterval Interval, Currency Currency, IReadOnlyDictionary<string, Quantity> Used, bool IsProjected);

/// <summary>
/// Recommends the plan that costs least at a customer's usage, by the rating of invoices: list prices and overage, without coupons and
/// taxes.
/// </summary>
public static class PlanAdvice
{
    private const int MonthsOfYear = 12;

    /// <summary>Returns a sentence; null: no plan is better, or the plans cannot be compared.</summary>
    /// <param name="feature">The feature of which the customer needs more; null: any plan that has room for the usage.</param>
    public static string? Of(PlanUse use, Feature? feature, IReadOnlyList<Plan> plans)
    {
        var offers = plans.Where(plan => plan.Active && plan.Code != use.Plan.Code && KeepsSwitches(use.Plan, plan))
            .Select(plan => (Plan: plan, Cost: CostOf(plan, use)))
            .Where(offer => offer.Cost is not null && (feature is null || HasRoom(offer.Plan, feature, use)))
            .OrderBy(static offer => offer.Cost!.Value.Major).ThenBy(static offer => offer.Plan.SortOrder)
            .ThenBy(static offer => offer.Plan.Code, StringComparer.Ordinal).ToArray();
        if (offers.Length == 0)
        {
            return null;
        }

        var (best, price) = (offers[0].Plan, offers[0].Cost!.Value);
        if (CostOf(use.Plan, use) is { } now && (feature is null || HasRoom(use.Plan, feature, use)))
        {
            return Difference(now, price) is { Minor: > 0 } saved
                ? $"{best.Name} would be {saved.Display()} a month cheaper at this {(use.IsProjected ? "pace" : "use")}."
                : null;
        }

        // The present plan ends at a hard cap: another one costs more, and has room.
        return feature is null || BaseOf(use.Plan, use) is not { } @base ? null : Upgrade(best, feature, Difference(price, @base));
    }

    private static string Upgrade(Plan best, Feature feature, MoneyAmount more)
    {
        var quota = best.Entitlements.First(one => one.Feature == feature.Code).Quota;
        var gives = quota is not { } limit ? $"unlimited {feature.Name}"
            : feature.IsMoney ? $"{AlertText.Dollars(limit)} of {feature.Name}"
            : $"{AlertText.Number(limit)} {feature.Name}";
        return more.Minor > 0 ? $"{best.Name} has {gives}, for {more.Display()} more a month."
            : $"{best.Name} has {gives}, and costs no more.";
    }

    private static MoneyAmount Difference(ExactMoney more, ExactMoney less) => (more with { Major = more.Major - less.Major }).Rounded();

    /// <summary>Returns the price and overage of a month of the usage; null: the plan has no such price, or does not allow it.</summary>
    private static ExactMoney? CostOf(Plan plan, PlanUse use)
    {
        if (BaseOf(plan, use) is not { } cost)
        {
            return null;
        }

        foreach (var (code, used) in use.Used)
        {
            var entitlement = plan.Entitlements.FirstOrDefault(one => one.Feature == code);
            if (entitlement is null or { Pool: not null })
            {
                if (used.IsPositive)
                {
                    return null;
                }

                continue;
            }

            if (entitlement.Quota is not { } quota)
            {
                continue;
            }

            var beyond = used > quota ? used - quota : Quantity.Zero;
            if (beyond.IsPositive && (entitlement.HardCap || entitlement.OverageLimit < beyond))
            {
                return null;
            }

            if (entitlement.OveragePriceIn(use.Currency) is { } price)
            {
                cost = cost with { Major = cost.Major + RatingRules.Rate(price, beyond).Exact.Major };
            }
        }

        return cost;
    }

    /// <summary>Returns the plan's own price for a month; a plan without any price is free.</summary>
    private static ExactMoney? BaseOf(Plan plan, PlanUse use)
    {
        if (plan.Prices.Count == 0)
        {
            return new(0, use.Currency);
        }

        var price = plan.Prices.FirstOrDefault(one => one.Interval == use.Interval && one.Currency == use.Currency.Code);
        if (price is null or { Seats: not null } or { MinimumMinor: not null } || use.Interval == PriceInterval.Weekly)
        {
            return null;
        }

        var amount = new MoneyAmount(price.AmountMinor, use.Currency);
        var exact = price.Discount is { } discount ? discount.Of(amount) : ExactMoney.Of(amount);
        return use.Interval == PriceInterval.Yearly ? exact with { Major = exact.Major / MonthsOfYear } : exact;
    }

    /// <summary>True if one more unit fits, within the quota or as overage.</summary>
    private static bool HasRoom(Plan plan, Feature feature, PlanUse use) =>
        plan.Entitlements.FirstOrDefault(one => one.Feature == feature.Code) is { } entitlement
        && (entitlement.Quota is not { } quota || !entitlement.HardCap || quota > use.Used.GetValueOrDefault(feature.Code));

    /// <summary>True if the plan turns on every switch that the present one does.</summary>
    private static bool KeepsSwitches(Plan now, Plan other) => now.Entitlements.Where(static one => one.Enabled)
        .All(one => other.Entitlements.Any(also => also.Feature == one.Feature && also.Enabled));
}
