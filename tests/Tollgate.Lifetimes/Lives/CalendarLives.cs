using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Short months, leap years, clock changes.</summary>
public sealed class CalendarLives(LivesHost host)
{
    [Fact]
    public Task A_subscription_from_31_January_renews_on_the_last_day_of_short_months_and_on_the_31st_again() => Given(Shops.Standard)
        .On("2031-01-31 09:00").Subscribes("basic")
        .On("2031-06-01")
        .Invoices("""
            2031-01-31 09:00 open 1000
              subscription   1000  2031-01-31 09:00 → 2031-02-28 09:00
            2031-02-28 09:00 open 1000
              subscription   1000  2031-02-28 09:00 → 2031-03-31 09:00
            2031-03-31 09:00 open 1000
              subscription   1000  2031-03-31 09:00 → 2031-04-30 09:00
            2031-04-30 09:00 open 1000
              subscription   1000  2031-04-30 09:00 → 2031-05-31 09:00
            2031-05-31 09:00 open 1000
              subscription   1000  2031-05-31 09:00 → 2031-06-30 09:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_subscription_from_the_30th_renews_on_the_29th_of_a_leap_year() => Given(Shops.Standard)
        .On("2032-01-30 12:00").Subscribes("basic")
        .On("2032-04-01")
        .Invoices("""
            2032-01-30 12:00 open 1000
              subscription   1000  2032-01-30 12:00 → 2032-02-29 12:00
            2032-02-29 12:00 open 1000
              subscription   1000  2032-02-29 12:00 → 2032-03-30 12:00
            2032-03-30 12:00 open 1000
              subscription   1000  2032-03-30 12:00 → 2032-04-30 12:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_year_from_29_February_ends_on_the_28th_until_the_next_leap_year() => Given(Shops.Standard)
        .On("2032-02-29 08:00").Subscribes("basic", Interval.Yearly)
        .On("2036-03-01")
        .Invoices("""
            2032-02-29 08:00 open 10000
              subscription   10000  2032-02-29 08:00 → 2033-02-28 08:00
            2033-02-28 08:00 open 10000
              subscription   10000  2033-02-28 08:00 → 2034-02-28 08:00
            2034-02-28 08:00 open 10000
              subscription   10000  2034-02-28 08:00 → 2035-02-28 08:00
            2035-02-28 08:00 open 10000
              subscription   10000  2035-02-28 08:00 → 2036-02-29 08:00
            2036-02-29 08:00 open 10000
              subscription   10000  2036-02-29 08:00 → 2037-02-28 08:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_month_from_29_February_keeps_the_29th() => Given(Shops.Standard)
        .On("2032-02-29 08:00").Subscribes("basic")
        .On("2032-05-01")
        .Invoices("""
            2032-02-29 08:00 open 1000
              subscription   1000  2032-02-29 08:00 → 2032-03-29 08:00
            2032-03-29 08:00 open 1000
              subscription   1000  2032-03-29 08:00 → 2032-04-29 08:00
            2032-04-29 08:00 open 1000
              subscription   1000  2032-04-29 08:00 → 2032-05-29 08:00
            """)
        .LivesAsync(host);

    // Berlin is at UTC+1, from 30 March 2031 2:00 at UTC+2. On that day there is no half past two: the clock jumps at 1:00 UTC.
    [Fact]
    public Task A_time_that_the_clock_of_Berlin_skips_is_the_moment_of_the_jump_and_comes_back() =>
        Given(Shops.In("Europe/Berlin")).ToldInUtc()
        .On("2031-01-30 02:30").Subscribes("basic")
        .On("2031-05-01")
        .Invoices("""
            2031-01-30 01:30 open 1000
              subscription   1000  2031-01-30 01:30 → 2031-02-28 01:30
            2031-02-28 01:30 open 1000
              subscription   1000  2031-02-28 01:30 → 2031-03-30 01:00
            2031-03-30 01:00 open 1000
              subscription   1000  2031-03-30 01:00 → 2031-04-30 00:30
            2031-04-30 00:30 open 1000
              subscription   1000  2031-04-30 00:30 → 2031-05-30 00:30
            """)
        .LivesAsync(host);

    // On 26 October 2031 Berlin shows half past two twice: at 0:30 UTC and at 1:30 UTC.
    [Fact]
    public Task A_time_that_the_clock_of_Berlin_shows_twice_is_the_first() => Given(Shops.In("Europe/Berlin")).ToldInUtc()
        .On("2031-09-26 02:30").Subscribes("basic")
        .On("2031-12-01")
        .Invoices("""
            2031-09-26 00:30 open 1000
              subscription   1000  2031-09-26 00:30 → 2031-10-26 00:30
            2031-10-26 00:30 open 1000
              subscription   1000  2031-10-26 00:30 → 2031-11-26 01:30
            2031-11-26 01:30 open 1000
              subscription   1000  2031-11-26 01:30 → 2031-12-26 01:30
            """)
        .LivesAsync(host);

    // New York is at UTC−5, from 9 March 2031 2:00 at UTC−4: there is no quarter past two on that day.
    [Fact]
    public Task A_time_that_the_clock_of_New_York_skips_is_the_moment_of_the_jump() => Given(Shops.In("America/New_York")).ToldInUtc()
        .On("2031-02-09 02:15").Subscribes("basic")
        .On("2031-04-30")
        .Invoices("""
            2031-02-09 07:15 open 1000
              subscription   1000  2031-02-09 07:15 → 2031-03-09 07:00
            2031-03-09 07:00 open 1000
              subscription   1000  2031-03-09 07:00 → 2031-04-09 06:15
            2031-04-09 06:15 open 1000
              subscription   1000  2031-04-09 06:15 → 2031-05-09 06:15
            """)
        .LivesAsync(host);

    // March has 743 hours there: 359 until the 16th, 384 from then on. 1000 × 384/743 = 516.8; 3000 × 384/743 = 1550.5.
    [Fact]
    public Task Seconds_count_as_they_passed_when_the_clock_was_changed_in_the_period() => Given(Shops.In("America/New_York"))
        .On("2031-03-01").Subscribes("basic")
        .On("2031-03-16").Changes("pro")
        .Invoices("""
            2031-03-01 00:00 open 1000
              subscription        1000  2031-03-01 00:00 → 2031-04-01 00:00
            2031-03-16 00:00 open 1033
              proration_credit    -517  2031-03-16 00:00 → 2031-04-01 00:00
              proration_charge    1550  2031-03-16 00:00 → 2031-04-01 00:00
            """)
        .LivesAsync(host);

    // A day of 23 hours is a day: 16 of 31. 1000 × 16/31 = 516.1; 3000 × 16/31 = 1548.4.
    [Fact]
    public Task Days_count_alike_when_the_clock_was_changed_in_the_period() => Given(Shops.In("America/New_York"))
        .On("2031-03-01").Subscribes("basic")
        .On("2031-03-16").Changes("pro", proration: Proration.Day)
        .Invoices("""
            2031-03-01 00:00 open 1000
              subscription        1000  2031-03-01 00:00 → 2031-04-01 00:00
            2031-03-16 00:00 open 1032
              proration_credit    -516  2031-03-16 00:00 → 2031-04-01 00:00
              proration_charge    1548  2031-03-16 00:00 → 2031-04-01 00:00
            """)
        .LivesAsync(host);

    // Adelaide is at UTC+10:30 until 6 April 2031 3:00, then at UTC+9:30: half past two comes twice, first at 16:00 UTC of the 5th.
    [Fact]
    public Task A_zone_with_half_hours_shows_a_time_twice() => Given(Shops.In("Australia/Adelaide")).ToldInUtc()
        .On("2031-03-06 02:30").Subscribes("basic")
        .On("2031-05-07")
        .Invoices("""
            2031-03-05 16:00 open 1000
              subscription   1000  2031-03-05 16:00 → 2031-04-05 16:00
            2031-04-05 16:00 open 1000
              subscription   1000  2031-04-05 16:00 → 2031-05-05 17:00
            2031-05-05 17:00 open 1000
              subscription   1000  2031-05-05 17:00 → 2031-06-05 17:00
            """)
        .LivesAsync(host);

    // Lord Howe is at UTC+10:30, from 5 October 2031 2:00 at UTC+11: the clock jumps by half an hour only, over quarter past two.
    [Fact]
    public Task A_clock_that_jumps_by_half_an_hour() => Given(Shops.In("Australia/Lord_Howe")).ToldInUtc()
        .On("2031-09-05 02:15").Subscribes("basic")
        .On("2031-11-06")
        .Invoices("""
            2031-09-04 15:45 open 1000
              subscription   1000  2031-09-04 15:45 → 2031-10-04 15:30
            2031-10-04 15:30 open 1000
              subscription   1000  2031-10-04 15:30 → 2031-11-04 15:15
            2031-11-04 15:15 open 1000
              subscription   1000  2031-11-04 15:15 → 2031-12-04 15:15
            """)
        .LivesAsync(host);

    [Fact]
    public Task Weeks_keep_the_local_time_of_day() => Given(Shops.In("Europe/Berlin"))
        .On("2031-03-18 10:00").Subscribes("basic", Interval.Weekly)
        .On("2031-04-02")
        .Invoices("""
            2031-03-18 10:00 open 250
              subscription   250  2031-03-18 10:00 → 2031-03-25 10:00
            2031-03-25 10:00 open 250
              subscription   250  2031-03-25 10:00 → 2031-04-01 10:00
            2031-04-01 10:00 open 250
              subscription   250  2031-04-01 10:00 → 2031-04-08 10:00
            """)
        .LivesAsync(host);
}
