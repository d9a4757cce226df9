using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Catalog;

/// <summary>Each rule refuses a bad catalogue and names the place and the reason; a good catalogue has no fault.</summary>
public sealed class CatalogRulesTests
{
    private static readonly CatalogDocument Good = new()
    {
        Code = "shop",
        Name = "Shop",
        DefaultPlan = "free",
        Features =
        [
            new() { Code = "scan", Name = "Scan" },
            new() { Code = "credits", Name = "Credits" },
            new() { Code = "sync", Name = "Sync", Kind = FeatureKind.Switch },
            new() { Code = "days", Name = "Days", Kind = FeatureKind.Value },
            new() { Code = "cost", Name = "Cost", Unit = "USD", IsMoney = true },
        ],
        Plans =
        [
            new()
            {
                Code = "free",
                Name = "Free",
                Prices = [new(PriceInterval.Monthly, "USD", 0, 0)],
                Entitlements =
                [
                    Scan,
                    new() { Feature = "credits", Quota = Q(100) },
                    new() { Feature = "sync", Enabled = true },
                    new() { Feature = "days", Value = "30" },
                    new() { Feature = "cost", Quota = Q(1.5m) },
                ],
            },
        ],
    };

    private static Entitlement Scan => new() { Feature = "scan", Quota = Q(2) };

    private static OveragePrice InDollars => Overage(TierMode.PerUnit, new PriceTier(null, Price(1), null));

    private static OveragePrice Overage(TierMode mode, params PriceTier[] tiers) => new(mode, "USD", tiers, null);

    [Fact]
    public void A_good_catalogue_has_no_faults() => CatalogRules.Check(Good).ShouldBeEmpty();

