using Tollgate.Core.Costs;

namespace Tollgate.Engine.Costs;

/// <summary>The dimensions that group figures; they combine with <c>|</c>. The numbers are bits that <see cref="CostSql"/> reads.</summary>
[Flags]
public enum CostGroups
{
    None = 0,
    Day = 1,

    /// <summary>UTC calendar months.</summary>
    Month = 2,
    Provider = 4,
    Model = 8,
    Feature = 16,

    /// <summary>The customer's plan when the call was recorded.</summary>
    Plan = 32,
}

/// <summary>The figures of one group. A null name: not grouped by that dimension; an empty name: the calls gave none.</summary>
/// <param name="Day">The day, or the first day of the month.</param>
public sealed record CostRow(DateOnly? Day, string? Provider, string? Model, string? Feature, string? Plan, CallTotals Totals);

/// <summary>
/// A total and its breakdown. Each list adds up to the total. Days are in order; the other lists begin with the highest cost. A list of
/// names has at most <see cref="MostNames"/>, then <see cref="Others"/> with the sum of the rest.
/// </summary>
public sealed record CostBreakdown
{
    /// <summary>
    /// The most providers, models, features or plans in one response: about 300 kB of JSON. Callers can invent ten thousand models in one
    /// request.
    /// </summary>
    public const int MostNames = 1_000;

    /// <summary>The name of the row with the sum of all names beyond <see cref="MostNames"/>.</summary>
    public const string Others = "(others)";

    public CallTotals Total { get; init; }

    public IReadOnlyList<CostRow> Days { get; init; } = [];

    public IReadOnlyList<CostRow> Providers { get; init; } = [];

    public IReadOnlyList<CostRow> Models { get; init; } = [];

    public IReadOnlyList<CostRow> Features { get; init; } = [];

    /// <summary>Empty for a single customer.</summary>
    public IReadOnlyList<CostRow> Plans { get; init; } = [];
}

/// <summary>The totals of one customer's calls.</summary>
public sealed record CustomerCost(string Customer, CallTotals Totals);

/// <summary>The use of a feature, and the number of customers that used it.</summary>
public sealed record FeatureUse(string Feature, Core.Money.Quantity Used, long Customers);
