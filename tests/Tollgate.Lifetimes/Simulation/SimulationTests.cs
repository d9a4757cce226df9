using System.Diagnostics;
using System.Globalization;
using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>
/// Many customers over more than a year of joining, changing, pausing, leaving and late reports, billed by the real server and by the naive
/// biller, and compared line by line, with the explanation of each usage line.
/// </summary>
/// <remarks>
/// <c>TOLLGATE_LIVES_SEED</c>, <c>TOLLGATE_LIVES_CUSTOMERS</c> and <c>TOLLGATE_LIVES_MONTHS</c> make it another or a larger story:
/// <c>./tollgate lifetimes</c>.
/// </remarks>
public sealed class SimulationTests(LivesHost host)
{
    private const int MostExplained = 2000;
    private static readonly int Seed = Number("TOLLGATE_LIVES_SEED", 2031);
    private static readonly int Customers = Number("TOLLGATE_LIVES_CUSTOMERS", 200);
    private static readonly int Months = Number("TOLLGATE_LIVES_MONTHS", 14);

    [Fact]
    public async Task Subscriptions_are_billed_line_by_line_as_the_naive_biller_says_and_twice_alike()
    {
        var story = StoryWriter.Write(Seed, Customers, Months);
        var expected = Books.Expected(story);
        Say(
            $"seed {Seed}, {Customers} subscriptions of {Months} months: {story.Ticks.Count} moments, "
                + $"{story.Ticks.Sum(tick => tick.Steps.Count)} decisions, {story.Ticks.Sum(tick => tick.Uses.Count)} reports of usage, "
                + $"{expected.Invoices} invoices");

        var watch = Stopwatch.StartNew();
        var plays = await Task.WhenAll(PlayAsync(story, previews: true), PlayAsync(story, previews: false));
        var seen = Array.ConvertAll(plays, play => play.Books);
        Say(
            $"played twice in {watch.Elapsed.TotalSeconds:0} s, {(seen[0].Hash == seen[1].Hash ? "alike" : "not alike")}; "
                + $"{plays[0].Explained.Count} quota periods explained");

        (Books.FirstDifference(story, expected, seen[0]) ?? "").ShouldBeEmpty();
        (Books.FirstUnexplained(story, plays[0].Explained) ?? "").ShouldBeEmpty();
        (Books.FirstDifference(story, seen[0], seen[1]) ?? "").ShouldBeEmpty("The same story was billed otherwise the second time.");
        seen[1].Hash.ShouldBe(seen[0].Hash);
    }

    /// <summary>The first play's usage is explained as well: <see cref="MostExplained"/> quota periods.</summary>
    private async Task<(Books Books, IReadOnlyList<Explained> Explained)> PlayAsync(Story story, bool previews)
    {
        await using var player = await host.OpenAsync(story.Shop, previews);
        foreach (var tick in story.Ticks)
        {
            await player.AdvanceAsync(tick.At);
            foreach (var step in tick.Steps)
            {
                await PlayAsync(player, story, step);
            }

            await player.UseAsync(tick.Uses);
        }

        return (Books.Of(await player.ShouldHaveNumbersWithoutGapsAsync()), previews ? await player.ExplainAsync(MostExplained) : []);
    }

    /// <summary>Every step of a story is possible: a refusal is shown with the steps before it.</summary>
    private static async Task PlayAsync(Player player, Story story, Step step)
    {
        try
        {
            await player.PlayAsync(step);
        }
        catch (Exception refused) when (step is CustomerStep theirs)
        {
            throw new InvalidOperationException(
                $"{refused.Message}\n\nwhat happened until then (UTC)\n{Books.History(story, theirs.Customer, step.At)}", refused);
        }
    }

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
