using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Overage in tiers, by volume, in packages and by the unit.</summary>
public sealed class PriceLives(LivesHost host)
{
    // Beyond 10 units of each. Calls: 5 × 0.20 + 10 × 0.10 + 2.00 for the second tier + 5 × 0.05. Texts: all 20 at 0.03, that tier's price.
    // Files: 11 of them are 3 packages of 5. Minutes: 2.5 × 0.333 = 0.8325.
    [Fact]
    public Task Graduated_volume_package_and_unit_prices() => Given(Metered())
        .On("2031-04-01").Subscribes("metered")
        .On("2031-04-10").Uses(30, "calls").Uses(30, "texts").Uses(21, "files").Uses(12.5m, "minutes")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2168
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage calls     425  2031-04-01 00:00 → 2031-05-01 00:00
              usage files     600  2031-04-01 00:00 → 2031-05-01 00:00
              usage minutes    83  2031-04-01 00:00 → 2031-05-01 00:00
              usage texts      60  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 15 calls: exactly 5 beyond, all in the first tier, no fee of the second. 20 texts: 10 beyond, the last ones at 0.05.
    // 15 files: exactly one package.
    [Fact]
    public Task A_tier_reaches_up_to_its_bound() => Given(Metered())
        .On("2031-04-01").Subscribes("metered")
        .On("2031-04-10").Uses(15, "calls").Uses(20, "texts").Uses(15, "files")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1350
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage calls     100  2031-04-01 00:00 → 2031-05-01 00:00
              usage files     200  2031-04-01 00:00 → 2031-05-01 00:00
              usage texts      50  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    internal static Shop Metered() => new()
    {
        Plans =
        [
            new("free", [new(Interval.Monthly, 0)], []),
            new("metered", [new(Interval.Monthly, 1000)],
            [
                new("calls", 10, new(Rate.Graduated, [new(5, 0.20m), new(15, 0.10m, 2.00m), new(null, 0.05m)])),
                new("texts", 10, new(Rate.Volume, [new(10, 0.05m), new(null, 0.03m)])),
                new("files", 10, Overage.Package(5, 2.00m)),
                new("minutes", 10, Overage.PerUnit(0.333m)),
            ]),
        ],
    };
}
