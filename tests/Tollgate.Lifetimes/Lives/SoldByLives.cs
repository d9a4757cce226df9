using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Usage is billed under the plan at the time of use, independent of the time of the report. The monthly plans are $10: pro has 100 pages
/// and costs 10 cents for each further one, dear 90 cents, big has 1,000 at 5 cents; hard has 10 and no more, bare has none. Free has none
/// either. A year of "year" is $120, with 10 pages a month; "top" is $240 and has none.
/// </summary>
public sealed class SoldByLives(LivesHost host)
{
    private static readonly Shop Shop = new()
    {
        Plans =
        [
            new("free", [new(Interval.Monthly, 0)], []),
            Plan("pro", new Included("pages", 100, Overage.PerUnit(0.10m))),
            Plan("dear", new Included("pages", 100, Overage.PerUnit(0.90m))),
            Plan("big", new Included("pages", 1000, Overage.PerUnit(0.05m))),
            Plan("hard", new Included("pages", 10)),
            Plan("bare"),
            Plan("sell", new Included("pages", 20, Overage.PerUnit(0.10m))),
            Plan("fee", new Included("pages", 0, new(Rate.Graduated, [new(null, 0.10m, 5.00m)]))),
            new("year", [new(Interval.Yearly, 12000)], [new("pages", 10)]),
            new("top", [new(Interval.Yearly, 24000)], []),
        ],
    };

    // No plan sold pages on the 2nd; nothing was used after that.
    [Fact]
    public Task Usage_of_before_the_subscription_is_not_billed() => Given(Shop)
        .On("2031-03-02").Uses(500)
        .On("2031-03-07").Subscribes("pro")
        .On("2031-05-07")
        .Invoices("""
            2031-03-07 00:00 open 1000
              subscription   1000  2031-03-07 00:00 → 2031-04-07 00:00
            2031-04-07 00:00 open 1000
              subscription   1000  2031-04-07 00:00 → 2031-05-07 00:00
            2031-05-07 00:00 open 1000
              subscription   1000  2031-05-07 00:00 → 2031-06-07 00:00
            """)
        .LivesAsync(host);

