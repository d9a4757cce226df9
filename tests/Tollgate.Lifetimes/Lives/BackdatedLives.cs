using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>A contract that began before it was entered.</summary>
public sealed class BackdatedLives(LivesHost host)
{
    private const string Subscriptions = "/v1/subscriptions";

    /// <summary>The default plan without a hard cap, so that it can be used beyond what basic includes.</summary>
    private static readonly Shop Open = Shops.Standard with
    {
        Plans = [Shops.Free with { Included = [new("pages", 10, null, "hard_cap: false")] }, Shops.Basic, Shops.Pro, Shops.Enterprise],
    };

    // April's usage was counted in the free plan's April, which is cut on the 11th: it is not billed. Later reports for the time from the
    // 11th on are billed, as late usage of its month: 130 pages less 100.
    [Fact]
    public Task Usage_from_before_the_call_stays_in_its_month_and_later_reports_are_billed() => Given(Open).WithoutTheNaiveBiller()
        .On("2031-04-20").Uses(500)
        .On("2031-05-15").Calls("POST", Subscriptions, """{"customer": "anna", "plan": "basic", "start_at": "2031-04-11T00:00:00Z"}""")
        .Invoices("""
            2031-04-11 00:00 open 1000
              subscription   1000  2031-04-11 00:00 → 2031-05-11 00:00
            2031-05-11 00:00 open 1000
              subscription   1000  2031-05-11 00:00 → 2031-06-11 00:00
            """)
        .On("2031-05-16").Uses(130, occurred: "2031-05-01")
        .On("2031-06-11")
        .Invoices("""
            2031-04-11 00:00 open 1000
              subscription   1000  2031-04-11 00:00 → 2031-05-11 00:00
            2031-05-11 00:00 open 1000
              subscription   1000  2031-05-11 00:00 → 2031-06-11 00:00
            2031-06-11 00:00 open 1300
              subscription   1000  2031-06-11 00:00 → 2031-07-11 00:00
              usage pages     300  2031-04-11 00:00 → 2031-05-11 00:00
            """)
        .LivesAsync(host);

    // A calendar month that began after the start is a quota period of its own: 150 pages less basic's 100.
    [Fact]
    public Task Overage_of_the_months_since_a_back_dated_start_is_billed() => Given(Open).WithoutTheNaiveBiller()
        .On("2031-05-05").Uses(150)
        .On("2031-06-15").Calls("POST", Subscriptions, """{"customer": "anna", "plan": "basic", "start_at": "2031-04-11T00:00:00Z"}""")
        .Invoices("""
            2031-04-11 00:00 open 1000
              subscription   1000  2031-04-11 00:00 → 2031-05-11 00:00
            2031-05-11 00:00 open 1000
              subscription   1000  2031-05-11 00:00 → 2031-06-11 00:00
            2031-06-11 00:00 open 1500
              subscription   1000  2031-06-11 00:00 → 2031-07-11 00:00
              usage pages     500  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_coupon_is_redeemed_when_it_is_named() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-03-01")
        .Calls("POST", "/v1/coupons",
            """{"code": "MARCH", "percent_off": 50, "duration": "forever", "expires_at": "2031-04-01T00:00:00Z"}""")
        .On("2031-04-20")
        .IsRefused(
            "coupon_refused", "POST", Subscriptions,
            """{"customer": "anna", "plan": "basic", "coupon": "MARCH", "start_at": "2031-03-20T00:00:00Z"}""")
        .Calls("POST", Subscriptions, """{"customer": "anna", "plan": "basic"}""")
        .Invoices("""
            2031-04-20 00:00 open 1000
              subscription   1000  2031-04-20 00:00 → 2031-05-20 00:00
            """)
        .LivesAsync(host);
}
