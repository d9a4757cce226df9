using System.Text.Json.Serialization;

namespace Tollgate.Contracts.SeedDoors;

/// <summary>A plan as the career coach's pricing page reads it (<c>GET /pricing/plans</c>). Fields and order are its own.</summary>
public sealed record PricingPlan(
    string Code,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Description,
    int SortOrder,
    IReadOnlyList<PricingPrice> Prices,
    IReadOnlyList<PricingQuota> Features);

/// <param name="PriceCents">Minor units.</param>
public sealed record PricingPrice(string BillingPeriod, long PriceCents, string Currency, int TrialDays, string DisplayPrice);

/// <param name="MonthlyQuota">Null is unlimited, 0 is disabled.</param>
/// <param name="DisplayQuota"><c>30</c> or <c>Unlimited</c>.</param>
public sealed record PricingQuota(
    string FeatureCode,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] decimal? MonthlyQuota,
    bool HardCap,
    string DisplayQuota);

/// <summary><c>GET /pricing/features</c>: descriptions and icons.</summary>
public sealed record PricingFeature(
    string FeatureCode,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Icon);

/// <summary><c>GET /pricing/compare</c>.</summary>
public sealed record PricingComparison(IReadOnlyList<PricingComparedPlan> Plans, IReadOnlyList<PricingComparedFeature> Features);

public sealed record PricingComparedPlan(string Code, string Name, IReadOnlyList<PricingPrice> Prices);

/// <param name="Plans">By plan code.</param>
public sealed record PricingComparedFeature(
    string FeatureCode,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Icon,
    IReadOnlyDictionary<string, PricingQuota> Plans);

/// <summary><c>GET /api/subscription/plans</c> of the writing assistant.</summary>
public sealed record SubscriptionPlans(IReadOnlyList<SubscriptionPlan> Plans);

/// <param name="PriceMonthly">Major units; null when the plan has no such price.</param>
/// <param name="Features">The bullets.</param>
/// <param name="Limits">By feature; the cost cap is <c>monthly_cost</c>. Null is unlimited.</param>
public sealed record SubscriptionPlan(
    string Code,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Description,
    string Currency,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] decimal? PriceMonthly,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] decimal? PriceYearly,
    IReadOnlyList<string> Features,
    IReadOnlyDictionary<string, decimal?> Limits);
