using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Alerts;

/// <summary>The plan that costs least at a customer's usage, by the rating of invoices.</summary>
public sealed class PlanAdviceTests
{
    private static readonly Feature Calls = new() { Code = "calls", Name = "Calls" };

    private static readonly Plan Free = Plan("free", null, new() { Feature = "calls", Quota = Quantity.Of(10) });

    private static readonly Plan Starter = Plan("starter", 1000, Soft(100, 0.05m));

    private static readonly Plan Pro = Plan("pro", 2900, Soft(1000, 0.02m));

    private static readonly Plan Big = Plan("big", 9900, new() { Feature = "calls", Quota = null });

    private static readonly Plan[] All = [Free, Starter, Pro, Big];

    [Theory]
    // Starter costs 10 + 0.05 beyond 100, Pro 29 + 0.02 beyond 1,000: they meet at 480.
    [InlineData(480, null)]
    [InlineData(481, "Pro would be $0.05 a month cheaper at this use.")]
    [InlineData(720, "Pro would be $12.00 a month cheaper at this use.")]
    [InlineData(4500, "Big would be $131.00 a month cheaper at this use.")]
    [InlineData(8, "Free would be $10.00 a month cheaper at this use.")]
    public void The_cheapest_plan_is_recommended_to_the_cent(int used, string? advice) =>
        PlanAdvice.Of(Use(Starter, used), used > 10 ? Calls : null, All).ShouldBe(advice);

    [Theory]
    [InlineData(9, null)]
    [InlineData(10, "Starter has 100 Calls, for $10.00 more a month.")]
    [InlineData(1000, "Pro has 1,000 Calls, for $29.00 more a month.")]
    [InlineData(1_000_000, "Big has unlimited Calls, for $99.00 more a month.")]
    public void At_a_hard_cap_the_cheapest_plan_with_room_is_recommended(int used, string? advice) =>
        PlanAdvice.Of(Use(Free, used), Calls, All).ShouldBe(advice);

    [Fact]
    public void Plans_that_cannot_be_compared_give_no_advice()
    {
        PlanAdvice.Of(Use(Starter, 720), Calls, []).ShouldBeNull();
        PlanAdvice.Of(Use(Starter, 720), Calls, [Pro with { Active = false }]).ShouldBeNull();
        PlanAdvice.Of(Use(Starter, 720) with { Currency = Currency.Of("EUR") }, Calls, [Pro]).ShouldBeNull("It has no price in euros.");
        PlanAdvice.Of(Use(Starter, 720) with { Interval = PriceInterval.Weekly }, Calls, [Pro]).ShouldBeNull();
        PlanAdvice.Of(
            Use(Starter with { Entitlements = [.. Starter.Entitlements, new() { Feature = "sso", Enabled = true }] }, 720), Calls, [Pro])
            .ShouldBeNull("It would lose a switch.");
        var both = new Dictionary<string, Quantity> { ["calls"] = Quantity.Of(720), ["other"] = Quantity.One };
        PlanAdvice.Of(Use(Starter, 720) with { Used = both }, Calls, [Pro]).ShouldBeNull("Pro does not have the other feature.");
    }

    private static Plan Plan(string code, long? price, Entitlement calls) => new()
    {
        Code = code, Name = char.ToUpperInvariant(code[0]) + code[1..], Entitlements = [calls],
        Prices = price is { } amount ? [new(PriceInterval.Monthly, "USD", amount, 0), new(PriceInterval.Yearly, "USD", amount * 10, 0)] : [],
    };

    private static Entitlement Soft(int quota, decimal each) => new()
    {
        Feature = "calls", Quota = Quantity.Of(quota), HardCap = false,
        OveragePrices = [new(TierMode.PerUnit, "USD", [new(null, Price(each), null)], null)],
    };

    private static UnitPrice Price(decimal each)
    {
        UnitPrice.TryCreate(each, out var price).ShouldBeTrue();
        return price;
    }

    private static PlanUse Use(Plan plan, int used) => new(
        plan, PriceInterval.Monthly, Currency.Usd, new Dictionary<string, Quantity> { ["calls"] = Quantity.Of(used) }, IsProjected: false);
}
