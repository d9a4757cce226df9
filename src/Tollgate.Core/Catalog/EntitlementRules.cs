using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>The combination of entitlements, and the members that fit each kind of feature.</summary>
public static class EntitlementRules
{
    /// <summary>Returns the entitlement in force: the plan's, with the set members of the override in their place.</summary>
    /// <param name="entitlement">
    /// Null if the plan does not name the feature. Members that the override does not set then take the cautious value: quota zero and
    /// switched off, so that an override of the hard cap alone never becomes an unlimited grant.
    /// </param>
    public static Entitlement Apply(Entitlement? entitlement, EntitlementOverride change)
    {
        Invariant.That(
            entitlement is null || entitlement.Feature == change.Feature,
            $"An override of {change.Feature} does not apply to {entitlement?.Feature}.");
        var plan = entitlement ?? new Entitlement { Feature = change.Feature, Quota = Quantity.Zero, Enabled = false };
        return plan with
        {
            Quota = change.Quota.Or(plan.Quota),
            Period = change.Period.Or(plan.Period),
            HardCap = change.HardCap.Or(plan.HardCap),
            OverageLimit = change.OverageLimit.Or(plan.OverageLimit),
            OveragePrices = change.OveragePrices.Or(plan.OveragePrices),
            Rollover = change.Rollover.Or(plan.Rollover),
            RateLimits = change.RateLimits.Or(plan.RateLimits),
            Pool = change.Pool.Or(plan.Pool),
            Thresholds = change.Thresholds.Or(plan.Thresholds),
            SettleOver = change.SettleOver.Or(plan.SettleOver),
            GrantOnChange = change.GrantOnChange.Or(plan.GrantOnChange),
            Enabled = change.Enabled.Or(plan.Enabled),
            Value = change.Value.Or(plan.Value),
        };
    }

    /// <summary>Returns the set members that mean nothing for a feature of this kind, each with a sentence.</summary>
    public static IEnumerable<(string Member, string Message)> Misfits(FeatureKind kind, EntitlementOverride change)
    {
        var metered = new (string Member, bool IsSet)[]
        {
            ("quota", change.Quota.IsSet),
            ("period", change.Period.IsSet),
            ("hard_cap", change.HardCap.IsSet),
            ("overage_limit", change.OverageLimit.IsSet),
            ("overage_price", change.OveragePrices.IsSet),
            ("rollover", change.Rollover.IsSet),
            ("rate_limits", change.RateLimits.IsSet),
            ("pool", change.Pool.IsSet),
            ("thresholds", change.Thresholds.IsSet),
            ("settle_over", change.SettleOver.IsSet),
            ("grant_on_change", change.GrantOnChange.IsSet),
        };
        return metered.Where(m => m.IsSet && kind != FeatureKind.Metered).Select(m => m.Member)
            .Concat(change.Enabled.IsSet && kind != FeatureKind.Switch ? ["enabled"] : [])
            .Concat(change.Value.IsSet && kind != FeatureKind.Value ? ["value"] : [])
            .Select(member =>
                (member, $"'{member}' does not fit '{change.Feature}', which is a {CatalogWords.Of(kind)} feature: {Fitting(kind)}"));
    }

    /// <summary>
    /// Returns the members that a plan must set for a feature of this kind and does not. Nothing is unlimited by omission.
    /// </summary>
    public static IEnumerable<(string Member, string Message)> Missing(FeatureKind kind, EntitlementOverride change)
    {
        if (kind == FeatureKind.Metered && !change.Quota.IsSet && !change.Pool.IsSet)
        {
            yield return ("quota", $"'quota' of '{change.Feature}' is missing: a number, 0 (disabled) or unlimited.");
        }

        if (kind == FeatureKind.Value && !change.Value.IsSet)
        {
            yield return ("value", $"'value' of '{change.Feature}' is missing: the setting's value, or unlimited.");
        }
    }

    private static string Fitting(FeatureKind kind) => kind switch
    {
        FeatureKind.Switch => "it is only 'enabled'.",
        FeatureKind.Value => "it only has a 'value'.",
        _ => "it is counted against a 'quota'.",
    };
}
