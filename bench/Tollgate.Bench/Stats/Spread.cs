namespace Tollgate.Bench.Stats;

/// <summary>Several measurements of one thing: the median and the spread.</summary>
/// <param name="Median">The middle one; the mean of the two middle ones for an even number.</param>
/// <param name="LowerQuartile">A quarter of the measurements lie below (linear interpolation between neighbours).</param>
/// <param name="UpperQuartile">A quarter lie above.</param>
internal sealed record Spread(double Median, double LowerQuartile, double UpperQuartile, double Least, double Most, int Count)
{
    public static Spread Of(IEnumerable<double> measurements)
    {
        var sorted = measurements.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("no measurements", nameof(measurements));
        }

        return new Spread(At(sorted, 0.5), At(sorted, 0.25), At(sorted, 0.75), sorted[0], sorted[^1], sorted.Length);
    }

    private static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
    }
}
