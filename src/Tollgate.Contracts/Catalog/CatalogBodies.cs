using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Catalog;

/// <summary>A plan on the pricing page.</summary>
/// <param name="Version">Number of its newest published version.</param>
/// <param name="IsDefault">The plan of customers without a subscription.</param>
/// <param name="Active">False: present customers keep it, and it is no longer offered.</param>
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
    IReadOnlyList<PlanEntitlementView> Entitlements)
{
    /// <summary>The add-ons that a subscription of the plan can have. Absent without any.</summary>
    public IReadOnlyList<AddOnView>? AddOns { get; init; }

    /// <summary>The credit packs that a customer can buy with it. Absent without any.</summary>
    public IReadOnlyList<PackView>? Packs { get; init; }
}

/// <param name="MaxQuantity">Units that one subscription may have; absent without a bound.</param>
public sealed record AddOnView(
    string Code, string Name, string? Description, long? MaxQuantity, IReadOnlyList<PriceView> Prices,
    IReadOnlyList<AddOnEntitlementView> Entitlements);

/// <summary>The entitlements that one unit of an add-on adds to the plan.</summary>
public sealed record AddOnEntitlementView(string Feature)
{
    /// <summary>Metered features: units more per period; null is unlimited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public decimal? Quota { get; init; }

    /// <summary>Switches.</summary>
    public bool? Enabled { get; init; }
}

/// <param name="Quantity">Units of the feature in one pack.</param>
/// <param name="ExpiresAfterDays">Absent: the units never expire.</param>
public sealed record PackView(
    string Code, string Name, string? Description, string Feature, decimal Quantity, int? ExpiresAfterDays,
    IReadOnlyList<PackPriceView> Prices);

/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Display">The text to display: <c>$29.99</c>.</param>
public sealed record PackPriceView(string Currency, long Amount, string Display)
{
    /// <summary>Absent: there is no discount, and <c>amount</c> is due.</summary>
    public DiscountedView? Discounted { get; init; }
}

/// <summary>A discounted price: show the regular price struck through next to it.</summary>
/// <param name="Percent">The reduction in percent; absent: the discount is an amount.</param>
/// <param name="AmountOff">Minor units off the price for one.</param>
/// <param name="Amount">The price of one, rounded to minor units.</param>
/// <param name="Display">The text to display: <c>$26.99</c>.</param>
public sealed record DiscountedView(decimal? Percent, long? AmountOff, long Amount, string Display);

/// <summary>The price of seats beyond the included ones for one period, in the currency of the price.</summary>
/// <param name="Included">Seats that the amount pays for.</param>
/// <param name="PercentOff">Reduces unit prices and fees of the tiers; absent: no reduction.</param>
public sealed record SeatsView(long Included, string Mode, string FirstFlatFee, IReadOnlyList<TierView> Tiers, decimal? PercentOff);

/// <summary>The price of units beyond a soft cap.</summary>
/// <param name="Mode"><c>per_unit</c>, <c>graduated</c>, <c>volume</c>, <c>package</c> or <c>percentage</c>.</param>
/// <param name="FirstFlatFee"><c>always</c>, or <c>on_use</c>: the first tier's fee is due only when there is a unit.</param>
/// <param name="PercentOff">Reduces unit prices and fees of the tiers; absent: no reduction.</param>
public sealed record OveragePriceView(
    string Mode, string Currency, string FirstFlatFee, decimal? PackageSize, IReadOnlyList<TierView> Tiers, decimal? PercentOff);

/// <param name="UpTo">Inclusive; absent in the last tier.</param>
/// <param name="UnitPrice">Major units of the currency, exactly, as text; absent with <paramref name="Percent"/>.</param>
/// <param name="FlatFee">Major units, when a unit falls into the tier.</param>
public sealed record TierView(decimal? UpTo, string? UnitPrice, string? FlatFee, decimal? Percent);

/// <param name="Interval"><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Display">The text to display: <c>$29.99</c>.</param>
public sealed record PriceView(string Interval, string Currency, long Amount, int TrialDays, string Display)
{
    /// <summary>Present: a subscription's quantity is its number of seats. Absent: the amount is multiplied by the quantity.</summary>
    public SeatsView? Seats { get; init; }

    /// <inheritdoc cref="PackPriceView.Discounted"/>
    public DiscountedView? Discounted { get; init; }

    /// <summary>The least that plan and usage of a period cost together, in minor units. Absent: no minimum.</summary>
    public long? Minimum { get; init; }
}

/// <summary>A plan's entitlement to one feature.</summary>
/// <param name="Kind"><c>metered</c>, <c>switch</c> or <c>value</c>.</param>
/// <param name="Display">The text to display: <c>30</c>, <c>Unlimited</c>, <c>Included</c>, <c>Not included</c>, the value.</param>
public sealed record PlanEntitlementView(string Feature, string Name, string Kind, string Display)
{
    /// <summary>Metered features: units per period; null is unlimited, 0 is disabled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public decimal? Quota { get; init; }

    /// <summary>True for a metered feature without a quota and for a value without a bound.</summary>
    public bool Unlimited { get; init; }

    public string? Period { get; init; }

    public bool? HardCap { get; init; }

    public decimal? OverageLimit { get; init; }

    /// <summary>One for each currency. Absent: units beyond the quota cost nothing, or there are none.</summary>
    public IReadOnlyList<OveragePriceView>? OveragePrices { get; init; }

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
    string Code, string Name, string? Description, string? Icon, string? Unit, IReadOnlyDictionary<string, PlanEntitlementView> Plans);

/// <summary>The changes that a publication makes, or with <c>dry_run</c> would make.</summary>
/// <param name="Outcome"><c>published</c>, <c>unchanged</c> or <c>dry_run</c>.</param>
/// <param name="Revision">The revision of the catalogue in force after the call.</param>
/// <param name="Etag">The ETag of the catalogue in force after the call; send it as <c>If-Match</c>.</param>
/// <param name="ChangedPlans">Plans that get a new version.</param>
/// <param name="AffectedCustomers">Customers whose plan changes at once: those on the default plan, when it changes.</param>
/// <param name="PinnedCustomers">Customers on changed plans who keep the version that they have.</param>
/// <param name="AffectedSubscriptions"> Subscriptions that have not ended, of any version of a plan that gets a new one: those that a
/// migration would consider. Until then they keep their present version.
/// </param>
/// <param name="MrrChange">The change of those subscriptions' MRR, by currency, if every subscription that can migrate did so now; empty:
/// none of them has recurring revenue.</param>
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
    IReadOnlyList<MrrChangeView> MrrChange);

/// <summary>Recurring revenue of a month, in minor units.</summary>
/// <param name="Before">The MRR of the affected subscriptions on their present terms.</param>
/// <param name="After">The MRR of the same subscriptions on the new versions.</param>
/// <param name="Change"><c>after</c> less <c>before</c>.</param>
public sealed record MrrChangeView(string Currency, long Before, long After, long Change);

/// <param name="Kind"><c>added</c>, <c>changed</c>, <c>retired</c> or <c>removed</c>.</param>
/// <param name="Text">The change as a line: <c>pro · cv_generate: quota 30 → 40</c>.</param>
public sealed record CatalogChangeView(string Kind, string Subject, string? Member, string? From, string? To, string Text);
