using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Rating;

/// <summary>Bills of an assumed usage. That they equal real invoices is tested with a server (<c>PricingEstimateTests</c>).</summary>
public sealed class EstimateRulesTests
{
    private static readonly Feature Calls = new() { Code = "call", Name = "Calls" };
    private static readonly Feature Seats = new()
    {
        Code = "seat", Name = "Seats", Meters = [new("seat", MeterAggregate.Max, null, [], LateEventPolicy.NextInvoice)],
    };

    private static readonly Feature Chats = new() { Code = "chat", Name = "Chats" };

    /// <summary>A plan of 20 dollars a month, 200 a year, with units beyond the quota at 10 cents each.</summary>
    private static Entitlement Soft(string feature, decimal quota, QuotaPeriodKind period) => new()
    {
        Feature = feature, Quota = Quantity.Of(quota), Period = period, HardCap = false,
        OveragePrices = [new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(0.1m), null)], null)],
    };

    // 300 units in a month of 30 days: 10 a day, 70 a week, 3,600 a year.
    [Theory]
    [InlineData(QuotaPeriodKind.BillingMonth, 250, PriceInterval.Monthly, 20_00 + 5_00)]
    [InlineData(QuotaPeriodKind.CalendarMonth, 250, PriceInterval.Yearly, 200_00 + 60_00)]
    [InlineData(QuotaPeriodKind.BillingPeriod, 250, PriceInterval.Monthly, 20_00 + 5_00)]
    [InlineData(QuotaPeriodKind.BillingPeriod, 3000, PriceInterval.Yearly, 200_00 + 60_00)]
    [InlineData(QuotaPeriodKind.Day, 10, PriceInterval.Monthly, 20_00)]
    [InlineData(QuotaPeriodKind.Day, 8, PriceInterval.Monthly, 20_00 + 6_00)]
    [InlineData(QuotaPeriodKind.Week, 70, PriceInterval.Monthly, 20_00)]
    [InlineData(QuotaPeriodKind.Week, 63, PriceInterval.Monthly, 20_00 + 3_00)]
    public void Overage_is_billed_for_each_quota_period(QuotaPeriodKind period, int quota, PriceInterval interval, long total) =>
        Of([Soft("call", quota, period)], interval, ("call", 300)).Total.Minor.ShouldBe(total);

    // 7 seats at the same time, in a plan with 5.
    [Theory]
    [InlineData(PriceInterval.Monthly, QuotaPeriodKind.BillingMonth, 20_00 + 20)]
    [InlineData(PriceInterval.Yearly, QuotaPeriodKind.BillingMonth, 200_00 + 240)]
    [InlineData(PriceInterval.Yearly, QuotaPeriodKind.BillingPeriod, 200_00 + 20)]
    public void A_level_is_as_high_in_a_year_as_in_a_month(PriceInterval interval, QuotaPeriodKind period, long total) =>
        Of([Soft("seat", 5, period)], interval, ("seat", 7)).Total.Minor.ShouldBe(total);

    [Theory]
    [InlineData(0, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void A_hard_cap_refuses_what_exceeds_it(int need, bool fits) =>
        Of([new() { Feature = "call", Quota = Quantity.Of(10) }], PriceInterval.Monthly, ("call", need)).Fits.ShouldBe(fits);

    [Theory]
    [InlineData(15, true, 20_50)]
    [InlineData(16, false, 20_50)]
    public void A_limit_of_overage_refuses_what_exceeds_it(int need, bool fits, long total)
    {
        var estimate = Of(
            [Soft("call", 10, QuotaPeriodKind.BillingMonth) with { OverageLimit = Quantity.Of(5) }], PriceInterval.Monthly, ("call", need));
        (estimate.Fits, estimate.Total.Minor).ShouldBe((fits, total));
    }

    /// <summary>Use that comes back each month has spent a quota without a next period; a level stays within it.</summary>
    [Theory]
    [InlineData("call", 0, PriceInterval.Monthly, true)]
    [InlineData("call", 1, PriceInterval.Monthly, false)]
    [InlineData("call", 50, PriceInterval.Yearly, false)]
    [InlineData("seat", 50, PriceInterval.Yearly, true)]
    [InlineData("seat", 51, PriceInterval.Monthly, false)]
    public void A_quota_that_is_given_only_once_covers_no_month(string feature, int need, PriceInterval interval, bool fits) =>
        Of([new() { Feature = feature, Quota = Quantity.Of(50), Period = QuotaPeriodKind.Lifetime }], interval, (feature, need))
            .Fits.ShouldBe(fits);

    [Theory]
    [InlineData(null, true, 20_00 + 30_00)]
    [InlineData(1000, false, 20_00)]
    public void Use_beyond_a_quota_that_is_given_only_once_is_billed_each_month(int? limit, bool fits, long total)
    {
        var soft = Soft("call", 250, QuotaPeriodKind.Lifetime) with { OverageLimit = limit is { } most ? Quantity.Of(most) : null };
        var estimate = Of([soft], PriceInterval.Monthly, ("call", 300));
        (estimate.Fits, estimate.Total.Minor).ShouldBe((fits, total));
    }

    [Fact]
    public void A_pool_that_is_given_only_once_covers_no_month() => Of(
        [
            new() { Feature = "chat", Quota = Quantity.Of(10), Pool = new("call", Quantity.Of(2)) },
            new() { Feature = "call", Quota = Quantity.Of(50), Period = QuotaPeriodKind.Lifetime },
        ],
        PriceInterval.Monthly, ("chat", 11)).Refused.ShouldHaveSingleItem().Code.ShouldBe("call");

    [Fact]
    public void A_feature_that_the_plan_does_not_have_is_refused_only_if_it_is_used()
    {
        Of([], PriceInterval.Monthly, ("call", 1)).Refused.ShouldHaveSingleItem().Code.ShouldBe("call");
        Of([], PriceInterval.Monthly, ("call", 0)).Fits.ShouldBeTrue();
    }

    // Each chat beyond 10 draws 2 calls from the pool: 14 chats and 5 calls need 13 calls.
    [Theory]
    [InlineData(13, 20_00)]
    [InlineData(10, 20_30)]
    public void Units_beyond_a_quota_draw_on_the_pool(int pool, long total) => Of(
        [
            new() { Feature = "chat", Quota = Quantity.Of(10), Pool = new("call", Quantity.Of(2)) },
            Soft("call", pool, QuotaPeriodKind.BillingMonth),
        ],
        PriceInterval.Monthly, ("chat", 14), ("call", 5)).Total.Minor.ShouldBe(total);

    [Fact]
    public void Overage_that_the_next_period_pays_for_has_no_price() =>
        Of([Soft("call", 10, QuotaPeriodKind.BillingMonth) with { Rollover = new(null, 1, CarryOverage: true) }], PriceInterval.Monthly,
            ("call", 300)).Total.Minor.ShouldBe(20_00);

    [Fact]
    public void Amounts_beyond_every_invoice_are_no_estimate()
    {
        var dear = Soft("call", 0, QuotaPeriodKind.BillingMonth) with
        {
            OveragePrices = [new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(UnitPrice.Largest), null)], null)],
        };
        EstimateRules.Of(DocumentOf(), TermsOf([dear], PriceInterval.Monthly), Needs(("call", EstimateRules.Most))).ShouldBeNull();
    }

    [Theory]
    [InlineData(2999, 29900, 6088L, 16)]
    [InlineData(999, 9900, 2088L, 17)]
    [InlineData(1000, 12000, null, 0)]
    [InlineData(1000, 13000, null, 0)]
    [InlineData(0, 0, null, 0)]
    [InlineData(1, 11, 1L, 8)]
    public void A_saving_is_what_a_year_costs_less_than_twelve_months_in_whole_percent(long month, long year, long? saved, int percent)
    {
        var saving = SavingRules.Of(new(month, Currency.Usd), new(year, Currency.Usd));
        (saving?.Amount.Minor, saving?.Percent ?? 0).ShouldBe((saved, percent));
    }

    [Theory]
    [InlineData(10, 30, 2999, 1, 27001, 100L)]
    [InlineData(10, 30, 30000, 1, 0, 10L)]
    [InlineData(1, 20, 2999, 1, -999, 6L)]
    [InlineData(10, 30, 29900, 12, 330_100, 120L)]
    [InlineData(10, 30, 0, 1, 30000, null)]
    public void Saved_hours_are_worth_their_rate_less_the_price(int hours, int rate, long price, int months, long gain, long? tenths)
    {
        var worth = ReturnRules.Of(Quantity.Of(hours), Quantity.Of(rate), new(price, Currency.Usd), months);
        (worth.Gain.Minor, worth.Tenths).ShouldBe((gain, tenths));
    }

    private static Estimate Of(IReadOnlyList<Entitlement> gives, PriceInterval interval, params (string Feature, long Need)[] needs) =>
        EstimateRules.Of(DocumentOf(), TermsOf(gives, interval), Needs(needs)).ShouldNotBeNull();

    private static Dictionary<string, Quantity> Needs(params (string Feature, long Need)[] needs) =>
        needs.ToDictionary(static one => one.Feature, static one => Quantity.Of(one.Need), StringComparer.Ordinal);

    private static CatalogDocument DocumentOf() =>
        new() { Code = "shop", Name = "Shop", DefaultPlan = "pro", Features = [Calls, Seats, Chats] };

    private static SubscriptionTerms TermsOf(IReadOnlyList<Entitlement> gives, PriceInterval interval)
    {
        var plan = new Plan
        {
            Code = "pro", Name = "Pro", Entitlements = gives,
            Prices = [new(PriceInterval.Monthly, "USD", 20_00, 0), new(PriceInterval.Yearly, "USD", 200_00, 0)],
        };
        return new(new PlanVersion(1, 1, plan, FrozenDictionary<int, Entitlement>.Empty), interval, Currency.Usd, 1);
    }
}
