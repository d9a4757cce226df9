using Tollgate.Server.Http;

namespace Tollgate.Server.Reports;

/// <summary>A table of a report. Its source has all lines and columns.</summary>
internal sealed record ReportSection(string Name, string Title, ReportTable Table)
{
    /// <summary>Keeps these columns, in their order.</summary>
    public ReportSection With(params string[] columns)
    {
        int[] kept = [.. columns.Select(name => Table.Columns.Index().First(one => one.Item.Name == name).Index)];
        return this with
        {
            Table = Table with
            {
                Columns = [.. kept.Select(at => Table.Columns[at])], Rows = [.. Table.Rows.Select(Cells)],
                Total = Table.Total is { } total ? Cells(total) : null,
            },
        };

        string?[] Cells(string?[] row) => [.. kept.Select(at => row[at])];
    }

    /// <summary>Keeps the lines with these values in the first column.</summary>
    public ReportSection Only(params string[] names) =>
        this with { Table = Table with { Rows = [.. Table.Rows.Where(row => names.Contains(row[0]))] } };
}
