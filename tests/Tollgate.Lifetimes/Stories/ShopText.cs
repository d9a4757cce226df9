using System.Globalization;
using System.Text;

namespace Tollgate.Lifetimes.Stories;

/// <summary>A shop as the catalogue that the server reads.</summary>
public sealed class ShopText
{
    private readonly StringBuilder _text = new();

    private ShopText()
    {
    }

    public static string Yaml(Shop shop)
    {
        var text = new ShopText();
        text.Line($"code: shop");
        text.Line($"name: Shop");
        text.Line($"currency: {shop.Currency}");
        text.Line($"time_zone: {shop.Zone}");
        text.Line($"default_plan: free");
        if (shop.Extra is { } extra)
        {
            text.Line($"{extra}");
        }

        text.Line($"features:");
        foreach (var (feature, ignoresLate, aggregate) in shop.Plans.SelectMany(plan => plan.Included)
            .Select(included =>
                (included.Feature, included.IgnoresLate, included.IsTimed ? "weighted_sum" : included.IsLevel ? "latest" : null))
                .Distinct())
        {
            text.Line($"  - code: {feature}");
            text.Line($"    name: {feature}");
            if (ignoresLate || aggregate is not null)
            {
                text.Line(
                    $"    meters: [{{ event_type: {feature}{(ignoresLate ? ", late_events: ignore_and_report" : "")}{(aggregate is null ? "" : $", aggregate: {aggregate}")} }}]");
            }
        }

        text.Line($"plans:");
        foreach (var plan in shop.Plans)
        {
            text.WritePlan(plan);
        }

        text.WriteAddOns(shop.AddOns);
        if (shop.Packs.Length > 0)
        {
            text.Line($"packs:");
        }

        foreach (var pack in shop.Packs)
        {
            var days = pack.Days is { } some ? string.Create(CultureInfo.InvariantCulture, $", expires_after_days: {some}") : "";
            text.Line(
                $"  - {{ code: {pack.Code}, name: {pack.Code}, feature: {pack.Feature}, quantity: {Number(pack.Units)}, prices: [{{ amount: {pack.Amount} }}]{days} }}");
        }

        return text._text.ToString();
    }

    /// <summary>A word of the wire: <c>PerUnit</c> is <c>per_unit</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString()
            .Select((letter, at) => char.IsUpper(letter) ? (at == 0 ? "" : "_") + char.ToLowerInvariant(letter) : letter.ToString()));

    private void WritePlan(PlanSpec plan)
    {
        Line($"  - code: {plan.Code}");
        Line($"    name: {plan.Code}");
        Line($"    prices:");
        foreach (var price in plan.Prices)
        {
            var minimum = price.Minimum is { } least ? string.Create(CultureInfo.InvariantCulture, $", minimum: {least}") : "";
            var extra = (price.Extra is null ? "" : ", " + price.Extra) + minimum;
            Line(
                $"      - {{ interval: {Word(price.Interval)}, amount: {price.Amount}, currency: {price.Currency}, trial_days: {price.TrialDays}{extra} }}");
        }

        Line($"    entitlements:");
        foreach (var included in plan.Included)
        {
            Line($"      - feature: {included.Feature}");
            Line($"        quota: {(included.Units is { } units ? Number(units) : "unlimited")}");
            if (included.Extra is { } extra)
            {
                Line($"        {extra}");
            }

            if (included.Overage is { } overage)
            {
                WriteOverage(overage, plan.Prices.Select(price => price.Currency).Distinct());
            }
        }
    }

    private void WriteAddOns(AddOnSpec[] addOns)
    {
        if (addOns.Length > 0)
        {
            Line($"add_ons:");
        }

        foreach (var addOn in addOns)
        {
            Line($"  - code: {addOn.Code}");
            Line($"    name: {addOn.Code}");
            Line($"    prices:");
            foreach (var price in addOn.Prices)
            {
                Line($"      - {{ interval: {Word(price.Interval)}, amount: {price.Amount}, currency: {price.Currency} }}");
            }

            if (addOn.Included.Length > 0)
            {
                Line($"    entitlements:");
            }

            foreach (var included in addOn.Included)
            {
                Line($"      - {{ feature: {included.Feature}, quota: {Number(included.Units!.Value)} }}");
            }
        }
    }

    /// <summary>The same number of major units in every currency that the plan is sold in.</summary>
    private void WriteOverage(Overage overage, IEnumerable<string> currencies)
    {
        Line($"        hard_cap: false");
        Line($"        overage_price:");
        foreach (var currency in currencies)
        {
            Line($"          - mode: {Word(overage.Rate)}");
            Line($"            currency: {currency}");
            if (overage.Rate == Rate.Package)
            {
                Line($"            package_size: {Number(overage.PackageSize)}");
            }

            if (overage.FirstFlatFee is { } policy)
            {
                Line($"            first_flat_fee: {policy}");
            }

            Line($"            tiers:");
            foreach (var tier in overage.Tiers)
            {
                var upTo = tier.UpTo is { } bound ? $"up_to: {Number(bound)}, " : "";
                var flat = tier.FlatFee == 0 ? "" : $", flat_fee: \"{Number(tier.FlatFee)}\"";
                Line($"              - {{ {upTo}unit_price: \"{Number(tier.UnitPrice)}\"{flat} }}");
            }
        }
    }

    private void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Number(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
