using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Currencies of no, two and three decimals; taxes.</summary>
public sealed class MoneyLives(LivesHost host)
{
    private static readonly TaxSpec German = new("DE", "Umsatzsteuer", 19);

    // 980 × 20/30 = 653.3 and 2980 × 20/30 = 1986.7, in whole yen. 7 pages beyond at 1.5 yen are 10.5: half away from zero.
    [Fact]
    public Task Yen_have_no_decimals() => Given(Priced("JPY", 980, 2980, 1.5m))
        .On("2031-04-01").Subscribes("small")
        .On("2031-04-11").Changes("large")
        .On("2031-04-12").Uses(17)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 980
              subscription         980  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 open 1334
              proration_credit    -653  2031-04-11 00:00 → 2031-05-01 00:00
              proration_charge    1987  2031-04-11 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2991
              subscription        2980  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages           11  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 2.995 dinars are 2995 fils: × 20/30 = 1996.7; 9995 × 20/30 = 6663.3. 7 pages at 0.0125 dinars are 87.5 fils.
    [Fact]
    public Task Dinars_have_three_decimals() => Given(Priced("KWD", 2995, 9995, 0.0125m))
        .On("2031-04-01").Subscribes("small")
        .On("2031-04-11").Changes("large")
        .On("2031-04-12").Uses(17)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 2995
              subscription        2995  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 open 4666
              proration_credit   -1997  2031-04-11 00:00 → 2031-05-01 00:00
              proration_charge    6663  2031-04-11 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 10083
              subscription        9995  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages           88  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_customer_keeps_the_currency_that_it_began_with() => Given(Shops.Standard.With(
            Shops.Basic with { Prices = [new(Interval.Monthly, 1000), new(Interval.Monthly, 900, "EUR")] },
            Shops.Pro with { Prices = [new(Interval.Monthly, 3000), new(Interval.Monthly, 2700, "EUR")] }))
        .On("2031-04-01").Subscribes("basic", currency: "EUR")
        .On("2031-04-16").Changes("pro")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 900
              subscription         900  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 900
              proration_credit    -450  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1350  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 2700
              subscription        2700  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Tax_on_top() => Given(Shops.Taxing(German))
        .On("2031-04-01").Joins("DE").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 open 1190, tax 190
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 1000 × 20/120 = 166.7.
    [Fact]
    public Task Tax_within() => Given(Shops.Taxing(new TaxSpec("GB", "VAT", 20, Inclusive: true)))
        .On("2031-04-01").Joins("GB").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 open 1000, tax 167
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_business_abroad_owes_the_tax_itself() => Given(Shops.Taxing(German, new TaxSpec("FR", "TVA", 20, ReverseCharge: true)))
        .On("2031-04-01").Joins("FR", "FR40303265045").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_person_abroad_pays_the_tax() => Given(Shops.Taxing(German, new TaxSpec("FR", "TVA", 20, ReverseCharge: true)))
        .On("2031-04-01").Joins("FR").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 open 1200, tax 200
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Without_a_tax_rate_there_is_no_tax() => Given(Shops.Taxing(German))
        .On("2031-04-01").Joins("US").Subscribes("basic")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 19 % of 800.
    [Fact]
    public Task Tax_is_on_what_the_discount_leaves() =>
        Given(Shops.Taxing(German) with { Coupons = [new("FIFTH", 20, null, Duration.Once)] })
        .On("2031-04-01").Joins("DE").Subscribes("basic", coupon: "FIFTH")
        .Invoices("""
            2031-04-01 00:00 open 952, tax 152
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
              discount       -200
            """)
        .LivesAsync(host);

    // 19 % of 1003 is 190.57 and of 503 is 95.57: rounded separately 191 + 96 = 287. 19 % of the sum is 286.14.
    [Fact]
    public Task Tax_is_rounded_once() => Given(Shops.Taxing(German).With(
            Shops.Basic with { Prices = [new(Interval.Monthly, 1003)], Included = [new("pages", 100, Overage.PerUnit(5.03m))] }))
        .On("2031-04-01").Joins("DE").Subscribes("basic")
        .On("2031-04-10").Uses(101)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1194, tax 191
              subscription   1003  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1792, tax 286
              subscription   1003  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     503  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // −1500 + 500 go back with their tax of 190, and pay the whole next invoice with its tax.
    [Fact]
    public Task A_credit_pays_the_tax_too() => Given(Shops.Taxing(German))
        .On("2031-04-01").Joins("DE").Subscribes("pro").Pays()
        .On("2031-04-16").Changes("basic", when: When.Now)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 3570, tax 570
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0, tax -190
              proration_credit   -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 paid 1190, tax 190, 1190 from credit
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // $49 pay for three seats, each further one is $12: five are 49 + 24, seven 49 + 48; half of the month is left.
    [Fact]
    public Task Seats_beyond_those_that_are_included() => Given(Shops.Standard.With(
            Shops.Pro with { Prices = [new(Interval.Monthly, 4900, Extra: "seats: { included: 3, price: \"12\" }")] }))
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", quantity: 5)
        .On("2031-04-16").Changes(quantity: 7)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 7300
              subscription        4900  2031-04-01 00:00 → 2031-05-01 00:00
              seat x2             2400  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1200
              proration_credit x5 -3650  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge x7  4850  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 9700
              subscription        4900  2031-05-01 00:00 → 2031-06-01 00:00
              seat x4             4800  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // April: $10 and 50 pages at 10 cents are $15 of at least $40. May: $10 and $50 are more than that.
    [Fact]
    public Task A_minimum_is_filled_up_at_the_end_of_the_period() => Given(Shops.Standard.With(
            Shops.Basic with { Prices = [new(Interval.Monthly, 1000, Minimum: 4000)] }))
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150)
        .On("2031-05-10").Uses(600)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 4000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
              minimum        2500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 6000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages    5000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    private static Shop Priced(string currency, long small, long large, decimal page) => new()
    {
        Currency = currency,
        Plans =
        [
            new("free", [new(Interval.Monthly, 0, currency)], []),
            new("small", [new(Interval.Monthly, small, currency)], [new("pages", 10, Overage.PerUnit(page))]),
            new("large", [new(Interval.Monthly, large, currency)], [new("pages", 10, Overage.PerUnit(page))]),
        ],
    };
}
