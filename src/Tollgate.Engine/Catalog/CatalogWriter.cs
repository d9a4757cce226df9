using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Catalog;

/// <summary>
/// Writes a catalogue in its one canonical form: keys in a fixed order, defaults left out. Reading the output gives the same catalogue, and
/// writing that again gives the same bytes.
/// </summary>
public static class CatalogWriter
{
    /// <summary>
    /// The line by which editors find the schema that checks and completes a catalogue; see <c>catalogs/catalog.schema.json</c>.
    /// </summary>
    public const string SchemaLine = "# yaml-language-server: $schema=./catalog.schema.json";

    public static string ToYaml(CatalogDocument document) => CatalogYaml.Print(SchemaLine, NodeOf(document));

    public static byte[] ToJson(CatalogDocument document, bool indented) => CatalogJson.Print(NodeOf(document), indented);

    /// <summary>
    /// Returns the same ETag for the same content on any machine, for ever: 16 hex digits of SHA-256 over the canonical JSON.
    /// </summary>
    public static string ETagOf(CatalogDocument document) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(ToJson(document, indented: false)))[..16]}\"";

    /// <summary>Writes the overrides of one customer as a JSON object by feature code, as <c>customers.overrides</c> stores them.</summary>
    public static byte[] ToJson(IEnumerable<EntitlementOverride> overrides) => CatalogJson.Print(
        new MapNode(
            [.. overrides.OrderBy(static o => o.Feature, StringComparer.Ordinal).Select(static o => new MapEntry(o.Feature, NodeOf(o)))],
            Compact: false),
        indented: false);

    /// <summary>Writes a plan on its own: with its currency and place, so that it means the same in any catalogue.</summary>
    internal static byte[] ToStoredJson(Plan plan, CatalogDocument document) =>
        CatalogJson.Print(NodeOf(plan, place: null, currency: null, KindsOf(document)), indented: false);

    /// <summary>Writes an add-on on its own, for its subscription: the catalogue may change it or drop it.</summary>
    public static byte[] ToStoredJson(AddOn addOn) => CatalogJson.Print(NodeOf(addOn, currency: null), indented: false);

    internal static byte[] ToStoredJson(Feature feature) => CatalogJson.Print(NodeOf(feature, place: null), indented: false);

    private static Dictionary<string, FeatureKind> KindsOf(CatalogDocument document) =>
        document.Features.ToDictionary(static f => f.Code, static f => f.Kind, StringComparer.Ordinal);

    private static MapNode NodeOf(CatalogDocument document) => new Keys()
        .Text("code", document.Code)
        .Text("name", document.Name)
        .Text("currency", document.Currency)
        .Text("time_zone", document.TimeZone)
        .Text("default_plan", document.DefaultPlan)
        .Text("upgrade_url", document.UpgradeUrl)
        .Word("without_subscription", document.WithoutSubscription, WithoutSubscription.DefaultPlan)
        .Word("unmatched_events", document.UnmatchedEvents, UnmatchedEvents.Accept)
        .Word("over_limit", document.OverLimit, OverLimit.PaymentRequired)
        .List("features", document.Features.Select(static (feature, index) => NodeOf(feature, index + 1)))
        .List("plans", document.Plans.Select((plan, index) => NodeOf(plan, index + 1, document.Currency, KindsOf(document))))
        .List("add_ons", document.AddOns.Select(addOn => NodeOf(addOn, document.Currency)))
        .List("packs", document.Packs.Select(pack => NodeOf(pack, document.Currency)))
        .When(document.PricingPage.HasContent, k => k.Node("pricing_page", NodeOf(document.PricingPage)))
        .ToMap();

    private static MapNode NodeOf(PricingPage page) => new Keys()
        .Text("headline", page.Headline)
        .Text("subline", page.Subline)
        .Text("signup_url", page.SignupUrl)
        .Text("tax_note", page.TaxNote)
        .List("faq", page.Questions.Select(static one => new Keys().Text("question", one.Question).Text("answer", one.Answer).ToMap()))
        .List("testimonials", page.Testimonials.Select(static one => new Keys()
            .Text("quote", one.Quote).Text("name", one.Name).Text("role", one.Role).ToMap()))
        .ToMap();

    private static MapNode NodeOf(Feature feature, int? place) => new Keys()
        .Text("code", feature.Code)
        .Text("name", feature.Name)
        .Word("kind", feature.Kind, FeatureKind.Metered)
        .Text("description", feature.Description)
        .Text("tax_category", feature.TaxCategory)
        .Text("icon", feature.Icon)
        .Text("unit", feature.Unit)
        .Flag("money", feature.IsMoney, otherwise: false)
        .Whole("sort_order", feature.SortOrder, place)
        .List("meters", feature.Meters.Select(NodeOf))
        .ToMap();

    private static MapNode NodeOf(Meter meter) => new Keys()
        .Text("event_type", meter.EventType)
        .Word("aggregate", meter.Aggregate, MeterAggregate.Sum)
        .Text("value_property", meter.ValueProperty)
        .List("filters",
            meter.Filters.Select(static f => new Keys().Text("property", f.Property).Texts("any_of", f.AnyOf, compact: true)
                .ToMap(compact: true)))
        .Word("late_events", meter.LateEvents, LateEventPolicy.NextInvoice)
        .ToMap();

    private static MapNode NodeOf(Plan plan, int? place, string? currency, Dictionary<string, FeatureKind> kinds) => new Keys()
        .Text("code", plan.Code)
        .Text("name", plan.Name)
        .Text("tagline", plan.Tagline)
        .Text("description", plan.Description)
        .Text("tax_category", plan.TaxCategory)
        .Texts("bullets", plan.Bullets, compact: false)
        .Text("icon", plan.Icon)
        .Flag("highlighted", plan.Highlighted, otherwise: false)
        .Whole("sort_order", plan.SortOrder, place)
        .Flag("active", plan.Active, otherwise: true)
        .List("prices", plan.Prices.Select(price => NodeOf(price, currency)))
        .List("entitlements",
            plan.Entitlements.Select(entitlement => NodeOf(entitlement, currency, kinds.GetValueOrDefault(entitlement.Feature))))
        .ToMap();

    private static MapNode NodeOf(PlanPrice price, string? currency) => new Keys()
        .Word("interval", price.Interval)
        .Text("currency", price.Currency == currency ? null : price.Currency)
        .Whole("amount", price.AmountMinor, null)
        .Whole("trial_days", price.TrialDays, 0)
        .When(price.Seats is not null, k => k.Node("seats", NodeOf(price.Seats!)))
        .When(price.Discount is not null, k => k.Node("discount", NodeOf(price.Discount!)))
        .Whole("minimum", price.MinimumMinor ?? 0, 0)
        .ToMap(compact: true);

    private static MapNode NodeOf(LineDiscount discount) => new Keys()
        .When(discount.Percent is not null, k => k.Amount("percent", Quantity.Of(discount.Percent!.Value.Value)))
        .When(discount.Percent is null, k => k.Whole("amount", discount.AmountMinor!.Value, null))
        .ToMap(compact: true);

    private static MapNode NodeOf(SeatPrice seats)
    {
        // Write one price as such; use tiers only if it has a fee.
        var one = seats is { Mode: TierMode.PerUnit, Tiers: [{ FlatFee: null } only] } ? only : null;
        return new Keys()
            .Whole("included", seats.Included, null)
            .Text("price", one?.UnitPrice.ToString())
            .When(one is null, k => k.Word("mode", seats.Mode).List("tiers", seats.Tiers.Select(NodeOf)))
            .Word("first_flat_fee", seats.FirstFlatFee, FirstFlatFee.Always)
            .When(seats.Discount is not null, k => k.Node("discount", NodeOf(new LineDiscount(seats.Discount, null))))
            .ToMap(compact: true);
    }

    private static MapNode NodeOf(AddOn addOn, string? currency) => new Keys()
        .Text("code", addOn.Code)
        .Text("name", addOn.Name)
        .Text("description", addOn.Description)
        .Text("tax_category", addOn.TaxCategory)
        .Flag("active", addOn.Active, otherwise: true)
        .List("prices", addOn.Prices.Select(price => new Keys()
            .Word("interval", price.Interval).Text("currency", price.Currency == currency ? null : price.Currency)
            .Whole("amount", price.AmountMinor, null)
            .When(price.Discount is not null, k => k.Node("discount", NodeOf(price.Discount!)))
            .ToMap(compact: true)))
        .List("entitlements", addOn.Entitlements.Select(static added => new Keys()
            .Text("feature", added.Feature).When(!added.Enabled, k => k.Amount("quota", added.Quota))
            .When(added.Enabled, k => k.Flag("enabled", value: true))
            .ToMap(compact: true)))
        .Texts("plans", addOn.Plans ?? [], compact: true)
        .Whole("max_quantity", addOn.MaxQuantity ?? 0, 0)
        .ToMap();

    private static MapNode NodeOf(CreditPack pack, string? currency) => new Keys()
        .Text("code", pack.Code)
        .Text("name", pack.Name)
        .Text("description", pack.Description)
        .Text("tax_category", pack.TaxCategory)
        .Flag("active", pack.Active, otherwise: true)
        .Text("feature", pack.Feature)
        .Amount("quantity", pack.Quantity)
        .List("prices", pack.Prices.Select(price => new Keys()
            .Text("currency", price.Currency == currency ? null : price.Currency).Whole("amount", price.AmountMinor, null)
            .When(price.Discount is not null, k => k.Node("discount", NodeOf(price.Discount!)))
            .ToMap(compact: true)))
        .Whole("expires_after_days", pack.ExpiresAfterDays ?? 0, 0)
        .When(pack.Priority is not null, k => k.Whole("priority", pack.Priority!.Value, null))
        .Texts("plans", pack.Plans ?? [], compact: true)
        .ToMap();

    private static MapNode NodeOf(Entitlement entitlement, string? currency, FeatureKind kind) => new Keys()
        .Text("feature", entitlement.Feature)
        .When(kind == FeatureKind.Switch, k => k.Flag("enabled", entitlement.Enabled))
        .When(kind == FeatureKind.Value, k => k.Value("value", entitlement.Value))
        .When(kind == FeatureKind.Metered, k => Metered(k, entitlement, currency))
        .ToMap(compact: true);

    private static void Metered(Keys keys, Entitlement entitlement, string? currency) => keys
        .Amount("quota", entitlement.Quota)
        .Word("period", entitlement.Period, QuotaPeriodKind.BillingMonth)
        .Flag("hard_cap", entitlement.HardCap, otherwise: true)
        .When(entitlement.OverageLimit is not null, k => k.Amount("overage_limit", entitlement.OverageLimit))
        .When(entitlement.OveragePrices.Count > 0, k => k.Node("overage_price", NodeOf(entitlement.OveragePrices, currency)))
        .When(entitlement.Rollover is not null, k => k.Node("rollover", NodeOf(entitlement.Rollover!)))
        .List("rate_limits", entitlement.RateLimits.Select(NodeOf))
        .When(entitlement.Pool is not null, k => k.Node("pool", NodeOf(entitlement.Pool!)))
        .When(!entitlement.Thresholds.SequenceEqual(Entitlement.DefaultThresholds),
            k => k.Node("thresholds", NodeOf(entitlement.Thresholds)))
        .Word("settle_over", entitlement.SettleOver, SettleOverPolicy.Allow)
        .Word("grant_on_change", entitlement.GrantOnChange, GrantOnChange.Full);

    private static MapNode NodeOf(EntitlementOverride change) => new Keys()
        .When(change.Quota.IsSet, k => k.Amount("quota", change.Quota.Value))
        .When(change.Period.IsSet, k => k.Word("period", change.Period.Value))
        .When(change.HardCap.IsSet, k => k.Flag("hard_cap", change.HardCap.Value))
        .When(change.OverageLimit.IsSet, k => k.Amount("overage_limit", change.OverageLimit.Value))
        .When(change.OveragePrices.IsSet, k => k.Node("overage_price", NodeOf(change.OveragePrices.Value, null)))
        .When(change.Rollover.IsSet, k => k.Node("rollover", change.Rollover.Value is { } rollover ? NodeOf(rollover) : null))
        .When(change.RateLimits.IsSet,
            k => k.Node("rate_limits", new ListNode([.. change.RateLimits.Value.Select(NodeOf)], Compact: false)))
        .When(change.Pool.IsSet, k => k.Node("pool", change.Pool.Value is { } pool ? NodeOf(pool) : null))
        .When(change.Thresholds.IsSet, k => k.Node("thresholds", NodeOf(change.Thresholds.Value)))
        .When(change.SettleOver.IsSet, k => k.Word("settle_over", change.SettleOver.Value))
        .When(change.GrantOnChange.IsSet, k => k.Word("grant_on_change", change.GrantOnChange.Value))
        .When(change.Enabled.IsSet, k => k.Flag("enabled", change.Enabled.Value))
        .When(change.Value.IsSet, k => k.Value("value", change.Value.Value))
        .ToMap(compact: true);

    /// <summary>Writes one price without a list around it, and none as null, for an override that removes the plan's.</summary>
    private static CatalogNode? NodeOf(IReadOnlyList<OveragePrice> prices, string? currency) => prices.Count switch
    {
        0 => null,
        1 => NodeOf(prices[0], currency),
        _ => new ListNode([.. prices.Select(price => NodeOf(price, currency))], Compact: false),
    };

    private static MapNode NodeOf(OveragePrice price, string? currency) => new Keys()
        .Word("mode", price.Mode)
        .Text("currency", price.Currency == currency ? null : price.Currency)
        .When(price.PackageSize is not null, k => k.Amount("package_size", price.PackageSize))
        .Word("first_flat_fee", price.FirstFlatFee, FirstFlatFee.Always)
        .When(price.Discount is not null, k => k.Node("discount", NodeOf(new LineDiscount(price.Discount, null))))
        .List("tiers", price.Tiers.Select(NodeOf))
        .ToMap();

    private static MapNode NodeOf(PriceTier tier) => new Keys()
        .When(tier.UpTo is not null, k => k.Amount("up_to", tier.UpTo))
        .Text("unit_price", tier.Percent is null ? tier.UnitPrice.ToString() : null)
        .When(tier.Percent is not null, k => k.Amount("percent", Quantity.Of(tier.Percent!.Value.Value)))
        .Text("flat_fee", tier.FlatFee?.ToString())
        .ToMap(compact: true);

    private static MapNode NodeOf(RolloverPolicy rollover) => new Keys()
        .Amount("max", rollover.Max)
        .Whole("periods", rollover.Periods, null)
        .Flag("carry_overage", rollover.CarryOverage, otherwise: false)
        .ToMap(compact: true);

    private static MapNode NodeOf(RateLimit limit) => new Keys()
        .Amount("limit", limit.Limit)
        .Word("per", limit.Unit)
        .When(limit.Burst is not null, k => k.Amount("burst", limit.Burst))
        .Word("counts", limit.CountsDecisions ? RateCounts.Decisions : RateCounts.Amount, RateCounts.Decisions)
        .ToMap(compact: true);

    private static MapNode NodeOf(CreditPool pool) =>
        new Keys().Text("feature", pool.Feature).Amount("rate", pool.Rate).ToMap(compact: true);

    private static ListNode NodeOf(IReadOnlyList<int> numbers) =>
        new([.. numbers.Select(static n => ScalarNode.Raw(n.ToString(CultureInfo.InvariantCulture)))], Compact: true);

    /// <summary>Builds a map key by key; it leaves out values that equal their default.</summary>
    private sealed class Keys
    {
        private readonly List<MapEntry> _entries = [];

        public Keys Node(string key, CatalogNode? value)
        {
            _entries.Add(new(key, value ?? ScalarNode.Raw("null")));
            return this;
        }

        public Keys When(bool condition, Action<Keys> add)
        {
            if (condition)
            {
                add(this);
            }

            return this;
        }

        public Keys Text(string key, string? value) => value is null ? this : Node(key, ScalarNode.Of(value));

        /// <summary>Adds an amount; null means unlimited.</summary>
        public Keys Amount(string key, Quantity? value) =>
            Node(key, value is { } amount ? ScalarNode.Raw(amount.ToString()) : ScalarNode.Unlimited);

        /// <summary>Adds numbers and truth values unquoted, so that a client gets 30 and not "30".</summary>
        public Keys Value(string key, string? value) => Node(key, value switch
        {
            null => ScalarNode.Unlimited,
            "true" or "false" => ScalarNode.Raw(value),
            _ when decimal.TryParse(
                value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number.ToString(CultureInfo.InvariantCulture) == value => ScalarNode.Raw(value),
            _ => ScalarNode.Of(value),
        });

        public Keys Flag(string key, bool value, bool? otherwise = null) =>
            value == otherwise ? this : Node(key, ScalarNode.Raw(value ? "true" : "false"));

        public Keys Whole(string key, long value, long? otherwise) =>
            value == otherwise ? this : Node(key, ScalarNode.Raw(value.ToString(CultureInfo.InvariantCulture)));

        public Keys Word<TEnum>(string key, TEnum value, TEnum? otherwise = null)
            where TEnum : struct, Enum =>
            otherwise is { } usual && EqualityComparer<TEnum>.Default.Equals(usual, value)
                ? this
                : Node(key, ScalarNode.Of(CatalogWords.Of(value)));

        public Keys Texts(string key, IReadOnlyList<string> values, bool compact) =>
            values.Count == 0 ? this : Node(key, new ListNode([.. values.Select(ScalarNode.Of)], compact));

        public Keys List(string key, IEnumerable<CatalogNode> items)
        {
            var list = items.ToArray();
            return list.Length == 0 ? this : Node(key, new ListNode(list, Compact: false));
        }

        public MapNode ToMap(bool compact = false) => new(_entries, compact);
    }
}
