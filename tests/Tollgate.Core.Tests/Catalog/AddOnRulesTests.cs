using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Catalog;

public sealed class AddOnRulesTests
{
    private static readonly Entitlement Scan = new() { Feature = "scan", Quota = Q(30), HardCap = false, Period = QuotaPeriodKind.Week };
    private static readonly Entitlement Page = new() { Feature = "page", Quota = null };
    private static readonly Entitlement Sync = new() { Feature = "sync" };
    private static readonly Entitlement[] Plan = [Scan, Page, Sync];

    private static readonly AddOn MoreScans = AddOn("more-scans", new AddOnEntitlement("scan", Q(10), false));

    [Theory]
    [InlineData(1, 40)]
    [InlineData(7, 100)]
    public void Quotas_add_up_by_the_unit_and_everything_else_stays_the_plans(long quantity, int quota) =>
        Effective("scan", new HeldAddOn(MoreScans, quantity)).ShouldBe(Scan with { Quota = Q(quota) });

    [Fact]
    public void Several_add_ons_on_a_feature_add_up() =>
        Effective("scan", new(MoreScans, 2), new(AddOn("some", new AddOnEntitlement("scan", Q(0.5m), false)), 3)).ShouldNotBeNull().Quota
            .ShouldBe(Q(51.5m));

    [Fact]
    public void Unlimited_stays_unlimited_and_an_unlimited_add_on_makes_it_so()
    {
        Effective("page", new HeldAddOn(AddOn("pages", new AddOnEntitlement("page", Q(10), false)), 1)).ShouldNotBeNull().Quota
            .ShouldBeNull();
        Effective("scan", new HeldAddOn(AddOn("all", new AddOnEntitlement("scan", null, false)), 1)).ShouldNotBeNull().Quota.ShouldBeNull();
    }

    [Fact]
    public void A_feature_that_the_plan_does_not_name_gets_a_hard_cap()
    {
        var effective = Effective("video", new HeldAddOn(AddOn("videos", new AddOnEntitlement("video", Q(5), false)), 4)).ShouldNotBeNull();
        effective.ShouldBe(
            new Entitlement { Feature = "video", Quota = Q(20), HardCap = true, Period = QuotaPeriodKind.BillingMonth, Enabled = false });
    }

    [Fact]
    public void A_switch_is_on_however_many_units_there_are()
    {
        var crm = AddOn("crm", new AddOnEntitlement("sync", null, true), new AddOnEntitlement("export", null, true));
        Effective("sync", new HeldAddOn(crm, 3)).ShouldBe(Sync with { Enabled = true });

        // A switch outside of the plan grants nothing else.
        var beside = Effective("export", new HeldAddOn(crm, 1)).ShouldNotBeNull();
        (beside.Enabled, beside.Quota).ShouldBe((true, Quantity.Zero));
    }

    [Fact]
    public void Entitlements_without_an_add_on_are_the_plans()
    {
        Effective("page", new HeldAddOn(MoreScans, 1)).ShouldBeSameAs(Page);
        AddOnRules.Apply(null, "video", [new(MoreScans, 1)]).ShouldBeNull();
    }

    [Fact]
    public void Two_of_one_add_on_add_up_within_the_plan_and_outside_of_it()
    {
        var both = AddOn("both", new("video", Q(1), false), new("scan", Q(1), false));
        Effective("scan", new(both, 1), new(both, 1))!.Quota.ShouldBe(Q(32));
        Effective("video", new(both, 1), new(both, 1))!.Quota.ShouldBe(Q(2));
    }

    [Fact]
    public void A_customers_override_comes_after_and_replaces_it()
    {
        var effective = Effective("scan", new HeldAddOn(MoreScans, 1));
        EntitlementRules.Apply(effective, new() { Feature = "scan", Quota = Setting.To<Quantity?>(Q(5)) }).Quota.ShouldBe(Q(5));
    }

    [Fact]
    public void A_sum_beyond_what_a_quantity_can_be_is_the_largest_one()
    {
        var huge = AddOn("huge", new AddOnEntitlement("scan", Quantity.Of(Quantity.Largest), false));
        Effective("scan", new HeldAddOn(huge, CatalogLimits.AddOnQuantity)).ShouldNotBeNull().Quota.ShouldBe(Quantity.Of(Quantity.Largest));
        Effective("scan", new HeldAddOn(huge, 1)).ShouldNotBeNull().Quota.ShouldBe(Quantity.Of(Quantity.Largest));
    }

    [Fact]
    public void A_price_is_found_by_interval_and_currency()
    {
        var addOn =
            MoreScans with { Prices = [new(PriceInterval.Monthly, "USD", 500), new(PriceInterval.Monthly, "EUR", 450)], Plans = ["pro"] };
        addOn.PriceFor(PriceInterval.Monthly, Currency.Of("EUR"))!.AmountMinor.ShouldBe(450);
        addOn.PriceFor(PriceInterval.Yearly, Currency.Usd).ShouldBeNull();
        (addOn.FitsPlan("pro"), addOn.FitsPlan("free"), MoreScans.FitsPlan("free")).ShouldBe((true, false, true));
    }

    private static Entitlement? Effective(string feature, params HeldAddOn[] held) =>
        AddOnRules.Apply(Plan.FirstOrDefault(e => e.Feature == feature), feature, held);

    private static AddOn AddOn(string code, params AddOnEntitlement[] entitlements) =>
        new() { Code = code, Name = code, Entitlements = entitlements };

    private static Quantity Q(decimal value) => Quantity.Of(value);
}
