using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>The largest and the smallest numbers that a caller or a catalogue may name: none of them throws.</summary>
public sealed class RangeTests
{
    private static readonly Quantity Largest = Quantity.Of(Quantity.Largest);

    [Fact]
    public void A_sum_beyond_the_range_is_refused_also_as_a_fact_and_leaves_the_balance()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = null });
        AccountRules.Use(test.Account, [test.Of(Quantity.Largest)], TestAccount.Now, TestAccount.Now, enforce: true).Outcome
            .ShouldBe(Outcome.Unlimited);
        AccountRules.Use(test.Account, [test.Of(0.000000001m)], TestAccount.Now, TestAccount.Now, enforce: false).Outcome
            .ShouldBe(Outcome.OutOfRange);
        (test.Balance.Used, test.Balance.Denied).ShouldBe((Largest, 1));
    }

    [Fact]
    public void A_sum_of_holds_beyond_the_range_is_refused()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = null });
        AccountRules.Reserve(test.Account, [test.Of(Quantity.Largest)], TestAccount.Now).Allowed.ShouldBeTrue();
        AccountRules.Reserve(test.Account, [test.Of(1)], TestAccount.Now).Outcome.ShouldBe(Outcome.OutOfRange);
        test.Balance.Held.ShouldBe(Largest);
    }

    [Theory]
    [InlineData("999999999999999999.999999999", "1")]
    [InlineData("999999999999999999.999999999", "0.000000001")]
    [InlineData("0.000000001", "999999999999999999.999999999")]
    public void A_product_within_the_range_is_exact(string a, string b) =>
        At(a).TimesRoundedUp(At(b)).ShouldBe(At(b == "1" ? a : "1000000000"));

    [Fact]
    public void A_product_beyond_the_range_is_none()
    {
        Largest.TimesRoundedUp(Largest).ShouldBeNull();
        Largest.TimesRoundedUp(Quantity.Of(1.000000001m)).ShouldBeNull();
    }

    [Theory]
    [InlineData("0.000000001", null, "999999999999999999.999999999", false)]
    [InlineData("999999999999999999.999999999", null, "999999999999999999.999999999", true)]
    [InlineData("0.000000001", "999999999999999999.999999999", "0.000000001", true)]
    public void A_smooth_window_takes_any_numbers(string limit, string? burst, string amount, bool allowed)
    {
        foreach (var unit in (RateUnit[])[RateUnit.Second, RateUnit.Minute])
        {
            var window = new RateLimit(unit, At(limit), burst is null ? null : At(burst), CountsDecisions: false);
            RateRules.Judge(window, 1, 0, null, At(amount), TestAccount.Now, default).Allowed.ShouldBe(allowed);
        }
    }

    [Fact]
    public void A_prorated_quota_of_any_size_is_its_share()
    {
        var entitlement = new Entitlement { Feature = "unit", Quota = Largest, GrantOnChange = GrantOnChange.Prorated };
        var middle = new Instant((TestAccount.Month.Start.UnixMicroseconds + TestAccount.Month.End.UnixMicroseconds) / 2);
        var terms = new TermsTimeline(
            [TestAccount.Terms(Instant.Epoch, 1, entitlement with { Quota = Quantity.Zero }), TestAccount.Terms(middle, 2, entitlement)]);
        QuotaRules.QuotaFor(terms, 1, TestAccount.Month, TestAccount.Month.End, isMoney: true).ShouldBe(At("499999999999999999.999999999"));
        QuotaRules.QuotaFor(terms, 1, TestAccount.Month, TestAccount.Month.End, isMoney: false).ShouldBe(At("499999999999999999"));
    }

    private static Quantity At(string text) => Quantity.Of(decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
