using System.Globalization;
using System.Text;
using Tollgate.Core.Time;

namespace Tollgate.Server.Http;

/// <summary>The meaning of a column of a report.</summary>
internal enum CellKind
{
    /// <summary>A text that anybody may have written: a spreadsheet must not run it.</summary>
    Text,

    /// <summary>A word of Tollgate's own, which documents write out: <c>churn.net</c> is Churn net.</summary>
    Word,

    /// <summary>A number or a decimal text, which may begin with a minus sign.</summary>
    Number,

    /// <summary>Minor units of the currency of the report.</summary>
    Minor,

    /// <summary>Major units of the currency of the report, as a decimal text.</summary>
    Major,

    /// <summary>A part of 1.</summary>
    Ratio,

    /// <summary>A figure in the unit that the line's column <c>unit</c> has: minor, ratio or a number.</summary>
    Unit,

    Time,
}

internal sealed record ReportColumn<TLine>(string Name, CellKind Kind, Func<TLine, object?> Value);

/// <summary>The columns of a report's lines.</summary>
internal sealed class ReportColumns<TLine>
{
    private readonly List<ReportColumn<TLine>> _all = [];

    public IReadOnlyList<ReportColumn<TLine>> All => _all;

    public ReportColumns<TLine> Text(string name, Func<TLine, string?> value) => Add(name, CellKind.Text, value);

    public ReportColumns<TLine> Word(string name, Func<TLine, string?> value) => Add(name, CellKind.Word, value);

    public ReportColumns<TLine> Unit(string name, Func<TLine, decimal?> value) => Add(name, CellKind.Unit, line => value(line));

    public ReportColumns<TLine> Number(string name, Func<TLine, object?> value) => Add(name, CellKind.Number, value);

    public ReportColumns<TLine> Minor(string name, Func<TLine, object?> value) => Add(name, CellKind.Minor, value);

    public ReportColumns<TLine> Major(string name, Func<TLine, string?> value) => Add(name, CellKind.Major, value);

    public ReportColumns<TLine> Ratio(string name, Func<TLine, decimal?> value) => Add(name, CellKind.Ratio, line => value(line));

    public ReportColumns<TLine> Time(string name, Func<TLine, DateTimeOffset?> value) => Add(name, CellKind.Time, line => value(line));

    /// <summary>Appends a line of the CSV file.</summary>
    public void Append(StringBuilder csv, TLine line)
    {
        for (var i = 0; i < _all.Count; i++)
        {
            if (i > 0)
            {
                csv.Next();
            }

            var text = TextOf(_all[i], line);
            _ = _all[i].Kind is CellKind.Text or CellKind.Word ? csv.Cell(text) : csv.Plain(text);
        }

        csv.End();
    }

    /// <summary>Returns the texts of a line, as the file has them, without guards against formulas.</summary>
    public string?[] Cells(TLine line) => [.. _all.Select(column => TextOf(column, line))];

    private static string? TextOf(ReportColumn<TLine> column, TLine line) => column.Value(line) switch
    {
        null => null,
        DateTimeOffset at => Instant.From(at).ToString(),
        var value => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private ReportColumns<TLine> Add(string name, CellKind kind, Func<TLine, object?> value)
    {
        _all.Add(new(name, kind, value));
        return this;
    }
}
