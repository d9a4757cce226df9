using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>A member of an override: either not set, or set, possibly to null (unlimited, for quotas).</summary>
public readonly record struct Setting<T>(bool IsSet, T Value)
{
    public T Or(T otherwise) => IsSet ? Value : otherwise;
}

/// <summary>Creates settings without naming their type.</summary>
public static class Setting
{
    public static Setting<T> To<T>(T value) => new(true, value);
}

/// <summary>
/// The terms of one customer that differ from the plan: custom enterprise pricing, a courtesy, a block. Members that are not set keep the
/// plan's values.
/// </summary>
public sealed record EntitlementOverride
{
    public required string Feature { get; init; }

    /// <summary>Null is unlimited, zero disables the feature.</summary>
    public Setting<Quantity?> Quota { get; init; }

    public Setting<QuotaPeriodKind> Period { get; init; }

    public Setting<bool> HardCap { get; init; }

    /// <summary>Null: no limit.</summary>
    public Setting<Quantity?> OverageLimit { get; init; }

    /// <summary>One price for each currency; empty: overage is not billed.</summary>
    public Setting<IReadOnlyList<OveragePrice>> OveragePrices { get; init; }

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