    public static TheoryData<string, CatalogDocument, string> BadCatalogues => new()
    {
        { "code", Good with { Code = "Shop" }, "not a valid code" },
        { "code", Good with { Code = new string('a', 64) }, "not a valid code" },
        { "name", Good with { Name = " " }, "empty" },
        { "name", Good with { Name = new string('x', 201) }, "201 characters" },
        { "name", Good with { Name = "a\u0001b" }, "control characters" },
        { "name", Good with { Name = "a\ud800b" }, "unpaired surrogates" },
        { "currency", Good with { Currency = "usd" }, "Unknown currency" },
        { "pricing_page.headline", Good with { PricingPage = new() { Headline = new string('x', 201) } }, "201 characters" },
        { "pricing_page.subline", Good with { PricingPage = new() { Subline = " " } }, "empty" },
        { "pricing_page.tax_note", Good with { PricingPage = new() { TaxNote = "a\u0001b" } }, "control characters" },
        { "pricing_page.signup_url", Good with { PricingPage = new() { SignupUrl = "javascript:alert(1)" } }, "http(s) URL" },
        { "pricing_page.signup_url", Good with { PricingPage = new() { SignupUrl = "//evil.example/" } }, "http(s) URL" },
        { "pricing_page.signup_url", Good with { PricingPage = new() { SignupUrl = "https://a.example/\"><b>" } }, "http(s) URL" },
        {
            "pricing_page.signup_url", Good with { PricingPage = new() { SignupUrl = "https://a.example/" + new string('x', 500) } },
            "http(s) URL"
        },
        {
            "pricing_page.faq",
            Good with { PricingPage = new() { Questions = [.. Enumerable.Repeat(new PricingQuestion("Why?", "So."), 51)] } },
            "51 entries"
        },
        {
            "pricing_page.faq[0].answer", Good with { PricingPage = new() { Questions = [new("Why?", new string('x', 2001))] } },
            "2001 characters"
        },
        { "pricing_page.testimonials[0].name", Good with { PricingPage = new() { Testimonials = [new("Good.", "", null)] } }, "empty" },
        {
            "pricing_page.testimonials",
            Good with { PricingPage = new() { Testimonials = [.. Enumerable.Repeat(new Testimonial("Good.", "A", null), 21)] } },
            "21 entries"
        },
        { "time_zone", Good with { TimeZone = "Berlin" }, "Unknown time zone 'Berlin'. Did you mean 'Europe/Berlin'?" },
        { "upgrade_url", Good with { UpgradeUrl = "javascript:alert(1)" }, "http(s)" },
        { "default_plan", Good with { DefaultPlan = "gold" }, "no plan 'gold'" },
        { "plans", Good with { Plans = [] }, "at least one plan" },
        { "plans[1].code", Good with { Plans = [Good.Plans[0], Good.Plans[0]] }, "occurs twice" },
        { "plans[0].code", Good with { DefaultPlan = "compare", Plans = [Good.Plans[0] with { Code = "compare" }] },
            "A plan cannot have the code 'compare'" },
        { "features[5].code", WithFeature(new() { Code = "scan", Name = "Scan" }), "occurs twice" },
        { "features",
            Good with
            {
                Features = [
                    .. Good.Features,
                    .. Enumerable.Range(0, 101).Select(static n => new Feature { Code = $"f{n}", Name = "F", Meters = [Meter("x")] })],
            }, "101 meters read events of the type 'x'" },
        { "features[5].money", WithFeature(new() { Code = "m", Name = "M", IsMoney = true, Unit = "token" }), "currency code" },
        { "features[5].meters", WithFeature(new() { Code = "s", Name = "S", Kind = FeatureKind.Switch, Meters = [Meter("x")] }),
            "only metered features" },
        { "features[5].meters[0].event_type", WithFeature(new() { Code = "s", Name = "S", Meters = [Meter("a b")] }), "not an event type" },
        { "features[5].meters[1]", WithFeature(new() { Code = "s", Name = "S", Meters = [Meter("x"), Meter("x")] }), "count twice" },
        { "features[5].meters[0].value_property",
            WithFeature(new() { Code = "s", Name = "S", Meters = [Meter("x") with { Aggregate = MeterAggregate.Unique }] }), "unique" },
        { "features[5].meters[0].filters[0].any_of",
            WithFeature(new() { Code = "s", Name = "S", Meters = [Meter("x") with { Filters = [new("p", [])] }] }), "matches nothing" },
        { "plans[0].prices[0].amount", WithPrice(new(PriceInterval.Monthly, "USD", -1, 0)), "-1 minor units" },
        { "plans[0].prices[0].currency", WithPrice(new(PriceInterval.Monthly, "QQQ", 1, 0)), "Unknown currency" },
        { "plans[0].prices[0].trial_days", WithPrice(new(PriceInterval.Monthly, "USD", 1, 731)), "731 trial days" },
        { "plans[0].prices[0].minimum", WithPrice(new(PriceInterval.Monthly, "USD", 500, 0) { MinimumMinor = 500 }), "must be more than the amount" },
        { "plans[0].prices[0].minimum",
            WithPrice(new(PriceInterval.Monthly, "USD", 500, 0) { MinimumMinor = CatalogLimits.PriceMinor + 1 }), "at most" },
        { "plans[0].prices[0].seats.included", WithSeats(new(-1, TierMode.PerUnit, [new(null, Price(1), null)])), "-1 included seats" },
        { "plans[0].prices[0].seats.mode", WithSeats(new(1, TierMode.Package, [new(null, Price(1), null)])),
            "per_unit, graduated or volume" },
        { "plans[0].prices[0].seats.mode", WithSeats(new(1, TierMode.Percentage, [Share(null, 1)])), "per_unit, graduated or volume" },
        { "plans[0].prices[0].seats.tiers", WithSeats(new(1, TierMode.Volume, [])), "at least one" },
        { "plans[0].prices[0].seats.tiers[0].up_to", WithSeats(new(1, TierMode.Volume, [new(Q(5), Price(1), null)])),
            "last tier has no upper bound" },
        { "plans[0].prices[1]", Good with { Plans = [Good.Plans[0] with { Prices = [Good.Plans[0].Prices[0], Good.Plans[0].Prices[0]] }] },
            "occurs twice" },
        { "plans[0].entitlements[5].feature", With(new Entitlement { Feature = "scam", Quota = Q(1) }), "no feature 'scam'" },
        { "plans[0].entitlements[5].feature", With(Scan), "occurs twice" },
    };

    [Theory]
    [MemberData(nameof(BadCatalogues))]
    public void A_bad_catalogue_is_refused_where_it_is_bad(string path, CatalogDocument document, string says) =>
        CatalogRules.Check(document).ShouldContain(fault => fault.Path == path && fault.Message.Contains(says, StringComparison.Ordinal));

