using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Credit packs: bought once, granted when paid, used in addition to the plan. The naive biller sells none.</summary>
public sealed class PackLives(LivesHost host)
{
    // Two packs of 50 pages are $8. Paid on the 10th they last until 10 May. April: 100 pages of the plan, then 50 of the 100. May: the
    // other 50 expire before the month ends, so they are used first: 30 of them, and 20 are lost on the 10th. 80 + 30 of the plan's 100 are
    // 10 beyond: $1.
    [Fact]
    public Task A_pack_gives_what_was_bought_from_the_payment_until_it_expires() =>
        Given(Selling(new PackSpec("fifty", "pages", 50, 400, Days: 30)))
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic").May(100)
        .On("2031-04-05").Buys("fifty", 2).May(100)
        .On("2031-04-10").Pays().May(200).Uses(150)
        .On("2031-05-02").May(150).Uses(30)
        .On("2031-05-11").May(130).Uses(80)
        .On("2031-05-12").Uses(30)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 paid 1000
              subscription            1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-05 00:00 paid 800
              credit_pack pages x2     800  2031-04-05 00:00 → 2031-04-05 00:00:01
            2031-05-01 00:00 open 1000
              subscription            1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1100
              subscription            1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages              100  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // $30 − $10 for half of the month and the 19 % on them are $11.90 to get, and pay $7 with its tax: $8.33. The rest, $3.57, pays a part
    // of May.
    [Fact]
    public Task Credits_pay_a_pack_with_its_tax_and_it_is_given_at_once() => Given(
            Shops.Taxing(new TaxSpec("DE", "Umsatzsteuer", 19)) with { Packs = [new("hundred", "pages", 100, 700)] })
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Joins("DE").Subscribes("pro").Pays()
        .On("2031-04-16").Changes("basic", when: When.Now).May(100)
        .On("2031-04-20").Buys("hundred").May(200)
        .On("2031-05-01").May(200)
        .Invoices("""
            2031-04-01 00:00 paid 3570, tax 570
              subscription            3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0, tax -190
              proration_credit       -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge         500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-04-20 00:00 paid 833, tax 133, 833 from credit
              credit_pack pages        700  2031-04-20 00:00 → 2031-04-20 00:00:01
            2031-05-01 00:00 open 1190, tax 190, 357 from credit
              subscription            1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    private static Shop Selling(params PackSpec[] packs) => Shops.Standard with { Packs = packs };
}
