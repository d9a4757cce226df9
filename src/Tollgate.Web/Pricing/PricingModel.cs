using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Pricing;

/// <summary>The customer for whom the page names the current plan.</summary>
/// <param name="Plan">The code of its plan.</param>
/// <param name="Terms">The terms of its subscription; null: it has none.</param>
/// <param name="Path">The address to which a choice is sent.</param>
/// <param name="Back">The address of its portal.</param>
/// <param name="CanChoose">False: the project's provider has no page on which a customer could buy.</param>
public sealed record PricingCustomer(string Plan, SubscriptionTerms? Terms, string Path, string Back, bool CanChoose);

/// <summary>The button of a plan.</summary>
/// <param name="Of">The rest of its name for a screen reader.</param>
/// <param name="Link">Null: the button sends the choice, or does nothing.</param>
public sealed record PlanAction(string Text, string Of, string? Link)
{
    public bool IsCurrent { get; init; }
}

/// <summary>A plan's price in one interval.</summary>
/// <param name="Amount">For one month, or one week.</param>
/// <param name="Before">The amount without the discount of the price; null: it has none.</param>
/// <param name="Lines">The rest of the price: the amount of a year, the saving, the trial, seats.</param>
public sealed record PriceFace(PriceInterval Interval, string Amount, string? Per, string? Before, IReadOnlyList<string> Lines)
{
    public PlanAction? Action { get; init; }
}

/// <param name="Faces">One, or one for each interval of the page.</param>
/// <param name="Beyond">The prices of units beyond the quotas.</param>
public sealed record PlanCard(Plan Plan, IReadOnlyList<PriceFace> Faces, IReadOnlyList<string> Bullets, IReadOnlyList<string> Beyond);

/// <summary>Everything on the pricing page: the offered plans in one currency, with the texts of the catalogue.</summary>
public sealed class PricingModel
{
    /// <summary>Bullets that a plan without its own ones gets from its entitlements.</summary>
    private const int MostBullets = 7;

    private readonly ProjectSnapshot _project;
    private readonly Dictionary<(string Plan, string Feature), Entitlement> _gives;

    /// <param name="page">The address of the page without a query.</param>
    /// <param name="customer">Null: a visitor.</param>
    public PricingModel(ProjectSnapshot project, PricingQuery query, Uri page, PricingCustomer? customer)
    {
        (_project, Query, Page, Customer) = (project, query, page, customer);
        Plans = [.. CatalogDisplay.Offered(Document)];
        Features = [.. Document.Features.OrderBy(static one => one.SortOrder).ThenBy(static one => one.Code, StringComparer.Ordinal)];
        _gives = Plans.SelectMany(static plan => plan.Entitlements, static (plan, gives) => (plan, gives))
            .ToDictionary(static one => (one.plan.Code, one.gives.Feature), static one => one.gives);
        Currencies = [.. Plans.SelectMany(static plan => plan.Prices).Select(static price => price.Currency).Distinct()
            .Order(StringComparer.Ordinal)];
        var code = customer?.Terms?.Currency.Code ?? (Currencies.Contains(query.CurrencyCode) ? query.CurrencyCode
            : Currencies.Contains(Document.Currency) || Currencies.Count == 0 ? Document.Currency
            : Currencies[0]);
        Currency = Currency.Of(code);
        Intervals = [.. Enum.GetValues<PriceInterval>().Where(interval => Plans.Any(plan => PriceOf(plan, interval) is not null))];
        Interval = query.Interval is { } wanted && Intervals.Contains(wanted) ? wanted
            : customer?.Terms is { } terms && Intervals.Contains(terms.Interval) ? terms.Interval
            : Intervals.Contains(PriceInterval.Monthly) || Intervals.Count == 0 ? PriceInterval.Monthly
            : Intervals[0];
        Cards = [.. Plans.Select(CardOf)];
        Groups = Comparison.Of(this);
        Calculation = new(this);
    }

    public PricingQuery Query { get; }

    public Uri Page { get; }

    public PricingCustomer? Customer { get; }

    public CatalogDocument Document => _project.Catalog.Document;

    public PricingPage Texts => Document.PricingPage;

    public Seller Seller => Seller.Of(_project);

    public IReadOnlyList<Plan> Plans { get; }

    /// <summary>In their order.</summary>
    public IReadOnlyList<Feature> Features { get; }

    /// <summary>The currencies of the offered plans.</summary>
    public IReadOnlyList<string> Currencies { get; }

    public Currency Currency { get; }

    /// <summary>The intervals of the offered prices, the shortest first.</summary>
    public IReadOnlyList<PriceInterval> Intervals { get; }

    /// <summary>The interval that the page shows first.</summary>
    public PriceInterval Interval { get; }

    public IReadOnlyList<PlanCard> Cards { get; }

