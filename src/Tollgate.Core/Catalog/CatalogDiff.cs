using System.Globalization;
using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

public enum CatalogChangeKind
{
    Added,
    Changed,

    /// <summary>The plan is no longer offered; customers who have it keep it.</summary>
    Retired,
    Removed,
}

/// <summary>One difference between two catalogues.</summary>
/// <param name="Subject">The differing part: <c>catalogue</c>, <c>feature cv_generate</c>, <c>plan pro</c>,
/// <c>pro · cv_generate</c>.</param>
/// <param name="Member">The differing member; null if the whole subject was added or removed.</param>
public sealed record CatalogChange(CatalogChangeKind Kind, string Subject, string? Member, string? From, string? To)
{
    /// <summary>Returns a line for operators: <c>pro · cv_generate: quota 30 → 40</c>.</summary>
    public override string ToString() => Member is null
        ? $"{Subject}: {CatalogWords.Of(Kind)}{(To is null ? "" : $" ({To})")}"
        : $"{Subject}: {Member} {From ?? "none"} → {To ?? "none"}";
}

/// <summary>The changes of a new catalogue, in the order of reading.</summary>
/// <param name="ChangedPlans">The codes of plans that get a new version: new or changed ones.</param>
/// <param name="RemovedPlans">The codes of plans that the new catalogue no longer has.</param>
public sealed record CatalogDiff(
    IReadOnlyList<CatalogChange> Changes, IReadOnlyList<string> ChangedPlans, IReadOnlyList<string> RemovedPlans)
{
    public bool IsEmpty => Changes.Count == 0;

    /// <param name="before">Null if nothing was published yet.</param>
    public static CatalogDiff Between(CatalogDocument? before, CatalogDocument after)
    {
        var changes = new List<CatalogChange>();
        if (before is not null)
        {
            Compare("catalogue", DocumentMembers, before, after, changes);
            Compare("pricing_page", PageMembers, before.PricingPage, after.PricingPage, changes);
        }

        CompareLists("feature", before?.Features ?? [], after.Features, static f => f.Code, static f => f.Name, FeatureMembers, changes);
        var changedPlans = ComparePlans(before?.Plans ?? [], after.Plans, changes);
        CompareLists("add-on", before?.AddOns ?? [], after.AddOns, static a => a.Code, static a => a.Name, AddOnMembers, changes);
        CompareLists("pack", before?.Packs ?? [], after.Packs, static p => p.Code, static p => p.Name, PackMembers, changes);
        var removed = (before?.Plans ?? []).Select(static p => p.Code).Except(after.Plans.Select(static p => p.Code)).ToArray();
        return new(changes, changedPlans, removed);
    }

    private readonly record struct Member<T>(string Name, Func<T, string?> Show);

    private static readonly Member<CatalogDocument>[] DocumentMembers =
    [
        new("code", static d => d.Code),
        new("name", static d => d.Name),
        new("currency", static d => d.Currency),
        new("time_zone", static d => d.TimeZone),
        new("default_plan", static d => d.DefaultPlan),
        new("upgrade_url", static d => d.UpgradeUrl),
        new("without_subscription", static d => CatalogWords.Of(d.WithoutSubscription)),
        new("unmatched_events", static d => CatalogWords.Of(d.UnmatchedEvents)),
        new("over_limit", static d => CatalogWords.Of(d.OverLimit)),
        new("order of features", static d => Joined(d.Features.Select(static f => f.Code))),
        new("order of plans", static d => Joined(d.Plans.Select(static p => p.Code))),
        new("order of add-ons", static d => Joined(d.AddOns.Select(static a => a.Code))),
        new("order of packs", static d => Joined(d.Packs.Select(static p => p.Code))),
    ];

    private static readonly Member<PricingPage>[] PageMembers =
    [
        new("headline", static p => p.Headline),
        new("subline", static p => p.Subline),
        new("signup_url", static p => p.SignupUrl),
        new("tax_note", static p => p.TaxNote),
        new("faq", static p => Lines(p.Questions.Select(static one => $"{one.Question} {one.Answer}"))),
        new("testimonials", static p => Lines(p.Testimonials.Select(static one => $"{one.Name}, {one.Role}: {one.Quote}"))),
    ];

    private static readonly Member<Feature>[] FeatureMembers =
    [
        new("name", static f => f.Name),
        new("kind", static f => CatalogWords.Of(f.Kind)),
        new("description", static f => f.Description),
        new("tax_category", static f => f.TaxCategory),
        new("icon", static f => f.Icon),
        new("unit", static f => f.Unit),
        new("money", static f => Shown(f.IsMoney)),
        new("sort_order", static f => Shown(f.SortOrder)),
        new("meters", static f => f.Meters.Count == 0 ? null : string.Join("; ", f.Meters.Select(Shown))),
    ];

    private static readonly Member<Plan>[] PlanMembers =
    [
        new("name", static p => p.Name),
        new("tagline", static p => p.Tagline),
        new("description", static p => p.Description),
        new("tax_category", static p => p.TaxCategory),
        new("bullets", static p => p.Bullets.Count == 0 ? null : string.Join("; ", p.Bullets)),
        new("icon", static p => p.Icon),
        new("highlighted", static p => Shown(p.Highlighted)),
        new("sort_order", static p => Shown(p.SortOrder)),
        new("order of prices", static p => Joined(p.Prices.Select(KeyOf))),
        new("order of entitlements", static p => Joined(p.Entitlements.Select(static e => e.Feature))),
    ];

    private static readonly Member<PlanPrice>[] PriceMembers =
    [
        new("amount", static p => Shown(p)),
        new("trial_days", static p => Shown(p.TrialDays)),
        new("seats", static p => p.Seats is { } seats ? Shown(seats, p.Currency) : null),
        new("discount", static p => p.Discount?.In(Currency.Of(p.Currency))),
        new("minimum", static p => p.MinimumMinor is { } minimum ? Shown(minimum, p.Currency) : null),
    ];

    private static readonly Member<Entitlement>[] EntitlementMembers =
    [
        new("quota", static e => Bound(e.Quota)),
        new("period", static e => CatalogWords.Of(e.Period)),
        new("hard_cap", static e => Shown(e.HardCap)),
        new("overage_limit", static e => e.OverageLimit?.ToString()),
        new("overage_price", static e => e.OveragePrices.Count == 0 ? null : string.Join("; ", e.OveragePrices.Select(Shown))),
        new("rollover",
            static e => e.Rollover is { } r
                ? $"at most {Bound(r.Max)} for {r.Periods} periods{(r.CarryOverage ? ", overage too" : "")}"
                : null),
        new("rate_limits", static e => e.RateLimits.Count == 0 ? null : string.Join(", ", e.RateLimits.Select(Shown))),
        new("pool", static e => e.Pool is { } pool ? $"{pool.Rate} {pool.Feature} each" : null),
        new("thresholds", static e => string.Join(", ", e.Thresholds)),
        new("settle_over", static e => CatalogWords.Of(e.SettleOver)),
        new("grant_on_change", static e => CatalogWords.Of(e.GrantOnChange)),
        new("enabled", static e => Shown(e.Enabled)),
        new("value", static e => e.Value ?? "unlimited"),
    ];

    private static readonly Member<AddOn>[] AddOnMembers =
    [
        new("name", static a => a.Name),
        new("description", static a => a.Description),
        new("tax_category", static a => a.TaxCategory),
        new("active", static a => Shown(a.Active)),
        new("prices",
            static a =>
                Joined(a.Prices.Select(static p =>
                    $"{Shown(p.AmountMinor, p.Currency)} {CatalogWords.Of(p.Interval)}{Less(p.Discount, p.Currency)}"))),
        new("entitlements",
            static a => Joined(a.Entitlements.Select(static e => e.Enabled ? $"{e.Feature} on" : $"{e.Feature} +{Bound(e.Quota)}"))),
        new("plans", static a => a.Plans is null ? "all" : Joined(a.Plans)),
        new("max_quantity", static a => a.MaxQuantity?.ToString(CultureInfo.InvariantCulture)),
    ];

    private static readonly Member<CreditPack>[] PackMembers =
    [
        new("name", static p => p.Name),
        new("description", static p => p.Description),
        new("tax_category", static p => p.TaxCategory),
        new("active", static p => Shown(p.Active)),
        new("feature", static p => p.Feature),
        new("quantity", static p => p.Quantity.ToString()),
        new("prices",
            static p =>
                Joined(p.Prices.Select(static price => Shown(price.AmountMinor, price.Currency) + Less(price.Discount, price.Currency)))),
        new("expires_after_days", static p => p.ExpiresAfterDays?.ToString(CultureInfo.InvariantCulture)),
        new("priority", static p => p.Priority?.ToString(CultureInfo.InvariantCulture)),
        new("plans", static p => p.Plans is null ? "all" : Joined(p.Plans)),
    ];

    private static List<string> ComparePlans(IReadOnlyList<Plan> before, IReadOnlyList<Plan> after, List<CatalogChange> changes)
    {
        var changed = new List<string>();
        foreach (var plan in after)
        {
            var seen = changes.Count;
            if (before.FirstOrDefault(p => p.Code == plan.Code) is { } old)
            {
                ComparePlan(old, plan, changes);
            }
            else
            {
                changes.Add(new(CatalogChangeKind.Added, $"plan {plan.Code}", null, null, Summary(plan)));
            }

            if (changes.Count > seen)
            {
                changed.Add(plan.Code);
            }
        }

        changes.AddRange(before.Where(old => after.All(p => p.Code != old.Code)).Select(static old =>
            new CatalogChange(CatalogChangeKind.Removed, $"plan {old.Code}", null, old.Name, null)));
        return changed;
    }

    private static void ComparePlan(Plan before, Plan after, List<CatalogChange> changes)
    {
        if (before.Active && !after.Active)
        {
            changes.Add(new(CatalogChangeKind.Retired, $"plan {after.Code}", null, null, "kept for those who have it"));
        }
        else if (!before.Active && after.Active)
        {
            changes.Add(new(CatalogChangeKind.Changed, $"plan {after.Code}", "active", "false", "true"));
        }

        Compare($"plan {after.Code}", PlanMembers, before, after, changes);
        CompareLists(
            "price", before.Prices, after.Prices, price => $"{after.Code} · {KeyOf(price)}", static price => Shown(price), PriceMembers,
            changes, isNamed: true);
        CompareLists(
            "entitlement", before.Entitlements, after.Entitlements, e => $"{after.Code} · {e.Feature}", Summary, EntitlementMembers,
            changes, isNamed: true);
    }

    /// <param name="isNamed">True if the key alone names the item; otherwise the kind precedes it.</param>
    private static void CompareLists<T>(
        string kind,
        IReadOnlyList<T> before,
        IReadOnlyList<T> after,
        Func<T, string> key,
        Func<T, string> summary,
        Member<T>[] members,
        List<CatalogChange> changes,
        bool isNamed = false)
        where T : class
    {
        string Subject(T item) => isNamed ? key(item) : $"{kind} {key(item)}";
        var old = before.ToDictionary(key, StringComparer.Ordinal);
        foreach (var item in after)
        {
            if (old.Remove(key(item), out var previous))
            {
                Compare(Subject(item), members, previous, item, changes);
            }
            else
            {
                changes.Add(new(CatalogChangeKind.Added, Subject(item), null, null, summary(item)));
            }
        }

        changes.AddRange(before.Where(item => old.ContainsKey(key(item))).Select(item =>
            new CatalogChange(CatalogChangeKind.Removed, Subject(item), null, summary(item), null)));
    }

    private static void Compare<T>(string subject, Member<T>[] members, T before, T after, List<CatalogChange> changes)
    {
        foreach (var member in members)
        {
            var (from, to) = (member.Show(before), member.Show(after));

            // The order of a list matters only while its members are the same.
            var onlyOrder = member.Name.StartsWith("order of", StringComparison.Ordinal);
            if (from != to && (!onlyOrder || SameMembers(from, to)))
            {
                changes.Add(new(CatalogChangeKind.Changed, subject, member.Name, from, to));
            }
        }
    }

    private static bool SameMembers(string? a, string? b) =>
        a is not null && b is not null && a.Split(", ").ToHashSet().SetEquals(b.Split(", "));

    /// <summary>Null for none.</summary>
    private static string? Lines(IEnumerable<string> parts) => string.Join("; ", parts) is { Length: > 0 } lines ? lines : null;

    private static string Joined(IEnumerable<string> parts) => string.Join(", ", parts);

    private static string KeyOf(PlanPrice price) => $"{CatalogWords.Of(price.Interval)} {price.Currency}";

    private static string Summary(Plan plan) =>
        plan.Prices.Count == 0 ? plan.Name : $"{plan.Name}, {Shown(plan.Prices[0])} {CatalogWords.Of(plan.Prices[0].Interval)}";

    private static string Summary(Entitlement entitlement) =>
        entitlement.Value is { } value
            ? value
            : entitlement.Quota is null && entitlement.Enabled && entitlement.HardCap && entitlement.RateLimits.Count == 0
            ? "on"
            : $"quota {Bound(entitlement.Quota)}";

    private static string Bound(Quantity? quantity) => quantity?.ToString() ?? "unlimited";

    private static string Shown(bool flag) => flag ? "true" : "false";

    private static string Shown(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Shown(PlanPrice price) => Shown(price.AmountMinor, price.Currency);

    private static string Shown(long minor, string code) =>
        Currency.TryFind(code, out var currency) ? new MoneyAmount(minor, currency).Display() : $"{minor} {code}";

    private static string Less(LineDiscount? discount, string code) =>
        discount is null || !Currency.TryFind(code, out var currency) ? "" : $" less {discount.In(currency)}";

    private static string Shown(SeatPrice seats, string currency) =>
        $"{Shown(new OveragePrice(seats.Mode, currency, seats.Tiers, null) { FirstFlatFee = seats.FirstFlatFee, Discount = seats.Discount })} for each beyond {seats.Included}";

    private static string Shown(RateLimit limit) =>
        $"{limit.Limit} per {CatalogWords.Of(limit.Unit)}{(limit.Burst is { } burst ? $" (burst {burst})" : "")}{(limit.CountsDecisions ? "" : " by amount")}";

    private static string Shown(OveragePrice price)
    {
        var tiers = price.Tiers.Select(static t =>
            $"{t.Percent?.ToString() ?? t.UnitPrice.ToString()}{(t.FlatFee is { } fee ? $" + {fee}" : "")}{(t.UpTo is { } upTo ? $" up to {upTo}" : "")}");
        var package = price.PackageSize is { } size ? $" of {size}" : "";
        var first = price.FirstFlatFee == FirstFlatFee.Always ? "" : $", first flat fee {CatalogWords.Of(price.FirstFlatFee)}";
        return $"{CatalogWords.Of(price.Mode)}{package} {string.Join(", ", tiers)} {price.Currency}{first}{(price.Discount is { } off ? $" less {off}" : "")}";
    }

    private static string Shown(Meter meter)
    {
        var filters = string.Concat(meter.Filters.Select(static f => $" where {f.Property} is {string.Join(" or ", f.AnyOf)}"));
        var of = meter.ValueProperty is { } property ? $" of {property}" : "";
        var late = meter.LateEvents == LateEventPolicy.NextInvoice ? "" : $", late events: {CatalogWords.Of(meter.LateEvents)}";
        return $"{CatalogWords.Of(meter.Aggregate)}{of} over {meter.EventType}{filters}{late}";
    }
}
