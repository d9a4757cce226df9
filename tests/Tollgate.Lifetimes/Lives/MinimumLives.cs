using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Agreed minimums: committed is $10 a month and at least $30 with its usage, each page costs 10 cents; scale is $60 and at least $120. A
/// part of a period has the same part of the minimum.
/// </summary>
public sealed class MinimumLives(LivesHost host)
{
    private static readonly PlanSpec Committed = new(
        "committed",
        [new(Interval.Monthly, 1000, Minimum: 3000), new(Interval.Yearly, 10000, Minimum: 36500)],
        [new("pages", 0, Overage.PerUnit(0.10m))]);

    private static readonly PlanSpec Scale = new(
        "scale", [new(Interval.Monthly, 6000, Minimum: 12000)], [new("pages", 100, Overage.PerUnit(0.10m))]);

    private static readonly Shop Shop = Shops.Standard with { Plans = [.. Shops.Standard.Plans, Committed, Scale] };

    // $30 agreed, $10 for the plan and $5 for 50 pages.
    [Fact]
    public Task A_cancellation_at_the_end_of_the_period_owes_the_whole_minimum() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-04-02").Uses(50)
        .On("2031-04-10").CancelsAtTheEnd()
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2000
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        1500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 15 of 30 days: $15 agreed, $5 of the plan's price are for that time.
    [Fact]
    public Task An_immediate_cancellation_owes_a_share_of_the_minimum() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-04-16").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              minimum        1000  2031-04-01 00:00 → 2031-04-16 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_pause_does_not_get_out_of_it() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-04-16").Pauses(until: "2031-05-10")
        .On("2031-05-11")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-10 00:00 open 1500
              proration_credit   -500  2031-04-16 00:00 → 2031-05-01 00:00
              subscription       1000  2031-05-10 00:00 → 2031-06-10 00:00
              minimum            1000  2031-04-01 00:00 → 2031-04-16 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Nor_does_a_cancellation_in_a_pause() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-04-16").Pauses()
        .On("2031-04-20").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 open 1000
              minimum        1000  2031-04-01 00:00 → 2031-04-16 00:00
            """)
        .LivesAsync(host);

    // One of 30 days: $4 of $120 agreed, $2 of the plan's $60 are for that day.
    [Fact]
    public Task An_upgrade_on_the_last_day_agrees_to_a_day() => Given(Shop)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-30").Changes("scale")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-30 00:00 open 167
              proration_credit    -33  2031-04-30 00:00 → 2031-05-01 00:00
              proration_charge    200  2031-04-30 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 6200
              subscription       6000  2031-05-01 00:00 → 2031-06-01 00:00
              minimum             200  2031-04-30 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 29 of 30 days: $116 agreed, $58 of the plan's price are for them; 150 pages beyond basic's 100 are $15 of the rest.
    [Fact]
    public Task A_downgrade_on_the_last_day_does_not_get_out_of_the_others() => Given(Shop)
        .On("2031-04-01").Subscribes("scale").Pays()
        .On("2031-04-10").Uses(250)
        .On("2031-04-30").Changes("basic", when: When.Now)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 6000
              subscription       6000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-30 00:00 paid 0
              proration_credit   -200  2031-04-30 00:00 → 2031-05-01 00:00
              proration_charge     33  2031-04-30 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 6800, 167 from credit
              subscription       1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages        1500  2031-04-01 00:00 → 2031-05-01 00:00
              minimum            4300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Agreed $120: $58 and $2 of the plans' prices and 620 pages at 10 cents are $122.
    [Fact]
    public Task Usage_of_every_feature_counts_for_the_whole_period() => Given(Shop)
        .On("2031-04-01").Subscribes("scale")
        .On("2031-04-10").Uses(720)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 6000
              subscription       6000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 12200
              subscription       6000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages        6200  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Under yearly billing usage is billed by months and counts for the year: $365 agreed, $100 for the plan, $1 in May.
    [Fact]
    public Task A_years_minimum_looks_at_the_whole_year() => Given(Shop)
        .On("2031-04-01").Subscribes("committed", Interval.Yearly)
        .On("2031-05-05").Uses(10)
        .On("2031-06-02").CancelsAtTheEnd()
        .On("2032-04-01")
        .Invoices("""
            2031-04-01 00:00 open 10000
              subscription      10000  2031-04-01 00:00 → 2032-04-01 00:00
            2031-06-01 00:00 open 100
              usage pages         100  2031-05-01 00:00 → 2031-06-01 00:00
            2032-04-01 00:00 open 26400
              minimum           26400  2031-04-01 00:00 → 2032-04-01 00:00
            """)
        .LivesAsync(host);

    // $20 of usage are part of the agreed $30, no matter when they are reported; $12 more exceed it by $12; voided usage is returned down
    // to the minimum.
    [Fact]
    public Task Late_usage_costs_what_exceeds_the_minimum_and_nothing_else() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-05-03").Uses(200, occurred: "2031-04-20")
        .On("2031-06-03").Uses(120, occurred: "2031-04-30 12:00", id: "more")
        .On("2031-07-03").TakesBack("more")
        .On("2031-08-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              minimum        2000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 3000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages    2000  2031-04-01 00:00 → 2031-05-01 00:00
              minimum       -2000  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        2000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-07-01 00:00 open 4200
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
              usage pages    1200  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        2000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-08-01 00:00 open 1800
              subscription   1000  2031-08-01 00:00 → 2031-09-01 00:00
              usage pages   -1200  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        2000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .LivesAsync(host);

    // $5 of the $20 that the minimum covers are voided: nothing goes back.
    [Fact]
    public Task A_void_below_the_minimum_returns_nothing() => Given(Shop)
        .On("2031-04-01").Subscribes("committed")
        .On("2031-04-10").Uses(150).Uses(50, id: "mistake")
        .On("2031-05-03").TakesBack("mistake")
        .On("2031-05-20").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages    2000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-20 00:00 open 1226
              usage pages    -500  2031-04-01 00:00 → 2031-05-01 00:00
              minimum         500  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        1226  2031-05-01 00:00 → 2031-05-20 00:00
            """)
        .LivesAsync(host);
}
