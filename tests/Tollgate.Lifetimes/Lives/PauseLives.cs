using Tollgate.Lifetimes.TestHost;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Times in which nothing is billed and nothing is granted.</summary>
public sealed class PauseLives(LivesHost host)
{
    // 10 of 30 days were paid and not used: 333.3.
    [Fact]
    public Task A_pause_over_a_renewal_gives_back_what_was_not_had() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-21").Pauses().IsOn("free")
        .On("2031-05-11").Resumes().IsOn("basic")
        .On("2031-06-12")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-11 00:00 open 667
              proration_credit    -333  2031-04-21 00:00 → 2031-05-01 00:00
              subscription        1000  2031-05-11 00:00 → 2031-06-11 00:00
            2031-06-11 00:00 open 1000
              subscription        1000  2031-06-11 00:00 → 2031-07-11 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-21 00:00 pause
            2031-05-11 00:00 resume
            2031-06-11 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_pause_within_a_period_begins_a_new_one() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-07").Pauses()
        .On("2031-04-10").Resumes()
        .On("2031-05-11")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-10 00:00 open 200
              proration_credit    -800  2031-04-07 00:00 → 2031-05-01 00:00
              subscription        1000  2031-04-10 00:00 → 2031-05-10 00:00
            2031-05-10 00:00 open 1000
              subscription        1000  2031-05-10 00:00 → 2031-06-10 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-07 00:00 pause
            2031-04-10 00:00 resume
            2031-05-10 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_pause_with_an_end_resumes_by_itself() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-16").Pauses(until: "2031-05-06 07:30")
        .On("2031-05-05").IsOn("free")
        .On("2031-06-07").IsOn("basic")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-06 07:30 open 500
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              subscription        1000  2031-05-06 07:30 → 2031-06-06 07:30
            2031-06-06 07:30 open 1000
              subscription        1000  2031-06-06 07:30 → 2031-07-06 07:30
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-16 00:00 pause
            2031-05-06 07:30 resume
            2031-06-06 07:30 renew
            """)
        .LivesAsync(host);

    // 150 pages before the pause: 50 beyond the quota. The 40 of the pause belong to the free plan and are not billed.
    [Fact]
    public Task Usage_before_a_pause_is_billed_when_it_ends_and_usage_in_it_is_not() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150)
        .On("2031-04-21").Pauses()
        .On("2031-04-25").Uses(40)
        .On("2031-05-11").Resumes()
        .On("2031-06-12")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-11 00:00 open 1167
              proration_credit    -333  2031-04-21 00:00 → 2031-05-01 00:00
              subscription        1000  2031-05-11 00:00 → 2031-06-11 00:00
              usage pages          500  2031-04-01 00:00 → 2031-04-21 00:00
            2031-06-11 00:00 open 1000
              subscription        1000  2031-06-11 00:00 → 2031-07-11 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-21 00:00 pause
            2031-05-11 00:00 resume
            2031-06-11 00:00 renew
            """)
        .LivesAsync(host);

    // The late 10 pages beyond April's quota and the 20 beyond May's. 22 of May's 31 days were not used: 709.7.
    [Fact]
    public Task A_pause_bills_nothing_not_even_what_was_late() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-05-03").Uses(110, occurred: "2031-04-28 08:00")
        .On("2031-05-08").Uses(120)
        .On("2031-05-10").Pauses()
        .On("2031-06-05").Resumes()
        .On("2031-06-06")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-05 00:00 open 590
              proration_credit    -710  2031-05-10 00:00 → 2031-06-01 00:00
              subscription        1000  2031-06-05 00:00 → 2031-07-05 00:00
              usage pages          100  2031-04-01 00:00 → 2031-05-01 00:00
              usage pages          200  2031-05-01 00:00 → 2031-05-10 00:00
            """)
        .LivesAsync(host);

    // A customer who leaves gets nothing back; usage before the pause is still billed.
    [Fact]
    public Task A_customer_who_leaves_during_a_pause_pays_the_usage_before_it() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150)
        .On("2031-04-21").Pauses()
        .On("2031-05-05").CancelsNow().IsOn("free")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-05 00:00 open 500
              usage pages          500  2031-04-01 00:00 → 2031-04-21 00:00
            """)
        .LivesAsync(host);
}
