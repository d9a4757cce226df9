using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Quotas by the calendar month with billing periods that begin on another day, and fees that are due without use. The naive biller is left
/// out, because it knows months of the anchor only.
/// </summary>
public sealed class ForeignPeriodLives(LivesHost host)
{
    // Trial until 15 April. 140 of April's 170 pages were used during the trial, more than the included 100: 30 are beyond.
    [Fact]
    public Task Usage_of_a_trial_in_a_calendar_month_is_not_billed_after_it() => Given(Calendar)
        .On("2031-04-01").Subscribes("mailer", trial: true)
        .On("2031-04-10").Uses(140)
        .On("2031-04-20").Uses(30)
        .On("2031-05-20")
        .Invoices("""
            2031-04-15 00:00 open 3000
              subscription   3000  2031-04-15 00:00 → 2031-05-15 00:00
            2031-05-15 00:00 open 3300
              subscription   3000  2031-05-15 00:00 → 2031-06-15 00:00
              usage pages     300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // On trial 60 of the 100 pages, then 70: April comes to 30 beyond.
    [Fact]
    public Task The_rest_of_a_calendar_month_after_a_trial_is_still_included() => Given(Calendar)
        .On("2031-04-01").Subscribes("mailer", trial: true)
        .On("2031-04-10").Uses(60)
        .On("2031-04-20").Uses(70)
        .On("2031-05-20")
        .Invoices("""
            2031-04-15 00:00 open 3000
              subscription   3000  2031-04-15 00:00 → 2031-05-15 00:00
            2031-05-15 00:00 open 3300
              subscription   3000  2031-05-15 00:00 → 2031-06-15 00:00
              usage pages     300  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // 50 pages beyond before the pause. 11 of April's 30 days were paid and not used.
    [Fact]
    public Task Usage_before_a_pause_is_billed_after_it() => Given(Calendar)
        .On("2031-04-01").Subscribes("mailer")
        .On("2031-04-10").Uses(150)
        .On("2031-04-20").Pauses()
        .On("2031-06-01").Resumes()
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription       3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 2400
              proration_credit  -1100  2031-04-20 00:00 → 2031-05-01 00:00
              subscription       3000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages         500  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // 60 pages beyond under the plan that sells them; the next one has a hard cap.
    [Fact]
    public Task Usage_before_a_downgrade_within_the_month_is_billed_by_the_plan_that_sold_it() => Given(Calendar)
        .On("2031-03-15").Subscribes("mailer")
        .On("2031-04-05").Uses(160)
        .On("2031-04-06").Changes("small")
        .On("2031-05-20")
        .Invoices("""
            2031-03-15 00:00 open 3000
              subscription   3000  2031-03-15 00:00 → 2031-04-15 00:00
            2031-04-15 00:00 open 1000
              subscription   1000  2031-04-15 00:00 → 2031-05-15 00:00
            2031-05-15 00:00 open 1600
              subscription   1000  2031-05-15 00:00 → 2031-06-15 00:00
              usage pages     600  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // The free plan's 10 pages are used when the paid plan, which includes none, begins: only later pages cost.
    [Fact]
    public Task The_next_plan_does_not_bill_units_that_the_previous_one_included() => Given(Calendar)
        .On("2031-04-19").Uses(10)
        .On("2031-04-20").Subscribes("metered")
        .On("2031-04-25").Uses(7)
        .On("2031-05-20")
        .Invoices("""
            2031-04-20 00:00 open 500
              subscription    500  2031-04-20 00:00 → 2031-05-20 00:00
            2031-05-20 00:00 open 570
              subscription    500  2031-05-20 00:00 → 2031-06-20 00:00
              usage pages      70  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // April: nothing beyond. May: nothing used. June: 3 beyond. The fee is due in each of them, once.
    [Fact]
    public Task A_first_tier_fee_is_due_in_each_month_once_with_use_and_without() => Given(Fees("always"))
        .On("2031-04-01").Subscribes("fees")
        .On("2031-04-10").Uses(5)
        .On("2031-06-10").Uses(13)
        .On("2031-07-02")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     200  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1200
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     200  2031-05-01 00:00 → 2031-06-01 00:00
            2031-07-01 00:00 open 1230
              subscription   1000  2031-07-01 00:00 → 2031-08-01 00:00
              usage pages     230  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // Late usage of a month without use is a correction: the fee was billed, 3 pages at 10 cents were not.
    [Fact]
    public Task Late_usage_of_a_month_without_use_does_not_bill_its_fee_again() => Given(Fees("always"))
        .On("2031-04-01").Subscribes("fees")
        .On("2031-05-03").Uses(13, occurred: "2031-04-28 08:00")
        .On("2031-06-02")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1200
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
              usage pages     200  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 1230
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages      30  2031-04-01 00:00 → 2031-05-01 00:00
              usage pages     200  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    [Fact]
    public Task A_first_tier_fee_on_use_is_due_with_use_only() => Given(Fees("on_use"))
        .On("2031-04-01").Subscribes("fees")
        .On("2031-04-10").Uses(5)
        .On("2031-05-10").Uses(13)
        .On("2031-06-02")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-06-01 00:00 open 1230
              subscription   1000  2031-06-01 00:00 → 2031-07-01 00:00
              usage pages     230  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    // Canceled in the middle: the begun month has its fee.
    [Fact]
    public Task A_first_tier_fee_is_due_for_the_month_that_a_cancellation_cuts() => Given(Fees("always"))
        .On("2031-04-01").Subscribes("fees")
        .On("2031-04-11").CancelsNow()
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-11 00:00 open 200
              usage pages     200  2031-04-01 00:00 → 2031-04-11 00:00
            """)
        .WithoutTheNaiveBiller().LivesAsync(host);

    private const string ByTheCalendar = "period: calendar_month";

    private static readonly Shop Calendar = new()
    {
        Plans =
        [
            new("free", [new(Interval.Monthly, 0)], [new("pages", 10, Extra: ByTheCalendar)]),
            new("small", [new(Interval.Monthly, 1000)], [new("pages", 50, Extra: ByTheCalendar)]),
            new("metered", [new(Interval.Monthly, 500)], [new("pages", 0, Overage.PerUnit(0.10m), ByTheCalendar)]),
            new("mailer", [new(Interval.Monthly, 3000, TrialDays: 14)], [new("pages", 100, Overage.PerUnit(0.10m), ByTheCalendar)]),
        ],
    };

    /// <summary>10 pages a month; beyond them 2 dollars, and 10 cents for each.</summary>
    private static Shop Fees(string policy) => new()
    {
        Plans =
        [
            Shops.Free,
            new("fees", [new(Interval.Monthly, 1000)],
                [new("pages", 10, new(Rate.Graduated, [new(null, 0.10m, 2.00m)]) { FirstFlatFee = policy })]),
        ],
    };
}