    public static TheoryData<string, Entitlement> BadEntitlements => new()
    {
        { "quota", Scan with { Quota = Q(-1) } },
        { "overage_limit", Scan with { OverageLimit = Q(5) } },
        { "overage_price", Scan with { OveragePrices = [Overage(TierMode.PerUnit, new PriceTier(null, Price(1), null))] } },
        { "overage_price.tiers", Scan with { HardCap = false, OveragePrices = [Overage(TierMode.PerUnit)] } },
        { "overage_price.tiers[1].up_to",
            Scan with
            {
                HardCap = false,
                OveragePrices = [Overage(TierMode.Graduated, new PriceTier(Q(10), Price(1), null), new PriceTier(Q(20), Price(1), null))],
            } },
        { "overage_price.tiers[0].up_to",
            Scan with
            {
                HardCap = false,
                OveragePrices = [Overage(TierMode.Graduated, new PriceTier(null, Price(1), null), new PriceTier(null, Price(1), null))],
            } },
        { "overage_price.tiers[1].up_to",
            Scan with
            {
                HardCap = false,
                OveragePrices = [
                    Overage(TierMode.Volume, new PriceTier(Q(10), Price(1), null), new PriceTier(Q(10), Price(1), null),
                        new PriceTier(null, Price(1), null))],
            } },
        { "overage_price.package_size",
            Scan with { HardCap = false, OveragePrices = [Overage(TierMode.Package, new PriceTier(null, Price(1), null))] } },
        { "overage_price.currency",
            Scan with
            {
                HardCap = false, OveragePrices = [Overage(TierMode.PerUnit, new PriceTier(null, Price(1), null)) with { Currency = "ABC" }],
            } },
        { "overage_price.mode", Scan with { HardCap = false, OveragePrices = [Overage(TierMode.Percentage, Share(null, 2.5m))] } },
        { "overage_price.tiers[0].percent", Scan with { HardCap = false, OveragePrices = [Overage(TierMode.PerUnit, Share(null, 2.5m))] } },
        { "overage_price.tiers[1].percent",
            Scan with
            {
                HardCap = false, OveragePrices = [Overage(TierMode.Percentage, Share(10, 2.5m), new PriceTier(null, Price(1), null))],
            } },
        { "overage_price.tiers[0].percent",
            Scan with { HardCap = false, OveragePrices = [Overage(TierMode.Percentage, Share(null, 1000.5m))] } },
        { "overage_price[1].currency", Scan with { HardCap = false, OveragePrices = [InDollars, InDollars] } },
        { "overage_price[1].tiers",
            Scan with { HardCap = false, OveragePrices = [InDollars, InDollars with { Currency = "EUR", Tiers = [] }] } },
        { "overage_price", Scan with { HardCap = false, OveragePrices = [InDollars with { Currency = "EUR" }] } },
        { "rollover.periods", Scan with { Rollover = new(null, 0, false) } },
        { "rollover.max", Scan with { Rollover = new(Q(-1), 1, false) } },
        { "rollover", Scan with { Quota = null, Rollover = new(null, 1, false) } },
        { "rollover.carry_overage", Scan with { Rollover = new(null, 1, true) } },
        { "rate_limits[0].limit", Scan with { RateLimits = [new(RateUnit.Minute, Q(0), null, true)] } },
        { "rate_limits[0].burst", Scan with { RateLimits = [new(RateUnit.Day, Q(1), Q(2), true)] } },
        { "rate_limits[1].per", Scan with { RateLimits = [new(RateUnit.Day, Q(1), null, true), new(RateUnit.Day, Q(2), null, true)] } },
        { "rate_limits[0].limit", Scan with { RateLimits = [new(RateUnit.Concurrency, Q(1.5m), null, true)] } },
        { "pool.feature", Scan with { Pool = new("scan", Q(1)) } },
        { "pool.feature", Scan with { Pool = new("nothing", Q(1)) } },
        { "pool.feature", Scan with { Pool = new("sync", Q(1)) } },
        { "pool.rate", Scan with { Pool = new("credits", Q(0)) } },
        { "thresholds[0]", Scan with { Thresholds = [0] } },
        { "thresholds[1]", Scan with { Thresholds = [90, 80] } },
        { "thresholds", Scan with { Thresholds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] } },
    };

    [Theory]
    [MemberData(nameof(BadEntitlements))]
    public void A_bad_entitlement_is_refused_where_it_is_bad(string member, Entitlement entitlement) =>
        CatalogRules.Check(Replacing(entitlement)).Select(fault => fault.Path).ShouldContain($"plans[0].entitlements[0].{member}");

    [Fact]
    public void Overage_has_a_price_wherever_the_plan_is_sold()
    {
        PlanPrice[] prices = [
            new(PriceInterval.Monthly, "USD", 0, 0), new(PriceInterval.Monthly, "EUR", 0, 0), new(PriceInterval.Yearly, "EUR", 0, 0)];
        var inDollarsOnly = Scan with { HardCap = false, OveragePrices = [InDollars] };
        IReadOnlyList<CatalogFault> Check(Entitlement scan, params PlanPrice[] sold) =>
            CatalogRules.Check(
                Good with { Plans = [Good.Plans[0] with { Prices = sold, Entitlements = [scan, .. Good.Plans[0].Entitlements.Skip(1)] }] });

        var fault = Check(inDollarsOnly, prices).ShouldHaveSingleItem();
        (fault.Path, fault.Message).ShouldBe((
            "plans[0].entitlements[0].overage_price",
            "Plan 'free' is also sold in EUR, where overage of 'scan' has no price and would be free. "
                + "List a price for each currency."));
        Check(inDollarsOnly with { OveragePrices = [InDollars with { Currency = "EUR" }, InDollars] }, prices).ShouldBeEmpty();
        Check(inDollarsOnly).ShouldBeEmpty();
        Check(inDollarsOnly with { OveragePrices = [] }, prices).ShouldBeEmpty();
        inDollarsOnly.OveragePriceIn(Currency.Usd).ShouldBe(inDollarsOnly.OveragePrices[0]);
        inDollarsOnly.OveragePriceIn(Currency.Of("EUR")).ShouldBeNull();
    }

    [Fact]
    public void A_percentage_is_of_money_and_in_its_currency()
    {
        IReadOnlyList<CatalogFault> Check(string currency) => CatalogRules.Check(Good with
        {
            Plans =
            [
                Good.Plans[0] with
                {
                    Prices = [new(PriceInterval.Monthly, currency, 0, 0)],
                    Entitlements = [
                        new() { Feature = "cost", Quota = Q(0), HardCap = false,
                            OveragePrices = [
                                Overage(TierMode.Percentage, Share(100, 2.5m), Share(null, 120)) with { Currency = currency }] }],
                },
            ],
        });

        Check("USD").ShouldBeEmpty();
        var fault = Check("EUR").ShouldHaveSingleItem();
        (fault.Path, fault.Message).ShouldBe((
            "plans[0].entitlements[0].overage_price.mode",
            "'cost' counts USD, so a percentage of it is in USD, not EUR. Use unit_price for other currencies."));
    }

    [Fact]
    public void A_quota_on_a_switch_is_refused() =>
        CatalogRules.Check(Good with { Plans = [Good.Plans[0] with { Entitlements = [new() { Feature = "sync", Quota = Q(1) }] }] })
            .ShouldHaveSingleItem().Message.ShouldContain("only metered features have quotas");

    [Fact]
    public void A_pool_that_the_plan_does_not_name_is_refused() =>
        CatalogRules.Check(Good with { Plans = [Good.Plans[0] with { Entitlements = [Scan with { Pool = new("credits", Q(1)) }] }] })
            .ShouldHaveSingleItem().Path.ShouldBe("plans[0].entitlements[0].pool.feature");

    [Fact]
    public void Credits_are_one_level_deep()
    {
        var credits = new Entitlement { Feature = "credits", Quota = Q(10), Pool = new("cost", Q(1)) };
        var plan =
            Good.Plans[0] with { Entitlements = [Scan with { Pool = new("credits", Q(1)) }, credits, Good.Plans[0].Entitlements[4]] };
        CatalogRules.Check(Good with { Plans = [plan] })
            .ShouldContain(f => f.Message.Contains("pools cannot be nested", StringComparison.Ordinal));
    }

    [Fact]
    public void All_faults_are_found_at_once()
    {
        var document = Good with { Currency = "?", TimeZone = "?", DefaultPlan = "?", Plans = [Good.Plans[0] with { Code = "!" }] };
        CatalogRules.Check(document).Select(f => f.Path)
            .ShouldBe(["currency", "time_zone", "default_plan", "plans[0].code"], ignoreOrder: true);
    }

    [Fact]
    public void Overrides_are_checked_by_the_same_rules()
    {
        EntitlementOverride[] overrides =
        [
            new() { Feature = "scan", Quota = Setting.To<Quantity?>(Q(-1)) },
            new() { Feature = "sync", Quota = Setting.To<Quantity?>(Q(1)) },
            new() { Feature = "nothing", Enabled = Setting.To(true) },
            new() { Feature = "cost", Quota = Setting.To<Quantity?>(null) },
        ];
        OverrideRules.FaultsOf(Good, Good.Plans[0], overrides).Select(f => f.Field).Distinct()
            .ShouldBe(["scan.quota", "sync.quota", "nothing"], ignoreOrder: true);
    }

    private static CatalogDocument WithFeature(Feature feature) => Good with { Features = [.. Good.Features, feature] };

    private static CatalogDocument WithPrice(PlanPrice price) => Good with { Plans = [Good.Plans[0] with { Prices = [price] }] };

    private static CatalogDocument WithSeats(SeatPrice seats) => WithPrice(new(PriceInterval.Monthly, "USD", 500, 0) { Seats = seats });

    private static CatalogDocument With(Entitlement entitlement) =>
        Good with { Plans = [Good.Plans[0] with { Entitlements = [.. Good.Plans[0].Entitlements, entitlement] }] };

    private static CatalogDocument Replacing(Entitlement scan) =>
        Good with { Plans = [Good.Plans[0] with { Entitlements = [scan, .. Good.Plans[0].Entitlements.Skip(1)] }] };

    private static Meter Meter(string type) => new(type, MeterAggregate.Sum, null, [], LateEventPolicy.NextInvoice);

    private static Quantity Q(decimal value) => Quantity.Of(value);

    private static PriceTier Share(decimal? upTo, decimal percent) =>
        new(upTo is { } bound ? Q(bound) : null, UnitPrice.Free, null) { Percent = new(percent) };

    private static UnitPrice Price(decimal value) => UnitPrice.Of(value);
}
