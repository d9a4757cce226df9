using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Imports;

public enum ReceiveOutcome
{
    /// <summary>The body is stored, and the loop will book it.</summary>
    Received,

    /// <summary>The same request was received before.</summary>
    Repeated,

    /// <summary>Another request has the key.</summary>
    KeyReused,

    /// <summary>The request with the key is still arriving.</summary>
    KeyBusy,

    /// <summary>The header of the CSV file is wrong.</summary>
    BadHeader,

    /// <summary>The body exceeds <see cref="ImportLimits.ImportBytes"/>.</summary>
    TooLarge,

    /// <summary>The project has as many open imports as it may have.</summary>
    TooMany,
}

/// <param name="Detail">The reason of a refusal.</param>
public sealed record ReceivedImport(ReceiveOutcome Outcome, ImportRow? Import, string? Detail = null);

/// <summary>The properties of an import that its request gives.</summary>
/// <param name="Key">The Idempotency-Key; null: none.</param>
public sealed record ImportOrder(ImportFormat Format, ImportKind? Kind, bool IsDryRun, string? Key, string Actor);

/// <summary>Wakes the loop that books imports when a server has received one.</summary>
public sealed class ImportBell : Bell;

/// <summary>
/// Receives the body of an import: 1. opens the import; 2. cuts the body into records and stores them in chunks, each in a transaction of
/// its own, so that no transaction waits for the sender; 3. releases the import to the loop. If the sender disconnects, nothing is booked.
/// </summary>
public sealed class ReceiveImport(NpgsqlDataSource database, ImportQueries queries, ThingLimits limits, ImportBell bell, Clock clock)
{
    private const string EndedEarly = "The request ended before its whole body had arrived. Nothing was booked; send it again.";

    public async Task<ReceivedImport> RunAsync(ProjectSnapshot project, ImportOrder order, PipeReader body, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7(clock.Now().ToOffset());
        if (!await OpenAsync(project, id, order, cancel))
        {
            return order.Key is not null && await queries.FindByKeyAsync(project, order.Key, cancel) is not null
                ? await RepeatAsync(project, order, body, cancel)
                : new(
                    ReceiveOutcome.TooMany, null,
                    $"{limits.Imports} imports of the project are not finished (TOLLGATE_MOST_IMPORTS). GET /v1/imports lists them.");
        }

        try
        {
            var refused = await StoreAsync(id, order, body, cancel);
            if (refused is null)
            {
                bell.Ring();
                return new(ReceiveOutcome.Received, await queries.FindAsync(project, id, CancellationToken.None));
            }

            await using var forget = database.Command(ImportSql.Forget, id);
            await forget.ExecuteNonQueryAsync(CancellationToken.None);
            return refused;
        }
        catch
        {
            await GiveUpAsync(id, EndedEarly);
            throw;
        }
    }

    private async Task<bool> OpenAsync(ProjectSnapshot project, Guid id, ImportOrder order, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(ImportSql.LockOpening, cancel, project.Id);
        await using var command = connection.Command(
            ImportSql.Open, id, project.Id, SqlCommands.OrNull(order.Key, NpgsqlDbType.Text), CatalogWords.Of(order.Format),
            SqlCommands.OrNull(order.Kind is { } kind ? CatalogWords.Of(kind) : null, NpgsqlDbType.Text), order.IsDryRun, order.Actor,
            clock.Now(project).ToUtc(), (long)limits.Imports);
        var isNew = await command.ExecuteScalarAsync(cancel) is not null;
        await transaction.CommitAsync(CancellationToken.None);
        return isNew;
    }

    /// <summary>Reads the body of a repeat, and compares it with that of the first request.</summary>
    private async Task<ReceivedImport> RepeatAsync(ProjectSnapshot project, ImportOrder order, PipeReader body, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var read = await body.ReadAsync(cancel);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        var known = await queries.FindByKeyAsync(project, order.Key!, cancel);
        return known is null || known.Status == ImportStatus.Receiving ? new(ReceiveOutcome.KeyBusy, known)
            : known.BodyHash.AsSpan().SequenceEqual(hash.GetHashAndReset())
                && (known.Format, known.Kind, known.IsDryRun) == (order.Format, order.Kind, order.IsDryRun)
            ? new(ReceiveOutcome.Repeated, known)
            : new(ReceiveOutcome.KeyReused, known);
    }

