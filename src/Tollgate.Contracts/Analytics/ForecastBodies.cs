namespace Tollgate.Contracts.Analytics;

/// <summary>The use of a feature by a customer in its running quota period, and what is expected.</summary>
/// <param name="Limit">Quota and grants; null: unlimited.</param>
/// <param name="Percent"><c>used</c> in percent of the limit, one decimal.</param>
/// <param name="Projected">The expected use at the end of the period; null for a period that never ends.</param>
/// <param name="EndsAt">When the limit is expected to be reached; now if it is. Null: not in this period.</param>
/// <param name="PeriodEnd">Null: never.</param>
public sealed record ProjectionLine(
    string Customer, string Feature, decimal Used, decimal? Limit, decimal? Percent, decimal? Projected, DateTimeOffset? EndsAt,
    DateTimeOffset PeriodStart, DateTimeOffset? PeriodEnd);

/// <summary>Answer of <c>GET /v1/analytics/projections</c>.</summary>
/// <param name="Data">The use first that reaches its limit first.</param>
public sealed record ProjectionsView(IReadOnlyList<ProjectionLine> Data, bool HasMore);

/// <param name="Value">The value at the end of the month.</param>
public sealed record GrowthPoint(string Month, long Value);

/// <param name="Low">With a probability of 90 %, the value is between <c>low</c> and <c>high</c>.</param>
public sealed record GrowthExpectation(string Month, long Value, long Low, long High);

/// <summary>A figure by month, and its projection.</summary>
/// <param name="MonthlyChange">The slope of the line through the complete months; null with fewer than three.</param>
/// <param name="History">The complete months of the range.</param>
/// <param name="Projection">The months after them; empty with fewer than three.</param>
public sealed record GrowthSeries(
    long? MonthlyChange, IReadOnlyList<GrowthPoint> History, IReadOnlyList<GrowthExpectation> Projection);

/// <summary>Answer of <c>GET /v1/analytics/growth</c>.</summary>
/// <param name="Mrr">Minor units of the project's currency.</param>
/// <param name="Customers">Paying customers.</param>
/// <param name="Unconverted">Currencies that lack an exchange rate; no figure includes them.</param>
public sealed record GrowthView(
    DateOnly From, DateOnly To, string Currency, GrowthSeries Mrr, GrowthSeries Customers, IReadOnlyList<string> Unconverted);
