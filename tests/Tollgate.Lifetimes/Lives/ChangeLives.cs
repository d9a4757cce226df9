using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Changes of plan, interval and quantity. April has 30 days: a day of basic is 33.33 cents, of pro $1, of enterprise $10. Each change is
/// previewed, and the preview must match the change.
/// </summary>
public sealed class ChangeLives(LivesHost host)
{
    // 1000 × 20/30 = 666.7 and 3000 × 20/30 = 2000; then 3000 × 10/30 = 1000 and 30000 × 10/30 = 10000.
    [Fact]
    public Task Two_upgrades_in_a_month() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-11").Changes("pro").IsOn("pro")
        .On("2031-04-21").Changes("enterprise").IsOn("enterprise")
        .On("2031-05-02")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 open 1333
              proration_credit    -667  2031-04-11 00:00 → 2031-05-01 00:00
              proration_charge    2000  2031-04-11 00:00 → 2031-05-01 00:00
            2031-04-21 00:00 open 9000
              proration_credit   -1000  2031-04-21 00:00 → 2031-05-01 00:00
              proration_charge   10000  2031-04-21 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 30000
              subscription       30000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-11 00:00 change
            2031-04-21 00:00 change
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // The month from 31 January to 28 February has 28 days. 14 are left: 2900 and 29900 halve.
    [Fact]
    public Task From_29_to_299_dollars_on_Valentines_Day() =>
        Given(new Shop { Plans = [Shops.Free, Trendit("pro", 2900), Trendit("enterprise", 29900)] })
        .On("2031-01-31 09:00").Subscribes("pro")
        .On("2031-02-14 09:00").Changes("enterprise")
        .On("2031-04-01")
        .Invoices("""
            2031-01-31 09:00 open 2900
              subscription        2900  2031-01-31 09:00 → 2031-02-28 09:00
            2031-02-14 09:00 open 13500
              proration_credit   -1450  2031-02-14 09:00 → 2031-02-28 09:00
              proration_charge   14950  2031-02-14 09:00 → 2031-02-28 09:00
            2031-02-28 09:00 open 29900
              subscription       29900  2031-02-28 09:00 → 2031-03-31 09:00
            2031-03-31 09:00 open 29900
              subscription       29900  2031-03-31 09:00 → 2031-04-30 09:00
            """)
        .Timeline("""
            2031-01-31 09:00 start
            2031-02-14 09:00 change
            2031-02-28 09:00 renew
            2031-03-31 09:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_downgrade_waits_for_the_end_of_the_period() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro")
        .On("2031-04-10").Changes("basic").IsOn("pro")
        .On("2031-05-01").IsOn("basic")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription   3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_downgrade_is_undone() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro")
        .On("2031-04-10").Changes("basic")
        .On("2031-04-12").Changes("pro")
        .On("2031-05-01").IsOn("pro")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription   3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription   3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule
            2031-04-12 00:00 unschedule
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task The_last_of_two_scheduled_changes_counts() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("enterprise")
        .On("2031-04-10").Changes("pro")
        .On("2031-04-12").Changes("basic")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 30000
              subscription   30000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule
            2031-04-12 00:00 schedule
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // Two of Enterprise become three for half of April: $300 back, $450 charged. Pro still begins in May, with three.
    [Fact]
    public Task A_change_that_waits_has_the_seats_that_were_added_since() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("enterprise", quantity: 2)
        .On("2031-04-10").Changes("pro")
        .On("2031-04-16").Changes(quantity: 3).IsOn("enterprise")
        .On("2031-05-01").IsOn("pro")
        .Invoices("""
            2031-04-01 00:00 open 60000
              subscription x2      60000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 15000
              proration_credit x2 -30000  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge x3  45000  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 9000
              subscription x3       9000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // Pro was scheduled for May. A second request without a time begins it now, because it costs more: 15 of 30 days.
    [Fact]
    public Task A_scheduled_change_is_made_at_once_on_request() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Changes("pro", when: When.PeriodEnd).IsOn("basic")
        .On("2031-04-16").Changes("pro").IsOn("pro")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription        3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 schedule
            2031-04-16 00:00 change
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // Half of the month is left: −1500 + 500. The 1000 pay the whole next invoice.
    [Fact]
    public Task A_downgrade_at_once_leaves_a_credit_that_pays_the_next_invoice() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-16").Changes("basic", when: When.Now).IsOn("basic")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 paid 3000
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 paid 1000, 1000 from credit
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1000
              subscription        1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            2031-05-01 00:00 renew
            2031-06-01 00:00 renew
            """)
        .LivesAsync(host);

    // −4500 + 500 leave 4000: four months of basic, less what the fifth is open for.
    [Fact]
    public Task A_remaining_credit_first_pays_open_invoices() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro")
        .On("2031-04-16").Changes("basic", when: When.Now).IsOn("basic")
        .On("2031-05-01").Pays()
        .On("2031-05-16").Changes("pro")
        .On("2031-05-16").Changes("basic", when: When.Now)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 paid 3000, 1000 from credit
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 paid 1000
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-05-16 00:00 paid 1032, 1032 from credit
              proration_credit    -516  2031-05-16 00:00 → 2031-06-01 00:00
              proration_charge    1548  2031-05-16 00:00 → 2031-06-01 00:00
            2031-05-16 00:00 paid 0
              proration_credit   -1548  2031-05-16 00:00 → 2031-06-01 00:00
              proration_charge     516  2031-05-16 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1000
              subscription        1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_credit_larger_than_the_next_invoice_pays_several() =>
        Given(Shops.Standard.With(Shops.Enterprise with { Prices = [new(Interval.Monthly, 9000)] }))
        .On("2031-04-01").Subscribes("enterprise").Pays()
        .On("2031-04-16").Changes("basic", when: When.Now)
        .On("2031-09-01")
        .Invoices("""
            2031-04-01 00:00 paid 9000
              subscription        9000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -4500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 paid 1000, 1000 from credit
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 paid 1000, 1000 from credit
              subscription        1000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-07-01 00:00 paid 1000, 1000 from credit
              subscription        1000  2031-07-01 00:00 → 2031-08-01 00:00
            2031-08-01 00:00 paid 1000, 1000 from credit
              subscription        1000  2031-08-01 00:00 → 2031-09-01 00:00
            2031-09-01 00:00 open 1000
              subscription        1000  2031-09-01 00:00 → 2031-10-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            2031-05-01 00:00 renew
            2031-06-01 00:00 renew
            2031-07-01 00:00 renew
            2031-08-01 00:00 renew
            2031-09-01 00:00 renew
            """)
        .LivesAsync(host);

    // The upgrade on the 4th was free. On the 7th 24 of 30 days of pro would be 2400, but only 1000 were billed.
    [Fact]
    public Task A_credit_is_never_more_than_what_was_billed_for_the_period() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic").Pays()
        .On("2031-04-04").Changes("pro", proration: Proration.None)
        .On("2031-04-07").Changes("basic", when: When.Now)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-07 00:00 paid 0
              proration_credit   -1000  2031-04-07 00:00 → 2031-05-01 00:00
              proration_charge     800  2031-04-07 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000, 200 from credit
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-04 00:00 change
            2031-04-07 00:00 change
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // Up immediately: 2000 × 15/30 and 5000 × 15/30. Down at the end.
    [Fact]
    public Task Seats_go_up_at_once_and_down_at_the_end() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic", quantity: 2)
        .On("2031-04-16").Changes(quantity: 5)
        .On("2031-04-20").Changes(quantity: 3)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 2000
              subscription     x2  2000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1500
              proration_credit x2 -1000  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge x5  2500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription     x3  3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            2031-04-20 00:00 schedule
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_month_becomes_a_year_at_once_and_the_anchor_moves() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-16 12:00").Changes(interval: Interval.Yearly, when: When.Now)
        .On("2032-04-17")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 12:00 open 9517
              proration_credit    -483  2031-04-16 12:00 → 2031-05-01 00:00
              subscription       10000  2031-04-16 12:00 → 2032-04-16 12:00
            2032-04-16 12:00 open 10000
              subscription       10000  2032-04-16 12:00 → 2033-04-16 12:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 12:00 change
            2032-04-16 12:00 renew
            """)
        .LivesAsync(host);

