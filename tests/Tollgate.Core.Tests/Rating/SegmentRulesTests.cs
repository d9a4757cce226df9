using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Rating;

/// <summary>A quota period is billed under the plans that sold it, each for the use during its time.</summary>
public sealed class SegmentRulesTests
{
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));
    private static readonly FeatureEntry Calls = new(7, new() { Code = "calls", Name = "Calls" });
    private static readonly OveragePrice TenCents = Cents(0.10m);
    private static readonly OveragePrice NinetyCents = Cents(0.90m);

    // pro: 100 free, 0.10 beyond; dear: 100 and 0.90; big: 1,000 and 0.05; hard: 10 and no more; bare: does not name the feature.
    private static readonly Dictionary<string, PlanVersion> Plans = new()
    {
        ["pro"] = Plan(1, 100, TenCents), ["dear"] = Plan(2, 100, NinetyCents), ["big"] = Plan(3, 1000, Cents(0.05m)),
        ["hard"] = Plan(4, 10, null),
        ["bare"] = new(5, 1, new() { Code = "bare", Name = "bare" }, FrozenDictionary<int, Entitlement>.Empty),
        ["tenth"] = Plan(6, 150, Cents(0.10m)),
        ["endless"] = Plan(7, null, TenCents),
    };

    // Two plans, and the use under each of them in one month. Cents.
    [Theory]
    [InlineData("pro", 150, "big", 0, 500)] // overage remains billed, independent of the next plan
    [InlineData("pro", 150, "endless", 500, 500)]
    [InlineData("pro", 150, "dear", 20, 500 + 1800)]
    [InlineData("pro", 50, "dear", 60, 900)] // 10 beyond, all of the second plan's time
    [InlineData("big", 150, "pro", 30, 300)] // the first 150 were included
    [InlineData("bare", 50, "pro", 60, 100)] // usage remains: 110 in all, and the first 50 were never sold
    [InlineData("bare", 500, "pro", 3, 30)]
    [InlineData("hard", 150, "pro", 0, 0)]
    [InlineData("pro", 120, "hard", 60, 200)]
    [InlineData("pro", 120, "bare", 60, 200)]
    [InlineData("pro", 120, "tenth", 60, 200 + 300)] // another quota at the same price
    public void The_price_of_two_plans_in_a_month(string first, int usedFirst, string second, int usedSecond, long cents)
    {
        var change = Utc("2026-04-16T00:00:00Z");
        var segments = Segments(
            [(April.Start, first), (change, second)],
            [new(April with { Start = Utc("2026-01-01T00:00:00Z"), End = Instant.FarFuture }, Currency.Usd)]);
        IReadOnlyList<Quantity> used = segments.Count == 1
            ? [Quantity.Of(usedFirst + usedSecond)]
            : [Quantity.Of(usedFirst), Quantity.Of(usedSecond)];
        RatingRules.Rate(SegmentRules.Beyond(segments, used), Currency.Usd).Amount.Minor.ShouldBe(cents);
    }

    [Fact]
    public void Only_the_time_in_which_a_subscription_sells_is_billed()
    {
        Instant[] edges = [Utc("2026-04-05T00:00:00Z"), Utc("2026-04-10T00:00:00Z"), Utc("2026-04-20T00:00:00Z")];
        var segments = Segments(
            [(April.Start, "pro")], [new(new(edges[0], edges[1]), Currency.Usd), new(new(edges[2], Instant.FarFuture), Currency.Usd)]);
        segments.Select(one => (one.Period, one.IsSold)).ShouldBe(
            [(new(April.Start, edges[0]), false), (new(edges[0], edges[1]), true), (new(edges[1], edges[2]), false),
                (new(edges[2], April.End), true)]);
        var parts = SegmentRules.Beyond(segments, [Quantity.Of(40), Quantity.Of(70), Quantity.Of(1000), Quantity.Of(3)]);
        parts.Select(part => part.Beyond.Value).ShouldBe([0, 10, 0, 3]);
        RatingRules.Rate(parts, Currency.Usd).Amount.Minor.ShouldBe(130);
    }

    [Fact]
    public void Usage_sold_in_another_currency_is_not_on_the_invoice() =>
        Segments([(April.Start, "pro")], [new(new(April.Start, April.End), Currency.Of("EUR"))]).ShouldHaveSingleItem().IsSold
            .ShouldBeFalse();

    [Fact]
    public void A_first_flat_fee_is_due_once_however_often_the_terms_change_and_tiers_go_on()
    {
        var tiers = new OveragePrice(
            TierMode.Graduated, "USD", [new(Quantity.Of(10), UnitPrice.Of(1), UnitPrice.Of(5)), new(null, UnitPrice.Of(0.50m), null)],
            null);
        UsageSegment[] segments = [
            new(default, null, Quantity.Of(100), tiers), new(default, null, null, null), new(default, null, Quantity.Of(200), tiers)];
        var parts = SegmentRules.Beyond(segments, [Quantity.Of(108), Quantity.Of(200), Quantity.Of(4)]);
        RatingRules.Rate(parts, Currency.Usd).Amount.Minor.ShouldBe(500 + (10 * 100) + (2 * 50));
    }

    [Fact]
    public void A_period_that_the_plan_does_not_count_over_is_not_sold()
    {
        // The calendar month was open when the subscription began on the 7th; its usage counts from the 7th on.
        var start = Utc("2026-04-07T00:00:00Z");
        BillingCycle[] cycles = [new(start, new(start), PriceInterval.Monthly)];
        var timeline = new TermsTimeline([new(Instant.Epoch, Plans["bare"], true, Nothing), new(start, Plans["pro"], false, Nothing)]);
        var segments = SegmentRules.Of(
            Calls, April, timeline, [new(new(start, Instant.FarFuture), Currency.Usd)], Currency.Usd, TimeZoneInfo.Utc, cycles);
        SegmentRules.Beyond(segments, [Quantity.Of(76), Quantity.Zero]).ShouldAllBe(part => !part.Segment.IsSold && part.Beyond.IsZero);
        SegmentRules.Of(
            Calls, new(start, Utc("2026-05-07T00:00:00Z")), timeline, [new(new(start, Instant.FarFuture), Currency.Usd)], Currency.Usd,
            TimeZoneInfo.Utc, cycles)
            .ShouldHaveSingleItem().Price.ShouldBe(TenCents);
    }

    private static readonly IReadOnlyDictionary<int, Entitlement> Nothing = FrozenDictionary<int, Entitlement>.Empty;

    private static IReadOnlyList<UsageSegment> Segments((Instant From, string Plan)[] plans, SellingSpan[] sold) => SegmentRules.Of(
        Calls, April, new([.. plans.Select(one => new CustomerTerms(one.From, Plans[one.Plan], false, Nothing))]), sold, Currency.Usd,
        TimeZoneInfo.Utc, []);

    private static PlanVersion Plan(int id, int? quota, OveragePrice? price)
    {
        var entitlement = new Entitlement
        {
            Feature = "calls", Quota = quota is { } units ? Quantity.Of(units) : null, HardCap = price is null,
            OveragePrices = price is null ? [] : [price],
        };
        return new(
            id, 1, new() { Code = $"plan-{id}", Name = $"Plan {id}" },
            new Dictionary<int, Entitlement> { [7] = entitlement }.ToFrozenDictionary());
    }

    private static OveragePrice Cents(decimal price) => new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(price), null)], null);
}
