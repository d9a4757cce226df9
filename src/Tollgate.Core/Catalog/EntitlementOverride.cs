using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>A member of an override: either not mentioned, or set, possibly to null (which for quotas means unlimited).</summary>
public readonly record struct Setting<T>(bool IsSet, T Value)
{
    public T Or(T otherwise) => IsSet ? Value : otherwise;
}

/// <summary>Makes settings without naming their type.</summary>
public static class Setting
{
    public static Setting<T> To<T>(T value) => new(true, value);
}

/// <summary>
/// What one customer has that differs from the plan: custom enterprise pricing, a courtesy, a block. Members that are
/// not set leave the plan's as they are.
/// </summary>
public sealed record EntitlementOverride
{
    public required string Feature { get; init; }

    /// <summary>Null is unlimited, zero is disabled.</summary>
    public Setting<Quantity?> Quota { get; init; }

    public Setting<QuotaPeriodKind> Period { get; init; }

    public Setting<bool> HardCap { get; init; }

    /// <summary>Null is no bound.</summary>
    public Setting<Quantity?> OverageLimit { get; init; }

    public Setting<OveragePrice?> OveragePrice { get; init; }

    public Setting<RolloverPolicy?> Rollover { get; init; }

    public Setting<IReadOnlyList<RateLimit>> RateLimits { get; init; }

    public Setting<CreditPool?> Pool { get; init; }

    public Setting<IReadOnlyList<int>> Thresholds { get; init; }

    public Setting<SettleOverPolicy> SettleOver { get; init; }

    public Setting<GrantOnChange> GrantOnChange { get; init; }

    public Setting<bool> Enabled { get; init; }

    /// <summary>Null is unlimited.</summary>
    public Setting<string?> Value { get; init; }
}

/// <summary>How entitlements combine.</summary>
public static class EntitlementRules
{
    /// <summary>The entitlement that is in force: the plan's, with what the override sets put in its place.</summary>
    /// <param name="entitlement">
    /// Null when the plan does not name the feature. Then what the override does not set is the cautious choice: quota zero
    /// and switched off, so that an override of the hard cap alone never becomes an unlimited grant.
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
            OveragePrice = change.OveragePrice.Or(plan.OveragePrice),
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
}
