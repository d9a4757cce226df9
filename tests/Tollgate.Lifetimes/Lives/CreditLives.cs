using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Prepaid and promotional credit of customers.</summary>
public sealed class CreditLives(LivesHost host)
{
    private const string Bert = "bert";

    private static readonly Shop British = Shops.Taxing(new TaxSpec("GB", "VAT", 20, Inclusive: true)) with
    {
        Coupons = [new("FIFTH", 20, null, Duration.Forever)],
    };

    // Anna has the gift before the coupon. $13: all of April, and $3 of May before the 20 %, of which $9 prepaid pay $5.60. A second gift
    // of $10 comes after the coupon: $8 of June. Its rest, $2, ends at the very moment of July's invoice. Bert has the coupon first. $13
    // after it: $8 of May, $5 of June.
    [Fact]
    public Task Gifts_and_coupons_stand_in_the_order_of_their_redemption_and_what_was_prepaid_pays() => Given(British)
        .On("2031-04-01").Joins("GB").IsGiven(1300).Prepays(900).Subscribes("basic", coupon: "FIFTH")
        .By(Bert).Joins("GB").Subscribes("basic", coupon: "FIFTH").IsGiven(1300).Prepays(1000).Prepays(-100)
        .By(Anna).On("2031-05-10").IsGiven(1000, until: "2031-07-01")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -1000
            2031-05-01 00:00 paid 560, tax 93, 560 from credit
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount        -300
              discount        -140
            2031-06-01 00:00 paid 0
              subscription    1000  2031-06-01 00:00 → 2031-07-01 00:00
              discount        -200
              discount        -800
            2031-07-01 00:00 open 800, tax 133, 340 from credit
              subscription    1000  2031-07-01 00:00 → 2031-08-01 00:00
              discount        -200
            """)
        .By(Bert)
        .Invoices("""
            2031-04-01 00:00 open 800, tax 133
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount        -200
            2031-05-01 00:00 paid 0
              subscription    1000  2031-05-01 00:00 → 2031-06-01 00:00
              discount        -200
              discount        -800
            2031-06-01 00:00 paid 300, tax 50, 300 from credit
              subscription    1000  2031-06-01 00:00 → 2031-07-01 00:00
              discount        -200
              discount        -500
            2031-07-01 00:00 open 800, tax 133, 600 from credit
              subscription    1000  2031-07-01 00:00 → 2031-08-01 00:00
              discount        -200
            """)
        .LivesAsync(host);

    // A gift belongs to the customer: it outlives the subscription. A second earlier, June would have had it.
    [Fact]
    public Task A_gift_goes_on_with_the_next_subscription_until_the_second_at_which_it_ends() => Given(Shops.Standard)
        .On("2031-04-01").Joins("DE").IsGiven(2700, until: "2031-06-10").Subscribes("basic")
        .On("2031-04-20").CancelsAtTheEnd()
        .On("2031-05-09 23:59:59").Subscribes("basic")
        .By(Bert).On("2031-05-10").Joins("DE").IsGiven(2700, until: "2031-06-10").Subscribes("basic")
        .By(Anna).On("2031-06-10")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription    1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -1000
            2031-05-09 23:59:59 paid 0
              subscription    1000  2031-05-09 23:59:59 → 2031-06-09 23:59:59
              discount       -1000
            2031-06-09 23:59:59 open 300
              subscription    1000  2031-06-09 23:59:59 → 2031-07-09 23:59:59
              discount        -700
            """)
        .By(Bert)
        .Invoices("""
            2031-05-10 00:00 paid 0
              subscription    1000  2031-05-10 00:00 → 2031-06-10 00:00
              discount       -1000
            2031-06-10 00:00 open 1000
              subscription    1000  2031-06-10 00:00 → 2031-07-10 00:00
            """)
        .LivesAsync(host);

    // The month was a gift: none of it is returned in money.
    [Fact]
    public Task A_gift_never_becomes_money() => Given(Shops.Standard)
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Joins("DE").IsGiven(1000).Subscribes("basic")
        .On("2031-04-16").Changes("pro")
        .Invoices("""
            2031-04-01 00:00 paid 0
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount           -1000
            2031-04-16 00:00 open 1500
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);
}
