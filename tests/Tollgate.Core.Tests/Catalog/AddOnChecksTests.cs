using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Catalog;

/// <summary>A check reports all faults of an add-on or a pack together, each at its place.</summary>
public sealed class AddOnChecksTests
{
    private static readonly AddOn Scans = new()
    {
        Code = "scans", Name = "More scans", Prices = [new(PriceInterval.Monthly, "USD", 500)],
        Entitlements = [new("scan", Quantity.Of(10), false), new("sync", null, true)], Plans = ["pro", "custom"], MaxQuantity = 5,
    };

    private static readonly CreditPack Pack = new()
    {
        Code = "hundred", Name = "100 scans", Feature = "scan", Quantity = Quantity.Of(100), Prices = [new("USD", 900), new("EUR", 800)],
        ExpiresAfterDays = 365, Priority = 50, Plans = ["free"],
    };

    private static readonly CatalogDocument Good = new()
    {
        Code = "shop", Name = "Shop", DefaultPlan = "free",
        Features =
        [
            new() { Code = "scan", Name = "Scan" },
            new() { Code = "sync", Name = "Sync", Kind = FeatureKind.Switch },
            new() { Code = "days", Name = "Days", Kind = FeatureKind.Value },
        ],
        Plans =
        [
            new() { Code = "free", Name = "Free" },
            new() { Code = "pro", Name = "Pro",
                Prices = [new(PriceInterval.Monthly, "USD", 2900, 0), new(PriceInterval.Yearly, "USD", 29000, 0)] },
            new() { Code = "lite", Name = "Lite", Prices = [new(PriceInterval.Yearly, "USD", 9000, 0)] },
            new() { Code = "custom", Name = "Custom" },
        ],
        AddOns = [Scans],
        Packs = [Pack],
    };

    [Fact]
    public void Good_ones_have_no_faults() => CatalogRules.Check(Good).ShouldBeEmpty();

    public static TheoryData<string, AddOn, string> BadAddOns => new()
    {
        { "code", Scans with { Code = "More scans" }, "not a valid code" },
        { "name", Scans with { Name = "" }, "empty" },
        { "description", Scans with { Description = new('x', 2001) }, "2001 characters" },
        { "prices", Scans with { Prices = [] }, "At least one price" },
        { "prices[0].currency", Scans with { Prices = [new(PriceInterval.Monthly, "USX", 1)], Plans = null }, "Unknown currency" },
        { "prices[0].amount", Scans with { Prices = [new(PriceInterval.Monthly, "USD", -1)] }, "0 to" },
        { "prices[1]", Scans with { Prices = [Scans.Prices[0], Scans.Prices[0]] }, "occurs twice" },
        { "entitlements[0].feature", Scans with { Entitlements = [new("scam", Quantity.One, false)] }, "no feature 'scam'" },
        { "entitlements[0].feature", Scans with { Entitlements = [new("days", Quantity.One, false)] }, "value feature" },
        { "entitlements[0].quota", Scans with { Entitlements = [new("scan", Quantity.Zero, false)] }, "more than 0" },
        { "entitlements[0].quota", Scans with { Entitlements = [new("scan", null, true)] }, "more than 0" },
        { "entitlements[0].enabled", Scans with { Entitlements = [new("sync", null, false)] }, "turns it on" },
        { "entitlements[1].feature", Scans with { Entitlements = [Scans.Entitlements[0], Scans.Entitlements[0]] }, "occurs twice" },
        { "plans", Scans with { Plans = [] }, "To allow all plans" },
        { "plans[0]", Scans with { Plans = ["gold"] }, "no plan 'gold'" },
        { "plans[1]", Scans with { Plans = ["pro", "pro"] }, "occurs twice" },
        { "plans[1]", Scans with { Plans = ["pro", "lite"] }, "no price with an interval and currency of plan 'lite'" },
        { "max_quantity", Scans with { MaxQuantity = 0 }, "1 to" },
    };

    [Theory]
    [MemberData(nameof(BadAddOns))]
    public void A_bad_add_on_is_refused_where_it_is_bad(string member, AddOn addOn, string says) =>
        Refused(Good with { AddOns = [addOn] }, $"add_ons[0].{member}", says);

