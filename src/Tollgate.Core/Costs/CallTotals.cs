using Tollgate.Core.Money;

namespace Tollgate.Core.Costs;

/// <summary>The totals of a group of calls to models. They leave out voided calls.</summary>
/// <param name="Errors">The calls with a provider status of 400 or more, or with a reported error.</param>
/// <param name="UnpricedCalls">The calls whose cost is unknown, and missing in <paramref name="Cost"/>.</param>
/// <param name="EstimatedCalls">The calls whose usage is estimated instead of reported.</param>
/// <param name="InputTokens">All kinds, including cached ones.</param>
/// <param name="CachedInputTokens">The part of the input tokens from a cache.</param>
/// <param name="OutputTokens">All kinds, including reasoning.</param>
/// <param name="Cost">Dollars, exact to the billionth.</param>
public readonly record struct CallTotals(
    long Calls, long Errors, long UnpricedCalls, long EstimatedCalls, long InputTokens, long CachedInputTokens, long OutputTokens,
    Quantity Cost)
{
    public static CallTotals Zero => default;

    public long TotalTokens => InputTokens + OutputTokens;

    public static CallTotals operator +(CallTotals a, CallTotals b) => new(
        a.Calls + b.Calls, a.Errors + b.Errors, a.UnpricedCalls + b.UnpricedCalls, a.EstimatedCalls + b.EstimatedCalls,
        a.InputTokens + b.InputTokens, a.CachedInputTokens + b.CachedInputTokens, a.OutputTokens + b.OutputTokens, a.Cost + b.Cost);
}
