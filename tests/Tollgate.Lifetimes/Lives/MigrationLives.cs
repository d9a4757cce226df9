using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;
using static Tollgate.Lifetimes.Lives.Life;

namespace Tollgate.Lifetimes.Lives;

/// <summary>The shop moves subscriptions on an old version of a plan to its newest.</summary>
public sealed class MigrationLives(LivesHost host)
{
    /// <summary>Basic is $15 and 50 pages instead of $10 and 100; pro is $40 instead of $30.</summary>
    private static readonly Shop Dearer = Shops.Standard.With(
        Shops.Basic with
        {
            Prices = [new(Interval.Monthly, 1500), new(Interval.Yearly, 15000)], Included = [new("pages", 50, Overage.PerUnit(0.20m))],
        },
        Shops.Pro with { Prices = [new(Interval.Monthly, 4000, TrialDays: 14), new(Interval.Yearly, 40000)] });

    private const string Basic = "/v1/plans/basic/migrate", Pro = "/v1/plans/pro/migrate";

    [Fact]
    public Task At_the_renewal() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-12").Calls("POST", Basic, "{}").May(100)
        .On("2031-05-01").May(50)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription   1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription   1500  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .Timeline("""
            2031-04-01 00:00 start
            2031-04-12 00:00 schedule
            2031-05-01 00:00 renew
            """)
        .LivesAsync(host);

    [Fact]
    public Task At_once_with_proration() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-16").Calls("POST", Basic, """{"when": "now"}""").May(50)
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 250
              proration_credit   -500  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge    750  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1500
              subscription       1500  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_migration_keeps_a_scheduled_change_of_plan() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro")
        .On("2031-04-05").Changes("basic")
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-12").Calls("POST", Pro, "{}").Calls("POST", Pro, """{"when": "now"}""")
        .On("2031-05-01").IsOn("basic")
        .Invoices("""
            2031-04-01 00:00 open 3000
              subscription   3000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 1000
              subscription   1000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    // One instead of two of pro was scheduled: it is then one of the new pro.
    [Fact]
    public Task A_scheduled_change_of_the_same_plan_uses_the_new_version() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", quantity: 2)
        .On("2031-04-05").Changes(quantity: 1)
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-12").Calls("POST", Pro, "{}")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 6000
              subscription x2   6000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 4000
              subscription      4000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task Also_where_the_rest_is_moved_at_once() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", quantity: 2)
        .On("2031-04-05").Changes(quantity: 1)
        .On("2031-04-10").Sells(Dearer)
        .On("2031-04-16").Calls("POST", Pro, """{"when": "now"}""")
        .On("2031-05-01")
        .Invoices("""
            2031-04-01 00:00 open 6000
              subscription x2       6000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-16 00:00 open 1000
              proration_credit x2  -3000  2031-04-16 00:00 → 2031-05-01 00:00
              proration_charge x2   4000  2031-04-16 00:00 → 2031-05-01 00:00
            2031-05-01 00:00 open 4000
              subscription          4000  2031-05-01 00:00 → 2031-06-01 00:00
            """)
        .LivesAsync(host);

    [Fact]
    public Task A_trial_is_moved_at_once_and_pays_the_new_price_at_its_end() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("pro", trial: true)
        .On("2031-04-05").Sells(Dearer)
        .On("2031-04-06").Calls("POST", Pro, "{}")
        .On("2031-04-15")
        .Invoices("""
            2031-04-15 00:00 open 4000
              subscription   4000  2031-04-15 00:00 → 2031-05-15 00:00
            """)
        .LivesAsync(host);

    // 20 of 30 days were left at the old price; the new period is at the new one.
    [Fact]
    public Task A_paused_customer_resumes_on_the_new_version() => Given(Shops.Standard).WithoutTheNaiveBiller()
        .On("2031-04-01").Subscribes("basic")
        .On("2031-04-11").Pauses()
        .On("2031-04-12").Sells(Dearer)
        .On("2031-04-13").Calls("POST", Basic, "{}")
        .On("2031-04-21").Resumes().May(50)
        .Invoices("""
            2031-04-01 00:00 open 1000
              subscription       1000  2031-04-01 00:00 → 2031-05-01 00:00
            2031-04-21 00:00 open 833
              proration_credit   -667  2031-04-11 00:00 → 2031-05-01 00:00
              subscription       1500  2031-04-21 00:00 → 2031-05-21 00:00
            """)
        .LivesAsync(host);
}
