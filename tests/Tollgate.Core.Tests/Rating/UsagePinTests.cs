using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;

namespace Tollgate.Core.Tests.Rating;

/// <summary>By what a quota period is rated that runs on through a change of the plan.</summary>
public sealed class UsagePinTests
{
    private static readonly OveragePrice TenCents = new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(0.10m), UnitPrice.Of(0))], null);
    private static readonly OveragePrice FiveCents = new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(0.05m), UnitPrice.Of(0))], null);

    // before and after: the quota of a plan that sells what goes beyond it; null: nothing is sold. included: the next plan's quota.
    [Theory]
    [InlineData(100, null, 101, 100)] // one beyond a plan that sold it
    [InlineData(100, null, 100, null)] // all that was included: the next plan rates the month
    [InlineData(100, null, 150, null, 1000)] // the next plan includes all of it
    [InlineData(100, null, 150, null, null)] // or has no limit
    [InlineData(null, 100, 140, 140)] // a trial used more than is included: from there on it costs
    [InlineData(null, 100, 60, null)] // a trial left something: it is still included
    [InlineData(null, 0, 10, 10)] // the smaller plan's quota, under a plan that includes nothing
    [InlineData(100, 1000, 500, null)] // both sell: the plan at the end of the month rates all of it
    [InlineData(null, null, 500, null)]
    public void What_is_decided_at_the_change(int? before, int? after, int used, int? pinned, int? included = 10)
    {
        var pin = UsageRules.Pin(Basis(before, TenCents), Basis(after, FiveCents), included is { } quota ? Quantity.Of(quota) : null, Quantity.Of(used));
        pin.ShouldBe(Basis(pinned, before is null ? FiveCents : TenCents));
    }

    [Fact]
    public void Where_an_override_took_the_price_away_nothing_is_beyond() =>
        UsageRules.DueOf(new() { Code = "calls", Name = "Calls" }, default, Quantity.Of(1_000_000_000), UsageRules.NothingBilled(TenCents), Quantity.Zero, MoneyAmount.Zero(Currency.Usd))
            .Quantity.ShouldBe(Quantity.Zero);

    private static RatingBasis? Basis(int? quota, OveragePrice price) => quota is { } units ? new(Quantity.Of(units), price) : null;
}
