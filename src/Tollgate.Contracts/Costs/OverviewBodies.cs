using Tollgate.Contracts.Customers;

namespace Tollgate.Contracts.Costs;

/// <summary>Answer of <c>GET /v1/customers/{id}/dashboard</c>: the customer's usage, costs and notices.</summary>
public sealed record CustomerDashboard
{
    public required string Customer { get; init; }

    public required string Plan { get; init; }

    public required string PlanName { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>As in <c>/usage</c>.</summary>
    public required IReadOnlyDictionary<string, FeatureUsage> Features { get; init; }

    /// <summary>Calls to models in the running UTC month.</summary>
    public required CostTotals Costs { get; init; }

    public required IReadOnlyList<ProviderCosts> ByProvider { get; init; }

    /// <summary>Dollars: the month's cost at the pace so far.</summary>
    public required string ProjectedCostUsd { get; init; }

    /// <summary>The present notices, the most urgent first.</summary>
    public required IReadOnlyList<UsageNotice> Notices { get; init; }
}

/// <summary>The used share of a limit.</summary>
public sealed record UsageNotice
{
    public required string Feature { get; init; }

    /// <summary><c>info</c>, <c>warning</c> from 80 %, <c>critical</c> at 100 %.</summary>
    public required string Severity { get; init; }

    public required string Message { get; init; }

    public required decimal Used { get; init; }

    public required decimal Limit { get; init; }

    public required decimal Percent { get; init; }
}
