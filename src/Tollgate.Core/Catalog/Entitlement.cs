using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>
/// The policy for a settlement above its hold: <see cref="Allow"/> records the actual amount, <see cref="Clip"/> at most the available
/// amount.
/// </summary>
public enum SettleOverPolicy
{
    Allow,
    Clip,
}

/// <summary>The policy for the new plan's quota in the running period after a plan change.</summary>
public enum GrantOnChange
{
    Full,
    Prorated,
}

/// <summary>
/// The policy that carries unused quota over: <c>min(Max, unused)</c>, which expires after <see cref="Periods"/> periods.
/// </summary>
/// <param name="Max">The limit on the sum of all live rollovers; null: no limit.</param>
/// <param name="Periods">The number of periods for which a rolled grant lives, at least 1.</param>
/// <param name="CarryOverage">True if overage of a soft cap is charged to the next period.</param>
public sealed record RolloverPolicy(Quantity? Max, int Periods, bool CarryOverage);

public enum RateUnit
{
    /// <summary>The number of open holds.</summary>
    Concurrency,
    Second,
    Minute,
    Hour,
    Day,
}

/// <summary>
/// A rate limit. Second and minute windows are smooth (GCRA); hour and day windows are fixed and aligned to the project's clock;
/// concurrency limits the open holds.
/// </summary>
/// <param name="Limit">Units per window (decisions if <see cref="CountsDecisions"/>).</param>
/// <param name="Burst">Units that may arrive at once in a smooth window; the limit unless set.</param>
/// <param name="CountsDecisions">True: each decision counts 1 whatever its amount (requests). False: its amount counts (tokens).</param>
public sealed record RateLimit(RateUnit Unit, Quantity Limit, Quantity? Burst, bool CountsDecisions);

/// <summary>The credit feature on which a feature draws when its own balance is used up.</summary>
/// <param name="Feature">The code of the credit feature.</param>
/// <param name="Rate">Credits per unit of the feature that draws.</param>
public sealed record CreditPool(string Feature, Quantity Rate);

/// <summary>Plan × feature: the quantity, its period, and the policies at its limits. All policies of <c>SEMANTICS</c> 2.</summary>
public sealed record Entitlement
{
    public required string Feature { get; init; }

    /// <summary>Units per period; null is unlimited, zero disables the feature. Meaningless for switches and values.</summary>
    public Quantity? Quota { get; init; }

    public QuotaPeriodKind Period { get; init; } = QuotaPeriodKind.BillingMonth;

    public bool HardCap { get; init; } = true;

    /// <summary>For soft caps: the units allowed beyond the quota; null: no limit.</summary>
    public Quantity? OverageLimit { get; init; }

    /// <summary>The overage prices, at most one for each currency. Empty: overage is counted and not billed.</summary>
    public IReadOnlyList<OveragePrice> OveragePrices { get; init; } = [];

    public RolloverPolicy? Rollover { get; init; }

    public IReadOnlyList<RateLimit> RateLimits { get; init; } = [];

    public CreditPool? Pool { get; init; }

    /// <summary>Whole percentages of the granted amount at which a crossing is recorded once.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = DefaultThresholds;

    public SettleOverPolicy SettleOver { get; init; }

    public GrantOnChange GrantOnChange { get; init; }

    /// <summary>True if the switch is on.</summary>
    public bool Enabled { get; init; }

    /// <summary>The value of a value feature; null is unlimited (a seed's -1).</summary>
    public string? Value { get; init; }

    /// <summary>Returns null if overage is not billed in this currency.</summary>
    public OveragePrice? OveragePriceIn(Currency currency) => OveragePrices.FirstOrDefault(price => price.Currency == currency.Code);

    public static readonly IReadOnlyList<int> DefaultThresholds = [80, 90, 100];
}
