using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Terms other than plan and quantity: add-ons, an agreed price, an agreed quota.</summary>
public sealed class TermsLives(LivesHost host)
{
    /// <summary>Boost is $5 a month and adds 50 pages.</summary>
    private static readonly Shop Boosting = Shops.Standard with
    {
        AddOns = [new("boost", [new(Interval.Monthly, 500)], [new("pages", 50)])],
    };

    private const string Subscription = "/v1/subscriptions/{subscription}", Overrides = "/v1/customers/anna/overrides";

    // Half of April with boost is $2.50 more. In May 170 pages are used and 150 included.
    [Fact]
    public Task An_add_on_is_bought_in_the_middle_and_dropped_at_the_end() => Given(Boosting)
        .On("2031-04-01").Subscribes("basic").May(100)
        .On("2031-04-16").Changes(addOns: Held("boost")).May(150)
        .On("2031-05-10").Uses(170).Changes(addOns: HeldAddOns.None).May(150)
        .On("2031-06-01").May(100)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 250
              proration_credit   -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    250  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription       1000  2031-05-01 00:00 → 2031-06-01 00:00
              add_on              500  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1200
              subscription       1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages         200  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // Two are $10; one is dropped immediately on the 16th: 15 of 30 days of $20 back, of $15 charged.
    [Fact]
    public Task An_add_on_is_dropped_at_once() => Given(Boosting)
        .On("2031-04-01").Subscribes("basic", addOns: Held("boost", 2)).May(200).Pays()
        .On("2031-04-16").Changes(addOns: Held("boost"), when: When.Now).May(150)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 2000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
              add_on x2          1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit     -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_credit x2  -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge      500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge      250  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500, 250 from credit
              subscription       1000  2031-05-01 00:00 → 2031-06-01 00:00
              add_on              500  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_price_is_agreed_on_later_prorated_as_any_change() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-16").Calls("PATCH", Subscription, """{"amount": 2000, "when": "now"}""")
        .On("2031-05-10").Calls("PATCH", Subscription, """{"amount": 1800}""")
        .On("2031-06-10").Calls("PATCH", Subscription, """{"quantity": 1}""")
        .On("2031-06-16").Calls("PATCH", Subscription, """{"amount": 3000}""")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 paid 3000
              subscription       3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit  -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge   1000  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2000, 500 from credit
              subscription       2000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1800
              subscription       1800  2031-06-01 00:00 → 2031-07-01 00:00
            2031-06-16 00:00 open 600
              proration_credit   -900  2031-06-16 00:00 → 2031-07-01 00:00
              proration_charge   1500  2031-06-16 00:00 → 2031-07-01 00:00
            2031-07-01 00:00 open 3000
              subscription       3000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .LivesAsync(host);

    // April is rated with 5,000 pages, since the agreement holds at its end; it ends in May, so May has basic's 100 again.
    [Fact]
    public Task A_quota_that_was_agreed_counts_for_the_periods_that_end_under_it() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic").Calls("PUT", Overrides, """{"pages": {"quota": 5000}}""").May(5000)
        .On("2031-04-10").Uses(5010)
        .On("2031-05-10").Uses(130).Calls("PUT", Overrides, """{"pages": null}""").May(100)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1100
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     100  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1300
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     300  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);
}