    // 50 beyond pro's 100 at 10 cents are $5, independent of the next plan.
    [Theory]
    [InlineData("dear")]
    [InlineData("big")]
    [InlineData("hard")]
    [InlineData("bare")]
    public Task Usage_beyond_a_plan_stays_sold_by_it(string next) => Given(Shop)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-10").Uses(150)
        .On("2031-04-16").Changes(next, when: When.Now)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages          500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // One month has one quota: 90 under pro and 7 that no plan sold leave 3 of the 100, so 17 of the last 20 are beyond.
    [Fact]
    public Task A_plan_without_the_feature_in_between_gives_no_second_quota() => Given(Shop)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-05").Uses(90)
        .On("2031-04-10").Changes("bare", when: When.Now)
        .On("2031-04-12").Uses(7)
        .On("2031-04-20").Changes("pro", when: When.Now)
        .On("2031-04-25").Uses(20)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-10 00:00 paid 0
              proration_credit    -700  2031-04-10 00:00 → 2031-05-01 00:00
              proration_charge     700  2031-04-10 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 paid 0
              proration_credit    -367  2031-04-20 00:00 → 2031-05-01 00:00
              proration_charge     367  2031-04-20 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1170
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages          170  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Three plans in a month, and what was used under each comes in any order: pro 120 (20 beyond, $2), dear 30 ($27), big until 150 + 860
    // = 1,010 (10 beyond, $0.50).
    [Fact]
    public Task Several_changes_split_the_month_at_each() => Given(Shop)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-10").Changes("dear", when: When.Now).Uses(120, occurred: "2031-04-09 23:59:59")
        .On("2031-04-20").Changes("big", when: When.Now)
        .On("2031-04-25").Uses(860).Uses(30, occurred: "2031-04-10")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-10 00:00 paid 0
              proration_credit    -700  2031-04-10 00:00 → 2031-05-01 00:00
              proration_charge     700  2031-04-10 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 paid 0
              proration_credit    -367  2031-04-20 00:00 → 2031-05-01 00:00
              proration_charge     367  2031-04-20 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3950
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages         2950  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // The 90 of April are no use of the year that begins on the 20th: all of its remaining time is credited, 361 of 366 days.
    [Fact]
    public Task A_new_cycle_ends_the_period_of_a_feature_that_the_plan_until_then_did_not_name() => Given(Shop)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-05").Uses(90)
        .On("2031-04-10").Changes("bare", when: When.Now)
        .On("2031-04-20").Changes("year", Interval.Yearly, when: When.Now)
        .On("2031-04-25").Changes("top", when: When.Now, proration: Proration.UsageAware)
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-10 00:00 paid 0
              proration_credit    -700  2031-04-10 00:00 → 2031-05-01 00:00
              proration_charge     700  2031-04-10 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 open 11633
              proration_credit    -367  2031-04-20 00:00 → 2031-05-01 00:00
              subscription       12000  2031-04-20 00:00 → 2032-04-20 00:00
            2031-04-25 00:00 open 11836
              proration_credit  -11836  2031-04-25 00:00 → 2032-04-20 00:00
              proration_charge   23672  2031-04-25 00:00 → 2032-04-20 00:00
            """)
        .LivesAsync(host);

    // hard and bare sell no page: their 50 cost nothing. They count as used, so the 70 after the change are all beyond sell's 20.
    [Theory]
    [InlineData("hard")]
    [InlineData("bare")]
    public Task The_next_plan_does_not_bill_usage_that_the_previous_one_did_not_sell(string first) => Given(Shop)
        .On("2031-04-02").Subscribes(first).Pays()
        .On("2031-04-10").Uses(50)
        .On("2031-04-17").Changes("sell", when: When.Now)
        .On("2031-04-20").Uses(70)
        .On("2031-05-02")
        .Invoices("""
            2031-04-02 00:00 paid 1000
              subscription        1000  2031-04-02 00:00 → 2031-05-02 00:00
            2031-04-17 00:00 paid 0
              proration_credit    -500  2031-04-17 00:00 → 2031-05-02 00:00
              proration_charge     500  2031-04-17 00:00 → 2031-05-02 00:00
            2031-05-02 00:00 open 1700
              subscription        1000  2031-05-02 00:00 → 2031-06-02 00:00
              usage pages          700  2031-04-02 00:00 → 2031-05-02 00:00
            """)
        .LivesAsync(host);

    // 76 on bare, which has no page, then fee: $5 once, and 10 × 10 cents.
    [Fact]
    public Task A_first_fee_is_due_once_where_the_plan_before_did_not_know_the_feature() => Given(Shop)
        .On("2031-04-07").Subscribes("bare").Pays()
        .On("2031-04-10").Uses(76)
        .On("2031-04-22").Changes("fee", when: When.Now).Uses(10)
        .On("2031-05-10")
        .Invoices("""
            2031-04-07 00:00 paid 1000
              subscription        1000  2031-04-07 00:00 → 2031-05-07 00:00
            2031-04-22 00:00 paid 0
              proration_credit    -500  2031-04-22 00:00 → 2031-05-07 00:00
              proration_charge     500  2031-04-22 00:00 → 2031-05-07 00:00
            2031-05-07 00:00 open 1600
              subscription        1000  2031-05-07 00:00 → 2031-06-07 00:00
              usage pages          600  2031-04-07 00:00 → 2031-05-07 00:00
            """)
        .LivesAsync(host);

    // 50 beyond pro in March, reported in April under another plan, have March's price.
    [Theory]
    [InlineData("hard")]
    [InlineData("dear")]
    [InlineData("bare")]
    public Task Late_usage_after_a_change_costs_what_it_would_have_cost_in_time(string next) => Given(Shop)
        .On("2031-03-10").Subscribes("pro")
        .On("2031-03-15").Changes(next, when: When.PeriodEnd)
        .On("2031-04-12").Uses(150, occurred: "2031-03-15 12:00")
        .On("2031-05-10")
        .Invoices("""
            2031-03-10 00:00 open 1000
              subscription   1000  2031-03-10 00:00 → 2031-04-10 00:00
            2031-04-10 00:00 open 1000
              subscription   1000  2031-04-10 00:00 → 2031-05-10 00:00
            2031-05-10 00:00 open 1500
              subscription   1000  2031-05-10 00:00 → 2031-06-10 00:00
              usage pages     500  2031-03-10 00:00 → 2031-04-10 00:00
            """)
        .LivesAsync(host);

    // Reported five days after the end: on the first invoice of the next subscription, with and without earlier usage.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public Task Late_usage_after_the_end_is_on_the_first_invoice_of_the_next_subscription(int inTime) => Given(Shop)
        .On("2031-03-10").Subscribes("pro")
        .On("2031-03-12").Uses(inTime == 0 ? 0.5m : inTime)
        .On("2031-03-20").CancelsNow()
        .On("2031-03-25").Uses(150 - (inTime == 0 ? 0.5m : inTime), occurred: "2031-03-15 12:00")
        .On("2031-04-05").Subscribes("dear")
        .On("2031-05-05")
        .Invoices("""
            2031-03-10 00:00 open 1000
              subscription   1000  2031-03-10 00:00 → 2031-04-10 00:00
            2031-04-05 00:00 open 1500
              subscription   1000  2031-04-05 00:00 → 2031-05-05 00:00
              usage pages     500  2031-03-10 00:00 → 2031-03-20 00:00
            2031-05-05 00:00 open 1000
              subscription   1000  2031-05-05 00:00 → 2031-06-05 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Late_usage_after_the_end_is_billed_where_nothing_was_used_in_time() => Given(Shop)
        .On("2031-03-10").Subscribes("pro")
        .On("2031-03-20").CancelsNow()
        .On("2031-03-25").Uses(150, occurred: "2031-03-15 12:00").Uses(70)
        .On("2031-04-05").Subscribes("dear")
        .On("2031-05-05")
        .Invoices("""
            2031-03-10 00:00 open 1000
              subscription   1000  2031-03-10 00:00 → 2031-04-10 00:00
            2031-04-05 00:00 open 1500
              subscription   1000  2031-04-05 00:00 → 2031-05-05 00:00
              usage pages     500  2031-03-10 00:00 → 2031-03-20 00:00
            2031-05-05 00:00 open 1000
              subscription   1000  2031-05-05 00:00 → 2031-06-05 00:00
            """)
        .LivesAsync(host);

