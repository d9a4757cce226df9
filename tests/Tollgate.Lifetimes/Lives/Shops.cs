using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Lives;

/// <summary>The shops of the lives. The numbers are round, so that a hand calculation is short.</summary>
public static class Shops
{
    /// <summary>$0: 10 pages, no more.</summary>
    public static readonly PlanSpec Free = new("free", [new(Interval.Monthly, 0)], [new("pages", 10)]);

    /// <summary>$10 a month, $100 a year, $2.50 a week: 100 pages a month, each further one 10 cents.</summary>
    public static readonly PlanSpec Basic = new(
        "basic",
        [new(Interval.Weekly, 250), new(Interval.Monthly, 1000), new(Interval.Yearly, 10000)],
        [new("pages", 100, Overage.PerUnit(0.10m))]);

    /// <summary>$30 a month after 14 days on trial, $300 a year: 1,000 pages a month, each further one 5 cents.</summary>
    public static readonly PlanSpec Pro = new(
        "pro",
        [new(Interval.Monthly, 3000, TrialDays: 14), new(Interval.Yearly, 30000)],
        [new("pages", 1000, Overage.PerUnit(0.05m))]);

    /// <summary>$300 a month: unlimited pages.</summary>
    public static readonly PlanSpec Enterprise = new("enterprise", [new(Interval.Monthly, 30000, TrialDays: 14)], [new("pages", null)]);

    public static readonly Shop Standard = new() { Plans = [Free, Basic, Pro, Enterprise] };

    public static Shop In(string zone) => Standard with { Zone = zone };

    public static Shop With(params CouponSpec[] coupons) => Standard with { Coupons = coupons };

    /// <summary>The seller's country is Germany.</summary>
    public static Shop Taxing(params TaxSpec[] taxes) => Standard with { Taxes = taxes, SellerCountry = "DE" };
}
