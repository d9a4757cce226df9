namespace Tollgate.Contracts.Analytics;

/// <summary>The margin of a customer, plan, feature, model, provider or day. Amounts are major units, as decimal strings.</summary>
/// <param name="Name">Its id, code, name or day; null: what belongs to none, such as the price of a plan by feature.</param>
/// <param name="Revenue">The recognised revenue of the range, without taxes; null by model and provider, which earn none.</param>
/// <param name="Cost">The cost of the calls to models.</param>
/// <param name="Profit">Null without <c>revenue</c>.</param>
/// <param name="Margin">Profit ÷ revenue; null if the revenue is not positive.</param>
public sealed record MarginLine(string? Name, string? Revenue, string Cost, string? Profit, decimal? Margin);

/// <summary>Answer of <c>GET /v1/analytics/margins</c>. Amounts are major units of the project's currency, as decimal strings.</summary>
/// <param name="From">The first UTC day.</param>
/// <param name="To">The last UTC day, inclusive.</param>
/// <param name="Count">The lines with revenue or cost in the range; by day, the days.</param>
/// <param name="Unprofitable">Those whose cost exceeds their revenue; 0 by model and provider.</param>
/// <param name="Data">The lowest profit first; days in order; models and providers with the highest cost first.</param>
/// <param name="Unconverted">Currencies that lack an exchange rate on the last day. No figure includes them.</param>
public sealed record MarginsView(
    DateOnly From, DateOnly To, string Currency, string GroupBy, string Revenue, string Cost, string Profit, decimal? Margin, int Count,
    int Unprofitable, IReadOnlyList<MarginLine> Data, bool HasMore, IReadOnlyList<string> Unconverted);
