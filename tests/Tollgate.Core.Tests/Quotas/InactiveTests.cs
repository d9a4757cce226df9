using Tollgate.Core.Catalog;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>An account whose project decides nothing for customers without their subscription.</summary>
public sealed class InactiveTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(0)]
    [InlineData(null)]
    public void Decisions_are_refused_whatever_the_plan_gives(int? quota)
    {
        var test = new TestAccount(
            new Entitlement { Feature = "unit", Quota = quota is { } units ? TestAccount.Q(units) : null }, isInactive: true);

        AccountRules.IsUnlimited(test.Account, test.Feature).ShouldBeFalse();
        foreach (var verdict in new[]
        {
            AccountRules.Check(test.Account, test.Feature, TestAccount.Q(3), TestAccount.Now),
            AccountRules.Use(test.Account, [test.Of(3)], TestAccount.Now, TestAccount.Now, enforce: true),
            AccountRules.Reserve(test.Account, [test.Of(3)], TestAccount.Now),
        })
        {
            (verdict.Outcome, verdict.Allowed, verdict.Requested,
                verdict.RestsOnPlan).ShouldBe((Outcome.SubscriptionInactive, false, TestAccount.Q(3), true));
        }

        (test.Balance.Used.Value, test.Balance.Held.Value, test.Balance.Denied).ShouldBe((0, 0, 2));
    }

    [Fact]
    public void Facts_are_recorded_and_settled()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = TestAccount.Q(10) }, isInactive: true);

        AccountRules.Use(test.Account, [test.Of(3)], TestAccount.Now, TestAccount.Now, enforce: false).Outcome
            .ShouldBe(Outcome.WithinQuota);
        AccountRules.UseAsSettle(test.Account, [test.Of(4)], TestAccount.Now, TestAccount.Now).Outcome.ShouldBe(Outcome.WithinQuota);
        test.Balance.Used.Value.ShouldBe(7);
    }

    [Fact]
    public void A_refusal_says_what_was_asked_for()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = TestAccount.Q(2) });

        AccountRules.Use(test.Account, [test.Of(3)], TestAccount.Now, TestAccount.Now, enforce: true).Requested.ShouldBe(TestAccount.Q(3));
        AccountRules.Check(test.Account, test.Feature, TestAccount.Q(3), TestAccount.Now).Requested.ShouldBe(TestAccount.Q(3));
        AccountRules.Check(test.Account, test.Feature, TestAccount.Q(2), TestAccount.Now).Requested.ShouldBeNull();
    }
}
