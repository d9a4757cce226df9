using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>Two free weeks, and the time after them.</summary>
public sealed class TrialLives(LivesHost host)
{
    [Fact]
    public Task A_trial_becomes_a_paid_month_that_begins_where_it_ends() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true).IsOn("pro")
        .On("2031-04-02").Invoices("")
        .On("2031-05-04")
        .Invoices("""
            2031-04-03 10:00 open 3000
              subscription   3000  2031-04-03 10:00 → 2031-05-03 10:00
            2031-05-03 10:00 open 3000
              subscription   3000  2031-05-03 10:00 → 2031-06-03 10:00
            """)
        .Timeline("""
            2031-03-20 10:00 start
            2031-04-03 10:00 convert_trial
            2031-05-03 10:00 renew
            """)
        .LivesAsync(host);

    // Berlin puts its clock forward on 30 March: 14 calendar days are an hour short of 14 × 24 hours.
    [Fact]
    public Task A_trial_ends_at_the_local_time_at_which_it_began() => Given(Shops.In("Europe/Berlin")).ToldInUtc()
        .On("2031-03-25 10:00").Subscribes("pro", trial: true)
        .On("2031-04-09")
        .Invoices("""
            2031-04-08 08:00 open 3000
              subscription   3000  2031-04-08 08:00 → 2031-05-08 08:00
            """)
        .Timeline("""
            2031-03-25 09:00 start
            2031-04-08 08:00 convert_trial
            """)
        .LivesAsync(host);

    [Fact]
    public Task Usage_of_a_trial_is_not_billed() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true)
        .On("2031-03-25").Uses(5000)
        .On("2031-04-10").Uses(1020)
        .On("2031-05-04")
        .Invoices("""
            2031-04-03 10:00 open 3000
              subscription   3000  2031-04-03 10:00 → 2031-05-03 10:00
            2031-05-03 10:00 open 3100
              subscription   3000  2031-05-03 10:00 → 2031-06-03 10:00
              usage pages     100  2031-04-03 10:00 → 2031-05-03 10:00
            """)
        .Timeline("""
            2031-03-20 10:00 start
            2031-04-03 10:00 convert_trial
            2031-05-03 10:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_trial_that_expires_falls_back_to_the_free_plan() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true, trialExpires: true).IsOn("pro")
        .On("2031-04-04").IsOn("free")
        .On("2031-06-01").Invoices("")
        .Timeline("""
            2031-03-20 10:00 start
            2031-04-03 10:00 expire_trial
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_trial_that_is_given_up_at_its_end_falls_back_to_the_free_plan() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true)
        .On("2031-03-22").CancelsAtTheEnd("too_expensive").IsOn("pro")
        .On("2031-04-04").IsOn("free")
        .On("2031-06-01").Invoices("")
        .Timeline("""
            2031-03-20 10:00 start
            2031-03-22 00:00 schedule_cancel
            2031-04-03 10:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_trial_that_is_canceled_ends_at_once_and_costs_nothing() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true)
        .On("2031-03-22").Uses(2000).CancelsNow("missing_feature").IsOn("free")
        .On("2031-06-01").Invoices("")
        .Timeline("""
            2031-03-20 10:00 start
            2031-03-22 00:00 cancel
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_change_in_a_trial_swaps_what_is_paid_after_it() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("pro", trial: true)
        .On("2031-03-25").Changes("enterprise").IsOn("enterprise")
        .On("2031-03-26").Changes(quantity: 2)
        .On("2031-04-04")
        .Invoices("""
            2031-04-03 10:00 open 60000
              subscription x2  60000  2031-04-03 10:00 → 2031-05-03 10:00
            """)
        .Timeline("""
            2031-03-20 10:00 start
            2031-03-25 00:00 change
            2031-03-26 00:00 change
            2031-04-03 10:00 convert_trial
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_downgrade_in_a_trial_swaps_the_plan_at_once_too() => Given(Shops.Standard)
        .On("2031-03-20 10:00").Subscribes("enterprise", trial: true)
        .On("2031-03-25").Changes("pro").IsOn("pro")
        .On("2031-04-04")
        .Invoices("""
            2031-04-03 10:00 open 3000
              subscription   3000  2031-04-03 10:00 → 2031-05-03 10:00
            """)
        .Timeline("""
            2031-03-20 10:00 start
            2031-03-25 00:00 change
            2031-04-03 10:00 convert_trial
            """)
        .LivesAsync(host);
}