    // $100 a year are $8.33 a month: less than $10, so it waits for the renewal. 2032 is a leap year.
    [Fact]
    public Task A_month_becomes_a_year_at_the_renewal_and_the_31st_stays() => Given(Shops.Standard)
        .On("2031-01-31").Subscribes("basic")
        .On("2031-02-10").Changes(interval: Interval.Yearly)
        .On("2033-03-01")
        .Invoices("""
            2031-01-31 00:00 open 1000
              subscription    1000  2031-01-31 00:00 → 2031-02-28 00:00
            2031-02-28 00:00 open 10000
              subscription   10000  2031-02-28 00:00 → 2032-02-29 00:00
            2032-02-29 00:00 open 10000
              subscription   10000  2032-02-29 00:00 → 2033-02-28 00:00
            2033-02-28 00:00 open 10000
              subscription   10000  2033-02-28 00:00 → 2034-02-28 00:00
            """)
        .Timeline("""
            2031-01-31 00:00 start
            2031-02-10 00:00 schedule
            2031-02-28 00:00 renew
            2032-02-29 00:00 renew
            2033-02-28 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_year_becomes_a_month_at_the_renewal_and_the_31st_stays() => Given(Shops.Standard)
        .On("2031-01-31").Subscribes("basic", Interval.Yearly)
        .On("2031-07-01").Changes(interval: Interval.Monthly, when: When.PeriodEnd)
        .On("2032-04-01")
        .Invoices("""
            2031-01-31 00:00 open 10000
              subscription   10000  2031-01-31 00:00 → 2032-01-31 00:00
            2032-01-31 00:00 open 1000
              subscription    1000  2032-01-31 00:00 → 2032-02-29 00:00
            2032-02-29 00:00 open 1000
              subscription    1000  2032-02-29 00:00 → 2032-03-31 00:00
            2032-03-31 00:00 open 1000
              subscription    1000  2032-03-31 00:00 → 2032-04-30 00:00
            """)
        .Timeline("""
            2031-01-31 00:00 start
            2031-07-01 00:00 schedule
            2032-01-31 00:00 renew
            2032-02-29 00:00 renew
            2032-03-31 00:00 renew
            """)
        .LivesAsync(host);

    // From 15:00 on the 11th 474 of 720 hours are left: 1000 × 474/720 = 658.3; 3000 × 474/720 = 1975.
    [Fact]
    public Task Proration_by_the_second_counts_from_the_moment_of_the_change() => Given(Shops.Standard)
        .On("2031-04-01 09:00").Subscribes("basic")
        .On("2031-04-11 15:00").Changes("pro")
        .Invoices("""
            2031-04-01 09:00 open 1000
              subscription        1000  2031-04-01 09:00 → 2031-05-01 09:00
            2031-04-11 15:00 open 1317
              proration_credit    -658  2031-04-11 15:00 → 2031-05-01 09:00
              proration_charge    1975  2031-04-11 15:00 → 2031-05-01 09:00
            """)
        .Timeline("""
            2031-04-01 09:00 start
            2031-04-11 15:00 change
            """)
        .LivesAsync(host);

    // The 11th belongs to the new plan: 20 of 30 days.
    [Fact]
    public Task Proration_by_the_day_gives_the_day_of_the_change_to_the_new_plan() => Given(Shops.Standard)
        .On("2031-04-01 09:00").Subscribes("basic")
        .On("2031-04-11 15:00").Changes("pro", proration: Proration.Day)
        .Invoices("""
            2031-04-01 09:00 open 1000
              subscription        1000  2031-04-01 09:00 → 2031-05-01 09:00
            2031-04-11 15:00 open 1333
              proration_credit    -667  2031-04-11 15:00 → 2031-05-01 09:00
              proration_charge    2000  2031-04-11 15:00 → 2031-05-01 09:00
            """)
        .Timeline("""
            2031-04-01 09:00 start
            2031-04-11 15:00 change
            """)
        .LivesAsync(host);

    [Fact]
    public Task Without_proration_the_new_price_counts_from_the_renewal() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-11").Changes("pro", proration: Proration.None).IsOn("pro")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription   3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-11 00:00 change
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // Half of the month is left, but only a quarter of the 100 pages.
    [Fact]
    public Task A_usage_aware_credit_is_for_what_was_not_used() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-15").Uses(75)
        .On("2031-04-16").Changes("pro", proration: Proration.UsageAware)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1250
              proration_credit    -250  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            """)
        .LivesAsync(host);

