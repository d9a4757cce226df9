using System.Globalization;

namespace Tollgate.Web.Controls.Charts;

/// <summary>One series of a chart: a value for each label.</summary>
public sealed record ChartSeries(string Name, IReadOnlyList<decimal> Values);

/// <summary>The content of a chart, which its table repeats.</summary>
/// <param name="Title">The name of the values.</param>
/// <param name="Labels">The places on the horizontal axis, in order.</param>
/// <param name="Show">The notation of a value.</param>
public sealed record ChartData(
    string Title, string LabelName, IReadOnlyList<string> Labels, IReadOnlyList<ChartSeries> Series, Func<decimal, string> Show)
{
    /// <summary>As many labels fit on a phone; others stay empty, and the table has all of them.</summary>
    private const int MostLabels = 7;

    /// <summary>The class of a series' colour. There are six; a chart with more series is not readable.</summary>
    public static string ClassOf(int series) => string.Create(CultureInfo.InvariantCulture, $"s{(series % 6) + 1}");

    public string LabelAt(int place) => place % ((Labels.Count + MostLabels - 1) / MostLabels) == 0 ? Labels[place] : "";
}

/// <summary>
/// The vertical axis: from zero, or the lowest value, to the highest, with steps of 1, 2 or 5 times a power of ten. Heights are shares of
/// 100, from the top, as SVG counts.
/// </summary>
public sealed record ChartScale(decimal Low, decimal High, decimal Step)
{
    private const int Steps = 4;

    private static readonly decimal[] Factors = [1m, 2m, 5m, 10m];

    /// <summary>Returns a scale that includes zero and all values.</summary>
    public static ChartScale Of(IEnumerable<decimal> values)
    {
        var (low, high) = (0m, 0m);
        foreach (var value in values)
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        var step = StepOf((high - low) / Steps);
        return new(Math.Floor(low / step) * step, low == high ? step : Math.Ceiling(high / step) * step, step);
    }

    public IEnumerable<decimal> Ticks
    {
        get
        {
            for (var tick = Low; tick <= High; tick += Step)
            {
                yield return tick;
            }
        }
    }

    /// <summary>The place of a value, from 0 (top) to 100 (bottom).</summary>
    public decimal At(decimal value) => Math.Round(100m - ((value - Low) / (High - Low) * 100m), 2);

    /// <summary>Notation of numbers in SVG.</summary>
    public static string Svg(decimal number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Returns the next step of 1, 2 or 5 times a power of ten; 1 for nothing.</summary>
    private static decimal StepOf(decimal least)
    {
        var power = 1m;
        if (least <= 0)
        {
            return power;
        }

        while (power > least)
        {
            power /= 10;
        }

        while (power * 10 <= least)
        {
            power *= 10;
        }

        return Factors.Select(factor => factor * power).First(step => step >= least);
    }
}
