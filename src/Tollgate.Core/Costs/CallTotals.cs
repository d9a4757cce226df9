using Tollgate.Core.Money;

namespace Tollgate.Core.Costs;

/// <summary>What a group of calls to models comes to. Voided calls are in none of the figures.</summary>
/// <param name="Errors">Of the calls: the provider's status was 400 or more, or an error was reported.</param>
/// <param name="UnpricedCalls">Of the calls: their cost is unknown, so that <paramref name="Cost"/> is without it.</param>
/// <param name="EstimatedCalls">Of the calls: what they used was not reported but estimated.</param>
/// <param name="InputTokens">All kinds, those from a cache included.</param>
/// <param name="CachedInputTokens">Of the input tokens.</param>
/// <param name="OutputTokens">All kinds, reasoning included.</param>
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
