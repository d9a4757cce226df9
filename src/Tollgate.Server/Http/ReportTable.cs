namespace Tollgate.Server.Http;

/// <summary>The lines of a report as texts: those of its CSV file, without guards against formulas.</summary>
/// <param name="Source">The path and query of the operation.</param>
/// <param name="Rows">A text for each column; null: no value.</param>
/// <param name="Total">The sums; null: the table has none.</param>
/// <param name="HasMore">The operation has more lines.</param>
/// <param name="Unconverted">Currencies without an exchange rate, which no figure includes.</param>
internal sealed record ReportTable(
    string Source, IReadOnlyList<(string Name, CellKind Kind)> Columns, IReadOnlyList<string?[]> Rows, string?[]? Total, bool HasMore,
    IReadOnlyList<string> Unconverted);
