using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Customers;

/// <summary>Answer of <c>GET /v1/customers/{id}/usage</c>: the metered features of the customer's plan.</summary>
public sealed record UsageView
{
    public required string Plan { get; init; }

    /// <summary>Start of the customer's billing month; for a feature with a period of its own, <c>resets_at</c> is its end.</summary>
    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>The calendar month in the project's time zone: <c>2026-11</c>.</summary>
    public required string MonthKey { get; init; }

    public required IReadOnlyDictionary<string, FeatureUsage> Features { get; init; }
}

/// <summary>The balance of one metered feature.</summary>
public sealed record FeatureUsage
{
    /// <summary>Granted in the period: the plan's quota plus grants. Null: unlimited.</summary>
    public decimal? Limit { get; init; }

    public required decimal Used { get; init; }

    /// <summary>Units held by open reservations.</summary>
    public required decimal Held { get; init; }

    /// <summary>Null: unlimited.</summary>
    public decimal? Remaining { get; init; }

    public required bool Unlimited { get; init; }

    /// <summary>
    /// Overage of earlier periods under <c>carry_overage</c>, which lowers the limit. The part above the quota carries over to the next
    /// period. Absent without any.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? CarriedOverage { get; init; }

    /// <summary>Used as percents of the limit, one decimal. Null: unlimited.</summary>
    public decimal? Percent { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>The projected use at the end of the period, at the pace so far. Null: the period never ends.</summary>
    public decimal? Projected { get; init; }
}

/// <summary>
/// Answer of <c>GET /v1/customers/{id}/entitlements</c>: all entitlements of the plan, with the customer's overrides applied.
/// </summary>
public sealed record EntitlementsView
{
    public required string Customer { get; init; }

    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    public required IReadOnlyDictionary<string, EntitlementView> Features { get; init; }
}

/// <summary>A customer's entitlement to one feature. The members after <c>name</c> depend on the kind; the others are null.</summary>
public sealed record EntitlementView
{
    /// <summary><c>metered</c>, <c>switch</c> or <c>value</c>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>True: the customer can use it, since it is switched on, or has a quota, grant or pool above zero.</summary>
    public required bool Enabled { get; init; }

    /// <summary>True if an override of the customer changes the plan's entitlement.</summary>
    public required bool Overridden { get; init; }

    /// <summary>Value features. Null with <c>unlimited</c>: no bound.</summary>
    public string? Value { get; init; }

    /// <summary>No bound: a quota or a value of null.</summary>
    public bool? Unlimited { get; init; }

    /// <summary>Units per period by the plan; null is unlimited.</summary>
    public decimal? Quota { get; init; }

    /// <summary>
    /// <c>billing_month</c>, <c>calendar_month</c>, <c>billing_period</c>, <c>week</c>, <c>day</c>, <c>hour</c> or <c>lifetime</c>.
    /// </summary>
    public string? Period { get; init; }

    public bool? HardCap { get; init; }

    /// <summary>Soft caps: units beyond the quota that are allowed; null is no bound.</summary>
    public decimal? OverageLimit { get; init; }

    /// <summary>Quota plus grants in the running period.</summary>
    public decimal? Limit { get; init; }

    public decimal? Used { get; init; }

    public decimal? Held { get; init; }

    public decimal? Remaining { get; init; }

    public DateTimeOffset? ResetsAt { get; init; }

    public IReadOnlyList<RateWindowView>? RateLimits { get; init; }

    public PoolView? Pool { get; init; }

    public RolloverView? Rollover { get; init; }

    public IReadOnlyList<int>? Thresholds { get; init; }
}

/// <summary>A limit on speed.</summary>
/// <param name="Per"><c>second</c>, <c>minute</c>, <c>hour</c>, <c>day</c>, or <c>concurrency</c> for open reservations.</param>
/// <param name="Counts"><c>requests</c>: each decision counts 1. <c>units</c>: its amount counts.</param>
public sealed record RateWindowView(string Per, decimal Limit, decimal? Burst, string Counts);

/// <summary>The credit pool that the feature draws on once its own quota is used up, and the credits that one unit costs.</summary>
public sealed record PoolView(string Feature, decimal Rate);

/// <summary>The unused quota that is carried over, and the number of periods.</summary>
public sealed record RolloverView(decimal? Max, int Periods);

/// <summary>Answer of <c>GET /v1/customers/{id}/explain?feature=</c>: the next decision and its derivation.</summary>
public sealed record ExplainView
{
    public required string Customer { get; init; }

    /// <summary>False: Tollgate has no customer with this id yet; the numbers are those of the default plan.</summary>
    public required bool Known { get; init; }

    public required string Feature { get; init; }

    public required string Kind { get; init; }

    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    /// <summary>
    /// The time since which the present plan, add-ons and overrides apply. Null: they never changed. <c>GET …/terms?at=</c> returns earlier
    /// terms.
    /// </summary>
    public DateTimeOffset? TermsFrom { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>True: one more unit would be allowed now.</summary>
    public required bool Allowed { get; init; }

    /// <summary>The outcome of that decision, in one word.</summary>
    public required string Reason { get; init; }

    /// <summary>The derivation, one sentence per line.</summary>
    public required IReadOnlyList<string> Because { get; init; }

    /// <summary>The entitlement in force, overrides applied. Null: the plan does not name the feature.</summary>
    public EntitlementView? Entitlement { get; init; }

    /// <summary>The customer's override of the feature, as the request set it. Null: none.</summary>
    public System.Text.Json.JsonElement? Override { get; init; }

    public DateTimeOffset? PeriodStart { get; init; }

    public DateTimeOffset? PeriodEnd { get; init; }

    /// <summary>
    /// Live grants, the first to burn first. The plan's own quota takes part with priority 100 and the period's end as its expiry.
    /// </summary>
    public required IReadOnlyList<GrantView> Grants { get; init; }

    /// <summary>Open reservations, oldest first, at most 20.</summary>
    public required IReadOnlyList<OpenReservationView> Reservations { get; init; }

    /// <summary>Thresholds that usage crossed, newest first, at most 20.</summary>
    public required IReadOnlyList<CrossingView> Thresholds { get; init; }

    /// <summary>Decisions refused in the running period.</summary>
    public required long Denied { get; init; }
}

public sealed record OpenReservationView(string Id, decimal Amount, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

public sealed record CrossingView(int Percent, DateTimeOffset PeriodStart, decimal Used, decimal Limit, DateTimeOffset CrossedAt);
