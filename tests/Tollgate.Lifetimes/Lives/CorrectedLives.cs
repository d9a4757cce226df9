using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// A correction returns the amount paid: less its discount, with its own tax, and once. Basic has 100 pages a month and costs 10 cents for
/// each further one.
/// </summary>
public sealed class CorrectedLives(LivesHost host)
{
    private const string Invoice = "/v1/invoices/{invoice}";

    // 50 pages beyond for $5.00, of which the coupon took $1.00 off. It was for one month.
    [Fact]
    public Task Voided_usage_goes_back_less_the_percentage_that_had_come_off_it() =>
        Given(Shops.With(new CouponSpec("FIFTH", 20, null, Duration.Repeating, 2)))
        .On("2031-04-01").Subscribes("basic", coupon: "FIFTH")
        .On("2031-04-10").Uses(150, id: "mistake")
        .On("2031-06-03").TakesBack("mistake")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 800
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -200
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -300
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-07-01 00:00 open 600
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
              usage pages    -400  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_of_a_void_invoice_does_not_go_back() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150, id: "mistake")
        .On("2031-05-02").Calls("POST", Invoice + "/void", "{}")
        .On("2031-05-03").TakesBack("mistake")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages       0  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // The usage line of May's invoice was credited: the event is voided afterwards, and nothing more goes back. If a third of it was
    // credited, two thirds go back.
    [Theory]
    [InlineData("""{"lines": [2], "reason": "sorry"}""", 0)]
    [InlineData("""{"lines": [1], "reason": "sorry"}""", -500)]
    [InlineData("""{"reason": "sorry"}""", 0)]
    [InlineData("""{"amount": 500, "reason": "sorry"}""", -333)]
    public Task Usage_that_was_credited_does_not_go_back_again(string note, int back) => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150, id: "mistake")
        .On("2031-05-02").Calls("POST", Invoice + "/credit-notes", note)
        .On("2031-05-03").TakesBack("mistake")
        .On("2031-06-01").IsLast(1000 + back, $"usage pages {back} 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // The other way round: an amount that went back on June's invoice cannot be credited on May's, of which $10 are left.
    [Fact]
    public Task Usage_that_went_back_is_not_credited_again() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150, id: "mistake")
        .On("2031-05-01").Pays()
        .On("2031-05-03").TakesBack("mistake")
        .On("2031-05-31 23:00").CancelsNow()
        .IsRefused("credit_refused", "POST", Invoice + "/credit-notes", """{"amount": 1, "reason": "sorry"}""")
        .LivesAsync(host);

    // $5 off $30 each month. After 10 days $20 less two thirds of $5 are left; the new period has the coupon again: ten days cost $8.33 and
    // no less.
    [Fact]
    public Task An_amount_that_comes_again_does_not_make_a_pause_free() =>
        Given(Shops.With(new CouponSpec("FIVE", null, 500, Duration.Forever))).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", coupon: "FIVE")
        .On("2031-04-11").Pauses().Resumes()
        .On("2031-04-21").Pauses().Resumes()
        .Invoices("""
            2031-04-01 00:00 open 2500
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
              discount            -500
            2031-04-11 00:00 open 833
              proration_credit   -1667  2031-04-11 00:00 → 2031-05-01 00:00
              subscription        3000  2031-04-11 00:00 → 2031-05-11 00:00
              discount            -500
            2031-04-21 00:00 open 833
              proration_credit   -1667  2031-04-21 00:00 → 2031-05-11 00:00
              subscription        3000  2031-04-21 00:00 → 2031-05-21 00:00
              discount            -500
            """)
        .LivesAsync(host);

    // The same by a change of the interval and back: half of April is $12.50 in any case, and the new month has its coupon although nothing
    // is billed.
    [Fact]
    public Task An_amount_that_comes_again_does_not_make_changes_of_the_interval_free() =>
        Given(Shops.With(new CouponSpec("FIVE", null, 500, Duration.Forever))).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", coupon: "FIVE")
        .On("2031-04-16").Changes(interval: Interval.Yearly, when: When.Now)
        .On("2031-04-16 00:01").Changes(interval: Interval.Monthly, when: When.Now)
        .Invoices("""
            2031-04-01 00:00 paid 2500, 2500 from credit
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
              discount            -500
            2031-04-16 00:00 open 28250, 24500 from credit
              proration_credit   -1250  2031-04-16 00:00 → 2031-05-01 00:00
              subscription       30000  2031-04-16 00:00 → 2032-04-16 00:00
              discount            -500
            2031-04-16 00:01 paid 0
              proration_credit  -29500  2031-04-16 00:01 → 2032-04-16 00:00
              subscription        3000  2031-04-16 00:01 → 2031-05-16 00:01
              discount            -500
            """)
        .LivesAsync(host);

    // April at 20 %, then 10 %, then 5 %. Basic's 667 go back with 20 % of them; pro's 2000 had 200 of tax, independent of the part that
    // basic's time paid, and go back with that.
    [Fact]
    public Task Unused_time_goes_back_with_its_own_tax_when_rates_change() =>
        Given(Shops.Taxing(new TaxSpec("GB", "VAT", 20))).WithoutTheNaiveBiller()
        .On("2031-04-01").Joins("GB").Subscribes("basic")
        .On("2031-04-11").Calls("PUT", "/v1/tax-rates", Rates(10)).Changes("pro")
        .Calls("PUT", "/v1/tax-rates", Rates(5)).Changes("basic", when: When.Now)
        .Invoices("""
            2031-04-01 00:00 paid 1200, tax 200, 1200 from credit
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 open 1400, tax 67, 300 from credit
              proration_credit    -667  2031-04-11 00:00 → 2031-05-01 00:00
              proration_charge    2000  2031-04-11 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 paid 0, tax -167
              proration_credit   -2000  2031-04-11 00:00 → 2031-05-01 00:00
              proration_charge     667  2031-04-11 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    private static string Rates(int percent) => $$"""{"rates": [{"country": "GB", "name": "VAT", "percent": {{percent}}}]}""";
}
