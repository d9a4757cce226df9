using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Privacy;
using Tollgate.Core.Time;
using Tollgate.Engine.Privacy;
using Tollgate.Server.Http;

namespace Tollgate.Server.Privacy;

/// <summary>
/// Writes an export as a ZIP file while it reads the rows, so its memory does not depend on the customer's size: for each table a JSON
/// array and a CSV file, and at the end <c>manifest.json</c>.
/// </summary>
internal static class ExportFile
{
    public const string ContentType = "application/zip";

    private const string Manifest = "manifest.json";

    public static async Task WriteAsync(HttpContext context, ExportCustomer exports, CustomerExport export, string project, Instant now)
    {
        var cancel = context.RequestAborted;
        context.Response.ContentType = ContentType;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"customer-{project}.zip\"";
        var files = new List<ExportedFile>();
        await using var pieces = new PieceStream(context.Response.Body);
        await using (var zip = await ZipArchive.CreateAsync(
            pieces, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel))
        {
            foreach (var table in export.Tables)
            {
                var (json, csv) = ($"{table.Name}.json", $"{table.Name}.csv");
                var rows = await WriteJsonAsync(zip, pieces, json, exports.RowsAsync(export, table, cancel), cancel);
                await WriteCsvAsync(zip, pieces, csv, table.Columns, exports.RowsAsync(export, table, cancel), cancel);
                files.Add(new(json, csv, table.Meaning, rows));
            }

            await using var entry = await OpenAsync(zip, Manifest, cancel);
            await JsonSerializer.SerializeAsync(
                entry,
                new ExportManifest(
                    project, export.Customer, now.ToOffset(), files,
                    [.. export.LeftOut.Select(static one => new LeftOutTable(one.Table, one.Reason))]),
                WireJson.Default.ExportManifest, cancel);
        }

        await pieces.SendAsync(cancel);
    }

    private static async Task<long> WriteJsonAsync(
        ZipArchive zip, PieceStream pieces, string name, IAsyncEnumerable<IReadOnlyList<string>> pages, CancellationToken cancel)
    {
        await using var entry = await OpenAsync(zip, name, cancel);
        var (rows, text) = (0L, new StringBuilder("["));
        await foreach (var page in pages)
        {
            foreach (var row in page)
            {
                text.Append(rows++ == 0 ? "\n" : ",\n").Append(row);
            }

            await FlushAsync(entry, pieces, text, cancel);
        }

        await FlushAsync(entry, pieces, text.Append("\n]\n"), cancel);
        return rows;
    }

    private static async Task WriteCsvAsync(
        ZipArchive zip, PieceStream pieces, string name, IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<string>> pages,
        CancellationToken cancel)
    {
        await using var entry = await OpenAsync(zip, name, cancel);
        var csv = new StringBuilder().Header([.. columns]);
        await foreach (var page in pages)
        {
            foreach (var row in page)
            {
                Line(csv, columns, row);
            }

            await FlushAsync(entry, pieces, csv, cancel);
        }

        await FlushAsync(entry, pieces, csv, cancel);
    }

    private static void Line(StringBuilder csv, IReadOnlyList<string> columns, string row)
    {
        using var document = JsonDocument.Parse(row);
        for (var i = 0; i < columns.Count; i++)
        {
            if (i > 0)
            {
                csv.Next();
            }

            var value = document.RootElement.GetProperty(columns[i]);
            _ = value.ValueKind switch
            {
                JsonValueKind.Null => csv,
                JsonValueKind.String => csv.Cell(value.GetString()),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False =>
                    csv.Append(CultureInfo.InvariantCulture, $"{value.GetRawText()}"),
                _ => csv.Cell(value.GetRawText()),
            };
        }

        csv.End();
    }

    private static Task<Stream> OpenAsync(ZipArchive zip, string name, CancellationToken cancel) =>
        zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);

    private static async Task FlushAsync(Stream entry, PieceStream pieces, StringBuilder text, CancellationToken cancel)
    {
        await entry.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancel);
        text.Clear();
        await pieces.SendAsync(cancel);
    }
}

/// <summary>
/// Takes what the archive writes and holds it until <see cref="SendAsync"/>: the archive ends an entry with a synchronous write, which a
/// response refuses. It holds one compressed page of rows.
/// </summary>
internal sealed class PieceStream(Stream body) : Stream
{
    private readonly MemoryStream _piece = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends what was written so far, at the reader's pace.</summary>
    public async Task SendAsync(CancellationToken cancel)
    {
        await body.WriteAsync(_piece.GetBuffer().AsMemory(0, (int)_piece.Length), cancel);
        _piece.SetLength(0);
    }

    public override void Write(byte[] buffer, int offset, int count) => _piece.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _piece.Write(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _piece.WriteAsync(buffer, offset, count, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _piece.WriteAsync(buffer, cancellationToken);

    public override void Flush()
    {
        // Only SendAsync sends.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _piece.Dispose();
        }

        base.Dispose(disposing);
    }
}
