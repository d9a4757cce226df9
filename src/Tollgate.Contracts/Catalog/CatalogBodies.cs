using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Catalog;

/// <summary>A plan as the pricing page shows it.</summary>
/// <param name="Version">Number of its newest published version.</param>
/// <param name="IsDefault">The plan of customers without a subscription.</param>
/// <param name="Active">False: kept for those who have it, no longer offered.</param>
public sealed record PlanView(
    string Code,
    string Name,
    string? Tagline,
    string? Description,
    IReadOnlyList<string> Bullets,
    string? Icon,
    bool Highlighted,
    int SortOrder,
    bool Active,
    bool IsDefault,
    int Version,
    IReadOnlyList<PriceView> Prices,
    IReadOnlyList<EntitlementView> Entitlements);

/// <param name="Interval"><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Display">For people: <c>$29.99</c>.</param>
public sealed record PriceView(string Interval, string Currency, long Amount, int TrialDays, string Display);

/// <summary>What a plan grants of one feature.</summary>
/// <param name="Kind"><c>metered</c>, <c>switch</c> or <c>value</c>.</param>
/// <param name="Display">For people: <c>30</c>, <c>Unlimited</c>, <c>Included</c>, <c>Not included</c>, the value.</param>
public sealed record EntitlementView(string Feature, string Name, string Kind, string Display)
{
    /// <summary>Metered features: units per period; null is unlimited, 0 is disabled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public decimal? Quota { get; init; }

    /// <summary>True for a metered feature without a quota and for a value without a bound.</summary>
    public bool Unlimited { get; init; }

    public string? Period { get; init; }

    public bool? HardCap { get; init; }

    public decimal? OverageLimit { get; init; }

    /// <summary>Switches.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Values, as text; absent when unlimited.</summary>
    public string? Value { get; init; }
}

public sealed record PlanList(IReadOnlyList<PlanView> Data, bool HasMore);

public sealed record FeatureView(
    string Code, string Name, string Kind, string? Description, string? Icon, string? Unit, bool Money, int SortOrder);

public sealed record FeatureList(IReadOnlyList<FeatureView> Data, bool HasMore);

/// <summary>Plans side by side.</summary>
/// <param name="Features">One row for each feature that any of the plans names.</param>
public sealed record PlanComparison(IReadOnlyList<ComparedPlan> Plans, IReadOnlyList<ComparedFeature> Features);

public sealed record ComparedPlan(string Code, string Name, string? Tagline, bool Highlighted, IReadOnlyList<PriceView> Prices);

/// <param name="Plans">By plan code; a plan that does not name the feature is absent.</param>
public sealed record ComparedFeature(
    string Code, string Name, string? Description, string? Icon, string? Unit, IReadOnlyDictionary<string, EntitlementView> Plans);

/// <summary>What putting a catalogue into force changes, or with <c>dry_run</c> would change.</summary>
/// <param name="Outcome"><c>published</c>, <c>unchanged</c> or <c>dry_run</c>.</param>
/// <param name="Revision">Of the catalogue in force after the call.</param>
/// <param name="Etag">Of the catalogue in force after the call; send it as <c>If-Match</c>.</param>
/// <param name="ChangedPlans">Plans that get a new version.</param>
/// <param name="AffectedCustomers">Customers whose plan is another one at once: those on the default plan, when it changes.</param>
/// <param name="PinnedCustomers">Customers on changed plans who keep the version that they have.</param>
/// <param name="AffectedSubscriptions">0 until subscriptions exist.</param>
/// <param name="MrrChange">Null until subscriptions exist.</param>
public sealed record CatalogAnswer(
    string Outcome,
    int Revision,
    string Etag,
    IReadOnlyList<CatalogChangeView> Changes,
    IReadOnlyList<string> ChangedPlans,
    IReadOnlyList<string> RemovedPlans,
    long AffectedCustomers,
    long PinnedCustomers,
    long AffectedSubscriptions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? MrrChange);

/// <param name="Kind"><c>added</c>, <c>changed</c>, <c>retired</c> or <c>removed</c>.</param>
/// <param name="Text">The change as a line: <c>pro · cv_generate: quota 30 → 40</c>.</param>
public sealed record CatalogChangeView(string Kind, string Subject, string? Member, string? From, string? To, string Text);
