using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>Recurring revenue of a plan of $30 a month, $300 a year, $7 a week.</summary>
public sealed class RevenueRulesTests
{
    private static readonly Instant Now = Utc("2026-05-01T00:00:00Z");

    private static readonly Coupon Tenth = new() { Code = "TEN", PercentOff = new(10), Duration = CouponDuration.Forever };
    private static readonly Coupon Five = new() { Code = "FIVE", AmountOff = Usd(500), Duration = CouponDuration.Repeating, Months = 3 };

    [Theory]
    [InlineData(SubscriptionStatus.Active, PriceInterval.Monthly, 1, 30)]
    [InlineData(SubscriptionStatus.PastDue, PriceInterval.Monthly, 4, 120)]
    [InlineData(SubscriptionStatus.Active, PriceInterval.Yearly, 1, 25)]
    [InlineData(SubscriptionStatus.Active, PriceInterval.Weekly, 3, 91)] // 21 × 52 ÷ 12
    [InlineData(SubscriptionStatus.Trialing, PriceInterval.Monthly, 1, 0)]
    [InlineData(SubscriptionStatus.Paused, PriceInterval.Monthly, 1, 0)]
    [InlineData(SubscriptionStatus.Incomplete, PriceInterval.Monthly, 1, 0)]
    [InlineData(SubscriptionStatus.Canceled, PriceInterval.Monthly, 1, 0)]
    [InlineData(SubscriptionStatus.Expired, PriceInterval.Monthly, 1, 0)]
    public void Only_what_is_paid_for_brings_revenue_and_a_year_is_twelve_months(
        SubscriptionStatus status, PriceInterval interval, long quantity, int expected) =>
        RevenueRules.PerMonth(status, Terms(interval, quantity), [], Now).ShouldBe(new ExactMoney(expected, Currency.Usd));

    public static TheoryData<PriceInterval, Redemption[], string> Coupons => new()
    {
        { PriceInterval.Monthly, [Had(Tenth)], "27" },
        { PriceInterval.Monthly, [Had(Tenth), Had(Five)], "22" },

        // A percentage applies to the rest.
        { PriceInterval.Monthly, [Had(Five), Had(Tenth)], "22.5" },

        // Once for each period, even a year.
        { PriceInterval.Yearly, [Had(Five)], "24.58333333" },
        { PriceInterval.Monthly, [Had(Five with { AmountOff = Usd(9999) })], "0" },

        // A coupon that does not recur, has ended, or is for something else takes nothing off.
        { PriceInterval.Monthly, [Had(Tenth with { Duration = CouponDuration.Once })], "30" },
        { PriceInterval.Monthly,
            [Had(Five with { Duration = CouponDuration.Once, Months = null, CarryOver = true }) with { Left = Usd(400) }], "30" },
        { PriceInterval.Monthly, [new(1, null, null, 1, Usd(2000))], "30" },
        { PriceInterval.Monthly, [Had(Five) with { EndsAt = Now }], "30" },
        { PriceInterval.Monthly, [Had(Five) with { EndsAt = Now.Plus(TimeSpan.FromSeconds(1)) }], "25" },
        { PriceInterval.Monthly, [Had(Tenth with { Plans = ["team"] })], "30" },
        { PriceInterval.Monthly, [Had(Five with { AmountOff = new(500, Currency.Of("EUR")) })], "30" },
    };

    [Theory]
    [MemberData(nameof(Coupons))]
    public void Discounts_that_come_again_are_taken_off(PriceInterval interval, Redemption[] redemptions, string expected) =>
        decimal.Round(RevenueRules.PerMonth(SubscriptionStatus.Active, Terms(interval, 1), redemptions, Now).Major, 8)
            .ShouldBe(decimal.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    private static Redemption Had(Coupon coupon) => new(1, coupon, null, 1, null);

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);

    private static SubscriptionTerms Terms(PriceInterval interval, long quantity) => new(
        new(1, 1, new()
        {
            Code = "pro", Name = "Pro", SortOrder = 1,
            Prices =
            [
                new(PriceInterval.Monthly, "USD", 3000, 0), new(PriceInterval.Yearly, "USD", 30_000, 0),
                new(PriceInterval.Weekly, "USD", 700, 0),
            ],
        }, FrozenDictionary<int, Entitlement>.Empty),
        interval, Currency.Usd, quantity);
}