    public IReadOnlyList<ComparisonGroup> Groups { get; }

    public Calculation Calculation { get; }

    public string Headline => Texts.Headline ?? "Plans and pricing";

    public string Description => Texts.Subline ?? $"Plans and prices of {_project.PublicName}.";

    /// <summary>True: a switch chooses the interval.</summary>
    public bool HasSwitch => Intervals.Count > 1;

    /// <summary>True: a plan of the page has a button.</summary>
    public bool HasActions => Cards.Any(static card => card.Faces.Any(static face => face.Action is not null));

    /// <summary>The saving of yearly prices: <c>Save 17 %</c>, or <c>Save up to 17 %</c> if plans differ. Null: there is none.</summary>
    public string? Saving
    {
        get
        {
            int[] percents =
            [
                .. Plans.Where(plan => TermsOf(plan, PriceInterval.Monthly) is { Amount.IsZero: false }
                        && TermsOf(plan, PriceInterval.Yearly) is not null)
                    .Select(plan => SavingOf(plan)?.Percent ?? 0),
            ];
            return percents.Length == 0 || percents.Max() == 0 ? null
                : $"Save {(percents.Min() == percents.Max() ? "" : "up to ")}{percents.Max()} %";
        }
    }

    public Entitlement? EntitlementOf(Plan plan, Feature feature) => _gives.GetValueOrDefault((plan.Code, feature.Code));

    public PlanPrice? PriceOf(Plan plan, PriceInterval interval) =>
        plan.Prices.FirstOrDefault(price => price.Interval == interval && price.Currency == Currency.Code);

    /// <summary>The terms of a new subscription; null: the plan has no price for the interval in this currency.</summary>
    public SubscriptionTerms? TermsOf(Plan plan, PriceInterval interval, long seats = 1) => PriceOf(plan, interval) is { } price
        ? new(_project.Catalog.Plans[plan.Code], interval, Currency, price.Seats is null ? 1 : Math.Max(1, seats))
        : null;

    /// <summary>True if nobody pays for the plan: it costs nothing, or it is the default plan and has no price.</summary>
    public bool IsFree(Plan plan) =>
        plan.Prices.Count == 0
            ? plan.Code == Document.DefaultPlan
            : plan.Prices.All(static price => price is { AmountMinor: 0, Seats: null, MinimumMinor: null });

    /// <summary>
    /// The terms of a plan for which nobody pays, in the page's currency: it may have no price, or one of another interval or currency.
    /// Its quotas are those of its shortest interval, and monthly without a price. Null: its overage has no price in this currency.
    /// </summary>
    public SubscriptionTerms? FreeTermsOf(Plan plan)
    {
        if (plan.Entitlements.Any(one => one is { HardCap: false, OveragePrices.Count: > 0 } && one.OveragePriceIn(Currency) is null))
        {
            return null;
        }

        var interval = plan.Prices.Count > 0 && plan.Prices.All(static price => price.Interval == PriceInterval.Yearly)
            ? PriceInterval.Yearly
            : PriceInterval.Monthly;
        var free = plan with { Prices = [new(interval, Currency.Code, 0, 0)] };
        return new(_project.Catalog.Plans[plan.Code] with { Plan = free }, interval, Currency, 1);
    }

    private Saving? SavingOf(Plan plan) =>
        TermsOf(plan, PriceInterval.Monthly) is { } month && TermsOf(plan, PriceInterval.Yearly) is { } year
            ? SavingRules.Of(month.Amount, year.Amount)
            : null;

    private PlanCard CardOf(Plan plan)
    {
        IEnumerable<PriceFace> faces = IsFree(plan) || Intervals.All(interval => PriceOf(plan, interval) is null)
            ? [WithoutPrice(plan)]
            : Intervals.Select(interval => FaceOf(plan, interval));
        return new(plan, [.. faces], plan.Bullets.Count > 0 ? plan.Bullets : BulletsOf(plan), [.. BeyondOf(plan)]);
    }

    /// <summary>The face of a plan that costs nothing, or has no price on this page.</summary>
    private PriceFace WithoutPrice(Plan plan) => IsFree(plan)
        ? new(Interval, PricingText.Short(MoneyAmount.Zero(Currency)), null, null, ["Free of charge"]) { Action = ActionOf(plan, Interval) }
        : plan.Prices.Count == 0
        ? new(Interval, "On request", null, null, []) { Action = ActionOf(plan, Interval) }
        : new(Interval, "–", null, null, [$"Not sold in {Currency.Code}"]);

