using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>The outcome of a decision on one feature, as a table.</summary>
public sealed class QuotaRulesTests
{
    [Theory]
    [InlineData(null, true, null, 5, 5, 1, Outcome.Unlimited)]
    [InlineData(0, true, null, 0, 0, 1, Outcome.FeatureDisabled)]
    [InlineData(0, false, null, 0, 0, 1, Outcome.FeatureDisabled)]
    [InlineData(10, true, null, 0, 0, 10, Outcome.WithinQuota)]
    [InlineData(10, true, null, 0, 0, 11, Outcome.QuotaExceeded)]
    [InlineData(10, true, null, 6, 3, 1, Outcome.WithinQuota)]
    [InlineData(10, true, null, 6, 4, 1, Outcome.QuotaExceeded)]
    [InlineData(10, true, null, 12, 0, 0, Outcome.QuotaExceeded)]
    [InlineData(10, false, null, 10, 0, 1_000, Outcome.Overage)]
    [InlineData(10, false, 5, 10, 0, 5, Outcome.Overage)]
    [InlineData(10, false, 5, 10, 0, 6, Outcome.OverageLimitReached)]
    [InlineData(10, false, 0, 10, 0, 1, Outcome.OverageLimitReached)]
    public void A_decision_comes_out_as_the_quota_says(
        int? quota, bool hard, int? overage, int used, int held, int amount, Outcome expected)
    {
        var entitlement = new Entitlement
        {
            Feature = "unit", Quota = OrNull(quota), HardCap = hard, OverageLimit = OrNull(overage),
        };
        var balance = Balance.Empty(1, TestAccount.Month, OrNull(quota)) with { Used = TestAccount.Q(used), Held = TestAccount.Q(held) };
        var facts = new TestAccount(entitlement).Facts(OrNull(quota), entitlement, balance);
        QuotaRules.Judge(facts, TestAccount.Q(amount)).ShouldBe(expected);
    }

    [Fact]
    public void A_disabled_feature_opens_with_a_live_grant()
    {
        var entitlement = new Entitlement { Feature = "unit", Quota = Quantity.Zero };
        var balance = Balance.Empty(1, TestAccount.Month, Quantity.Zero);
        var account = new TestAccount(entitlement);
        var pack = TestAccount.Grant(1, 3);
        QuotaRules.Judge(account.Facts(Quantity.Zero, entitlement, balance, pack), TestAccount.Q(3)).ShouldBe(Outcome.WithinQuota);
        QuotaRules.Judge(account.Facts(Quantity.Zero, entitlement, balance, pack), TestAccount.Q(4)).ShouldBe(Outcome.QuotaExceeded);
        QuotaRules.Judge(account.Facts(Quantity.Zero, entitlement, balance, pack with { ExpiresAt = TestAccount.Now }), TestAccount.Q(1))
            .ShouldBe(Outcome.FeatureDisabled);
    }

    [Theory]
    [InlineData(7, 8, 10, new[] { 80 })]
    [InlineData(0, 10, 10, new[] { 80, 90, 100 })]
    [InlineData(0, 7.999999999, 10, new int[0])]
    [InlineData(9, 8, 10, new int[0])]
    [InlineData(0, 5, 0, new int[0])]
    public void Thresholds_are_crossed_at_their_percent_and_not_before(double before, double after, int granted, int[] expected)
    {
        var balance = Balance.Empty(1, TestAccount.Month, null);
        QuotaRules.Crossed(
            new() { Feature = "unit" }, balance with { Used = TestAccount.Q((decimal)before) },
            balance with { Used = TestAccount.Q((decimal)after) }, TestAccount.Q(granted))
            .ShouldBe(expected);
    }

    [Fact]
    public void A_threshold_that_fired_does_not_fire_again()
    {
        var balance = Balance.Empty(1, TestAccount.Month, null) with { Fired = 80 };
        QuotaRules.Crossed(new() { Feature = "unit" }, balance, balance with { Used = TestAccount.Q(9) }, TestAccount.Q(10)).ShouldBe([90]);
    }

    private static Quantity? OrNull(int? value) => value is { } some ? TestAccount.Q(some) : null;
}
