using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.SeedDoors;

/// <summary>An error as the seeds' framework writes it.</summary>
public sealed record SeedError<T>(T Detail);

// ---- A: AI Interview & Career Coach ---------------------------------------------------------------------------

/// <summary>The answer of a guarded route that allows the work; the use is recorded.</summary>
/// <param name="MonthlyQuota">Null: unlimited.</param>
/// <param name="Remaining">Null: unlimited.</param>
public sealed record CareerCoachAllowed(
    string Status, string FeatureCode, string Plan, decimal? MonthlyQuota, decimal UsedCount, decimal? Remaining);

/// <summary>The seed's 402.</summary>
public sealed record CareerCoachDenied(string Error, string Message, string UpgradeUrl);

/// <summary>The seed's <c>/admin/health/database</c>; it states no body.</summary>
/// <param name="LatencyMs">Milliseconds until the database answered; null when it did not.</param>
public sealed record CareerCoachDatabaseHealth(string Status, string Database, decimal? LatencyMs);

/// <summary>The seed's <c>/admin/stats/revenue-vs-cost</c>. Figures are JSON numbers, as in the seed.</summary>
/// <param name="ProfitMarginPercent">0 without revenue, as in the seed.</param>
public sealed record CareerCoachResult(
    int PeriodDays, decimal TotalRevenueUsd, decimal TotalLlmCostUsd, decimal EstimatedProfitUsd, decimal ProfitMarginPercent,
    long TotalRequests,
    long UniqueUsers, decimal AvgCostPerRequest, IReadOnlyList<CareerCoachModel> ByModel, IReadOnlyList<CareerCoachCost> ByFeature,
    IReadOnlyList<CareerCoachDay> DailyBreakdown);

/// <summary>The seed's <c>/admin/stats/user-costs/{user_id}</c>; it states no body.</summary>
public sealed record CareerCoachUserCosts(
    string UserId, int PeriodDays, decimal TotalCostUsd, long TotalRequests, long TotalInputTokens, long TotalOutputTokens,
    decimal AvgCostPerRequest,
    IReadOnlyList<CareerCoachModel> ByModel, IReadOnlyList<CareerCoachCost> ByFeature, IReadOnlyList<CareerCoachDay> DailyBreakdown);

/// <param name="UnpricedRequests">Their cost is unknown and not in <paramref name="CostUsd"/>.</param>
public sealed record CareerCoachModel(
    string ModelName, string? Provider, long Requests, long InputTokens, long OutputTokens, decimal CostUsd, long UnpricedRequests);

/// <param name="FeatureCode">Null: the calls named none.</param>
public sealed record CareerCoachCost(string? FeatureCode, long Requests, decimal CostUsd);

public sealed record CareerCoachDay(DateOnly Date, long Requests, decimal CostUsd);

/// <summary>The seed's <c>/admin/stats/features</c>; it states no body.</summary>
public sealed record CareerCoachFeatures(int PeriodDays, IReadOnlyList<CareerCoachFeature> Features);

/// <param name="FeatureCode">Null: calls to models that named no feature.</param>
/// <param name="UsageCount">Used in the quota periods that reach into the days.</param>
/// <param name="UniqueUsers">The number of users who used it in the days.</param>
/// <param name="LlmRequests">Calls to models that named it, in the days themselves.</param>
public sealed record CareerCoachFeature(
    string? FeatureCode, string? Name, decimal UsageCount, long UniqueUsers, long LlmRequests, decimal LlmCostUsd);

/// <summary>The seed's <c>/admin/stats/plans</c>; it states no body. Plans in the catalogue's order, then the retired ones.</summary>
/// <param name="TotalSubscriptions">Subscriptions that have not ended.</param>
public sealed record CareerCoachPlans(long TotalUsers, long TotalSubscriptions, IReadOnlyList<CareerCoachPlan> Plans);

/// <param name="Users">The users who have the plan now, with or without a subscription.</param>
/// <param name="Percentage">The share of all users, with one decimal; 0 without users.</param>
/// <param name="Subscriptions">Subscriptions of this plan that have not ended; during a pause, the user has the default plan.</param>
/// <param name="ByStatus">Those subscriptions; statuses that occur.</param>
/// <param name="ByBillingPeriod">Those subscriptions; periods that occur.</param>
public sealed record CareerCoachPlan(
    string PlanCode, string? Name, long Users, decimal Percentage, long Subscriptions, IReadOnlyDictionary<string, long> ByStatus,
    IReadOnlyDictionary<string, long> ByBillingPeriod);

// ---- B: email assistant ---------------------------------------------------------------------------------------

/// <summary>Usage of the month, metric → count.</summary>
public sealed record EmailAssistantUsage(string UserId, string Tier, string MonthYear, IReadOnlyDictionary<string, decimal> Usage);

/// <summary>Limits of the tier and the user's balances.</summary>
public sealed record EmailAssistantLimits(
    string UserId, string Tier, string MonthYear, IReadOnlyDictionary<string, EmailAssistantLimit> Limits);