    private PriceFace FaceOf(Plan plan, PriceInterval interval)
    {
        if (TermsOf(plan, interval) is not { } terms)
        {
            var other = Intervals.First(one => PriceOf(plan, one) is not null);
            var price = FaceOf(plan, other);
            return price with { Interval = interval, Lines = [$"{PricingText.NameOf(other)} billing only", .. price.Lines] };
        }

        // A year's price for one month is rounded up, so that the page never promises less than the bill.
        var perMonth = interval == PriceInterval.Yearly ? UpToMinor(terms.Amount, SavingRules.MonthsOfYear) : terms.Amount;
        var listed = interval == PriceInterval.Yearly ? UpToMinor(terms.Listed, SavingRules.MonthsOfYear) : terms.Listed;
        var unit = interval == PriceInterval.Weekly ? "/ week" : "/ month";
        return new(
            interval, PricingText.Short(perMonth), terms.Price!.Seats is { Included: 0 } ? "/ seat " + unit : unit,
            listed == perMonth ? null : PricingText.Short(listed), [.. LinesOf(plan, terms)])
        {
            Action = ActionOf(plan, interval),
        };
    }

    private IEnumerable<string> LinesOf(Plan plan, SubscriptionTerms terms)
    {
        yield return terms.Interval == PriceInterval.Yearly
            ? $"{PricingText.Short(terms.Amount)} billed yearly{(SavingOf(plan) is { } saving ? $", you save {PricingText.Short(saving.Amount)}" : "")}"
            : terms.Interval == PriceInterval.Weekly ? "Billed weekly" : "Billed monthly";
        // A customer has a trial at most once: the checkout tells whether this one does.
        if (Customer is null && terms.Price!.TrialDays is > 0 and var days && !terms.Amount.IsZero)
        {
            yield return days == 1 ? "1 day free, then this price" : $"{days} days free, then this price";
        }

        if (PricingText.Seats(terms.Price!) is { } seats)
        {
            yield return seats;
        }

        if (terms.Price!.MinimumMinor is { } minimum)
        {
            yield return $"At least {PricingText.Short(new(minimum, Currency))} a {PricingText.UnitOf(terms.Interval)}, usage included";
        }
    }

    private static MoneyAmount UpToMinor(MoneyAmount amount, int parts) => new((amount.Minor + parts - 1) / parts, amount.Currency);

    private PlanAction? ActionOf(Plan plan, PriceInterval interval)
    {
        if (Customer is { } customer)
        {
            return customer.CanChoose || plan.Code == customer.Plan ? ChoiceOf(plan, interval, customer) : null;
        }

        var text = IsFree(plan) ? "Start for free"
            : plan.Prices.Count == 0 ? "Talk to us"
            : PriceOf(plan, interval)?.TrialDays is > 0 ? "Start free trial"
            : "Choose " + plan.Name;
        return Texts.SignupFor(plan.Code, interval, Currency.Code) is { } link
            ? new(text, text.EndsWith(plan.Name, StringComparison.Ordinal) ? "" : $": {plan.Name}", link)
            : null;
    }

    /// <summary>The choice of a customer: larger or smaller by the amount of a month.</summary>
    private PlanAction? ChoiceOf(Plan plan, PriceInterval interval, PricingCustomer customer)
    {
        var isPlan = plan.Code == customer.Plan;
        if (isPlan && (customer.Terms is null || customer.Terms.Interval == interval || PriceOf(plan, interval) is null))
        {
            return new("Current plan", "", null) { IsCurrent = true };
        }

        // A customer moves to the free plan by canceling, and the portal asks for a confirmation.
        if (IsFree(plan))
        {
            return new("Downgrade to " + plan.Name, "", customer.Back + "#plan");
        }

        if (TermsOf(plan, interval) is not { } terms)
        {
            return null;
        }

        return customer.Terms is not { } now
            ? new("Choose " + plan.Name, "", null)
            : isPlan ? new($"Switch to {PricingText.NameOf(interval).ToLowerInvariant()} billing", $" for {plan.Name}", null)
            : terms.PerMonth.Major >= now.PerMonth.Major ? new("Upgrade", $" to {plan.Name}", null)
            : new("Downgrade", $" to {plan.Name}", null);
    }

    private IReadOnlyList<string> BulletsOf(Plan plan) =>
    [
        .. Features.Select(feature => (Feature: feature, Gives: EntitlementOf(plan, feature)))
            .Where(static one => one.Gives is not null && Comparison.IsGiven(one.Feature, one.Gives))
            .Take(MostBullets).Select(static one => Comparison.BulletOf(one.Feature, one.Gives!)),
    ];

    private IEnumerable<string> BeyondOf(Plan plan) => (
        from feature in Features
        let gives = EntitlementOf(plan, feature)
        let price = gives is { HardCap: false, Quota: not null } ? gives.OveragePriceIn(Currency) : null
        where price is not null
        select $"{feature.Name}: {(gives.Quota is { IsZero: true } ? "" : "then ")}{PricingText.Beyond(price)}").Take(MostBullets);
}
