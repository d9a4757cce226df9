using System.Diagnostics;

namespace Tollgate.Chaos.Oversell;

/// <summary>
/// Tests the judge itself: it must report each kind of fault, and none if an order of events explains everything.
/// </summary>
public sealed class HistoryTests
{
    private static readonly long Second = Stopwatch.Frequency;

    [Fact]
    public void A_grant_beyond_the_limit_is_seen()
    {
        var history = Limit(10);
        history.Add(Consume(8, 0, 1, granted: true));
        history.Add(Consume(3, 2, 3, granted: true));
        history.Faults().ShouldHaveSingleItem().ShouldContain("oversold");
    }

    [Fact]
    public void Calls_that_overlap_may_take_what_is_left()
    {
        var history = Limit(10);
        history.Add(Consume(8, 0, 5, granted: true));
        history.Add(Consume(2, 1, 3, granted: true));
        history.Add(Consume(1, 6, 7, granted: false));
        history.Faults().ShouldBeEmpty();
    }

    [Fact]
    public void A_denial_while_enough_is_free_is_seen()
    {
        var history = Limit(10);
        history.Add(Consume(8, 0, 1, granted: true));
        history.Add(Consume(2, 2, 3, granted: false));
        history.Faults().ShouldHaveSingleItem().ShouldContain("denied falsely");
    }

    [Fact]
    public void A_denial_beside_a_call_that_may_have_taken_it_is_right()
    {
        var history = Limit(10);
        history.Add(Consume(8, 0, 9, granted: true));
        history.Add(Consume(8, 2, 3, granted: false));
        history.Faults().ShouldBeEmpty();
    }

    [Fact]
    public void A_hold_counts_until_its_end_was_sent()
    {
        var history = Limit(10);
        history.Add(Hold(8, 0, 1, new Holding(60 * Second, 5 * Second, 6 * Second, null)));
        history.Add(Consume(8, 3, 4, granted: true));
        history.Faults().ShouldHaveSingleItem().ShouldContain("oversold");
    }

    [Fact]
    public void A_released_hold_frees_its_amount()
    {
        var history = Limit(10);
        history.Add(Hold(8, 0, 1, new Holding(60 * Second, 2 * Second, 3 * Second, null)));
        history.Add(Consume(8, 4, 5, granted: true));
        history.Faults().ShouldBeEmpty();
        history.UsedAtTheEnd("units").ShouldBe(8);
    }

    [Fact]
    public void A_hold_that_leaks_is_seen_as_a_false_denial()
    {
        var history = Limit(10);
        history.Add(Hold(8, 0, 1, new Holding(2 * Second, long.MaxValue, long.MaxValue, null)));
        history.Add(Consume(8, 6, 7, granted: false));
        history.Faults().ShouldBeEmpty("five seconds after the expiry are allowed");
        history.Add(Consume(8, 8, 9, granted: false));
        history.Faults().ShouldHaveSingleItem().ShouldContain("denied falsely");
    }

    [Fact]
    public void A_settled_hold_keeps_what_was_settled()
    {
        var history = Limit(10);
        var settled = new Dictionary<string, decimal> { ["units"] = 5 };
        history.Add(Hold(8, 0, 1, new Holding(60 * Second, 2 * Second, 3 * Second, settled)));
        history.Add(Consume(5, 4, 5, granted: true));
        history.Faults().ShouldBeEmpty();
        history.Add(Consume(1, 6, 7, granted: true));
        history.Faults().ShouldHaveSingleItem().ShouldContain("oversold");
        history.UsedAtTheEnd("units").ShouldBe(11);
    }

    [Fact]
    public void Limits_hold_from_their_acknowledgement_on()
    {
        var history = Limit(10);
        history.Add(new LimitChange(2 * Second, 4 * Second, new Dictionary<string, decimal> { ["units"] = 20 }));
        history.Add(Consume(10, 0, 1, granted: true));
        history.Add(Consume(5, 3, 3, granted: true));
        history.Add(Consume(5, 3, 3, granted: false));
        history.Faults().ShouldBeEmpty("during the change either limit may decide");
        history.Add(Consume(5, 5, 6, granted: false));
        history.Faults().ShouldHaveSingleItem().ShouldContain("denied falsely");
    }

    private static History Limit(decimal limit) => new(new Dictionary<string, decimal> { ["units"] = limit });

    private static Step Consume(decimal amount, long from, long to, bool granted) => new()
    {
        Name = $"consume({amount}) [{from}, {to}]",
        Amounts = new Dictionary<string, decimal> { ["units"] = amount },
        Invoked = from * Second,
        Answered = to * Second,
        Granted = granted,
    };

    private static Step Hold(decimal amount, long from, long to, Holding hold) =>
        Consume(amount, from, to, granted: true) with { Hold = hold };
}
