namespace Tollgate.Contracts.Analytics;

/// <summary>The margin of a customer. Amounts are major units of the project's currency, as decimal strings.</summary>
/// <param name="Revenue">The recognised revenue of the range, without taxes.</param>
/// <param name="Cost">The cost of the customer's calls to models.</param>
/// <param name="Margin">Profit ÷ revenue; null without revenue.</param>
public sealed record MarginLine(string Customer, string Revenue, string Cost, string Profit, decimal? Margin);

/// <summary>Answer of <c>GET /v1/analytics/margins</c>. Amounts are major units of the project's currency, as decimal strings.</summary>
/// <param name="From">The first UTC day.</param>
/// <param name="To">The last UTC day, inclusive.</param>
/// <param name="Customers">Customers with revenue or cost in the range.</param>
/// <param name="Unprofitable">Those whose cost exceeds their revenue.</param>
/// <param name="Data">The lowest profit first.</param>
/// <param name="Unconverted">Currencies that lack an exchange rate on the last day. No figure includes them.</param>
public sealed record MarginsView(
    DateOnly From, DateOnly To, string Currency, string Revenue, string Cost, string Profit, decimal? Margin, int Customers,
    int Unprofitable,
    IReadOnlyList<MarginLine> Data, bool HasMore, IReadOnlyList<string> Unconverted);
