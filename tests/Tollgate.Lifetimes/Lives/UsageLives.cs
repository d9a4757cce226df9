using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Usage beyond the quota: basic has 100 pages a month and costs 10 cents for each further one, pro 1,000 and 5 cents.
/// </summary>
public sealed class UsageLives(LivesHost host)
{
    // Weeks end on the 8th and the 15th, and in the second in which the third begins the month of quotas is cut: 50 pages beyond its 100.
    [Fact]
    public Task A_month_that_is_cut_in_the_second_of_a_renewal_is_billed() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic", Interval.Weekly)
        .On("2031-04-10").Uses(150)
        .On("2031-04-15").Changes(interval: Interval.Monthly, when: When.Now)
        .Invoices("""
            2031-04-01 00:00 open 250
              subscription        250  2031-04-01 00:00 → 2031-04-08 00:00
            2031-04-08 00:00 open 250
              subscription        250  2031-04-08 00:00 → 2031-04-15 00:00
            2031-04-15 00:00 open 250
              subscription        250  2031-04-15 00:00 → 2031-04-22 00:00
            2031-04-15 00:00 open 1250
              proration_credit   -250  2031-04-15 00:00 → 2031-04-22 00:00
              subscription       1000  2031-04-15 00:00 → 2031-05-15 00:00
              usage pages         500  2031-04-01 00:00 → 2031-04-15 00:00
            """)
        .LivesAsync(host);