    /// <summary>Stores the body. Null: all of it is stored.</summary>
    private async Task<ReceivedImport?> StoreAsync(Guid id, ImportOrder order, PipeReader body, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (cutter, upload) = (new RecordCutter(order.Format), new Upload(id, order));
        while (true)
        {
            var read = await body.ReadAsync(cancel);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                for (var rest = segment; !rest.IsEmpty;)
                {
                    var taken = cutter.Take(rest.Span);
                    (upload.Pending, upload.Total) = (upload.Pending + taken, upload.Total + taken);
                    rest = rest[taken..];
                    if (cutter.IsFull && await FlushAsync(cutter, upload, cancel) is { } refused)
                    {
                        body.AdvanceTo(read.Buffer.End);
                        return refused;
                    }
                }
            }

            body.AdvanceTo(read.Buffer.End);
            if (upload.Total > ImportLimits.ImportBytes)
            {
                return new(ReceiveOutcome.TooLarge, null);
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        cutter.Finish();
        if (await FlushAsync(cutter, upload, cancel) is { } last)
        {
            return last;
        }

        await using var received = database.Command(
            ImportSql.Received, id, hash.GetHashAndReset(), SqlCommands.OrNull(upload.Header, NpgsqlDbType.Text));
        return await received.ExecuteScalarAsync(CancellationToken.None) is null ? throw new IOException(EndedEarly) : null;
    }

    private async Task<ReceivedImport?> FlushAsync(RecordCutter cutter, Upload upload, CancellationToken cancel)
    {
        var chunk = cutter.TakeChunk();
        if (upload is { Order.Format: ImportFormat.Csv, Header: null } && TakeHeader(ref chunk, upload) is { } fault)
        {
            return new(ReceiveOutcome.BadHeader, null, fault);
        }

        if (chunk.IsEmpty)
        {
            return null;
        }

        await using var command = database.Command(
            ImportSql.AddChunk, upload.Import, upload.Position, upload.Line, upload.Pending,
            StoredChunk.Pack(chunk));
        await command.ExecuteNonQueryAsync(cancel);
        (upload.Position, upload.Line, upload.Pending) = (upload.Position + 1, upload.Line + RecordCutter.Read(chunk).Sum(LinesOf), 0);
        return null;

        static long LinesOf(PackedRecord record) => record.Lines;
    }

    /// <summary>Takes the header off the first chunk. Returns what is wrong with it.</summary>
    private static string? TakeHeader(ref ReadOnlyMemory<byte> chunk, Upload upload)
    {
        var first = RecordCutter.Read(chunk).FirstOrDefault();
        if (chunk.IsEmpty || first.IsTooLong || first.Bytes.IsEmpty)
        {
            return "The first record of a CSV file is its header: the names of the fields.";
        }

        if (!System.Text.Unicode.Utf8.IsValid(first.Bytes.Span))
        {
            return "The header is not valid UTF-8.";
        }

        upload.Header = Encoding.UTF8.GetString(first.Bytes.Span).Replace("\0", "", StringComparison.Ordinal);
        upload.Line += first.Lines;
        chunk = chunk[(sizeof(int) + first.Bytes.Length)..];
        return RecordFields.ReadHeader(upload.Header, upload.Order.Kind, out _);
    }

    private async Task GiveUpAsync(Guid id, string reason)
    {
        await using var command = database.Command(
            ImportSql.GiveUp, SqlCommands.OrNull(id, NpgsqlDbType.Uuid), 0.0, reason);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>The state of an upload.</summary>
    private sealed class Upload(Guid import, ImportOrder order)
    {
        public Guid Import => import;

        public ImportOrder Order => order;

        public string? Header { get; set; }

        public int Position { get; set; }

        /// <summary>The number of the first line of the next chunk.</summary>
        public long Line { get; set; } = 1;

        /// <summary>The bytes of the body since the last stored chunk.</summary>
        public long Pending { get; set; }

        public long Total { get; set; }
    }
}
