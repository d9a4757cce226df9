namespace Tollgate.Contracts.Costs;

/// <summary>The totals of a group of model calls. No figure includes voided calls.</summary>
public abstract record CostFigures
{
    public long Calls { get; init; }

    /// <summary>Calls that failed: a status of 400 or more, or an error.</summary>
    public long Errors { get; init; }

    /// <summary>Calls whose cost is unknown: it is not in <c>cost_usd</c>.</summary>
    public long UnpricedCalls { get; init; }

    /// <summary>Calls whose usage was estimated.</summary>
    public long EstimatedCalls { get; init; }

    /// <summary>All input tokens, cached ones included.</summary>
    public long InputTokens { get; init; }

    public long CachedInputTokens { get; init; }

    /// <summary>All output tokens, reasoning included.</summary>
    public long OutputTokens { get; init; }

    public long TotalTokens { get; init; }

    /// <summary>Dollars, exact to the billionth.</summary>
    public string CostUsd { get; init; } = "0";
}

public sealed record CostTotals : CostFigures;

/// <summary>A UTC day.</summary>
public sealed record DayCosts : CostFigures
{
    public required DateOnly Day { get; init; }
}

public sealed record ProviderCosts : CostFigures
{
    /// <summary>Null: the provider of the model is unknown.</summary>
    public string? Provider { get; init; }
}

public sealed record ModelCosts : CostFigures
{
    public string? Provider { get; init; }

    public required string Model { get; init; }
}

public sealed record FeatureCosts : CostFigures
{
    /// <summary>Null: the calls named none.</summary>
    public string? Feature { get; init; }
}

/// <summary>
/// Answer of <c>GET /v1/customers/{id}/costs</c>. Each list adds up to the total: with more than 1,000 names, the last entry
/// <c>(others)</c> sums the cheapest.
/// </summary>
public sealed record CustomerCosts
{
    public required string Customer { get; init; }

    /// <summary>First UTC day.</summary>
    public required DateOnly From { get; init; }

    /// <summary>Last UTC day, inclusive.</summary>
    public required DateOnly To { get; init; }

    /// <summary>Always <c>USD</c>.</summary>
    public required string Currency { get; init; }

    public required CostTotals Total { get; init; }

    /// <summary>Every day of the range, the first one first.</summary>
    public required IReadOnlyList<DayCosts> ByDay { get; init; }

    /// <summary>The highest cost first, as in the other lists.</summary>
    public required IReadOnlyList<ProviderCosts> ByProvider { get; init; }

    public required IReadOnlyList<ModelCosts> ByModel { get; init; }

    public required IReadOnlyList<FeatureCosts> ByFeature { get; init; }
}

/// <summary>A UTC calendar month.</summary>
public sealed record MonthCosts : CostFigures
{
    /// <summary><c>2026-11</c>.</summary>
    public required string Month { get; init; }

    public required IReadOnlyList<ProviderCosts> ByProvider { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/trends</c>.</summary>
public sealed record CustomerTrends
{
    public required string Customer { get; init; }

    public required string Currency { get; init; }

    /// <summary>The oldest first, the running one last.</summary>
    public required IReadOnlyList<MonthCosts> Months { get; init; }
}

/// <summary>Percentiles by nearest rank, within 5 % of the true ones.</summary>
public sealed record LatencyView
{
    /// <summary>Calls with a known duration.</summary>
    public required long Calls { get; init; }

    public required decimal P50Ms { get; init; }

    public required decimal P95Ms { get; init; }

    public required decimal P99Ms { get; init; }
}

/// <summary>A line of an analysis.</summary>
public sealed record CostLine : CostFigures
{
    /// <summary>Null, as with the next members: the analysis does not group by it, or the calls named none.</summary>
    public string? Provider { get; init; }

    public string? Model { get; init; }

    public string? Feature { get; init; }

    /// <summary>The value of <c>group_by</c>: a day, a month, a plan ….</summary>
    public string? Group { get; init; }

    /// <summary>The share of failed calls: 0 to 1, with four decimals.</summary>
    public required decimal ErrorRate { get; init; }

    /// <summary>Null: no call has a known duration, or Tollgate stores no latencies for this grouping.</summary>
    public LatencyView? Latency { get; init; }

    /// <summary>Null: neither the model nor its provider has a target (<c>PUT /v1/sla-targets</c>).</summary>
    public SlaView? Sla { get; init; }
}

/// <summary>Answer of <c>GET /v1/analytics/models</c>, <c>/providers</c> and <c>/features</c>.</summary>
public sealed record CostAnalysis
{
    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    public required string Currency { get; init; }

    /// <summary>Null: not asked for.</summary>
    public string? GroupBy { get; init; }

    /// <summary>The totals of all calls of the range, lines beyond the limit included.</summary>
    public required CostTotals Total { get; init; }

    /// <summary>By day or month if requested, then by cost, the highest first.</summary>
    public required IReadOnlyList<CostLine> Data { get; init; }

    /// <summary>There are more lines than <c>limit</c>.</summary>
    public required bool HasMore { get; init; }
}

public sealed record CustomerLine : CostFigures
{
    public required string Customer { get; init; }
}

/// <summary>Answer of <c>GET /v1/analytics/customers</c>.</summary>
public sealed record CustomerAnalysis
{
    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    public required string Currency { get; init; }

    /// <summary>Customers that made calls.</summary>
    public required long Customers { get; init; }

    /// <summary>The highest cost first.</summary>
    public required IReadOnlyList<CustomerLine> Data { get; init; }

    public required bool HasMore { get; init; }
}

/// <summary>Answer of <c>GET /v1/analytics/revenue-vs-cost</c>. Amounts are decimal texts in dollars.</summary>
public sealed record RevenueVsCost
{
    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    public required string Currency { get; init; }

    /// <summary>The part of invoices in dollars earned in the days, without taxes.</summary>
    public required string Revenue { get; init; }

    /// <summary>The payments in dollars in the days, taxes included, less refunds and lost disputes. No other figure includes it.</summary>
    public required string Cash { get; init; }

    public required string Cost { get; init; }

    public required string Profit { get; init; }

    /// <summary>Profit ÷ revenue, one decimal; null without revenue.</summary>
    public decimal? MarginPercent { get; init; }

    /// <summary>Calls to models.</summary>
    public required long Requests { get; init; }

    /// <summary>The requests among them whose cost is unknown and in no figure.</summary>
    public required long UnpricedRequests { get; init; }

    /// <summary>Customers that made calls.</summary>
    public required long UniqueCustomers { get; init; }

    /// <summary>Every day of the range, the first one first.</summary>
    public required IReadOnlyList<DayResult> Daily { get; init; }

    public required IReadOnlyList<ModelShare> ByModel { get; init; }

    public required IReadOnlyList<FeatureShare> ByFeature { get; init; }

    /// <summary>By the plan that the customer had when the call was recorded.</summary>
    public required IReadOnlyList<PlanShare> ByPlan { get; init; }
}

public sealed record DayResult(DateOnly Day, string Revenue, string Cash, string Cost, string Profit, long Requests);

/// <param name="Provider">Null: the provider of the model is unknown.</param>
public sealed record ModelShare(string? Provider, string Model, string Cost, long Requests);

/// <param name="Feature">Null: the calls named none.</param>
public sealed record FeatureShare(string? Feature, string Cost, long Requests);

/// <param name="Plan">Null: an earlier version of Tollgate recorded the calls without the plan.</param>
public sealed record PlanShare(string? Plan, string Cost, long Requests);
