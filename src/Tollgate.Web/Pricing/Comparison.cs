using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Web.Pricing;

/// <summary>The part of a feature that a plan gives.</summary>
/// <param name="Text">Null: a tick, or nothing.</param>
/// <param name="More">Smaller: the period, the price beyond the quota.</param>
public sealed record ComparisonCell(bool IsGiven, string? Text, string? More);

/// <param name="Cells">One for each plan.</param>
public sealed record ComparisonRow(Feature Feature, IReadOnlyList<ComparisonCell> Cells);

public sealed record ComparisonGroup(string Name, IReadOnlyList<ComparisonRow> Rows);

/// <summary>The table of all features and plans.</summary>
internal static class Comparison
{
    /// <summary>The most cells of the table, so that a catalogue at all its limits makes a page that a browser can hold.</summary>
    private const int MostCells = 5_000;

    private static readonly (FeatureKind Kind, string Name)[] Kinds =
        [(FeatureKind.Metered, "Usage"), (FeatureKind.Switch, "Features"), (FeatureKind.Value, "Limits")];

    public static IReadOnlyList<ComparisonGroup> Of(PricingModel model) =>
    [
        .. Kinds.Select(kind => new ComparisonGroup(
            kind.Name, [.. model.Features.Take(MostCells / Math.Max(1, model.Plans.Count)).Where(feature => feature.Kind == kind.Kind)
                .Select(feature => RowOf(model, feature)).Where(static row => row.Cells.Any(static cell => cell.IsGiven))]))
            .Where(static group => group.Rows.Count > 0),
    ];

    /// <summary>False: the plan does not include the feature, whether it names it or not.</summary>
    public static bool IsGiven(Feature feature, Entitlement? gives) => gives is not null && feature.Kind switch
    {
        FeatureKind.Switch => gives.Enabled,
        FeatureKind.Value => true,
        _ => gives is { Quota: not { IsZero: true } } or { HardCap: false } or { Pool: not null },
    };

    /// <summary><c>30 Mock Interviews a month</c>, <c>CRM sync</c>, <c>Data retention: 30</c>.</summary>
    public static string BulletOf(Feature feature, Entitlement gives) => feature.Kind switch
    {
        FeatureKind.Switch => feature.Name,
        FeatureKind.Value => $"{feature.Name}: {gives.Value ?? "unlimited"}",
        _ when gives.Quota is { IsZero: true } => feature.Name,
        _ when gives.Quota is null => $"Unlimited {feature.Name}",
        _ when feature.IsMoney => $"{feature.Name}: {PricingText.Quota(feature, gives.Quota)} {PricingText.Every(feature, gives.Period)}",
        _ => $"{PricingText.Quota(feature, gives.Quota)} {feature.Name} {PricingText.Every(feature, gives.Period)}".TrimEnd(),
    };

    private static ComparisonRow RowOf(PricingModel model, Feature feature) => new(
        feature,
        [.. model.Plans.Select(plan => CellOf(model, feature, model.EntitlementOf(plan, feature)))]);

    private static ComparisonCell CellOf(PricingModel model, Feature feature, Entitlement? gives)
    {
        if (gives is null || !IsGiven(feature, gives))
        {
            return new(false, null, null);
        }

        if (feature.Kind != FeatureKind.Metered)
        {
            return new(true, feature.Kind == FeatureKind.Value ? gives.Value ?? "Unlimited" : null, null);
        }

        var beyond = gives is { HardCap: false, Quota: not null } ? gives.OveragePriceIn(model.Currency) : null;
        if (gives.Quota is { IsZero: true })
        {
            return beyond is not null ? new(true, PricingText.Beyond(beyond), "for what you use")
                : gives.Pool is { } pool ? new(true, PricingText.Number(pool.Rate), $"{NameOf(model, pool.Feature)} each")
                : new(true, "Included", null);
        }

        var every = gives.Quota is null ? null : PricingText.Every(feature, gives.Period);
        var then = beyond is null ? null : "then " + PricingText.Beyond(beyond);
        return new(
            true, PricingText.Quota(feature, gives.Quota),
            string.Join(", ", new[] { every, then }.Where(static part => part is not null)) is { Length: > 0 } more ? more : null);
    }

    private static string NameOf(PricingModel model, string feature) => model.Features.First(one => one.Code == feature).Name;
}
