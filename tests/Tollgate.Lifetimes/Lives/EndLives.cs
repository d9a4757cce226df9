using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Cancellations, withdrawn cancellations, returns.</summary>
public sealed class EndLives(LivesHost host)
{
    [Fact]
    public Task A_cancellation_at_the_end_keeps_the_paid_time() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").CancelsAtTheEnd("too_expensive")
        .On("2031-04-30 23:59:59").IsOn("basic")
        .On("2031-05-01").IsOn("free")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule_cancel
            2031-05-01 00:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task An_immediate_cancellation_returns_nothing() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").CancelsNow("switched_service").IsOn("free")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_cancellation_is_taken_back() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").CancelsAtTheEnd()
        .On("2031-04-20").ChangesItsMind()
        .On("2031-05-01").IsOn("basic")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule_cancel
            2031-04-20 00:00 uncancel
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_that_was_not_billed_yet_is_billed_when_somebody_leaves_at_once() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-05").Uses(150)
        .On("2031-04-10 12:00").CancelsNow()
        .On("2031-04-20").Uses(50)
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-10 12:00 open 500
              usage pages     500  2031-04-01 00:00 → 2031-04-10 12:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 12:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_of_the_last_period_is_billed_at_its_end() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-05").Uses(150)
        .On("2031-04-10").CancelsAtTheEnd()
        .On("2031-04-20").Uses(10)
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 600
              usage pages     600  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule_cancel
            2031-05-01 00:00 cancel
            """)
        .LivesAsync(host);

    // At midnight of the 1st the renewal comes first: May is billed, and none of it is credited.
    [Fact]
    public Task A_cancellation_on_the_boundary_comes_after_the_renewal() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-05-01").CancelsNow().IsOn("free")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-05-01 00:00 renew
            2031-05-01 00:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_cancellation_a_second_before_the_boundary_prevents_the_renewal() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-30 23:59:59").CancelsAtTheEnd()
        .On("2031-05-02").IsOn("free")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-30 23:59:59 schedule_cancel
            2031-05-01 00:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_returning_customer_begins_a_new_subscription() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-11").CancelsNow("no_longer_needed")
        .On("2031-06-20 15:00").Subscribes("pro").IsOn("pro")
        .On("2031-07-21")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-20 15:00 open 3000
              subscription   3000  2031-06-20 15:00 → 2031-07-20 15:00
            2031-07-20 15:00 open 3000
              subscription   3000  2031-07-20 15:00 → 2031-08-20 15:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-11 00:00 cancel
            2031-06-20 15:00 start
            2031-07-20 15:00 renew
            """)
        .LivesAsync(host);

    // The credit of the first subscription (−1500 + 500) pays the second one's invoices.
    [Fact]
    public Task A_credit_outlives_the_subscription() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-16").Changes("basic", when: When.Now).CancelsNow()
        .On("2031-06-01").Subscribes("pro")
        .Invoices("""
            2031-04-01 00:00 paid 3000
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 3000, 1000 from credit
              subscription        3000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            2031-04-16 00:00 cancel
            2031-06-01 00:00 start
            """)
        .LivesAsync(host);

    [Fact]
    public Task Cancelling_a_yearly_plan_now_bills_the_month_of_usage_and_gives_nothing_back() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic", Interval.Yearly)
        .On("2031-05-10").Uses(103)
        .On("2031-05-16").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 10000
              subscription   10000  2031-04-01 00:00 → 2032-04-01 00:00
            2031-05-16 00:00 open 30
              usage pages       30  2031-05-01 00:00 → 2031-05-16 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-05-16 00:00 cancel
            """)
        .LivesAsync(host);
}
