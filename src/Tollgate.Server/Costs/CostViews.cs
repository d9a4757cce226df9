using System.Globalization;
using Tollgate.Contracts.Costs;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Costs;

namespace Tollgate.Server.Costs;

/// <summary>Converts costs to the bodies of the API.</summary>
internal static class CostViews
{
    public const string Currency = "USD";

    /// <summary>Fills a line with its figures.</summary>
    public static T Fill<T>(T line, CallTotals totals)
        where T : CostFigures => (T)((CostFigures)line with
        {
            Calls = totals.Calls, Errors = totals.Errors, UnpricedCalls = totals.UnpricedCalls, EstimatedCalls = totals.EstimatedCalls,
            InputTokens = totals.InputTokens, CachedInputTokens = totals.CachedInputTokens, OutputTokens = totals.OutputTokens,
            TotalTokens = totals.TotalTokens, CostUsd = totals.Cost.ToString(),
        });

    /// <summary>Returns null for an empty name, which means none in the rollups.</summary>
    public static string? NameOf(string? name) => string.IsNullOrEmpty(name) ? null : name;

    public static IReadOnlyList<ProviderCosts> ProvidersOf(IEnumerable<CostRow> rows) =>
        [.. rows.Select(row => Fill(new ProviderCosts { Provider = NameOf(row.Provider) }, row.Totals))];

    public static IReadOnlyList<ModelCosts> ModelsOf(IEnumerable<CostRow> rows) =>
        [.. rows.Select(row => Fill(new ModelCosts { Provider = NameOf(row.Provider), Model = row.Model! }, row.Totals))];

    public static IReadOnlyList<FeatureCosts> FeaturesOf(IEnumerable<CostRow> rows) =>
        [.. rows.Select(row => Fill(new FeatureCosts { Feature = NameOf(row.Feature) }, row.Totals))];

    /// <summary>Returns every day of the range, also those without calls.</summary>
    public static IEnumerable<(DateOnly Day, CallTotals Totals)> EachDay(DayRange days, IReadOnlyList<CostRow> rows)
    {
        var known = rows.ToDictionary(row => row.Day!.Value, row => row.Totals);
        return days.All().Select(day => (day, known.GetValueOrDefault(day)));
    }

    public static string MonthOf(DateOnly day) => day.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static string DayOf(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static decimal ErrorRateOf(CallTotals totals) =>
        totals.Calls > 0 ? decimal.Round((decimal)totals.Errors / totals.Calls, 4, MidpointRounding.AwayFromZero) : 0;

    public static LatencyView? LatencyOf(LatencyHistogram histogram) => histogram.Calls > 0
        ? new()
        {
            Calls = histogram.Calls, P50Ms = histogram.Percentile(50)!.Value.Value, P95Ms = histogram.Percentile(95)!.Value.Value,
            P99Ms = histogram.Percentile(99)!.Value.Value,
        }
        : null;

    public static SlaView SlaOf(SlaTarget target, SlaVerdict verdict) => new(
        target.P50?.Value, target.P95?.Value, target.P99?.Value, target.ErrorRate?.Value, verdict.IsMet,
        [.. verdict.Missed.Select(CatalogWords.Of)]);

    /// <summary>Projects the running UTC month's cost at its end, at the pace so far.</summary>
    public static Quantity ProjectedMonth(Quantity cost, Instant now)
    {
        var utc = now.ToUtc();
        var start = new DateTime(utc.Year, utc.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        return UsageProjection.AtPeriodEnd(cost, new(Instant.FromUtc(start), Instant.FromUtc(start.AddMonths(1))), now) ?? cost;
    }
}