    // The paid time ends with the pause. Its late usage is billed on resumption; usage during the pause is not.
    [Fact]
    public Task Late_usage_of_before_a_pause_is_billed_when_it_goes_on() => Given(Shop)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-16").Pauses()
        .On("2031-04-20").Uses(150, occurred: "2031-04-10").Uses(500)
        .On("2031-05-06").Resumes()
        .On("2031-06-06")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-06 00:00 open 1000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              subscription        1000  2031-05-06 00:00 → 2031-06-06 00:00
              usage pages          500  2031-04-01 00:00 → 2031-04-16 00:00
            2031-06-06 00:00 open 1000
              subscription        1000  2031-06-06 00:00 → 2031-07-06 00:00
            """)
        .LivesAsync(host);

    // Boost adds 75 pages and ends with April. 160 pages of April reported in May are within 175; 20 more exceed it by 5.
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public Task Late_usage_has_the_add_ons_of_then(int inTime) => Given(Boosting)
        .On("2031-04-01").Subscribes("pro", addOns: Held("boost"))
        .On("2031-04-05").Uses(inTime == 0 ? 0.5m : 1)
        .On("2031-04-10").Changes(addOns: HeldAddOns.None, when: When.PeriodEnd)
        .On("2031-05-05").Uses(160 - (inTime == 0 ? 0.5m : 1), occurred: "2031-04-20")
        .On("2031-06-03").Uses(20, occurred: "2031-04-30 12:00")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1500
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              add_on          500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-07-01 00:00 open 1050
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
              usage pages      50  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 150 pages of April without an add-on are 50 beyond, independent of purchases in May.
    [Fact]
    public Task An_add_on_that_is_bought_later_does_not_make_earlier_usage_free() => Given(Boosting)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-05-01").Changes(addOns: Held("boost"))
        .On("2031-05-05").Uses(150, occurred: "2031-04-20")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-05-01 00:00 open 500
              proration_credit   -1000  2031-05-01 00:00 → 2031-06-01 00:00
              proration_charge    1000  2031-05-01 00:00 → 2031-06-01 00:00
              proration_charge     500  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 2000
              subscription        1000  2031-06-01 00:00 → 2031-07-01 00:00
              add_on               500  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages          500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    private static readonly Shop Boosting = Shop with
    {
        AddOns = [new("boost", [new(Interval.Monthly, 500)], [new("pages", 75)])],
    };

    private static PlanSpec Plan(string code, params Included[] included) => new(code, [new(Interval.Monthly, 1000)], included);
}