/// <param name="UsageLimit">Null: unlimited.</param>
/// <param name="Remaining">Null: unlimited.</param>
public sealed record EmailAssistantLimit(decimal? UsageLimit, decimal Count, decimal? Remaining, bool WithinLimit);

/// <summary>Body of <c>POST /api/usage/track</c>.</summary>
public sealed record EmailAssistantTrack
{
    /// <summary>Not needed with a customer token.</summary>
    public string? UserId { get; init; }

    /// <summary><c>emails_processed</c>, <c>ai_responses</c> or <c>leads_created</c>: a metered feature of the project.</summary>
    public string? MetricType { get; init; }

    /// <summary>Default 1.</summary>
    public decimal? Count { get; init; }
}

/// <summary>The metric after tracking. Tracking reports past use, so Tollgate records it beyond the limit too.</summary>
/// <param name="Count">All of the month.</param>
public sealed record EmailAssistantTracked(
    string UserId, string Tier, string MetricType, string MonthYear, decimal Count, decimal? UsageLimit, decimal? Remaining,
    bool WithinLimit);

/// <param name="UserId">Null: the answer for a tier.</param>
public sealed record EmailAssistantFeatures(string? UserId, string Tier, IReadOnlyList<string> Features);

/// <summary>Body of <c>POST /api/features/check</c>.</summary>
public sealed record EmailAssistantCheck
{
    /// <summary>Not needed with a customer token.</summary>
    public string? UserId { get; init; }

    public string? FeatureName { get; init; }
}

/// <param name="Enabled">True if the user may use the feature now.</param>
/// <param name="UsageLimit">Null: unlimited, or not counted.</param>
public sealed record EmailAssistantAccess(string UserId, string Tier, string FeatureName, bool Enabled, decimal? UsageLimit);

/// <summary>Body of <c>POST /api/billing/subscribe</c>.</summary>
public sealed record EmailAssistantSubscribe
{
    /// <summary>Not needed with the header <c>X-Tollgate-Customer</c>.</summary>
    public string? UserId { get; init; }

    public string? Tier { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> (default) or <c>yearly</c>: the tier needs a price for it.</summary>
    public string? BillingPeriod { get; init; }

    /// <summary>Begin with the tier's free trial. Default false.</summary>
    public bool? Trial { get; init; }
}

/// <summary>Body of <c>PUT /api/billing/upgrade</c> and <c>/downgrade</c>.</summary>
public sealed record EmailAssistantTierChange
{
    /// <summary>Not needed with the header <c>X-Tollgate-Customer</c>.</summary>
    public string? UserId { get; init; }

    public string? Tier { get; init; }

    /// <summary>Default: as it is.</summary>
    public string? BillingPeriod { get; init; }
}

/// <summary>A subscription in the terms of the seed's table, with the further values that the seed shows.</summary>
public sealed record EmailAssistantSubscription
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    /// <summary>The tier in force.</summary>
    public required string Tier { get; init; }

    /// <summary><c>trialing</c>, <c>active</c>, <c>past_due</c>, <c>paused</c> or <c>canceled</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Stripe's id of the subscription; null: Stripe does not manage it.</summary>
    public string? StripeSubscriptionId { get; init; }

    public required string BillingPeriod { get; init; }

    public required DateTimeOffset CurrentPeriodStart { get; init; }

    public required DateTimeOffset CurrentPeriodEnd { get; init; }

    public DateTimeOffset? TrialEnd { get; init; }

    /// <summary>The tier from <see cref="CurrentPeriodEnd"/> on; null: the same.</summary>
    public string? ScheduledTier { get; init; }

    /// <summary>The time at which it ends.</summary>
    public DateTimeOffset? CancelAt { get; init; }

