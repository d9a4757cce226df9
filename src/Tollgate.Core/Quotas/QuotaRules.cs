using System.Numerics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>The rules of <c>SEMANTICS</c> 2 for one feature: facts in, result out.</summary>
public static class QuotaRules
{
    private const long NanosOfOne = 1_000_000_000;

    /// <summary>
    /// Decides whether the customer may take <paramref name="amount"/>. In a straight list of checks, the first that applies decides. It
    /// does not look at the credit pool: for a feature with a pool, <see cref="Outcome.QuotaExceeded"/> means "take the rest from the
    /// pool".
    /// </summary>
    public static Outcome Judge(in FeatureFacts facts, Quantity amount)
    {
        if (facts.Entitlement is not { } entitlement)
        {
            return Outcome.FeatureNotInPlan;
        }

        if (facts.Feature.Feature.Kind == FeatureKind.Switch)
        {
            return entitlement.Enabled ? Outcome.SwitchedOn : Outcome.FeatureNotInPlan;
        }

        if (facts.Quota is not { } quota)
        {
            return Outcome.Unlimited;
        }

        if (quota.IsZero && facts.Grants.Count == 0 && entitlement.Pool is null)
        {
            return Outcome.FeatureDisabled;
        }

        var limit = facts.Limit!.Value;
        var beyond = facts.Balance.Used + facts.Balance.Held + amount - limit;
        if (!beyond.IsPositive)
        {
            return Outcome.WithinQuota;
        }

        if (entitlement.HardCap)
        {
            return facts.Feature.Feature.IsMoney ? Outcome.BudgetExceeded : Outcome.QuotaExceeded;
        }

        return entitlement.OverageLimit is { } most && beyond > most ? Outcome.OverageLimitReached : Outcome.Overage;
    }

    /// <summary>
    /// Computes the plan's own quota in <paramref name="period"/> as of <paramref name="at"/>. If the plan changed earlier in the period
    /// and the last plan's policy prorates, each plan contributes its share of the time, rounded down to whole units (money: nano-units).
    /// Overrides and add-ons of a plan count for the whole time of that plan.
    /// </summary>
    /// <param name="at">The end of the period, or an instant in it: terms that begin later do not count.</param>
    public static Quantity? QuotaFor(TermsTimeline terms, int feature, Period period, Instant at, bool isMoney)
    {
        var parts = terms.Within(period);
        var last = parts.Count - 1;
        while (last > 0 && parts[last].Part.Start > at)
        {
            last--;
        }

        if (parts[last].Terms.EntitlementOf(feature) is not { } entitlement)
        {
            return Quantity.Zero;
        }

        if (entitlement.GrantOnChange == GrantOnChange.Full || entitlement.Quota is not { } quota || period.End == Instant.FarFuture)
        {
            return entitlement.Quota;
        }

        // Backwards from the end, in whole nano-units: the product of a quota and microseconds exceeds the range of a decimal.
        var (share, until, plan) = (BigInteger.Zero, period.End, parts[last].Terms.Plan.Id);
        for (var i = last; i >= 0; i--)
        {
            var (part, then) = parts[i];
            if (then.Plan.Id != plan)
            {
                (plan, until) = (then.Plan.Id, part.End);
                if (then.EntitlementOf(feature) is { Quota: null })
                {
                    return entitlement.Quota;
                }

                quota = then.EntitlementOf(feature)?.Quota ?? Quantity.Zero;
            }

            share += Nanos(quota) * (until.UnixMicroseconds - part.Start.UnixMicroseconds);
            until = part.Start;
        }

        var quantity = (decimal)(share / (period.End.UnixMicroseconds - period.Start.UnixMicroseconds)) / NanosOfOne;
        return Quantity.Of(isMoney ? quantity : decimal.Floor(quantity));
    }

    private static BigInteger Nanos(Quantity quantity) => new(quantity.Value * NanosOfOne);

    /// <summary>
    /// Accounts <paramref name="amount"/> as used: the plan's quota and the grants burn in their order, and the plan takes the rest
    /// (overage, or overshoot of a fact).
    /// </summary>
    /// <param name="ofPool">The part of the amount that a credit pool pays for.</param>
    public static UseResult Use(in FeatureFacts facts, Quantity amount, Quantity ofPool)
    {
        Invariant.That(!amount.IsNegative && !ofPool.IsNegative && ofPool <= amount, $"Use of {amount}, {ofPool} of it from a pool.");
        var balance = facts.Balance;
        if (facts.Quota is null || facts.Grants.Count == 0)
        {
            return new(balance with { Used = balance.Used + amount, Drawn = balance.Drawn + ofPool, Quota = facts.Quota }, []);
        }

        var burns = GrantRules.Burns(facts, amount - ofPool);
        var drawn = ofPool;
        foreach (var burn in burns)
        {
            drawn += burn.Amount;
        }

        return new(balance with { Used = balance.Used + amount, Drawn = balance.Drawn + drawn, Quota = facts.Quota }, burns);
    }

    /// <summary>
    /// Accounts a level that changed by <paramref name="change"/>. A level burns no grant and draws on no pool, since it may fall again;
    /// the catalogue allows neither (<see cref="CatalogRules"/>).
    /// </summary>
    public static UseResult SetLevel(in FeatureFacts facts, Quantity change, LatestReport? reports) =>
        new(facts.Balance with { Used = facts.Balance.Used + change, Quota = facts.Quota, Reports = reports }, []);

    /// <summary>
    /// Returns the thresholds that <paramref name="after"/> has reached and that <paramref name="before"/> had not recorded.
    /// </summary>
    public static IReadOnlyList<int> Crossed(Entitlement entitlement, Balance before, Balance after, Quantity? limit) =>
        after.Used > before.Used ? Reached(entitlement, before.Fired, after.Used, limit) : [];

    /// <summary>Returns the thresholds that <paramref name="used"/> has reached, beyond the highest recorded one.</summary>
    public static IReadOnlyList<int> Reached(Entitlement entitlement, int fired, Quantity used, Quantity? limit)
    {
        if (limit is not { IsPositive: true } granted || entitlement.Thresholds.Count == 0)
        {
            return [];
        }

        List<int>? reached = null;
        foreach (var percent in entitlement.Thresholds)
        {
            if (percent > fired && used.Value * 100m >= granted.Value * percent)
            {
                (reached ??= []).Add(percent);
            }
        }

        return reached ?? (IReadOnlyList<int>)[];
    }
}

/// <summary>A balance after a use, and the units burned from grants for it.</summary>
public readonly record struct UseResult(Balance Balance, IReadOnlyList<Burn> Burns);
