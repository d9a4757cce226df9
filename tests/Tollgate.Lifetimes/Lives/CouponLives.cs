using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

public sealed class CouponLives(LivesHost host)
{
    private const string Bert = "bert", Carl = "carl", Dora = "dora";

    private const string AprilHalved = """
            2031-03-31 12:00 open 500
              subscription   1000  2031-03-31 12:00 → 2031-04-30 12:00
              discount       -500
            2031-04-30 12:00 open 1000
              subscription   1000  2031-04-30 12:00 → 2031-05-31 12:00
        """;

    [Fact]
    public Task A_percentage_once() => Given(Shops.With(new CouponSpec("HALF", 50, null, Duration.Once)))
        .On("2031-04-01").Subscribes("basic", coupon: "HALF")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 500
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -500
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_percentage_for_three_months() => Given(Shops.With(new CouponSpec("THREE", 20, null, Duration.Repeating, 3)))
        .On("2031-01-31").Subscribes("basic", coupon: "THREE")
        .On("2031-05-01")
        .Invoices("""
            2031-01-31 00:00 open 800
              subscription   1000  2031-01-31 00:00 → 2031-02-28 00:00
              discount       -200
            2031-02-28 00:00 open 800
              subscription   1000  2031-02-28 00:00 → 2031-03-31 00:00
              discount       -200
            2031-03-31 00:00 open 800
              subscription   1000  2031-03-31 00:00 → 2031-04-30 00:00
              discount       -200
            2031-04-30 00:00 open 1000
              subscription   1000  2031-04-30 00:00 → 2031-05-31 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_percentage_for_ever_rounds_half_up() =>
        Given(Shops.With(new CouponSpec("EVER", 12.5m, null, Duration.Forever))
            .With(Shops.Basic with { Prices = [new(Interval.Monthly, 1004)] }))
        .On("2031-04-01").Subscribes("basic", coupon: "EVER")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 878
              subscription   1004  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -126
            2031-05-01 00:00 open 878
              subscription   1004  2031-05-01 00:00 → 2031-06-01 00:00
              discount       -126
            2031-06-01 00:00 open 878
              subscription   1004  2031-06-01 00:00 → 2031-07-01 00:00
              discount       -126
            """)
        .LivesAsync(host);