    // 90 % of the pages are left, but only half of the month.
    [Fact]
    public Task A_usage_aware_credit_is_never_more_than_the_share_of_the_time() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-15").Uses(10)
        .On("2031-04-16").Changes("pro", proration: Proration.UsageAware)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 change
            """)
        .LivesAsync(host);

    // 2,591,999 of 2,592,000 seconds are left: 999.9996 and 2999.9988.
    [Fact]
    public Task A_change_in_the_first_second_gives_everything_back() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-01 00:00:01").Changes("pro")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00    → 2031-05-01 00:00
            2031-04-01 00:00:01 open 2000
              proration_credit   -1000  2031-04-01 00:00:01 → 2031-05-01 00:00
              proration_charge    3000  2031-04-01 00:00:01 → 2031-05-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-01 00:00:01 change
            """)
        .LivesAsync(host);

    // One second of a month costs a thousandth of a cent: there is nothing to bill.
    [Fact]
    public Task A_change_in_the_last_second_costs_nothing() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-30 23:59:59").Changes("pro").IsOn("pro")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3000
              subscription   3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-30 23:59:59 change
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    // At midnight of the 1st the renewal comes first; the change credits all of it.
    [Fact]
    public Task A_change_on_the_boundary_itself_follows_the_renewal() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-05-01").Changes("pro")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-05-01 00:00 open 2000
              proration_credit   -1000  2031-05-01 00:00 → 2031-06-01 00:00
              proration_charge    3000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-05-01 00:00 renew
            2031-05-01 00:00 change
            """)
        .LivesAsync(host);

    private static PlanSpec Trendit(string code, long amount) => new(code, [new(Interval.Monthly, amount)], [new("pages", null)]);
}
