using System.Globalization;
using System.Text;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Report;

/// <summary>A Markdown table whose columns are aligned on a terminal too.</summary>
internal static class Table
{
    private static readonly string[] Head = ["#", "figure", "measured", "quartiles", "goal", "floor now", "verdict", "behind it"];

    public static string Of(IReadOnlyList<Figure> figures)
    {
        var rows = figures.Select(Row).Prepend(Head).ToList();
        var widths = Head.Select((_, column) => column == Head.Length - 1 ? 3 : rows.Max(row => row[column].Length)).ToArray();
        rows.Insert(1, [.. widths.Select(width => new string('-', width))]);
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append("| ").AppendJoin(" | ", row.Select((cell, column) => cell.PadRight(widths[column]))).AppendLine(" |");
        }

        return text.ToString();
    }

    private static string[] Row(Figure figure) =>
    [
        figure.Scenario,
        figure.Name,
        figure.Measured is { } measured ? Figure.Text(measured.Median) + Unit(figure) : "–",
        figure.Measured is { Count: > 1 } spread ? $"{Figure.Text(spread.LowerQuartile)} … {Figure.Text(spread.UpperQuartile)}" : "",
        Bound(figure, figure.Goal),
        Bound(figure, figure.Floor),
        Verdict(figure) + (figure.Disturbed ? " (disturbed)" : ""),
        figure.Note,
    ];

    private static string Unit(Figure figure) => figure.Unit.Length > 0 ? " " + figure.Unit : "";

    private static string Bound(Figure figure, double? bound) =>
        bound is { } value ? (figure.Better == Better.Higher ? "≥ " : "≤ ") + value.ToString("#,0.##", CultureInfo.InvariantCulture) : "";

    private static string Verdict(Figure figure) => figure.Verdict switch
    {
        Stats.Verdict.Goal => "goal reached",
        Stats.Verdict.Floor => "floor reached",
        Stats.Verdict.Missed => "missed",
        Stats.Verdict.Context => "",
        _ => "not measured",
    };
}