    // The usage was not late, so a meter that ignores late usage does not ignore it.
    [Fact]
    public Task A_month_that_ends_with_the_subscription_in_the_second_of_a_renewal_is_billed() => Given(Shops.Standard.With(
            Shops.Basic with { Included = [new("letters", 100, Overage.PerUnit(0.10m), IgnoresLate: true)] }))
        .On("2031-04-01").Subscribes("basic", Interval.Weekly)
        .On("2031-04-07").Uses(150, "letters")
        .On("2031-04-08").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 250
              subscription   250  2031-04-01 00:00 → 2031-04-08 00:00
            2031-04-08 00:00 open 250
              subscription   250  2031-04-08 00:00 → 2031-04-15 00:00
            2031-04-08 00:00 open 500
              usage letters  500  2031-04-01 00:00 → 2031-04-08 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_beyond_the_quota_is_on_the_invoice_of_the_renewal() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(120)
        .On("2031-04-20").Uses(30)
        .On("2031-05-10").Uses(100)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // 101 pages just before midnight are April's: one too many. 200 at midnight are May's: 100 too many.
    [Fact]
    public Task Usage_exactly_at_the_boundary_belongs_to_the_period_that_begins() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-30 23:59:59").Uses(101)
        .On("2031-05-01").Uses(200)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1010
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages      10  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 2000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages    1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_that_is_reported_late_but_before_the_invoice_counts_as_if_in_time() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-30").Uses(130, occurred: "2031-04-02 12:00")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1300
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // April was billed for 120 pages: 200. With 30 more it is 150: 500. The difference comes with the next invoice.
    [Fact]
    public Task Usage_that_is_reported_after_the_invoice_comes_with_the_next_one() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-20").Uses(120)
        .On("2031-05-03").Uses(30, occurred: "2031-04-28 08:00")
        .On("2031-05-20").Uses(105)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     200  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1350
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     300  2031-04-01 00:00 → 2031-05-01 00:00
              usage pages      50  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Late_usage_within_the_quota_costs_nothing() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-20").Uses(60)
        .On("2031-05-03").Uses(40, occurred: "2031-04-28 08:00")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // An upgrade makes an invoice too: it is the next one.
    [Fact]
    public Task Late_usage_comes_with_an_upgrade_when_that_is_the_next_invoice() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-05-03").Uses(110, occurred: "2031-04-28 08:00")
        .On("2031-05-11 12:00").Changes("pro", proration: Proration.Second)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-05-11 12:00 open 1423
              proration_credit    -661  2031-05-11 12:00 → 2031-06-01 00:00
              proration_charge    1984  2031-05-11 12:00 → 2031-06-01 00:00
              usage pages          100  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 12 files are one package, and so are 14: there is no difference to bill.
    [Fact]
    public Task Late_usage_within_a_package_that_is_billed_makes_no_line() => Given(PriceLives.Metered())
        .On("2031-04-01").Subscribes("metered")
        .On("2031-04-20").Uses(12, "files")
        .On("2031-05-03").Uses(2, "files", occurred: "2031-04-28 08:00")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage files     200  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // Scheduling a cancellation makes no invoice. The late 10 pages beyond April's quota wait for the last one.
    [Fact]
    public Task Late_usage_waits_for_the_end_when_somebody_says_that_they_will_leave() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-05-03").Uses(110, occurred: "2031-04-28 08:00")
        .On("2031-05-10").CancelsAtTheEnd()
        .On("2031-05-12").ChangesItsMind()
        .On("2031-05-14").CancelsAtTheEnd()
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 100
              usage pages     100  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_voided_before_the_invoice_is_not_billed() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(120)
        .On("2031-04-11").Uses(30, id: "by-mistake")
        .On("2031-04-12").TakesBack("by-mistake")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     200  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_voided_after_the_invoice_is_credited_on_the_next_one() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(120)
        .On("2031-04-11").Uses(30, id: "by-mistake")
        .On("2031-05-05").TakesBack("by-mistake")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 700
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages    -300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 50 pages beyond basic's 100 remain billed; pages after the upgrade are within pro's 1,000.
    [Fact]
    public Task An_upgrade_in_the_month_does_not_cover_what_was_used_before() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150)
        .On("2031-04-16").Changes("pro")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    1500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3500
              subscription        3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages          500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 1000 − 1000 from the downgrade. The 150 pages were within pro's 1,000 when they were used; of basic's 100 nothing is left for the
    // next 20.
    [Fact]
    public Task A_downgrade_at_once_bills_only_what_is_used_after_it() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro").Pays()
        .On("2031-04-10").Uses(150)
        .On("2031-04-16").Changes("basic", when: When.Now)
        .On("2031-04-20").Uses(20)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 paid 3000
              subscription        3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 paid 0
              proration_credit   -1500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge     500  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200, 1000 from credit
              subscription        1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages          200  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_downgrade_at_the_end_leaves_the_month_to_the_larger_quota() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("pro")
        .On("2031-04-10").Uses(1050)
        .On("2031-04-16").Changes("basic")
        .On("2031-05-10").Uses(110)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription   3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1250
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     250  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1100
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     100  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // 1 April 2031 is a Tuesday. April's slice ends on a Thursday; the first invoice after it is that of 6 May.
    [Fact]
    public Task A_weekly_plan_has_monthly_quotas_and_bills_them_with_the_next_week() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic", Interval.Weekly)
        .On("2031-04-10").Uses(150)
        .On("2031-05-07")
        .Invoices("""
            2031-04-01 00:00 open 250
              subscription    250  2031-04-01 00:00 → 2031-04-08 00:00
            2031-04-08 00:00 open 250
              subscription    250  2031-04-08 00:00 → 2031-04-15 00:00
            2031-04-15 00:00 open 250
              subscription    250  2031-04-15 00:00 → 2031-04-22 00:00
            2031-04-22 00:00 open 250
              subscription    250  2031-04-22 00:00 → 2031-04-29 00:00
            2031-04-29 00:00 open 250
              subscription    250  2031-04-29 00:00 → 2031-05-06 00:00
            2031-05-06 00:00 open 750
              subscription    250  2031-05-06 00:00 → 2031-05-13 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // The months of a year from 31 January end on the 28th, the 31st, the 30th … and their overage is billed then.
    [Fact]
    public Task A_yearly_plan_has_monthly_quotas_and_bills_them_by_the_month() => Given(Shops.Standard)
        .On("2031-01-31").Subscribes("basic", Interval.Yearly)
        .On("2031-02-10").Uses(150)
        .On("2031-03-10").Uses(90)
        .On("2031-04-10").Uses(101)
        .On("2032-01-20").Uses(110)
        .On("2032-02-01")
        .Invoices("""
            2031-01-31 00:00 open 10000
              subscription   10000  2031-01-31 00:00 → 2032-01-31 00:00
            2031-02-28 00:00 open 500
              usage pages      500  2031-01-31 00:00 → 2031-02-28 00:00
            2031-04-30 00:00 open 10
              usage pages       10  2031-03-31 00:00 → 2031-04-30 00:00
            2032-01-31 00:00 open 10100
              subscription   10000  2032-01-31 00:00 → 2033-01-31 00:00
              usage pages      100  2031-12-31 00:00 → 2032-01-31 00:00
            """)
        .LivesAsync(host);

    // 100 pages a month, of which up to 50 unused ones live one month longer. April leaves 80: 50 roll. May has 150 and uses 120,
    // the 50 rolled ones among them, since they expire with May's own and were there first: 30 of May's own are left and roll.
    [Fact]
    public Task A_yearly_plan_rolls_what_a_month_left_over() => Given(Shops.Standard.With(
            Shops.Basic with { Included = [new("pages", 100, Extra: "rollover: { max: 50, periods: 1 }")] }))
        .On("2031-04-01").Subscribes("basic", Interval.Yearly).May(100)
        .On("2031-04-10").Uses(20)
        .On("2031-05-02").May(150).Uses(120)
        .On("2031-06-02").May(130)
        .On("2031-07-02").May(150)
        .On("2032-04-02")
        .Invoices("""
            2031-04-01 00:00 open 10000
              subscription   10000  2031-04-01 00:00 → 2032-04-01 00:00
            2032-04-01 00:00 open 10000
              subscription   10000  2032-04-01 00:00 → 2033-04-01 00:00
            """)
        .LivesAsync(host);

    // April leaves 30 pages. With them May has 130: of 150 used 20 are beyond, not 50.
    [Fact]
    public Task Rolled_over_units_are_used_before_overage() => Given(Shops.Standard.With(
            Shops.Basic with { Included = [new("pages", 100, Overage.PerUnit(0.10m), "rollover: { max: 50, periods: 1 }")] }))
        .WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(70)
        .On("2031-05-10").May(130).Uses(150)
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1200
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     200  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // April was billed for 20 pages beyond, $2. The late 30 would be $3 more.
    [Fact]
    public Task Late_usage_that_is_ignored_makes_no_line() => Given(IgnoringLate())
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-20").Uses(120)
        .On("2031-05-03").Uses(30, occurred: "2031-04-28 08:00")
        .On("2031-05-20").Uses(105)
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     200  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1050
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages      50  2031-05-01 00:00 → 2031-06-01 00:00
            2031-07-01 00:00 open 1000
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .ReportsLate("anna pages 30 300 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // Anna's first month had 60 pages, bert's none. The usage that carries them beyond 100 arrives after the month was invoiced.
    [Fact]
    public Task Late_usage_is_ignored_also_when_its_invoice_asked_for_nothing() => Given(IgnoringLate())
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-20").By("bert").Subscribes("basic")
        .On("2031-04-21").By("anna").Uses(60)
        .On("2031-05-03").Uses(110, occurred: "2031-04-28 08:00")
        .On("2031-05-21").By("bert").Uses(150, occurred: "2031-05-19 08:00")
        .On("2031-06-20").By("anna")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1000
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .By("bert")
        .Invoices("""
            2031-04-20 00:00 open 1000
              subscription   1000  2031-04-20 00:00 → 2031-05-20 00:00
            2031-05-20 00:00 open 1000
              subscription   1000  2031-05-20 00:00 → 2031-06-20 00:00
            2031-06-20 00:00 open 1000
              subscription   1000  2031-06-20 00:00 → 2031-07-20 00:00
            """)
        .ReportsLate("""
            bert pages 50 500 2031-04-20 00:00 → 2031-05-20 00:00
            anna pages 70 700 2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // Each month of a year is invoiced when it ends: nothing was used in February, and usage that arrives in April is late. March's is not.
    [Fact]
    public Task Under_yearly_billing_usage_is_late_when_its_month_was_invoiced() => Given(IgnoringLate())
        .On("2031-01-31").Subscribes("basic", Interval.Yearly)
        .On("2031-03-30").Uses(130, occurred: "2031-03-29 08:00")
        .On("2031-04-02").Uses(150, occurred: "2031-02-27 08:00").Uses(10, occurred: "2031-03-30 23:00")
        .On("2031-06-01")
        .Invoices("""
            2031-01-31 00:00 open 10000
              subscription   10000  2031-01-31 00:00 → 2032-01-31 00:00
            2031-03-31 00:00 open 300
              usage pages      300  2031-02-28 00:00 → 2031-03-31 00:00
            """)
        .ReportsLate("""
            anna pages 10 100 2031-02-28 00:00 → 2031-03-31 00:00
            anna pages 50 500 2031-01-31 00:00 → 2031-02-28 00:00
            """)
        .LivesAsync(host);

    // 50 beyond were $5. 30 of them are voided, which is no late usage: $3 go back. Then 40 come late.
    [Fact]
    public Task Voided_usage_is_credited_also_if_late_usage_is_ignored() => Given(IgnoringLate())
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(120)
        .On("2031-04-11").Uses(30, id: "by-mistake")
        .On("2031-05-05").TakesBack("by-mistake")
        .On("2031-06-03").Uses(40, occurred: "2031-04-30 08:00")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     500  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 700
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages    -300  2031-04-01 00:00 → 2031-05-01 00:00
            2031-07-01 00:00 open 1000
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .ReportsLate("anna pages 40 400 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // A year and a half later a mistake is found: 40 of the 50 beyond go back, and the resulting credit pays the next year.
    [Fact]
    public Task Usage_voided_in_the_year_after_is_credited() => Given(Shops.Standard)
        .On("2031-01-01").Subscribes("basic", Interval.Yearly)
        .On("2031-01-10").Uses(110)
        .On("2031-01-11").Uses(40, id: "by-mistake")
        .On("2032-06-05").Pays().TakesBack("by-mistake")
        .On("2033-01-01")
        .Invoices("""
            2031-01-01 00:00 paid 10000
              subscription   10000  2031-01-01 00:00 → 2032-01-01 00:00
            2031-02-01 00:00 paid 500
              usage pages      500  2031-01-01 00:00 → 2031-02-01 00:00
            2032-01-01 00:00 paid 10000
              subscription   10000  2032-01-01 00:00 → 2033-01-01 00:00
            2032-07-01 00:00 paid 0
              usage pages     -400  2031-01-01 00:00 → 2031-02-01 00:00
            2033-01-01 00:00 open 10000, 400 from credit
              subscription   10000  2033-01-01 00:00 → 2034-01-01 00:00
            """)
        .LivesAsync(host);

    // The subscription ended, half a day later a mistake of its last month is found, and in February she returns: 40 of the 50 go back
    // then.
    [Fact]
    public Task Usage_voided_on_the_day_after_the_end_is_credited_with_the_next_subscription() => Given(Shops.Standard)
        .On("2031-01-01").Subscribes("basic")
        .On("2031-01-10").Uses(110)
        .On("2031-01-11").Uses(40, id: "by-mistake").CancelsAtTheEnd()
        .On("2031-02-01 12:00").TakesBack("by-mistake")
        .On("2031-02-10").Subscribes("basic")
        .On("2031-04-10")
        .Invoices("""
            2031-01-01 00:00 open 1000
              subscription   1000  2031-01-01 00:00 → 2031-02-01 00:00
            2031-02-01 00:00 open 500
              usage pages     500  2031-01-01 00:00 → 2031-02-01 00:00
            2031-02-10 00:00 open 600
              subscription   1000  2031-02-10 00:00 → 2031-03-10 00:00
              usage pages    -400  2031-01-01 00:00 → 2031-02-01 00:00
            2031-03-10 00:00 open 1000
              subscription   1000  2031-03-10 00:00 → 2031-04-10 00:00
            2031-04-10 00:00 open 1000
              subscription   1000  2031-04-10 00:00 → 2031-05-10 00:00
            """)
        .LivesAsync(host);

    // Three seats share the plan's 100 pages.
    [Fact]
    public Task Seats_multiply_the_price_and_not_the_quota() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic", quantity: 3)
        .On("2031-04-10").Uses(130)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription x3  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 3300
              subscription x3  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages       300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // The month of pages is cut on the 16th, and the 150 used in it are billed with the year.
    [Fact]
    public Task A_change_of_interval_at_once_ends_the_month_of_the_quota() => Given(Shops.Standard)
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Uses(150)
        .On("2031-04-16").Changes(interval: Interval.Yearly, when: When.Now)
        .On("2031-04-20").Uses(100)
        .On("2031-05-17")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription        1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 10000
              proration_credit    -500  2031-04-16 00:00 → 2031-05-01 00:00
              subscription       10000  2031-04-16 00:00 → 2032-04-16 00:00
              usage pages          500  2031-04-01 00:00 → 2031-04-16 00:00
            """)
        .LivesAsync(host);

    private static Shop IgnoringLate() => Shops.Standard with
    {
        Plans = [
            .. Shops.Standard.Plans.Select(plan =>
                plan with { Included = [.. plan.Included.Select(included => included with { IgnoresLate = true })] })],
    };
}
