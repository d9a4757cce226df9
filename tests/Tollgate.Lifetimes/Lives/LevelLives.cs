using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// Seats, billed by the last reported number: a includes 5 and costs $10 for each further one, b includes 20 and costs $8.
/// </summary>
public sealed class LevelLives(LivesHost host)
{
    private static readonly Shop Seats = new()
    {
        Plans =
        [
            new("free", [new(Interval.Monthly, 0)], []),
            new("a", [new(Interval.Monthly, 3000)], [Of(5, 10m)]),
            new("b", [new(Interval.Monthly, 9000)], [Of(20, 8m)]),
        ],
    };

    private static Included Of(decimal units, decimal price) => new("seats", units, Overage.PerUnit(price)) { IsLevel = true };

    // 12 seats on the 30th: 7 beyond. In May there is no report.
    [Fact]
    public Task The_last_report_of_a_month_is_billed_and_the_next_month_begins_at_zero() => Given(Seats)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-10").Uses(10, "seats")
        .On("2031-04-20").Uses(40, "seats")
        .On("2031-04-30 23:59:59").Uses(12, "seats")
        .On("2031-06-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 10000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage seats   7000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 3000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
            """)
        .LivesAsync(host);

    // A report of the 12th that arrives on the 20th is older than that of the 15th. Without the one of the 15th, it is 9: 4 beyond.
    [Fact]
    public Task An_older_report_changes_nothing_until_the_newer_one_is_voided() => Given(Seats)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-15").Uses(7, "seats", id: "newer")
        .On("2031-04-20").Uses(9, "seats", occurred: "2031-04-12")
        .On("2031-04-25").TakesBack("newer")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 7000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage seats   4000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);

    // 12 under a, of which 7 are beyond its 5; 25 under b, of which 5 are beyond its 20. The upgrade costs half of the difference of the
    // prices.
    [Fact]
    public Task Each_seat_costs_what_the_plan_asks_under_which_it_came_to_stay() => Given(Seats)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-03").Uses(12, "seats")
        .On("2031-04-16").Changes("b", when: When.Now)
        .On("2031-04-20").Uses(25, "seats")
        .On("2031-05-01")
        .IsLast(20000, "usage seats 11000 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    [Fact]
    public Task Seats_that_were_given_up_again_cost_nothing() => Given(Seats)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-03").Uses(12, "seats")
        .On("2031-04-16").Changes("b", when: When.Now)
        .On("2031-04-20").Uses(25, "seats")
        .On("2031-04-28").Uses(9, "seats")
        .On("2031-05-01")
        .IsLast(13000, "usage seats 4000 2031-04-01 00:00 → 2031-05-01 00:00")
        .LivesAsync(host);

    // The report of the 29th arrives on 3 May and is the last of April: 3 more. Voided in June, those 3 go back.
    [Fact]
    public Task A_last_report_that_comes_after_the_invoice_is_corrected_and_its_void_too() => Given(Seats)
        .On("2031-04-01").Subscribes("a")
        .On("2031-04-10").Uses(6, "seats")
        .On("2031-05-03").Uses(9, "seats", occurred: "2031-04-29", id: "late").Uses(30, "seats", occurred: "2031-04-02")
        .On("2031-06-02").TakesBack("late")
        .On("2031-07-01")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription  3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 4000
              subscription  3000  2031-05-01 00:00 → 2031-06-01 00:00
              usage seats   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-06-01 00:00 open 6000
              subscription  3000  2031-06-01 00:00 → 2031-07-01 00:00
              usage seats   3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-07-01 00:00 paid 0
              subscription  3000  2031-07-01 00:00 → 2031-08-01 00:00
              usage seats  -3000  2031-04-01 00:00 → 2031-05-01 00:00
            """)
        .LivesAsync(host);
}
