using System.Globalization;

namespace Tollgate.Lifetimes.Stories;

public enum Interval
{
    Weekly,
    Monthly,
    Yearly,
}

/// <summary>Plan × interval × currency. <paramref name="Amount"/> is in minor units.</summary>
/// <param name="Extra">More keys of the catalogue's price, as YAML, which the naive biller ignores.</param>
/// <param name="Minimum">The minimum of plan and usage together in a period; null: there is none.</param>
public sealed record Price(
    Interval Interval, long Amount, string Currency = "USD", int TrialDays = 0, string? Extra = null, long? Minimum = null);

/// <summary>One step of an overage price, in major units. <paramref name="UpTo"/> belongs to the tier.</summary>
public sealed record Tier(decimal? UpTo, decimal UnitPrice, decimal FlatFee = 0);

public enum Rate
{
    PerUnit,
    Graduated,
    Volume,
    Package,
}

/// <summary>The price of units beyond the quota. <paramref name="PackageSize"/> is for <see cref="Rate.Package"/>.</summary>
public sealed record Overage(Rate Rate, Tier[] Tiers, decimal PackageSize = 0)
{
    /// <summary>The value in the catalogue; null: its default, which the naive biller does not have.</summary>
    public string? FirstFlatFee { get; init; }

    public bool IsTheSame(Overage other) =>
        Rate == other.Rate && PackageSize == other.PackageSize && (FirstFlatFee ?? "always") == (other.FirstFlatFee ?? "always")
            && Tiers.SequenceEqual(other.Tiers);

    public override string ToString()
    {
        var tiers = Tiers.Select(
            tier => string.Create(
                CultureInfo.InvariantCulture, $"{tier.UnitPrice:0.############} + {tier.FlatFee:0.############} to {tier.UpTo:0.######}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{Rate} {PackageSize:0.######} {FirstFlatFee ?? "always"} [{string.Join("; ", tiers)}]");
    }

    public static Overage PerUnit(decimal price) => new(Rate.PerUnit, [new(null, price)]);

    public static Overage Package(decimal size, decimal price) => new(Rate.Package, [new(null, price)], size);
}

/// <summary>Units of a feature that a plan includes in each month of its anchor. Without an overage price: a hard cap.</summary>
/// <param name="Extra">More keys of the catalogue's entitlement, as YAML.</param>
/// <param name="IgnoresLate">The feature's meter has <c>late_events: ignore_and_report</c>.</param>
public sealed record Included(string Feature, decimal? Units, Overage? Overage = null, string? Extra = null, bool IgnoresLate = false)
{
    /// <summary>True for a level: the last reported number is the usage, in whole units.</summary>
    public bool IsLevel { get; init; }

    /// <summary>The reported number is used for as long as it holds, also in months without a report.</summary>
    public bool IsTimed { get; init; }
}

public sealed record PlanSpec(string Code, Price[] Prices, Included[] Included)
{
    public long AmountOf(Interval interval, string currency) =>
        Prices.Single(price => price.Interval == interval && price.Currency == currency).Amount;

    public bool HasOverage => Included.Any(included => included.Overage is not null);
}

public enum Duration
{
    Once,
    Repeating,
    Forever,
}

/// <summary>Either a percentage or an amount in minor units.</summary>
/// <param name="CarriesOver">For a one-time amount: the next invoices get the rest that an invoice leaves.</param>
public sealed record CouponSpec(
    string Code, decimal? PercentOff, long? AmountOff, Duration Duration, int Months = 0, bool CarriesOver = false);

/// <summary>An add-on to a plan, for the same periods: each one adds its units to the plan's quotas.</summary>
public sealed record AddOnSpec(string Code, Price[] Prices, Included[] Included)
{
    public long AmountOf(Interval interval, string currency) =>
        Prices.Single(price => price.Interval == interval && price.Currency == currency).Amount;
}

public sealed record HeldAddOn(string Code, int Quantity);

/// <summary>All add-ons of a subscription, in the order in which they were named.</summary>
public sealed record HeldAddOns(params HeldAddOn[] All)
{
    public static readonly HeldAddOns None = new();

    public bool Equals(HeldAddOns? other) => other is not null && All.SequenceEqual(other.All);

    public override int GetHashCode() => All.Length;

    public override string ToString() => All.Length == 0 ? "none" : string.Join(" + ", All.Select(held => $"{held.Quantity} {held.Code}"));
}

/// <summary>Units of a feature for a single purchase; <paramref name="Amount"/> in minor units.</summary>
/// <param name="Days">From the payment on; null: they never expire.</param>
public sealed record PackSpec(string Code, string Feature, decimal Units, long Amount, int? Days = null);

public sealed record TaxSpec(string Country, string Name, decimal Percent, bool Inclusive = false, bool ReverseCharge = false);

/// <summary>The stage of a life: the project's zone and currency, its plans, coupons and taxes.</summary>
public sealed record Shop
{
    public string Zone { get; init; } = "Etc/UTC";

    public string Currency { get; init; } = "USD";

    public PlanSpec[] Plans { get; init; } = [];

    public CouponSpec[] Coupons { get; init; } = [];

    public PackSpec[] Packs { get; init; } = [];

    public AddOnSpec[] AddOns { get; init; } = [];

    public TaxSpec[] Taxes { get; init; } = [];

    /// <summary>The seller's country; null without taxes.</summary>
    public string? SellerCountry { get; init; }

    /// <summary>More keys of the catalogue, as YAML, which the naive biller ignores.</summary>
    public string? Extra { get; init; }

    public PlanSpec Plan(string code) => Plans.Single(plan => plan.Code == code);

    /// <summary>The same shop with plans that replace those of the same code.</summary>
    public Shop With(params PlanSpec[] plans) =>
        this with { Plans = [.. Plans.Select(plan => plans.SingleOrDefault(newer => newer.Code == plan.Code) ?? plan)] };

    /// <summary>Digits behind the point of a currency's major unit.</summary>
    public static int DigitsOf(string currency) => currency switch
    {
        "JPY" => 0,
        "KWD" => 3,
        _ => 2,
    };
}
