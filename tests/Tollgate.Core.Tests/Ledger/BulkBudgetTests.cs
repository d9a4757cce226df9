using Tollgate.Core.Ledger;

namespace Tollgate.Core.Tests.Ledger;

/// <summary>The share of a flood of events that one transaction takes while other callers wait for the same lane.</summary>
public sealed class BulkBudgetTests
{
    private readonly BulkBudget _budget = new();
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void Alone_it_takes_all_it_may_however_long_that_takes()
    {
        for (var at = 0; at < 10; at++)
        {
            Bulk(besideOthers: false, static _ => 80).ShouldBe(BulkBudget.MostAlone);
        }
    }

    [Fact]
    public void The_first_transaction_beside_others_takes_none_so_that_its_time_is_known() =>
        Bulk(besideOthers: true, static _ => 2).ShouldBe(0);

    [Theory]
    [InlineData(2, 5, BulkBudget.MostBesideOthers)] // An idle machine: 2 ms, and 5 µs for each event.
    [InlineData(50, 5, BulkBudget.MostBesideOthers)] // A slow disk: half of the weight would not be faster.
    [InlineData(30, 200, 250)] // A busy machine: 30 ms and 250 × 0.2 ms are 80 ms; 100 are allowed.
    [InlineData(2, 2_000, BulkBudget.Part)] // Hopeless: one part, so that the flood goes on.
    public void Beside_others_a_transaction_takes_about_three_times_as_long_as_without_bulk(
        int plainMilliseconds, int microsecondsOfOne, int most)
    {
        var last = new List<int>();
        for (var at = 0; at < 200; at++)
        {
            var weight = Bulk(besideOthers: true, weight => plainMilliseconds + (weight * microsecondsOfOne / 1_000.0));
            if (at >= 100 && weight > 0)
            {
                last.Add(weight);
            }
        }

        last.Max().ShouldBe(most);
        last.Min().ShouldBe(most, "it settles");
    }

    [Fact]
    public void After_one_that_took_too_long_others_have_one_without_it_and_it_begins_small_again()
    {
        Bulk(besideOthers: true, static _ => 2);
        Bulk(besideOthers: true, static _ => 90).ShouldBe(BulkBudget.MostBesideOthers);
        Bulk(besideOthers: true, static _ => 2).ShouldBe(0);
        Bulk(besideOthers: true, static _ => 5).ShouldBe(BulkBudget.MostBesideOthers / 4);
        Bulk(besideOthers: true, static _ => 5).ShouldBe((BulkBudget.MostBesideOthers / 4) + BulkBudget.Part);
    }

    [Fact]
    public void It_stays_small_for_a_second_after_the_last_of_the_others_and_then_grows()
    {
        for (var at = 0; at < 20; at++)
        {
            Bulk(besideOthers: true, static weight => 2 + (2.0 * weight));
        }

        Bulk(besideOthers: false, static weight => 2 + (2.0 * weight)).ShouldBe(BulkBudget.Part);
        _now += TimeSpan.FromSeconds(1);
        Bulk(besideOthers: false, static _ => 8).ShouldBe(BulkBudget.MostAlone);
    }

    /// <returns>The weight of the batch.</returns>
    private int Bulk(bool besideOthers, Func<int, double> milliseconds)
    {
        var weight = _budget.Next(besideOthers, _now);
        var took = TimeSpan.FromMilliseconds(milliseconds(weight));
        _now += took;
        _budget.Took(weight, took, _now);
        return weight;
    }
}
