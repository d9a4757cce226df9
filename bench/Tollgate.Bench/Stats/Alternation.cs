using Tollgate.Bench.Load;

namespace Tollgate.Bench.Stats;

/// <summary>One run of A and the run of B right after it.</summary>
/// <param name="Ratio">A's figure ÷ B's.</param>
internal sealed record Pair(LoadResult A, LoadResult B, double Ratio)
{
    /// <summary>True if an unrelated process used more of a processor than <see cref="Alternation.UnrelatedLimit"/>.</summary>
    public bool Disturbed => A.Cpu.Unrelated > Alternation.UnrelatedLimit || B.Cpu.Unrelated > Alternation.UnrelatedLimit;
}

/// <summary>
/// The result of a side-by-side measurement. The ratio's median is the median of the pairs' ratios, not the ratio of the medians.
/// </summary>
internal sealed record Comparison(
    string NameA, string NameB, IReadOnlyList<Pair> Pairs, int Discarded, bool Disturbed, Func<LoadResult, double> Figure)
{
    public Spread Ratio => Spread.Of(Pairs.Select(pair => pair.Ratio));

    public Spread A => Spread.Of(Pairs.Select(pair => Figure(pair.A)));

    public Spread B => Spread.Of(Pairs.Select(pair => Figure(pair.B)));

    public LoadResult MiddleA => Pairs.OrderBy(pair => Figure(pair.A)).ElementAt(Pairs.Count / 2).A;

    public LoadResult MiddleB => Pairs.OrderBy(pair => Figure(pair.B)).ElementAt(Pairs.Count / 2).B;
}

/// <summary>
/// Measures A B A B …, because a machine's speed drifts: a comparison of neighbours in time cancels the drift out. A pair in which an
/// unrelated process was busy is measured again, up to as often as there are rounds; without enough quiet pairs, the disturbed ones count
/// and the figure has a warning.
/// </summary>
internal sealed class Alternation(int rounds, CancellationToken cancel)
{
    /// <summary>The share of one processor.</summary>
    public const double UnrelatedLimit = 0.20;

    public async Task<Comparison> RunAsync(Peer a, Peer b, Func<LoadResult, double> figure, Action<string> tell)
    {
        var all = new List<Pair>();
        while (all.Count(pair => !pair.Disturbed) < rounds && all.Count < rounds * 2)
        {
            var ofA = await a.RunAsync(cancel);
            var ofB = await b.RunAsync(cancel);
            var pair = new Pair(ofA, ofB, figure(ofA) / figure(ofB));
            all.Add(pair);
            tell(
                $"  {a.Name} {Stats.Figure.Text(figure(ofA))} | {b.Name} {Stats.Figure.Text(figure(ofB))} | ratio "
                    + $"{Stats.Figure.Text(pair.Ratio)}"
                + (pair.Disturbed ? $"  (disturbed by {ofA.Cpu.Stranger ?? ofB.Cpu.Stranger})" : ""));
        }

        var quiet = all.Where(pair => !pair.Disturbed).ToList();
        var enough = quiet.Count >= Math.Max(2, (rounds + 1) / 2);
        return enough
            ? new Comparison(a.Name, b.Name, quiet, all.Count - quiet.Count, false, figure)
            : new Comparison(a.Name, b.Name, all, 0, true, figure);
    }
}