    public static TheoryData<string, CreditPack, string> BadPacks => new()
    {
        { "code", Pack with { Code = "100" }, "not a valid code" },
        { "feature", Pack with { Feature = "scam" }, "no feature 'scam'" },
        { "feature", Pack with { Feature = "sync" }, "needs a metered feature" },
        { "quantity", Pack with { Quantity = Quantity.Zero }, "more than 0" },
        { "prices", Pack with { Prices = [] }, "At least one price" },
        { "prices[0].amount", Pack with { Prices = [new("USD", 0)] }, "1 to" },
        { "prices[1]", Pack with { Prices = [new("USD", 1), new("USD", 2)] }, "occurs twice" },
        { "expires_after_days", Pack with { ExpiresAfterDays = 0 }, "1 to" },
        { "priority", Pack with { Priority = 1001 }, "0 to" },
        { "plans[0]", Pack with { Plans = ["gold"] }, "no plan 'gold'" },
    };

    [Theory]
    [MemberData(nameof(BadPacks))]
    public void A_bad_pack_is_refused_where_it_is_bad(string member, CreditPack pack, string says) =>
        Refused(Good with { Packs = [pack] }, $"packs[0].{member}", says);

    [Fact]
    public void A_code_occurs_once()
    {
        Refused(Good with { AddOns = [Scans, Scans] }, "add_ons[1].code", "occurs twice");
        Refused(Good with { Packs = [Pack, Pack] }, "packs[1].code", "occurs twice");
    }

    [Fact]
    public void All_faults_are_found_at_once() =>
        CatalogRules.Check(
            Good with
            {
                AddOns = [Scans with { Prices = [], Plans = ["gold"], MaxQuantity = -1 }],
                Packs = [Pack with { Quantity = Quantity.Zero, Priority = -1 }],
            })
            .Select(f => f.Path)
            .ShouldBe(["add_ons[0].prices", "add_ons[0].plans[0]", "add_ons[0].max_quantity", "packs[0].quantity", "packs[0].priority"]);

    public static TheoryData<CatalogDocument, string> Changes => new()
    {
        { Good with { AddOns = [] }, "add-on scans: removed" },
        { Good with { AddOns = [Scans, Scans with { Code = "other", Name = "Other" }] }, "add-on other: added (Other)" },
        { Good with { AddOns = [Scans with { Active = false }] }, "add-on scans: active true → false" },
        { Good with { AddOns = [Scans with { Prices = [new(PriceInterval.Monthly, "USD", 600)] }] },
            "add-on scans: prices $5.00 monthly → $6.00 monthly" },
        { Good with { AddOns = [Scans with { Entitlements = [new("scan", Quantity.Of(20), false), new("sync", null, true)] }] },
            "add-on scans: entitlements scan +10, sync on → scan +20, sync on" },
        { Good with { AddOns = [Scans with { Plans = null }] }, "add-on scans: plans pro, custom → all" },
        { Good with { AddOns = [Scans with { MaxQuantity = null }] }, "add-on scans: max_quantity 5 → none" },
        { Good with { Packs = [] }, "pack hundred: removed" },
        { Good with { Packs = [Pack with { Quantity = Quantity.Of(150) }] }, "pack hundred: quantity 100 → 150" },
        { Good with { Packs = [Pack with { Prices = [new("USD", 900)] }] }, "pack hundred: prices $9.00, €8.00 → $9.00" },
        { Good with { Packs = [Pack with { ExpiresAfterDays = null }] }, "pack hundred: expires_after_days 365 → none" },
        { Good with { Packs = [Pack with { Priority = 60 }] }, "pack hundred: priority 50 → 60" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void One_change_is_one_line(CatalogDocument after, string line)
    {
        var diff = CatalogDiff.Between(Good, after);
        diff.Changes.ShouldHaveSingleItem().ToString().ShouldBe(line);
        diff.ChangedPlans.ShouldBeEmpty();
    }

    private static void Refused(CatalogDocument document, string path, string says) =>
        CatalogRules.Check(document).ShouldContain(fault => fault.Path == path && fault.Message.Contains(says, StringComparison.Ordinal));
}
