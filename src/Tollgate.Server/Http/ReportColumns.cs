using System.Text;

namespace Tollgate.Server.Http;

/// <summary>The meaning of a column of a report.</summary>
internal enum CellKind
{
    /// <summary>A text, which may be anybody's: a spreadsheet must not run it.</summary>
    Text,

    /// <summary>A number or a decimal text, which may begin with a minus sign.</summary>
    Number,

    /// <summary>Minor units of the currency of the report.</summary>
    Minor,

    /// <summary>A part of 1.</summary>
    Ratio,

    Time,
}

internal sealed record ReportColumn<TLine>(string Name, CellKind Kind, Func<TLine, object?> Value);

/// <summary>The columns of a report's lines.</summary>
internal sealed class ReportColumns<TLine>
{
    private readonly List<ReportColumn<TLine>> _all = [];

    public IReadOnlyList<ReportColumn<TLine>> All => _all;

    public ReportColumns<TLine> Text(string name, Func<TLine, string?> value) => Add(name, CellKind.Text, value);

    public ReportColumns<TLine> Number(string name, Func<TLine, object?> value) => Add(name, CellKind.Number, value);

    public ReportColumns<TLine> Minor(string name, Func<TLine, object?> value) => Add(name, CellKind.Minor, value);

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

            var (_, kind, value) = _all[i];
            _ = kind switch
            {
                CellKind.Text => csv.Cell((string?)value(line)),
                CellKind.Time => csv.Time((DateTimeOffset?)value(line)),
                _ => csv.Plain(value(line)),
            };
        }

        csv.End();
    }

    private ReportColumns<TLine> Add(string name, CellKind kind, Func<TLine, object?> value)
    {
        _all.Add(new(name, kind, value));
        return this;
    }
}