    /// <summary>The prorated amount in minor units that this call has invoiced; 0: nothing.</summary>
    public required long AmountCents { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

// ---- C: ATS and resume ----------------------------------------------------------------------------------------

/// <summary>The seed's <c>POST /auth/login</c>, of which it states <c>access_token</c>.</summary>
/// <param name="ExpiresIn">Seconds.</param>
public sealed record ResumeAtsLogin(string AccessToken, string TokenType, long ExpiresIn);

/// <summary>The seed's <c>GET /me/usage</c>.</summary>
public sealed record ResumeAtsUsage(string Plan, string MonthKey, IReadOnlyDictionary<string, ResumeAtsFeature> Features);

/// <param name="Limit">Null: unlimited.</param>
/// <param name="Remaining">Null: unlimited.</param>
public sealed record ResumeAtsFeature(decimal? Limit, decimal Used, decimal? Remaining, bool Unlimited);

/// <summary>The answer of a guarded route that allows the work; the use is recorded.</summary>
public sealed record ResumeAtsAllowed(string Status, string Feature, string Plan, decimal? Limit, decimal Used, decimal? Remaining);

/// <summary>The seed's 429.</summary>
public sealed record ResumeAtsDenied(string Error, string Feature, string Plan, decimal? Limit, decimal Used, decimal Remaining);

// ---- D: ALwrity -----------------------------------------------------------------------------------------------

/// <summary>The seed's <c>GET /api/subscription/usage/{user_id}</c>; it states no body, so the terms are its dashboard's.</summary>
public sealed record AlwrityUsage
{
    public required string UserId { get; init; }

    public required string BillingPeriod { get; init; }

    public required AlwrityCurrentUsage CurrentUsage { get; init; }

    public required AlwrityLimits Limits { get; init; }

    /// <summary>Percents of the limits that are not unlimited, one decimal; <c>cost</c> for the cost cap.</summary>
    public required IReadOnlyDictionary<string, decimal> UsagePercentages { get; init; }
}

/// <param name="UsageStatus"><c>active</c>, <c>warning</c> from 80 % of a limit, <c>limit_reached</c> at 100 %.</param>
public sealed record AlwrityCurrentUsage(
    decimal TotalCalls, decimal TotalCost, string UsageStatus, IReadOnlyDictionary<string, AlwrityProvider> ProviderBreakdown);

/// <param name="Cost">Dollars of its calls to models in the month.</param>
/// <param name="Tokens">Null: not counted for this provider.</param>
public sealed record AlwrityProvider(decimal Calls, decimal? Cost, decimal? Tokens);

/// <summary>The seed's <c>GET /api/subscription/pricing</c>; it states no body.</summary>
public sealed record AlwrityPricing(IReadOnlyList<AlwrityPrice> Pricing);

/// <summary>Dollars. Null: not stated, which is not free.</summary>
public sealed record AlwrityPrice
{
    public required string Provider { get; init; }

    public required string ModelName { get; init; }

    [JsonPropertyName("input_cost_per_1m")]
    public decimal? InputCostPerMillion { get; init; }

    [JsonPropertyName("output_cost_per_1m")]
    public decimal? OutputCostPerMillion { get; init; }

    public decimal? CostPerRequest { get; init; }

    public decimal? CostPerSearch { get; init; }

    public decimal? CostPerPage { get; init; }

    public decimal? CostPerImage { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset EffectiveFrom { get; init; }
}

/// <summary>The seed's <c>GET /api/subscription/usage/{user_id}/trends</c>; it states no body. The oldest month first.</summary>
public sealed record AlwrityTrends(string UserId, int Months, IReadOnlyList<AlwrityMonth> Trends);

public sealed record AlwrityMonth(
    string BillingPeriod, decimal TotalCalls, decimal TotalCost, decimal TotalTokens,
    IReadOnlyDictionary<string, AlwrityProvider> ProviderBreakdown);

/// <summary>The seed's <c>GET /api/subscription/dashboard/{user_id}</c>, member by member.</summary>
public sealed record AlwrityDashboard(
    AlwrityCurrentUsage CurrentUsage, AlwrityLimits Limits, IReadOnlyDictionary<string, decimal> UsagePercentages,
    AlwrityProjections Projections,
    IReadOnlyList<AlwrityNotice> Alerts);

/// <param name="ProjectedUsagePercentage">The percentage of the cost cap; null without one.</param>
public sealed record AlwrityProjections(decimal ProjectedMonthlyCost, decimal? ProjectedUsagePercentage);

/// <param name="Severity"><c>info</c>, <c>warning</c> from 80 % of a limit, <c>critical</c> at 100 %.</param>
public sealed record AlwrityNotice(string Title, string Message, string Severity);

/// <summary>The seed's <c>GET /api/subscription/alerts/{user_id}</c>; it states no body. The newest first.</summary>
public sealed record AlwrityAlerts(string UserId, IReadOnlyList<AlwrityAlert> Alerts);

/// <param name="IsRead">True: the user has marked it as read.</param>
public sealed record AlwrityAlert(
    string Id, string Title, string Message, string Severity, int ThresholdPercentage, string BillingPeriod, DateTimeOffset CreatedAt,
    bool IsRead, DateTimeOffset? ReadAt, string? Recommendation);

/// <summary>Limits of the plan by name; null is unlimited. <c>monthly_cost</c> is the cost cap.</summary>
public sealed record AlwrityLimits(string PlanName, IReadOnlyDictionary<string, decimal?> Limits);

// ---- E: Trendit -----------------------------------------------------------------------------------------------

/// <summary>The part of the body of <c>POST /sentiment/analyze-batch</c> that Tollgate reads: the number of texts.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record TrenditBatch
{
    public IReadOnlyList<JsonElement>? Texts { get; init; }
}

/// <summary>The answer of a guarded route that allows the work; the use is recorded.</summary>
/// <param name="Limit">Null: unlimited.</param>
public sealed record TrenditAllowed(string Status, string UsageType, decimal CostUnits, decimal CurrentUsage, decimal? Limit);

/// <summary>The seed's 429.</summary>
public sealed record TrenditDenied(string Error, string Message, decimal CurrentUsage, decimal? Limit, string UpgradeUrl);
