using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>A shop with features of every kind, and the same shop with changed prices.</summary>
public static class SimulatedShop
{
    private static readonly PlanSpec Free = new("free", [new(Interval.Monthly, 0)], [new("pages", 10), new("calls", 5)]);

    private static readonly PlanSpec Starter = new(
        "starter",
        [new(Interval.Weekly, 299), new(Interval.Monthly, 999), new(Interval.Yearly, 9990)],
        [new("pages", 100, Overage.PerUnit(0.07m)),
            new("calls", 50, new(Rate.Graduated, [new(20, 0.25m), new(100, 0.125m, 1.5m), new(null, 0.0333m)])), Desks(5, 3.10m),
            Disk(12, 1.70m)]);

    private static readonly PlanSpec Team = new(
        "team",
        [new(Interval.Weekly, 1301), new(Interval.Monthly, 4900, TrialDays: 14), new(Interval.Yearly, 49000)],
        [new("pages", 300, new(Rate.Volume, [new(50, 0.061m), new(null, 0.043m, 0.99m)])), new("calls", 120, Overage.Package(25, 1.99m)),
            Desks(20, 2.40m), Disk(30, 0.93m)]);

    private static readonly PlanSpec Business = new(
        "business",
        [new(Interval.Monthly, 19900), new(Interval.Yearly, 199000)],
        [new("pages", null), new("calls", 10_000)]);

    private static readonly PlanSpec Plain = new(
        "plain",
        [new(Interval.Monthly, 1500, TrialDays: 7), new(Interval.Yearly, 15000), new(Interval.Monthly, 1780, "JPY"),
            new(Interval.Yearly, 17800, "JPY")],
        [new("pages", 50)]);

    private static readonly PlanSpec Plus = new(
        "plus",
        [new(Interval.Monthly, 2500), new(Interval.Yearly, 25000), new(Interval.Monthly, 2980, "JPY"), new(Interval.Yearly, 29800, "JPY")],
        [new("pages", 80, new(Rate.PerUnit, [new(null, 1.37m, 2m)]) { FirstFlatFee = "always" })]);

    private static readonly PlanSpec Committed = new(
        "committed",
        [new(Interval.Monthly, 2900, Minimum: 6000), new(Interval.Yearly, 29000, Minimum: 41000)],
        [new("pages", 40, Overage.PerUnit(0.31m)), new("calls", 10, Overage.Package(10, 1.10m)), Desks(0, 4.05m), Disk(0, 0.61m)]);

    private static Included Desks(decimal units, decimal price) => new("desks", units, Overage.PerUnit(price)) { IsLevel = true };

    private static Included Disk(decimal units, decimal price) => new("disk", units, Overage.PerUnit(price)) { IsTimed = true };

    public static readonly Shop Opening = new()
    {
        Plans = [Free, Starter, Team, Business, Plain, Plus, Committed],
        AddOns =
        [
            new("boost", [new(Interval.Weekly, 129), new(Interval.Monthly, 500), new(Interval.Yearly, 5003)], [new("pages", 50)]),
            new("care", [new(Interval.Weekly, 77), new(Interval.Monthly, 301), new(Interval.Yearly, 3100)], []),
        ],
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

    /// <summary>The shop's plans after a year.</summary>
    public static Shop Dearer(Shop opening) => opening.With(
        Starter with
        {
            Prices = [new(Interval.Weekly, 349), new(Interval.Monthly, 1199), new(Interval.Yearly, 11990)],
            Included = [new("pages", 80, Overage.PerUnit(0.09m)), new("calls", 40, Overage.Package(10, 2.49m)), Desks(4, 3.30m),
                Disk(10, 1.83m)],
        },
        Team with
        {
            Included = [new("pages", 250, Overage.PerUnit(0.055m)), new("calls", 120, Overage.Package(25, 2.19m)), Desks(20, 2.40m),
                Disk(30, 0.93m)],
        },
        Committed with { Prices = [new(Interval.Monthly, 3100, Minimum: 5500), new(Interval.Yearly, 29000, Minimum: 45000)] });
}
