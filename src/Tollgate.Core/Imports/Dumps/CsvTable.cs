namespace Tollgate.Core.Imports.Dumps;

/// <summary>Reads the rows of a CSV file with a header (RFC 4180), as <c>COPY … TO … WITH CSV HEADER</c> writes them.</summary>
public static class CsvTable
{
    /// <summary>Characters of a record: a quote that nothing closes would read the whole file.</summary>
    private const int LongestRecord = 16 * 1024 * 1024;

    /// <exception cref="DumpFaultException">The text is no CSV.</exception>
    public static IEnumerable<TableRow> Read(TextReader reader, string table)
    {
        List<string>? columns = null;
        var line = 0L;
        while (reader.ReadLine() is { } record)
        {
            var first = ++line;
            while (record.Count(static one => one == '"') % 2 == 1 && reader.ReadLine() is { } more)
            {
                (record, line) = (record + "\n" + more, line + 1);
                if (record.Length > LongestRecord)
                {
                    throw new DumpFaultException(first, "A quoted field does not end.");
                }
            }

            if (record.Length == 0)
            {
                continue;
            }

            var values = new List<string?>();
            if (!CsvRecord.TrySplit(columns is null ? record.TrimStart('\ufeff') : record, values))
            {
                throw new DumpFaultException(first, "A quoted field does not end with a quote.");
            }

            if (columns is null)
            {
                columns = [.. values.Select(static name => name?.Trim() ?? "")];
            }
            else
            {
                yield return TableRow.Of(table, columns, values, first);
            }
        }
    }
}
