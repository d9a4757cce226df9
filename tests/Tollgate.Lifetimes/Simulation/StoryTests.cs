using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>Tests the simulation's own parts: its stories repeat, and its comparison finds a cent.</summary>
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

    [Fact]
    public void An_explanation_with_another_use_or_sum_is_seen()
    {
        var story = StoryWriter.Write(7, 40, 8);
        var right = Books.ExplainedNaively(story).First(one => one.Stretches.Count > 1 && one.Beyond > 0);
        var (first, rest) = (right.Stretches[0], right.Stretches.Skip(1));
        Books.FirstUnexplained(story, [right]).ShouldBeNull();
        Books.FirstUnexplained(story, [right with { Rated = right.Rated + 1 }]).ShouldNotBeNull().ShouldContain(right.Customer);
        Books.FirstUnexplained(story, [right with { Stretches = [first with { Used = first.Used + 1 }, .. rest] }]).ShouldNotBeNull()
            .ShouldContain(right.Customer);
        Books.FirstUnexplained(story, [right with { Beyond = right.Beyond + 1 }]).ShouldNotBeNull().ShouldContain(right.Customer);
    }

    /// <summary>A kind of step that no story contains is never compared.</summary>
    [Fact]
    public void A_story_has_something_of_everything()
    {
        var story = StoryWriter.Write(7, 150, 14);
        var bills = Books.Expected(story).ByCustomer.Values.SelectMany(bills => bills).ToList();
        var lines = bills.SelectMany(bill => bill.Lines).ToList();
        lines.Select(line => line.Kind).Distinct().ShouldBe(
            ["subscription", "add_on", "proration_credit", "proration_charge", "usage", "minimum", "discount"], ignoreOrder: true);
        lines.ShouldContain(line => line.Kind == "usage" && line.Amount < 0);
        lines.ShouldContain(line => line.Kind == "minimum" && line.Amount < 0);
        bills.ShouldContain(bill => bill.Tax > 0 && bill.FromCredit > 0);
        bills.ShouldContain(bill => bill.Currency == "JPY");
        var steps = story.Ticks.SelectMany(tick => tick.All).ToList();
        steps.OfType<Give>().ShouldContain(give => !give.Prepaid && give.Expires != null);
        steps.OfType<Change>().ShouldContain(change => change.AddOns != null);
        Enumerable.Range(1, 5).Select(seed => StoryWriter.Write(seed, 1, 1).Shop.Zone).ShouldBeUnique();
    }
}
