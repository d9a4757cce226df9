using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Rating;

public sealed class MinimumRulesTests
{
    private static readonly PlanPrice Price = new(PriceInterval.Monthly, "USD", 2000, 0) { MinimumMinor = 10_000 };
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));

    [Theory]
    [InlineData(2000, 0, 8000)]
    [InlineData(2000, 3000, 5000)]
    [InlineData(2000, 7999, 1)]
    [InlineData(2000, 8000, 0)]
    [InlineData(2000, 9000, 0)]
    [InlineData(0, 0, 10_000)]
    public void The_missing_part_of_a_minimum_is_due(long plan, long usage, long missing)
    {
        var due = MinimumRules.Missing(Price, April, Usd(plan), Usd(usage));
        (due?.Amount.Minor ?? 0).ShouldBe(missing);
        if (due is not null)
        {
            due.ShouldBe(new(April, Usd(10_000), Usd(plan + usage), Usd(missing)));
        }
    }

    [Fact]
    public void A_price_without_a_minimum_has_none() =>
        MinimumRules.Missing(Price with { MinimumMinor = null }, April, Usd(0), Usd(0)).ShouldBeNull();

    [Fact]
    public void A_shortened_period_has_a_share_of_the_minimum()
    {
        // Ten of thirty days: 3333 of 10000, of which 667 were billed for the plan.
        var due = MinimumRules.Missing(Price, April, Usd(667), Usd(0), new Fraction(10, 30)).ShouldNotBeNull();
        (due.Minimum.Minor, due.Amount.Minor).ShouldBe((3333, 2666));
    }

    // Earlier terms left 50.00 to reach; the present ones, for 10 of 30 days, 33.33 less 6.67.
    [Theory]
    [InlineData(0, 7666)]
    [InlineData(7000, 666)]
    [InlineData(7666, 0)]
    public void Earlier_minimums_of_the_period_are_added(long usage, long missing) =>
        (MinimumRules.Missing(Price, April, Usd(667), Usd(usage), new Fraction(10, 30), Usd(5000))?.Amount.Minor ?? 0).ShouldBe(missing);

    [Theory]
    [InlineData(0, 5000)]
    [InlineData(4999, 1)]
    [InlineData(5000, 0)]
    public void A_price_without_a_minimum_does_not_pay_for_what_was_agreed_before(long usage, long missing) =>
        (MinimumRules.Missing(Price with { MinimumMinor = null }, April, Usd(2000), Usd(usage), null, Usd(5000))?.Amount.Minor
            ?? 0).ShouldBe(missing);

    [Fact]
    public void Usage_that_was_taken_back_owes_nothing_where_nothing_was_agreed() =>
        MinimumRules.Missing(null, April, Usd(2000), Usd(-500), null, Usd(0)).ShouldBeNull();

    [Fact]
    public void A_minimum_is_in_the_currency_of_its_price() =>
        Should.Throw<InvariantBrokenException>(() => MinimumRules.Missing(Price with { Currency = "EUR" }, April, Usd(0), Usd(0)));

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
