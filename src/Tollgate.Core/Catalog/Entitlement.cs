using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>
/// What a settle above its hold does: <see cref="Allow"/> records the truth, <see cref="Clip"/> records at most what is available.
/// </summary>
public enum SettleOverPolicy
{
    Allow,
    Clip,
}

/// <summary>What a plan change does to the new plan's grant in the running period.</summary>
public enum GrantOnChange
{
    Full,
    Prorated,
}

/// <summary>Unused quota that is carried over: <c>min(Max, unused)</c>, expiring after <see cref="Periods"/> periods.</summary>
/// <param name="Max">Bound of the sum of all live rollovers; null for no bound.</param>
/// <param name="Periods">Number of periods a rolled grant lives, at least 1.</param>
/// <param name="CarryOverage">Whether overage of a soft cap is charged to the next period.</param>
public sealed record RolloverPolicy(Quantity? Max, int Periods, bool CarryOverage);

public enum RateUnit
{
    /// <summary>Open holds at one moment.</summary>
    Concurrency,
    Second,
    Minute,
    Hour,
    Day,
}

/// <summary>
/// A limit on speed. Second and minute windows are smooth (GCRA); hour and day windows are fixed and aligned to the
/// project's clock; concurrency bounds the open holds.
/// </summary>
/// <param name="Limit">Units per window (whole decisions when <see cref="CountsDecisions"/>).</param>
/// <param name="Burst">Units that may come at once in a smooth window; the limit unless set.</param>
/// <param name="CountsDecisions">True: each decision counts 1 whatever its amount (requests). False: its amount counts (tokens).</param>
public sealed record RateLimit(RateUnit Unit, Quantity Limit, Quantity? Burst, bool CountsDecisions);

/// <summary>A feature that may draw on a shared credit feature once its own balance is used up.</summary>
/// <param name="Feature">The credit feature's code.</param>
/// <param name="Rate">Credits per unit of the drawing feature.</param>
public sealed record CreditPool(string Feature, Quantity Rate);

/// <summary>Plan × feature: how much, over which period, and what happens at the edge. All policies of <c>SEMANTICS</c> 2.</summary>
public sealed record Entitlement
{
    public required string Feature { get; init; }

    /// <summary>Units per period; null is unlimited, zero is disabled. Meaningless for switch and value features.</summary>
    public Quantity? Quota { get; init; }

    public QuotaPeriodKind Period { get; init; } = QuotaPeriodKind.BillingMonth;

    public bool HardCap { get; init; } = true;

    /// <summary>For soft caps: units beyond the quota that are allowed; null for no bound.</summary>
    public Quantity? OverageLimit { get; init; }

    /// <summary>What overage costs, at most one price for each currency. Empty: it is counted and not billed.</summary>
    public IReadOnlyList<OveragePrice> OveragePrices { get; init; } = [];

    public RolloverPolicy? Rollover { get; init; }

    public IReadOnlyList<RateLimit> RateLimits { get; init; } = [];

    public CreditPool? Pool { get; init; }

    /// <summary>Whole percents of the granted amount at which a crossing is recorded once.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = DefaultThresholds;

    public SettleOverPolicy SettleOver { get; init; }

    public GrantOnChange GrantOnChange { get; init; }

    /// <summary>For switch features.</summary>
    public bool Enabled { get; init; }

    /// <summary>For value features; null is unlimited (a seed's -1).</summary>
    public string? Value { get; init; }

    /// <summary>Null: overage is not billed in this currency.</summary>
    public OveragePrice? OveragePriceIn(Currency currency) => OveragePrices.FirstOrDefault(price => price.Currency == currency.Code);

    public static readonly IReadOnlyList<int> DefaultThresholds = [80, 90, 100];
}
