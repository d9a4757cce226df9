using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>A price of the catalogue, as its object at Stripe names it.</summary>
public sealed record StripePriceName(string Plan, PriceInterval Interval, string Currency);

/// <summary>
/// The mapping between prices at Stripe and prices of the catalogue. The project owner's mapping comes first (<c>price_pro</c> of the
/// credentials, or the variable <c>STRIPE_PRICE_ID_PRO</c>), then the lookup key and the metadata that <c>tollgate stripe sync</c> sets.
/// </summary>
public static class StripePrices
{
    public const string PlanField = "tollgate_plan";
    public const string IntervalField = "tollgate_interval";
    public const string ProjectField = "tollgate_project";

    /// <summary>The prefix of credentials: <c>price_pro</c>, <c>price_pro_yearly</c>.</summary>
    public const string CredentialPrefix = "price_";

    public const string VariablePrefix = "STRIPE_PRICE_ID_";

    /// <summary>Returns <c>tollgate_career-coach_pro_monthly_usd</c>.</summary>
    public static string LookupKey(string project, StripePriceName name) =>
        $"tollgate_{project}_{name.Plan}_{CatalogWords.Of(name.Interval)}_{name.Currency.ToLowerInvariant()}";

    /// <summary>Returns <c>tollgate-career-coach-pro</c>: Tollgate can choose the ids of products.</summary>
    public static string ProductId(string project, string plan) => $"tollgate-{project}-{plan}";

    /// <summary>Returns the id that the project's owner set for a price.</summary>
    /// <param name="variable">Reads an environment variable by name.</param>
    public static string? Named(
        IReadOnlyDictionary<string, string> credentials, Func<string, string?> variable, string plan, PriceInterval interval)
    {
        foreach (var key in Keys(plan, interval))
        {
            if ((credentials.GetValueOrDefault(CredentialPrefix + key) ?? Blank(variable(VariablePrefix + Upper(key)))) is { } id)
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Returns the plan and interval of a price; null: the project sells no such plan.</summary>
    public static (string Plan, PriceInterval Interval)? PlanOf(
        StripeItem item, CatalogDocument catalog, string project, IReadOnlyDictionary<string, string> credentials,
        Func<string, string?> variable)
    {
        if (IntervalOf(item.Interval, item.Every) is not { } interval)
        {
            return null;
        }

        var plans = catalog.Plans.Where(plan => plan.Prices.Any(price => price.Interval == interval)).ToList();
        var found = plans.Find(plan => Named(credentials, variable, plan.Code, interval) == item.Price)
            ?? plans.Find(plan => item.PriceMetadata.GetValueOrDefault(PlanField) == plan.Code
                && item.PriceMetadata.GetValueOrDefault(ProjectField, project) == project)
            ?? plans.Find(plan => item.LookupKey is { } key
                && plan.Prices.Any(price => LookupKey(project, new(plan.Code, interval, price.Currency)) == key));
        return found is null ? null : (found.Code, interval);
    }

    /// <summary>Returns Stripe's word.</summary>
    public static string WordOf(PriceInterval interval) => interval switch
    {
        PriceInterval.Weekly => "week",
        PriceInterval.Yearly => "year",
        _ => "month",
    };

    public static PriceInterval? IntervalOf(string? word, long every) => (word, every) switch
    {
        ("week", 1) => PriceInterval.Weekly,
        ("month", 1) => PriceInterval.Monthly,
        ("month", 12) or ("year", 1) => PriceInterval.Yearly,
        _ => null,
    };

    /// <summary>Returns the possible names. A name without an interval means monthly, as in the seed products.</summary>
    private static IEnumerable<string> Keys(string plan, PriceInterval interval)
    {
        yield return $"{plan}_{CatalogWords.Of(interval)}";
        if (interval == PriceInterval.Monthly)
        {
            yield return plan;
        }
    }

    private static string Upper(string key) => key.Replace('-', '_').ToUpperInvariant();

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
