using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Subscriptions with a scheduled end, and refunds on request.</summary>
public sealed class LeavingLives(LivesHost host)
{
    private const string Cancel = "/v1/subscriptions/{subscription}/cancel";

    // 14 of 28 days are returned, and the paid year lasts to its end.
    [Fact]
    public Task The_end_moves_with_the_period_that_a_change_begins() => Given(Shops.Standard)
        .On("2031-01-31").Subscribes("basic")
        .On("2031-02-10").CancelsAtTheEnd()
        .On("2031-02-14").Changes(interval: Interval.Yearly, when: When.Now)
        .On("2031-03-01").IsOn("basic")
        .On("2032-02-14").IsOn("free")
        .Invoices("""
            2031-01-31 00:00 open 1000
              subscription       1000  2031-01-31 00:00 → 2031-02-28 00:00
            2031-02-14 00:00 open 9500
              proration_credit   -500  2031-02-14 00:00 → 2031-02-28 00:00
              subscription      10000  2031-02-14 00:00 → 2032-02-14 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task The_end_moves_with_the_period_that_a_resumption_begins() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-05").CancelsAtTheEnd()
        .On("2031-04-10").Pauses()
        .On("2031-04-20").Resumes()
        .On("2031-05-02").IsOn("basic")
        .On("2031-05-20").IsOn("free")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 open 300
              proration_credit   -700  2031-04-10 00:00 → 2031-05-01 00:00
              subscription       1000  2031-04-20 00:00 → 2031-05-20 00:00
            """)
        .LivesAsync(host);

    // 20 pages beyond the 100 are $2; 15 of 30 days are $5. $3 are left and pay for the return.
    [Fact]
    public Task On_request_the_unused_time_is_given_back_and_pays_what_was_used() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic").Pays()
        .On("2031-04-10").Uses(120)
        .On("2031-04-16").Calls("POST", Cancel, """{"at": "now", "credit": true}""").IsOn("free")
        .On("2031-06-01").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -500  2031-04-16 00:00 → 2031-05-01 00:00
              usage pages         200  2031-04-01 00:00 → 2031-04-16 00:00
            2031-06-01 00:00 open 1000, 300 from credit
              subscription       1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // Half was taken off, so 29 of 30 days of $5 go back.
    [Fact]
    public Task The_discount_of_a_coupon_is_not_returned() =>
        Given(Shops.With(new CouponSpec("HALF", 50, null, Duration.Forever))).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic", coupon: "HALF")
        .On("2031-04-02").Calls("POST", Cancel, """{"at": "now", "credit": true}""")
        .Invoices("""
            2031-04-01 00:00 open 500, 483 from credit
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount           -500
            2031-04-02 00:00 paid 0
              proration_credit   -483  2031-04-02 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Counted from the pause on: 20 of 30 days.
    [Fact]
    public Task The_unused_time_of_a_paused_subscription_begins_with_the_pause() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-11").Pauses()
        .On("2031-04-20").Calls("POST", Cancel, """{"at": "now", "credit": true}""")
        .Invoices("""
            2031-04-01 00:00 open 1000, 667 from credit
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 paid 0
              proration_credit   -667  2031-04-11 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Without_the_request_nothing_is_given_back() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-16").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Canceled on the 16th, begun again as of the 16th: one time is paid once.
    [Fact]
    public Task A_new_subscription_begins_after_the_end_of_the_previous_one() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-16").CancelsNow()
        .On("2031-04-20")
        .IsRefused(
            "subscription_exists", "POST", "/v1/subscriptions",
            """{"customer": "anna", "plan": "basic", "start_at": "2031-04-10T00:00:00Z"}""")
        .Calls("POST", "/v1/subscriptions", """{"customer": "anna", "plan": "basic", "start_at": "2031-04-16T00:00:00Z"}""")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              subscription       1000  2031-04-16 00:00 → 2031-05-16 00:00
            """)
        .LivesAsync(host);
}
