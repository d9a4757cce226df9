using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Stored gigabytes, billed for as long as they are stored: a includes 10 GB-months and asks $3 for each further one, b includes 40 and
/// asks $2.
/// </summary>
public sealed class TimedLives(LivesHost host)
{
    private static readonly Shop Storage = In("Etc/UTC");

    private static Shop In(string zone) => new()
    {
        Zone = zone,
        Plans =
        [
            new("free", [new(Interval.Monthly, 0)], []),
            new("a", [new(Interval.Monthly, 3000), new(Interval.Yearly, 30000)], [Of(10, 3m)]),
            new("b", [new(Interval.Monthly, 9000)], [Of(40, 2m)]),
        ],
    };

    private static Included Of(decimal units, decimal price) => new("gb", units, Overage.PerUnit(price)) { IsTimed = true };

    // April has 30 days: 40 GB until the 16th and 100 from then on are 20 + 50 = 70 GB-months, 60 beyond. May has 100, 90 beyond.
    [Fact]
    public Task A_month_costs_what_was_stored_for_as_long_as_it_was() => Given(Storage)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-01").Uses(40, "gb")
        .On("2031-04-16").Uses(100, "gb")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 21000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage gb     18000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 30000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
              usage gb     27000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // Reported once, 30 GB are stored in each month after that: 20 beyond. Nobody looks for three months; on the 16th of August they are
    // deleted: 15 of 31 days are 14.516129032 GB-months, 4.516129032 beyond.
    [Fact]
    public Task Months_in_which_nobody_reports_cost_what_was_stored() => Given(Storage)
        .On("2031-04-01").Subscribes("a").Uses(30, "gb")
        .On("2031-08-16").Uses(0, "gb")
        .On("2031-11-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 9000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage gb      6000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 9000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
              usage gb      6000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-07-01 00:00 open 9000
              subscription  3000  2031-07-01 00:00 → 2031-08-01 00:00
              usage gb      6000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-08-01 00:00 open 9000
              subscription  3000  2031-08-01 00:00 → 2031-09-01 00:00
              usage gb      6000  2031-07-01 00:00 → 2031-08-01 00:00
            2031-09-01 00:00 open 4355
              subscription  3000  2031-09-01 00:00 → 2031-10-01 00:00
              usage gb      1355  2031-08-01 00:00 → 2031-09-01 00:00
            2031-10-01 00:00 open 3000
              subscription  3000  2031-10-01 00:00 → 2031-11-01 00:00
            2031-11-01 00:00 open 3000
              subscription  3000  2031-11-01 00:00 → 2031-12-01 00:00
            """)
        .LivesAsync(host);

    // A report of 10 May says that there have been 40 GB since 16 April, and not 20: April had 30, May 40. A void in June gives 9000 back,
    // and the rest of them pays the first invoice.
    [Fact]
    public Task A_late_report_corrects_its_month_and_those_after_it_and_its_void_gives_all_of_it_back() => Given(Storage)
        .On("2031-04-01").Subscribes("a").Uses(20, "gb")
        .On("2031-05-10").Uses(40, "gb", occurred: "2031-04-16", id: "late")
        .On("2031-06-10").TakesBack("late")
        .On("2031-08-01")
        .Invoices("""
            2031-04-01 00:00 paid 3000, 3000 from credit
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 6000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage gb      3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 15000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
              usage gb      3000  2031-04-01 00:00 → 2031-05-01 00:00
              usage gb      9000  2031-05-01 00:00 → 2031-06-01 00:00
            2031-07-01 00:00 paid 0
              subscription  3000  2031-07-01 00:00 → 2031-08-01 00:00
              usage gb     -3000  2031-04-01 00:00 → 2031-05-01 00:00
              usage gb     -6000  2031-05-01 00:00 → 2031-06-01 00:00
              usage gb      3000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-08-01 00:00 open 6000
              subscription  3000  2031-08-01 00:00 → 2031-09-01 00:00
              usage gb      3000  2031-07-01 00:00 → 2031-08-01 00:00
            """)
        .LivesAsync(host);

    // 120 GB all April. Until the 16th under a: 60 GB-months, 50 beyond its 10, $150. Then 60 more under b, which is beyond its 40 already:
    // $120. The upgrade costs half of the difference of the prices.
    [Fact]
    public Task A_change_of_plan_parts_the_month_and_the_parts_are_the_whole() => Given(Storage)
        .On("2031-04-01").Subscribes("a").Uses(120, "gb")
        .On("2031-04-16").Changes("b", when: When.Now)
        .On("2031-05-01")
        .IsLast(36000, "usage gb 27000 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // The year begins on the 11th of April and cuts the month: a third of 60 GB-months is 20, 10 beyond. The month from the 11th on has 30
    // days: 60, 50 beyond.
    [Fact]
    public Task A_month_that_is_cut_is_a_part_of_a_whole_one() => Given(Storage)
        .On("2031-04-01").Subscribes("a").Uses(60, "gb")
        .On("2031-04-11").Changes(interval: Interval.Yearly, when: When.Now)
        .IsLast(31000, "usage gb 3000 2031-04-01 00:00 → 2031-04-11 00:00")
        .On("2031-05-11")
        .IsLast(15000, "usage gb 15000 2031-04-11 00:00 → 2031-05-11 00:00")
        .LivesAsync(host);

    // 30 GB until the end on the 16th: 15 GB-months, 5 beyond. No plan sells the time until the next subscription: again 30.
    [Fact]
    public Task Storage_under_a_plan_that_does_not_sell_it_costs_nothing() => Given(Storage)
        .On("2031-04-01").Subscribes("a").Uses(30, "gb")
        .On("2031-04-16").CancelsNow()
        .On("2031-06-01").Subscribes("a")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1500
              usage gb      1500  2031-04-01 00:00 → 2031-04-16 00:00
            2031-06-01 00:00 open 3000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
            2031-07-01 00:00 open 9000
              subscription  3000  2031-07-01 00:00 → 2031-08-01 00:00
              usage gb      6000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // Cairo's clock goes forward on Friday, 25 April 2031: April has 719 hours. 71.9 GB for 100 of them are 10 GB-months, 719 for 10 more
    // are 10 again.
    [Fact]
    public Task A_month_of_Cairo_in_which_the_clock_goes_forward_is_an_hour_shorter() => Given(In("Africa/Cairo"))
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-02 00:00").Uses(71.9m, "gb")
        .On("2031-04-06 04:00").Uses(0, "gb")
        .On("2031-04-30 14:00").Uses(719, "gb")
        .On("2031-05-01").Uses(0, "gb")
        .IsLast(6000, "usage gb 3000 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // It joins with 50 GB that it had stored before it subscribed.
    [Fact]
    public Task Storage_from_before_the_subscription_counts_in_it() => Given(Storage)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-05").Uses(50, "gb", occurred: "2031-03-20")
        .On("2031-05-01")
        .IsLast(15000, "usage gb 12000 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);
}
