namespace Tollgate.Core.Imports.Dumps;

/// <summary>A row of a table of another product, from a dump or a CSV file.</summary>
/// <param name="line">The number of its first line in the file, from 1.</param>
public sealed class TableRow(string table, IReadOnlyList<string> columns, IReadOnlyList<string?> values, long line)
{
    /// <exception cref="DumpFaultException">The row has more or fewer values than its table has columns.</exception>
    public static TableRow Of(string table, IReadOnlyList<string> columns, IReadOnlyList<string?> values, long line) =>
        values.Count == columns.Count
            ? new(table, columns, values, line)
            : throw new DumpFaultException(line, $"A row of {table} has {values.Count} values, and the table {columns.Count} columns.");

    /// <summary>Without schema and quotes.</summary>
    public string Table => table;

    public long Line => line;

    public IReadOnlyList<string> Columns => columns;

    /// <summary>True: the table has the column, also if its value is NULL.</summary>
    public bool Has(string column) => columns.Contains(column, StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of a column; null: it is NULL, or the table has no such column.</summary>
    public string? this[string column]
    {
        get
        {
            for (var at = 0; at < columns.Count && at < values.Count; at++)
            {
                if (string.Equals(columns[at], column, StringComparison.OrdinalIgnoreCase))
                {
                    return values[at];
                }
            }

            return null;
        }
    }
}

/// <summary>A fault of a dump or a CSV file, which ends its reading.</summary>
public sealed class DumpFaultException(long line, string message) : Exception($"Line {line}: {message}");
