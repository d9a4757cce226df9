using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Subscriptions;

public sealed class ProrationTests
{
    private static readonly Period March = new(Utc("2026-03-15T09:00:00Z"), Utc("2026-04-15T08:00:00Z"));

    [Theory]
    [InlineData(Proration.Second, "2026-03-15T09:00:00Z", "2674800/2674800")]
    [InlineData(Proration.Second, "2026-04-15T07:59:59Z", "1/2674800")]
    [InlineData(Proration.Second, "2026-04-15T07:59:59.9Z", "0/2674800")]
    [InlineData(Proration.Second, "2026-04-15T08:00:00Z", "0/1")]
    // The day of the change belongs to the new plan; Berlin's day of 23 hours counts as one.
    [InlineData(Proration.Day, "2026-03-15T20:00:00Z", "31/31")]
    [InlineData(Proration.Day, "2026-03-29T22:30:00Z", "16/31")]
    [InlineData(Proration.Day, "2026-03-29T21:30:00Z", "17/31")]
    [InlineData(Proration.Day, "2026-04-15T01:00:00Z", "0/31")]
    [InlineData(Proration.None, "2026-03-20T00:00:00Z", "0/1")]
    [InlineData(Proration.UsageAware, "2026-04-15T07:59:59Z", "1/2674800")]
    public void The_remaining_share_of_a_period(Proration policy, string at, string share) =>
        ProrationRules.Remaining(policy, March, Utc(at), Zone("Europe/Berlin")).ToString().ShouldBe(share);

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);

    [Theory]
    [InlineData(Proration.Second, 2900, 2900, null, 1450)]
    // Never more than was billed and is not credited yet.
    [InlineData(Proration.Second, 2900, 1000, null, 1000)]
    [InlineData(Proration.Second, 2900, 0, null, 0)]
    [InlineData(Proration.Second, 2900, -500, null, 0)]
    // Nor, if usage counts, more than the remaining share of the quota.
    [InlineData(Proration.UsageAware, 2900, 2900, 25, 725)]
    [InlineData(Proration.UsageAware, 2900, 2900, 90, 1450)]
    [InlineData(Proration.UsageAware, 2900, 2900, null, 1450)]
    public void The_credited_amount(Proration policy, long price, long billed, int? leftPercent, long credit) =>
        ProrationRules.Credits(
            policy, [Usd(price)], default, new(14, 28), Usd(billed), leftPercent is { } left ? new Fraction(left, 100) : null, Usd(0))
            .Single().Amount.Minor.ShouldBe(credit);

    // Half of $10 off $30 came off the remaining half: $15 less $5. Several prices share a deduction in the ratio of their credits.
    [Theory]
    [InlineData(new long[] { 3000 }, 2000, 500, new[] { "1000 off 500" })]
    [InlineData(new long[] { 3000, 1000 }, 3000, 500, new[] { "1125 off 375", "375 off 125" })]
    [InlineData(new long[] { 3000 }, 400, 500, new[] { "400 off 500 not billed 600" })]
    [InlineData(new long[] { 3000 }, 400, 0, new[] { "400 not billed 1100" })]
    [InlineData(new long[] { 3000 }, 3000, 1600, new[] { "0 off 1500" })]
    [InlineData(new long[] { 3000 }, -100, 1600, new[] { "0 off 1500" })]
    public void An_amount_that_came_off_the_period_does_not_go_back(long[] prices, long billed, long amountOff, string[] credits) =>
        ProrationRules.Credits(Proration.Second, [.. prices.Select(Usd)], default, new(14, 28), Usd(billed), null, Usd(amountOff))
            .Select(static one => $"{one.Amount.Minor}{Told("off", one.AmountOff)}{Told("not billed", one.NotBilled)}").ShouldBe(credits);

    private static string Told(string why, MoneyAmount amount) => amount.IsZero ? "" : $" {why} {amount.Minor}";
}
