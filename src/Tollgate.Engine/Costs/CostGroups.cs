using Tollgate.Core.Costs;

namespace Tollgate.Engine.Costs;

/// <summary>What figures are grouped by; they combine with <c>|</c>. The numbers are bits that <see cref="CostSql"/> reads.</summary>
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

/// <summary>The figures of one group. Null: not grouped by that; an empty name: the calls named none.</summary>
/// <param name="Day">The first one, of a month.</param>
public sealed record CostRow(DateOnly? Day, string? Provider, string? Model, string? Feature, string? Plan, CallTotals Totals);

/// <summary>
/// A total and what it is made of. Each list adds up to the total; days are in order, the others begin with what costs most. A list of
/// names has at most <see cref="MostNames"/> of them, then <see cref="Others"/> with what the rest came to.
/// </summary>
public sealed record CostBreakdown
{
    /// <summary>
    /// Providers, models, features or plans by name in one answer: about 300 kB of JSON. Callers can invent ten thousand models in one
    /// request.
    /// </summary>
    public const int MostNames = 1_000;

    /// <summary>The name of the row that adds up all beyond <see cref="MostNames"/>.</summary>
    public const string Others = "(others)";

    public CallTotals Total { get; init; }

    public IReadOnlyList<CostRow> Days { get; init; } = [];

    public IReadOnlyList<CostRow> Providers { get; init; } = [];

    public IReadOnlyList<CostRow> Models { get; init; } = [];

    public IReadOnlyList<CostRow> Features { get; init; } = [];

    /// <summary>Empty for a single customer.</summary>
    public IReadOnlyList<CostRow> Plans { get; init; } = [];
}

/// <summary>What one customer's calls came to.</summary>
public sealed record CustomerCost(string Customer, CallTotals Totals);

/// <summary>What of a feature was used, by how many customers.</summary>
public sealed record FeatureUse(string Feature, Core.Money.Quantity Used, long Customers);
