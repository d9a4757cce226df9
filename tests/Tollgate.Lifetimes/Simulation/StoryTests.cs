namespace Tollgate.Lifetimes.Simulation;

/// <summary>The simulation's own parts: its stories repeat, and its comparison sees a cent.</summary>
public sealed class StoryTests
{
    [Fact]
    public void The_same_seed_is_the_same_story()
    {
        var (one, other) = (StoryWriter.Write(7, 20, 6), StoryWriter.Write(7, 20, 6));
        one.Ticks.SelectMany(tick => tick.All).ShouldBe(other.Ticks.SelectMany(tick => tick.All));
    }

    [Fact]
    public void A_cent_too_much_is_seen()
    {
        var story = StoryWriter.Write(7, 20, 6);
        var expected = Books.Expected(story);
        var wrong = expected.ByCustomer.ToDictionary(pair => pair.Key, pair => pair.Value);
        var who = wrong.Keys.Last(customer => wrong[customer].Count > 0);
        var bills = wrong[who].ToList();
        bills[^1] = bills[^1] with { Total = bills[^1].Total + 1 };
        wrong[who] = bills;
        Books.FirstDifference(story, expected, expected).ShouldBeNull();
        Books.FirstDifference(story, expected, new Books(wrong, "")).ShouldNotBeNull().ShouldContain(who);
    }
}
