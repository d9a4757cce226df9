using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Catalog;

public sealed class CatalogDiffTests
{
    private static readonly Plan Pro = new()
    {
        Code = "pro",
        Name = "Pro",
        Prices = [new(PriceInterval.Monthly, "USD", 2999, 7)],
        Entitlements = [new() { Feature = "cv_generate", Quota = Quantity.Of(30) }, new() { Feature = "sync", Enabled = true }],
    };

    private static readonly CatalogDocument Before = new()
    {
        Code = "shop",
        Name = "Shop",
        DefaultPlan = "free",
        Features = [new() { Code = "cv_generate", Name = "CV" }, new() { Code = "sync", Name = "Sync", Kind = FeatureKind.Switch }],
        Plans = [new() { Code = "free", Name = "Free" }, Pro],
    };

    public static TheoryData<CatalogDocument, string> Changes => new()
    {
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0] with { Quota = Quantity.Of(40) }, Pro.Entitlements[1]] }),
            "pro · cv_generate: quota 30 → 40" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0] with { Quota = null }, Pro.Entitlements[1]] }),
            "pro · cv_generate: quota 30 → unlimited" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0] with { Period = QuotaPeriodKind.Week }, Pro.Entitlements[1]] }),
            "pro · cv_generate: period billing_month → week" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0] with { Thresholds = [75] }, Pro.Entitlements[1]] }),
            "pro · cv_generate: thresholds 80, 90, 100 → 75" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0], Pro.Entitlements[1] with { Enabled = false }] }),
            "pro · sync: enabled true → false" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[0]] }), "pro · sync: removed" },
        { WithPro(Pro with { Entitlements = [Pro.Entitlements[1], Pro.Entitlements[0]] }),
            "plan pro: order of entitlements cv_generate, sync → sync, cv_generate" },
        { WithPro(Pro with { Prices = [new(PriceInterval.Monthly, "USD", 3999, 7)] }), "pro · monthly USD: amount $29.99 → $39.99" },
        { WithPro(Pro with { Prices = [new(PriceInterval.Monthly, "USD", 2999, 14)] }), "pro · monthly USD: trial_days 7 → 14" },
        { WithPro(Pro with { Prices = [Pro.Prices[0] with { MinimumMinor = 5000 }] }), "pro · monthly USD: minimum none → $50.00" },
        {
            WithPro(Pro with
            {
                Prices = [Pro.Prices[0] with { Seats = new(3, TierMode.PerUnit, [new(null, UnitPrice.Of(12.5m), null)]) }],
            }),
            "pro · monthly USD: seats none → per_unit 12.5 USD for each beyond 3"
        },
        {
            WithPro(Pro with
            {
                Entitlements = [
                    Pro.Entitlements[0] with { OveragePrices = [Each("USD", 0.02m), Each("EUR", 0.018m)] }, Pro.Entitlements[1]],
            }),
            "pro · cv_generate: overage_price none → per_unit 0.02 USD; per_unit 0.018 EUR, first flat fee on_use"
        },
        {
            Before with { PricingPage = new() { Questions = [new("Why?", "So.")] } }, "pricing_page: faq none → Why? So."
        },
        { Before with { PricingPage = new() { SignupUrl = "https://a.example/" } }, "pricing_page: signup_url none → https://a.example/" },
        { WithPro(Pro with { Active = false }), "plan pro: retired (kept for those who have it)" },
        { WithPro(Pro with { Tagline = "Best" }), "plan pro: tagline none → Best" },
        { Before with { Plans = [Before.Plans[0]] }, "plan pro: removed" },
        { Before with { Plans = [.. Before.Plans, new() { Code = "team", Name = "Team" }] }, "plan team: added (Team)" },
        { Before with { Currency = "EUR" }, "catalogue: currency USD → EUR" },
        { Before with { Features = [.. Before.Features, new() { Code = "x", Name = "X" }] }, "feature x: added (X)" },
        { Before with { Features = [Before.Features[0] with { Name = "CVs" }, Before.Features[1]] }, "feature cv_generate: name CV → CVs" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void One_change_is_one_line(CatalogDocument after, string line) =>
        CatalogDiff.Between(Before, after).Changes.ShouldHaveSingleItem().ToString().ShouldBe(line);

    [Fact]
    public void The_same_catalogue_has_no_difference() => CatalogDiff.Between(Before, Before with { }).IsEmpty.ShouldBeTrue();

    [Fact]
    public void A_first_catalogue_adds_everything()
    {
        var diff = CatalogDiff.Between(null, Before);
        diff.Changes.ShouldAllBe(change => change.Kind == CatalogChangeKind.Added);
        diff.ChangedPlans.ShouldBe(["free", "pro"]);
    }

    [Fact]
    public void Changed_and_removed_plans_are_named()
    {
        var diff = CatalogDiff.Between(Before, Before with { Plans = [Before.Plans[0] with { Name = "Gratis" }] });
        diff.ChangedPlans.ShouldBe(["free"]);
        diff.RemovedPlans.ShouldBe(["pro"]);
    }

    private static OveragePrice Each(string currency, decimal price) =>
        new(TierMode.PerUnit, currency, [new(null, UnitPrice.Of(price), null)], null)
    {
        FirstFlatFee = currency == "USD" ? FirstFlatFee.Always : FirstFlatFee.OnUse,
    };

    private static CatalogDocument WithPro(Plan pro) => Before with { Plans = [Before.Plans[0], pro] };
}
