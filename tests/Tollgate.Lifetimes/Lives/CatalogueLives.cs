using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>The shop changes its prices; subscribers keep the terms that they bought.</summary>
public sealed class CatalogueLives(LivesHost host)
{
    /// <summary>Basic is $15 and 50 pages instead of $10 and 100.</summary>
    private static readonly Shop Dearer = Shops.Standard.With(
        Shops.Basic with
        {
            Prices = [new(Interval.Monthly, 1500), new(Interval.Yearly, 15000)], Included = [new("pages", 50, Overage.PerUnit(0.20m))],
        });

    // 120 pages are 20 beyond the old quota at 10 cents, and 70 beyond the new one at 20 cents.
    [Fact]
    public Task Existing_customers_keep_price_and_quota() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-05-05").Uses(120).May(100)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1200
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     200  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task New_customers_pay_the_new_price() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-11").By("ben").Subscribes("basic").May(50)
        .On("2031-05-05").Uses(120)
        .On("2031-05-12")
        .Invoices("""
            2031-04-11 00:00 open 1500
              subscription   1500  2031-04-11 00:00 → 2031-05-11 00:00
            2031-05-11 00:00 open 2900
              subscription   1500  2031-05-11 00:00 → 2031-06-11 00:00
              usage pages    1400  2031-04-11 00:00 → 2031-05-11 00:00
            """)
        .By(Anna)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task More_seats_of_an_old_plan_cost_the_old_price() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-16").Changes(quantity: 2)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 500
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge x2 1000  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2000
              subscription x2     2000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // The credit is at the old price, the charge at the new one: 1500 × 15/31 = 725.8.
    [Fact]
    public Task A_customer_who_leaves_an_old_plan_and_returns_pays_the_new_price() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-16").Changes("pro")
        .On("2031-05-17").Pays().Changes("basic", when: When.Now)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 1000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 paid 3000
              subscription        3000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-05-17 00:00 paid 0
              proration_credit   -1452  2031-05-17 00:00 → 2031-06-01 00:00
              proration_charge     726  2031-05-17 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1500, 726 from credit
              subscription        1500  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);
}
