namespace Tollgate.Contracts.Privacy;

/// <summary>An erasure. It names nobody.</summary>
/// <param name="Customer">The pseudonym under which invoices and sums of usage stay.</param>
/// <param name="Status"><c>running</c> or <c>done</c>.</param>
/// <param name="RequestedBy">The caller: the admin key, or a key with its id.</param>
/// <param name="DoneAt">Null while it runs.</param>
/// <param name="Changes">The numbers of rows that it changed or deleted, by table.</param>
public sealed record ErasureView(
    string Id, string Customer, string Status, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset? DoneAt,
    IReadOnlyDictionary<string, long> Changes);

/// <param name="Data">Newest first.</param>
/// <param name="HasMore">True if there are more after the last one.</param>
public sealed record ErasureList(IReadOnlyList<ErasureView> Data, bool HasMore);

/// <summary>The file <c>manifest.json</c> of an export.</summary>
/// <param name="LeftOut">Tables that have data of customers and are not in the export.</param>
public sealed record ExportManifest(
    string Project, string Customer, DateTimeOffset ExportedAt, IReadOnlyList<ExportedFile> Files, IReadOnlyList<LeftOutTable> LeftOut);

/// <param name="Json">The name of the file with the rows as JSON; the CSV file has the same rows.</param>
public sealed record ExportedFile(string Json, string Csv, string Content, long Rows);

public sealed record LeftOutTable(string Table, string Reason);