    [Fact]
    public Task An_amount_larger_than_the_invoice_takes_what_there_is_and_the_rest_is_forfeited() =>
        Given(Shops.With(new CouponSpec("FIFTEEN", null, 1500, Duration.Once)))
        .On("2031-04-01").Subscribes("basic", coupon: "FIFTEEN")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -1000
            2031-05-01 00:00 open 1000
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // The first invoice gets $10 of $15 a month, and the change in April the other $5. Nothing was paid for April, so nothing goes back.
    [Fact]
    public Task An_amount_for_ever_is_there_once_a_month() =>
        Given(Shops.With(new CouponSpec("FIFTEEN", null, 1500, Duration.Forever))).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic", coupon: "FIFTEEN")
        .On("2031-04-16").Changes(quantity: 3)
        .On("2031-04-26").Changes(quantity: 4)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription          1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount             -1000
            2031-04-16 00:00 open 1000
              proration_charge x3   1500  2031-04-16 00:00 → 2031-05-01 00:00
              discount              -500
            2031-04-26 00:00 open 167
              proration_credit x3   -500  2031-04-26 00:00 → 2031-05-01 00:00
              proration_charge x4    667  2031-04-26 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2500
              subscription x4       4000  2031-05-01 00:00 → 2031-06-01 00:00
              discount             -1500
            """)
        .LivesAsync(host);

    [Fact]
    public Task An_amount_for_two_months() => Given(Shops.With(new CouponSpec("THREEDOLLARS", null, 300, Duration.Repeating, 2)))
        .On("2031-04-01").Subscribes("basic", coupon: "THREEDOLLARS")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 700
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -300
            2031-05-01 00:00 open 700
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount       -300
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // 20 % of 1000 and of 50 × 10 cents.
    [Fact]
    public Task A_percentage_takes_from_usage_too() => Given(Shops.With(new CouponSpec("FIFTH", 20, null, Duration.Forever)))
        .On("2031-04-01").Subscribes("basic", coupon: "FIFTH")
        .On("2031-04-10").Uses(150)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 800
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -200
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -300
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_coupon_for_once_waits_for_the_first_invoice_after_a_trial() =>
        Given(Shops.With(new CouponSpec("HALF", 50, null, Duration.Once)))
        .On("2031-03-20 10:00").Subscribes("pro", trial: true, coupon: "HALF")
        .On("2031-05-04")
        .Invoices("""
            2031-04-03 10:00 open 1500
              subscription    3000  2031-04-03 10:00 → 2031-05-03 10:00
              discount       -1500
            2031-05-03 10:00 open 3000
              subscription    3000  2031-05-03 10:00 → 2031-06-03 10:00
            """)
        .LivesAsync(host);

    // Three months of the paid time: the trial does not count.
    [Fact]
    public Task Three_months_are_counted_from_the_end_of_a_trial() =>
        Given(Shops.With(new CouponSpec("THREE", 20, null, Duration.Repeating, 3)))
        .On("2031-03-20 10:00").Subscribes("pro", trial: true, coupon: "THREE")
        .On("2031-07-04")
        .Invoices("""
            2031-04-03 10:00 open 2400
              subscription    3000  2031-04-03 10:00 → 2031-05-03 10:00
              discount        -600
            2031-05-03 10:00 open 2400
              subscription    3000  2031-05-03 10:00 → 2031-06-03 10:00
              discount        -600
            2031-06-03 10:00 open 2400
              subscription    3000  2031-06-03 10:00 → 2031-07-03 10:00
              discount        -600
            2031-07-03 10:00 open 3000
              subscription    3000  2031-07-03 10:00 → 2031-08-03 10:00
            """)
        .LivesAsync(host);

    // The whole month was free, so the remaining half gives no credit.
    [Fact]
    public Task A_credit_is_never_more_than_what_was_paid_after_the_discount() =>
        Given(Shops.With(new CouponSpec("GIFT", 100, null, Duration.Once)))
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic", coupon: "GIFT")
        .On("2031-04-16").Changes("pro")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount           -1000
            2031-04-16 00:00 open 1500
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // $25 are two and a half months; the tax is on what is left. In June 50 pages of May are $5.
    [Fact]
    public Task The_rest_of_an_amount_that_carries_over_reduces_the_next_invoices() => Given(
            Shops.Taxing(new TaxSpec("DE", "Umsatzsteuer", 19)) with
            {
                Coupons = [new("TWENTYFIVE", null, 2500, Duration.Once, CarriesOver: true)],
            })
        .On("2031-04-01").Joins("DE").Subscribes("basic", coupon: "TWENTYFIVE")
        .On("2031-05-10").Uses(150)
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -1000
            2031-05-01 00:00 paid 0
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount       -1000
            2031-06-01 00:00 open 1190, tax 190
              subscription    1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages      500  2031-05-01 00:00 → 2031-06-01 00:00
              discount        -500
            2031-07-01 00:00 open 1190, tax 190
              subscription    1000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .LivesAsync(host);

    // 20 % of what $3 leave are $1.40. From 10 May on there are 20 % of all. Two months from 10 April are over on 10 June.
    [Fact]
    public Task Further_coupons_follow_each_other_and_end() => Given(Shops.With(
            new CouponSpec("THREEDOLLARS", null, 300, Duration.Forever), new CouponSpec("FIFTH", 20, null, Duration.Forever),
            new CouponSpec("TENTH", 10, null, Duration.Repeating, 2)))
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Redeems("THREEDOLLARS").Redeems("FIFTH").Redeems("TENTH")
        .On("2031-05-10").LosesCoupon("THREEDOLLARS")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 504
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount        -300
              discount        -140
              discount         -56
            2031-06-01 00:00 open 720
              subscription    1000  2031-06-01 00:00 → 2031-07-01 00:00
              discount        -200
              discount         -80
            2031-07-01 00:00 open 800
              subscription    1000  2031-07-01 00:00 → 2031-08-01 00:00
              discount        -200
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-10 00:00 redeem_coupon
            2031-04-10 00:00 redeem_coupon
            2031-04-10 00:00 redeem_coupon
            2031-05-01 00:00 renew
            2031-05-10 00:00 end_coupon
            2031-06-01 00:00 renew
            2031-07-01 00:00 renew
            """)
        .LivesAsync(host);

    // Anna's month begins on 31 March: a month from 28 February alone would end before. Bert redeems in the very second of a renewal, and
    // Carl of his start, which both have been invoiced. Dora's on 30 March has the renewal of the next day, and not that of 30 April as
    // well.
    [Fact]
    public Task A_coupon_for_a_month_that_is_redeemed_later_has_the_next_renewal_and_no_other() =>
        Given(Shops.With(new CouponSpec("MONTH", 50, null, Duration.Repeating, 1)))
        .On("2031-01-31 12:00").Subscribes("basic")
        .By(Bert).Subscribes("basic")
        .By(Dora).Subscribes("basic")
        .By(Carl).Subscribes("basic").Redeems("MONTH")
        .By(Bert).On("2031-02-28 12:00").Redeems("MONTH")
        .By(Anna).On("2031-02-28 13:00").Redeems("MONTH")
        .By(Dora).On("2031-03-30 13:00").Redeems("MONTH")
        .On("2031-05-01")
        .By(Anna)
        .Invoices($"""
            2031-01-31 12:00 open 1000
              subscription   1000  2031-01-31 12:00 → 2031-02-28 12:00
            2031-02-28 12:00 open 1000
              subscription   1000  2031-02-28 12:00 → 2031-03-31 12:00
            {AprilHalved}
            """)
        .By(Bert)
        .Invoices($"""
            2031-01-31 12:00 open 1000
              subscription   1000  2031-01-31 12:00 → 2031-02-28 12:00
            2031-02-28 12:00 open 1000
              subscription   1000  2031-02-28 12:00 → 2031-03-31 12:00
            {AprilHalved}
            """)
        .By(Carl)
        .Invoices("""
            2031-01-31 12:00 open 1000
              subscription   1000  2031-01-31 12:00 → 2031-02-28 12:00
            2031-02-28 12:00 open 500
              subscription   1000  2031-02-28 12:00 → 2031-03-31 12:00
              discount       -500
            2031-03-31 12:00 open 1000
              subscription   1000  2031-03-31 12:00 → 2031-04-30 12:00
            2031-04-30 12:00 open 1000
              subscription   1000  2031-04-30 12:00 → 2031-05-31 12:00
            """)
        .By(Dora)
        .Invoices($"""
            2031-01-31 12:00 open 1000
              subscription   1000  2031-01-31 12:00 → 2031-02-28 12:00
            2031-02-28 12:00 open 1000
              subscription   1000  2031-02-28 12:00 → 2031-03-31 12:00
            {AprilHalved}
            """)
        .LivesAsync(host);

    // The year is one invoice. Three months from 10 May include the usage of May, which is billed on 1 June, and have ended before the next
    // year begins.
    [Fact]
    public Task A_coupon_of_months_reduces_the_invoices_of_a_yearly_subscription_in_them() => Given(Shops.With(
            new CouponSpec("THREE", 20, null, Duration.Repeating, 3), new CouponSpec("YEAR", 10, null, Duration.Repeating, 12)))
        .On("2031-04-01").Subscribes("basic", Interval.Yearly)
        .By(Bert).Subscribes("basic", Interval.Yearly)
        .By(Anna).On("2031-05-10").Redeems("THREE").Uses(200)
        .By(Bert).Redeems("YEAR")
        .On("2033-04-01")
        .By(Anna)
        .Invoices("""
            2031-04-01 00:00 open 10000
              subscription   10000  2031-04-01 00:00 → 2032-04-01 00:00
            2031-06-01 00:00 open 800
              usage pages     1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount        -200
            2032-04-01 00:00 open 10000
              subscription   10000  2032-04-01 00:00 → 2033-04-01 00:00
            2033-04-01 00:00 open 10000
              subscription   10000  2033-04-01 00:00 → 2034-04-01 00:00
            """)
        .By(Bert)
        .Invoices("""
            2031-04-01 00:00 open 10000
              subscription   10000  2031-04-01 00:00 → 2032-04-01 00:00
            2032-04-01 00:00 open 9000
              subscription   10000  2032-04-01 00:00 → 2033-04-01 00:00
              discount       -1000
            2033-04-01 00:00 open 10000
              subscription   10000  2033-04-01 00:00 → 2034-04-01 00:00
            """)
        .LivesAsync(host);
}
