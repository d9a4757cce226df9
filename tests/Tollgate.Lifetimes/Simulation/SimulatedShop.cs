using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>A shop with a bit of everything, and the same shop after its prices were changed.</summary>
public static class SimulatedShop
{
    private static readonly PlanSpec Free = new("free", [new(Interval.Monthly, 0)], [new("pages", 10), new("calls", 5)]);

    private static readonly PlanSpec Starter = new(
        "starter",
        [new(Interval.Weekly, 299), new(Interval.Monthly, 999), new(Interval.Yearly, 9990)],
        [new("pages", 100, Overage.PerUnit(0.07m)), new("calls", 50, new(Rate.Graduated, [new(20, 0.25m), new(100, 0.125m, 1.5m), new(null, 0.0333m)]))]);

    private static readonly PlanSpec Team = new(
        "team",
        [new(Interval.Weekly, 1301), new(Interval.Monthly, 4900, TrialDays: 14), new(Interval.Yearly, 49000)],
        [new("pages", 300, new(Rate.Volume, [new(50, 0.061m), new(null, 0.043m, 0.99m)])), new("calls", 120, Overage.Package(25, 1.99m))]);

    private static readonly PlanSpec Business = new(
        "business",
        [new(Interval.Monthly, 19900), new(Interval.Yearly, 199000)],
        [new("pages", null), new("calls", 10_000)]);

    private static readonly PlanSpec Plain = new(
        "plain",
        [new(Interval.Monthly, 1500, TrialDays: 7), new(Interval.Yearly, 15000), new(Interval.Monthly, 1780, "JPY"), new(Interval.Yearly, 17800, "JPY")],
        [new("pages", 50)]);

    private static readonly PlanSpec Plus = new(
        "plus",
        [new(Interval.Monthly, 2500), new(Interval.Yearly, 25000), new(Interval.Monthly, 2980, "JPY"), new(Interval.Yearly, 29800, "JPY")],
        [new("pages", 80, new(Rate.PerUnit, [new(null, 1.37m, 2m)]) { FirstFlatFee = "always" })]);

    public static readonly Shop Opening = new()
    {
        Zone = "Europe/Berlin",
        Plans = [Free, Starter, Team, Business, Plain, Plus],
        Coupons =
        [
            new("THIRD", 33.3m, null, Duration.Repeating, 3),
            new("TENTH", 10, null, Duration.Forever),
            new("SEVEN", null, 700, Duration.Once),
            new("HALF", 50, null, Duration.Once),
            new("LASTING", null, 7777, Duration.Once, CarriesOver: true),
        ],
        Taxes =
        [
            new("DE", "Umsatzsteuer", 19),
            new("GB", "VAT", 20, Inclusive: true),
            new("FR", "TVA", 20, ReverseCharge: true),
            new("CH", "MWST", 8.1m),
        ],
        SellerCountry = "DE",
    };

    public static readonly Shop Dearer = Opening.With(
        Starter with
        {
            Prices = [new(Interval.Weekly, 349), new(Interval.Monthly, 1199), new(Interval.Yearly, 11990)],
            Included = [new("pages", 80, Overage.PerUnit(0.09m)), new("calls", 40, Overage.Package(10, 2.49m))],
        },
        Team with { Included = [new("pages", 250, Overage.PerUnit(0.055m)), new("calls", 120, Overage.Package(25, 2.19m))] });
}
