namespace Tollgate.Contracts.Analytics;

/// <summary>The adoption of a feature in a month.</summary>
/// <param name="Entitled">The customers whose plan had the feature at the end of the month (or now), or that used it.</param>
/// <param name="Customers">The customers that used it.</param>
/// <param name="Rate"><c>customers</c> ÷ <c>entitled</c>; null if no customer is entitled.</param>
/// <param name="Units">The units that they used.</param>
/// <param name="ImportedUnits">Imported use, by UTC day; not in the other figures.</param>
public sealed record AdoptionLine(
    string Month, string Feature, long Entitled, long Customers, decimal? Rate, decimal Units, decimal ImportedUnits);

/// <summary>Answer of <c>GET /v1/analytics/features/adoption</c>.</summary>
/// <param name="From">The first day of the first month.</param>
/// <param name="AsOf">When Tollgate computed the figures, in real time.</param>
/// <param name="Data">By month and feature.</param>
/// <param name="HasMore">There are more lines than <c>limit</c>.</param>
public sealed record AdoptionView(DateOnly From, DateOnly To, DateTimeOffset? AsOf, IReadOnlyList<AdoptionLine> Data, bool HasMore);
