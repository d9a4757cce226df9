using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;

namespace Tollgate.Web.Pricing;

/// <summary>A field of the calculator.</summary>
/// <param name="Unit">The unit behind the number; null: none.</param>
public sealed record UsageField(string Name, string Label, string? Unit, TypedNumber Number)
{
    /// <summary>The end of its slider; null: it has none.</summary>
    public string? Most { get; init; }

    public string? Step { get; init; }
}

/// <summary>A plan's bill in one interval.</summary>
/// <param name="Estimate">Null: the plan is not sold for this interval, or the amount exceeds every invoice.</param>
/// <param name="Total">Null: the plan does not cover the usage.</param>
/// <param name="Notes">The parts of the total, or what the plan lacks.</param>
public sealed record PlanBill(Plan Plan, Estimate? Estimate, string? Total, IReadOnlyList<string> Notes)
{
    public bool IsCheapest { get; init; }
}

/// <param name="Return">Null: no plan covers the usage.</param>
public sealed record IntervalBills(PriceInterval Interval, IReadOnlyList<PlanBill> Bills, PlanBill? Cheapest, ReturnOnPrice? Return);

/// <summary>The bills of all plans for the usage that the visitor enters, and the value of the hours that the product saves.</summary>
public sealed class Calculation
{
    /// <summary>More fields would be a form, and nobody would fill it in.</summary>
    private const int MostFields = 10;

    private const long DefaultHours = 10;

    private const int ShortestSlider = 10, StepsOfSlider = 100;

    /// <summary>A common hourly wage in currencies with and without cents.</summary>
    private const long DefaultRate = 30, DefaultRateWithoutCents = 3_000;

    private readonly PricingModel _model;

    public Calculation(PricingModel model)
    {
        _model = model;
        Feature[] counted =
        [
            .. model.Features.Where(static one => one.Kind == FeatureKind.Metered)
                .Where(feature => model.Plans.Any(plan => Comparison.IsGiven(feature, model.EntitlementOf(plan, feature))))
                .Take(MostFields),
        ];
        Fields = [.. counted.Select(FieldOf)];
        Seats = model.Plans.Any(static plan => plan.Prices.Any(static price => price.Seats is not null))
            ? new(
                PricingQuery.Seats, "Seats", null,
                model.Query.Number(PricingQuery.Seats, Quantity.One, CatalogLimits.Seats, isWhole: true))
            : null;
        Hours = model.Query.Number(PricingQuery.Hours, Quantity.Of(DefaultHours), ReturnRules.MostHours);
        Rate = model.Query.Number(
            PricingQuery.Rate, Quantity.Of(model.Currency.Decimals == 0 ? DefaultRateWithoutCents : DefaultRate), ReturnRules.LargestRate);
        var usage = counted.Zip(Fields).ToDictionary(
            static pair => pair.First.Code, static pair => pair.Second.Number.Value, StringComparer.Ordinal);
        Intervals =
        [
            .. model.Intervals.Where(static interval => interval != PriceInterval.Weekly).Select(interval => BillsOf(interval, usage)),
        ];
    }

    public IReadOnlyList<UsageField> Fields { get; }

    /// <summary>Null: no plan has a price of seats.</summary>
    public UsageField? Seats { get; }

    public TypedNumber Hours { get; }

    /// <summary>The value of an hour, in major units.</summary>
    public TypedNumber Rate { get; }

    public IReadOnlyList<IntervalBills> Intervals { get; }

    /// <summary>False: there is nothing to compute.</summary>
    public bool IsUseful => Intervals.Count > 0 && (Fields.Count > 0 || Seats is not null);

