using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Pricing;

/// <summary>The notation of prices, quotas and overage on the pricing page.</summary>
internal static class PricingText
{
    /// <summary>A price per unit below this is told per thousand or per million units.</summary>
    private const decimal SmallPrice = 0.005m;

    private const decimal Thousand = 1_000m, Million = 1_000_000m;

    /// <summary><c>$29</c>, <c>$29.99</c>: a price without cents has none on a card.</summary>
    public static string Short(MoneyAmount amount)
    {
        var text = Words.Of(amount);
        return amount.Minor % amount.Currency.MinorPerMajor == 0 ? WithoutZeros(text) : text;
    }

    private static string WithoutZeros(string text) =>
        text.IndexOf('.', StringComparison.Ordinal) is > 0 and var point ? text[..point] : text;

    public static string NameOf(PriceInterval interval) =>
        interval switch { PriceInterval.Weekly => "Weekly", PriceInterval.Yearly => "Yearly", _ => "Monthly" };

    /// <summary><c>week</c>, <c>month</c>, <c>year</c>.</summary>
    public static string UnitOf(PriceInterval interval) =>
        interval switch { PriceInterval.Weekly => "week", PriceInterval.Yearly => "year", _ => "month" };

    public static string Number(Quantity quantity) => quantity.Value.ToString("#,0.#########", CultureInfo.InvariantCulture);

    /// <summary>A quota without its period: <c>30</c>, <c>$150</c>, <c>Unlimited</c>.</summary>
    public static string Quota(Feature feature, Quantity? quota) => quota is { } limit
        ? feature.IsMoney && Currency.TryFind(feature.Unit, out var currency) ? Money(limit.Value, currency) : Number(limit)
        : "Unlimited";

    /// <summary><c>a month</c>; null for a level, which has the same limit at all times.</summary>
    public static string? Every(Feature feature, QuotaPeriodKind period) => feature.IsLevel && !feature.WeighsTime
        ? null
        : period switch
        {
            QuotaPeriodKind.BillingPeriod => "per billing period",
            QuotaPeriodKind.Week => "a week",
            QuotaPeriodKind.Day => "a day",
            QuotaPeriodKind.Hour => "an hour",
            QuotaPeriodKind.Lifetime => "in total",
            _ => "a month",
        };

    /// <summary>
    /// The price of units beyond the quota: <c>$0.02 each</c>, <c>$2.00 per 1,000</c>, <c>from $0.01 each</c> with several tiers,
    /// <c>1.5 %</c>.
    /// </summary>
    public static string Beyond(OveragePrice price)
    {
        var currency = Currency.Of(price.Currency);
        var cheapest = price.Tiers.MinBy(static tier => tier.Percent?.Value ?? tier.UnitPrice.Value)!;
        var from = price.Tiers.Count > 1 ? "from " : "";
        var less = price.Discount is { } off ? 1m - (off.Value / 100m) : 1m;
        var fee = price.Tiers[0].FlatFee is { Value: > 0 } flat ? $", plus {Amount(flat.Value * less, currency)}" : "";
        if (cheapest.Percent is { } percent)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{from}{percent.Value * less:0.######} %{fee}");
        }

        var each = cheapest.UnitPrice.Value * less;
        return $"{from}{(price.PackageSize is { } size ? $"{Amount(each, currency)} per {Number(size)}" : Each(each, currency))}{fee}";
    }

    /// <summary>The price of seats beyond the included ones; null: seats have no price of their own.</summary>
    public static string? Seats(PlanPrice price)
    {
        if (price.Seats is not { } seats)
        {
            return null;
        }

        var more = Beyond(new(seats.Mode, price.Currency, seats.Tiers, null) { Discount = seats.Discount });
        var included = seats.Included == 1 ? "1 seat" : string.Create(CultureInfo.InvariantCulture, $"{seats.Included:#,0} seats");
        return seats.Included == 0 ? $"Each seat {more}" : $"{included} included, then {more}";
    }

    private static string Each(decimal price, Currency currency) => price switch
    {
        0 => "free",
        >= SmallPrice => $"{Amount(price, currency)} each",
        >= SmallPrice / Thousand => $"{Amount(price * Thousand, currency)} per 1,000",
        _ => $"{Amount(price * Million, currency)} per 1,000,000",
    };

    private static string Money(decimal major, Currency currency) =>
        decimal.Truncate(major) == major ? WithoutZeros(Amount(major, currency)) : Amount(major, currency);

    private static string Amount(decimal major, Currency currency) => new ExactMoney(major, currency).Display();
}
