using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Catalog;

public sealed class EntitlementRulesTests
{
    private static readonly Entitlement Plan = new() { Feature = "scan", Quota = Quantity.Of(30), Thresholds = [50] };

    [Fact]
    public void Fields_outside_an_override_are_the_plans() =>
        EntitlementRules.Apply(Plan, new() { Feature = "scan", HardCap = Setting.To(false) })
            .ShouldBe(Plan with { HardCap = false });

    [Fact]
    public void A_quota_that_is_set_to_null_is_unlimited_and_one_that_is_not_set_is_not()
    {
        EntitlementRules.Apply(Plan, new() { Feature = "scan", Quota = Setting.To<Quantity?>(null) }).Quota.ShouldBeNull();
        EntitlementRules.Apply(Plan, new() { Feature = "scan" }).Quota.ShouldBe(Quantity.Of(30));
    }

    [Fact]
    public void An_override_of_a_feature_outside_the_plan_grants_only_what_it_says()
    {
        var applied = EntitlementRules.Apply(null, new() { Feature = "scan", HardCap = Setting.To(false) });
        applied.Quota.ShouldBe(Quantity.Zero);
        applied.Enabled.ShouldBeFalse();
    }

    [Fact]
    public void Every_member_can_be_set()
    {
        var change = new EntitlementOverride
        {
            Feature = "scan",
            Quota = Setting.To<Quantity?>(Quantity.Of(1)),
            Period = Setting.To(QuotaPeriodKind.Day),
            HardCap = Setting.To(false),
            OverageLimit = Setting.To<Quantity?>(Quantity.Of(2)),
            OveragePrices = Setting.To<IReadOnlyList<OveragePrice>>([new(TierMode.PerUnit, "USD", [], null)]),
            Rollover = Setting.To<RolloverPolicy?>(new(null, 1, false)),
            RateLimits = Setting.To<IReadOnlyList<RateLimit>>([new(RateUnit.Day, Quantity.One, null, true)]),
            Pool = Setting.To<CreditPool?>(new("credits", Quantity.One)),
            Thresholds = Setting.To<IReadOnlyList<int>>([10]),
            SettleOver = Setting.To(SettleOverPolicy.Clip),
            GrantOnChange = Setting.To(GrantOnChange.Prorated),
            Enabled = Setting.To(true),
            Value = Setting.To<string?>("x"),
        };

        var applied = EntitlementRules.Apply(Plan, change);

        foreach (var property in typeof(Entitlement).GetProperties()
            .Where(p => p.GetMethod is { IsStatic: false } && p.Name is not (nameof(Entitlement.Feature) or "EqualityContract")))
        {
            var setting = typeof(EntitlementOverride).GetProperty(property.Name).ShouldNotBeNull($"{property.Name} cannot be overridden.")
                .GetValue(change)!;
            property.GetValue(applied).ShouldBe(setting.GetType().GetProperty("Value")!.GetValue(setting), property.Name);
        }
    }

    [Theory]
    [InlineData(FeatureKind.Metered, "enabled,value")]
    [InlineData(FeatureKind.Switch, "quota,hard_cap,value")]
    [InlineData(FeatureKind.Value, "quota,hard_cap,enabled")]
    public void Members_that_do_not_fit_the_kind_are_named(FeatureKind kind, string members)
    {
        var change = new EntitlementOverride
        {
            Feature = "scan",
            Quota = Setting.To<Quantity?>(Quantity.One),
            HardCap = Setting.To(true),
            Enabled = Setting.To(true),
            Value = Setting.To<string?>("x"),
        };
        string.Join(',', EntitlementRules.Misfits(kind, change).Select(m => m.Member)).ShouldBe(members);
    }
}