    private UsageField FieldOf(Feature feature)
    {
        // A slider ends at twice the largest quota, and has steps of about a hundredth of it.
        var largest = _model.Plans.Max(plan => _model.EntitlementOf(plan, feature)?.Quota) ?? Quantity.Zero;
        var most = Math.Min(Math.Max(decimal.Truncate(largest.Value) * 2, ShortestSlider), EstimateRules.Most);
        var step = most >= ShortestSlider * StepsOfSlider ? decimal.Truncate(most / StepsOfSlider) : 1;
        return new(
            PricingQuery.Use + feature.Code, feature.Name, feature.IsMoney ? feature.Unit : null,
            _model.Query.Number(PricingQuery.Use + feature.Code, DefaultOf(feature)))
        {
            Most = most.ToString(CultureInfo.InvariantCulture), Step = step.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>
    /// The number that the page shows first: the quota of the highlighted plan, so that visitors see usual numbers; the largest quota for
    /// an unlimited feature, and without a highlighted plan.
    /// </summary>
    private Quantity DefaultOf(Feature feature)
    {
        var usual = _model.Plans.FirstOrDefault(static plan => plan.Highlighted);
        var given = usual is null ? null : _model.EntitlementOf(usual, feature);
        var quota = usual is not null && !Comparison.IsGiven(feature, given) ? Quantity.Zero
            : given?.Quota ?? _model.Plans.Max(plan => _model.EntitlementOf(plan, feature)?.Quota) ?? Quantity.Zero;
        return Quantity.Min(quota, Quantity.Of(EstimateRules.Most));
    }

    private IntervalBills BillsOf(PriceInterval interval, IReadOnlyDictionary<string, Quantity> usage)
    {
        var bills = _model.Plans.Select(plan => BillOf(plan, interval, usage)).ToArray();
        var cheapest = bills.Where(static bill => bill.Total is not null).MinBy(static bill => bill.Estimate!.Total.Minor);
        return new(
            interval, [.. bills.Select(bill => bill with { IsCheapest = bill == cheapest })], cheapest,
            cheapest is null
                ? null
                : ReturnRules.Of(
                    Hours.Value, Rate.Value, cheapest.Estimate!.Total, interval == PriceInterval.Yearly ? SavingRules.MonthsOfYear : 1));
    }

    private PlanBill BillOf(Plan plan, PriceInterval interval, IReadOnlyDictionary<string, Quantity> usage)
    {
        var terms = _model.TermsOf(plan, interval, Seats is null ? 1 : (long)Seats.Number.Value.Value)
            ?? (_model.IsFree(plan) ? _model.FreeTermsOf(plan) : null);
        if (terms is null)
        {
            return new(plan, null, null, [WithoutTerms(plan, interval)]);
        }

        if (EstimateRules.Of(_model.Document, terms, usage) is not { } estimate)
        {
            return new(plan, null, null, ["The amount exceeds the limit of an invoice"]);
        }

        if (terms.Interval != interval && !estimate.Total.IsZero)
        {
            return new(plan, null, null, [$"Billed {PricingText.NameOf(terms.Interval).ToLowerInvariant()} only"]);
        }

        return estimate.Fits
            ? new(plan, estimate, PricingText.Short(estimate.Total), [.. PartsOf(estimate)])
            : new(plan, estimate, null, [$"Not enough: {string.Join(", ", estimate.Refused.Select(static one => one.Name))}"]);
    }

    private string WithoutTerms(Plan plan, PriceInterval interval) =>
        plan.Prices.Count == 0 ? "On request"
        : plan.Prices.All(price => price.Currency != _model.Currency.Code) ? $"Not sold in {_model.Currency.Code}"
        : $"Not billed {PricingText.NameOf(interval).ToLowerInvariant()}";

    private static IEnumerable<string> PartsOf(Estimate estimate)
    {
        if (estimate.Usage.Count == 0 && estimate.Minimum.IsZero)
        {
            yield break;
        }

        yield return $"Plan {PricingText.Short(estimate.Terms.Amount)}";
        foreach (var line in estimate.Usage)
        {
            yield return $"{PricingText.Number(line.Beyond)} {line.Feature.Name} beyond the plan {PricingText.Short(line.Amount)}";
        }

        if (!estimate.Minimum.IsZero)
        {
            yield return $"Added to reach the minimum {PricingText.Short(estimate.Minimum)}";
        }
    }
}
