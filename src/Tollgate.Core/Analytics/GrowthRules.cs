using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>An expected value with the interval that has it with a probability of 90 %.</summary>
public readonly record struct Expectation(long Value, long Low, long High);

/// <summary>The straight line through the values of months.</summary>
/// <param name="Change">The change of the line in a month, rounded.</param>
/// <param name="Ahead">The next months in order.</param>
public sealed record Growth(long Change, IReadOnlyList<Expectation> Ahead);

/// <summary>
/// Projects monthly values: least squares line and its prediction interval, y ± t × s × √(1 + 1/n + (x − x̄)² ÷ Σ(xᵢ − x̄)²), where s² is
/// the sum of the squared residuals ÷ (n − 2) and t the 95 % quantile of Student's distribution with n − 2 degrees of freedom.
/// </summary>
public static class GrowthRules
{
    /// <summary>The fewest months with which a line has a deviation.</summary>
    public const int LeastMonths = 3;

    /// <summary>Thousandths of the quantiles for 1 to 30 degrees of freedom (Abramowitz and Stegun, table 26.10).</summary>
    private static readonly int[] Quantiles =
    [
        6314, 2920, 2353, 2132, 2015, 1943, 1895, 1860, 1833, 1812, 1796, 1782, 1771, 1761, 1753, 1746, 1740, 1734, 1729, 1725, 1721, 1717,
        1714, 1711, 1708, 1706, 1703, 1701, 1699, 1697,
    ];

    /// <summary>For more degrees of freedom.</summary>
    private const int NormalQuantile = 1645;

    /// <summary>No value, and no bound, is less than 0. Null: fewer than <see cref="LeastMonths"/> values.</summary>
    /// <param name="values">The values of months that follow each other.</param>
    public static Growth? Of(IReadOnlyList<long> values, int monthsAhead)
    {
        var n = values.Count;
        if (n < LeastMonths)
        {
            return null;
        }

        var (meanX, meanY) = ((n - 1) / 2m, values.Average(static value => (decimal)value));
        var (squares, products) = (0m, 0m);
        for (var x = 0; x < n; x++)
        {
            squares += (x - meanX) * (x - meanX);
            products += (x - meanX) * (values[x] - meanY);
        }

        var slope = products / squares;
        var residuals = 0m;
        for (var x = 0; x < n; x++)
        {
            var residual = values[x] - (meanY + (slope * (x - meanX)));
            residuals += residual * residual;
        }

        var t = (n - 2 <= Quantiles.Length ? Quantiles[n - 3] : NormalQuantile) / 1000m;
        return new(Rounded(slope), [.. Enumerable.Range(n, monthsAhead).Select(x =>
        {
            var value = meanY + (slope * (x - meanX));
            var width = t * Root(residuals / (n - 2) * (1 + (1m / n) + ((x - meanX) * (x - meanX) / squares)));
            return new Expectation(Rounded(Math.Max(0, value)), Rounded(Math.Max(0, value - width)), Rounded(Math.Max(0, value + width)));
        })]);

        static long Rounded(decimal value) => (long)decimal.Round(value, 0, MidpointRounding.AwayFromZero);

        // Newton's method: decimals have no square root.
        static decimal Root(decimal square)
        {
            if (square <= 0)
            {
                return 0;
            }

            var root = Math.Max(square, 1);
            for (var next = (root + (square / root)) / 2; next < root; next = (root + (square / root)) / 2)
            {
                root = next;
            }

            return root;
        }
    }
}
