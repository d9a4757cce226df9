using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports.Dumps;

namespace Tollgate.Server.Cli;

/// <summary>The place of a row in the files of another product.</summary>
internal readonly record struct RowPlace(string Table, long Line);

/// <summary>The rows and their sums that were read from the files of another product.</summary>
internal sealed class SeedSource(string path, SeedMapping mapping, SeedTables tables)
{
    private readonly Dictionary<(string Kind, string Name), (long Records, decimal Amount, bool IsKnown)> _sums = [];
    private readonly Dictionary<string, (long Rows, long Sent)> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(string Table, string Reason), (long Rows, long FirstLine)> _skipped = [];
    private readonly SortedDictionary<string, long> _unread = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The row of each record, in the order in which they are sent: record n is line n of the body.</summary>
    public List<RowPlace> Places { get; } = [];

    public IReadOnlyDictionary<(string Kind, string Name), (long Records, decimal Amount, bool IsKnown)> Sums => _sums;

    public IReadOnlyDictionary<string, (long Rows, long Sent)> Rows => _tables;

    public IReadOnlyDictionary<(string Table, string Reason), (long Rows, long FirstLine)> Skipped => _skipped;

    /// <summary>The rows of the tables that become no records.</summary>
    public IReadOnlyDictionary<string, long> Unread => _unread;

    /// <summary>The tables whose rows would become records.</summary>
    public IReadOnlyList<string> Wanted => tables.Tables;

    /// <summary>Reads the tables that others refer to.</summary>
    public void ReadLookups()
    {
        foreach (var row in RowsOf(SeedTables.LookedUp, null, null))
        {
            mapping.Note(row);
        }
    }

    /// <summary>Reads the rows as records, and counts them.</summary>
    /// <param name="progress">Gets the bytes read and all bytes.</param>
    public IEnumerable<JsonObject> Records(Action<long, long>? progress)
    {
        foreach (var row in RowsOf(new HashSet<string>(tables.Tables, StringComparer.OrdinalIgnoreCase), progress, PassOver))
        {
            var table = row.Table.ToLowerInvariant();
            var records = mapping.Map(row, out var reason);
            var (rows, sent) = _tables.GetValueOrDefault(table);
            _tables[table] = (rows + 1, sent + (records.Count == 0 ? 0 : 1));
            if (records.Count == 0)
            {
                var (count, first) = _skipped.GetValueOrDefault((table, reason!));
                _skipped[(table, reason!)] = (count + 1, count == 0 ? row.Line : first);
                continue;
            }

            foreach (var record in records)
            {
                var key = (CatalogWords.Of(record.Kind), record.Name);
                var sum = _sums.GetValueOrDefault(key, (0, 0, true));
                _sums[key] = (sum.Item1 + 1, sum.Item2 + (record.Amount?.Value ?? 0), sum.Item3 && record.Amount is not null);
                Places.Add(new(table, row.Line));
                yield return record.Fields;
            }
        }
    }

    private void PassOver(string table) => _unread[table] = _unread.GetValueOrDefault(table) + 1;

    private IEnumerable<TableRow> RowsOf(IReadOnlySet<string> wanted, Action<long, long>? progress, Action<string>? passedOver)
    {
        if (!Directory.Exists(path))
        {
            return Counted(path, progress, reader => SqlDump.Read(reader, wanted, passedOver));
        }

        if (passedOver is not null)
        {
            CountUnreadFiles(wanted);
        }

        var files = Directory.GetFiles(path, "*.csv").Where(file => wanted.Contains(Path.GetFileNameWithoutExtension(file)))
            .OrderBy(file => tables.Tables.ToList().IndexOf(Path.GetFileNameWithoutExtension(file).ToLowerInvariant()));
        return files.SelectMany(file => Counted(file, progress, reader => CsvTable.Read(reader, Path.GetFileNameWithoutExtension(file))));
    }

    private void CountUnreadFiles(IReadOnlySet<string> wanted)
    {
        foreach (var file in Directory.GetFiles(path, "*.csv").Where(file => !wanted.Contains(Path.GetFileNameWithoutExtension(file))))
        {
            var table = Path.GetFileNameWithoutExtension(file);
            try
            {
                foreach (var row in Counted(file, null, reader => CsvTable.Read(reader, table)))
                {
                    PassOver(row.Table);
                }
            }
            catch (Exception e) when (RecordStream.IsFault(e))
            {
                // Nothing of it is imported: a row that cannot be read ends the count, not the import.
                PassOver(table);
            }
        }
    }

    private static IEnumerable<TableRow> Counted(string file, Action<long, long>? progress, Func<TextReader, IEnumerable<TableRow>> read)
    {
        const int Every = 10_000;
        using var stream = Open(file);
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), true, 1 << 16);
        var rows = 0L;
        foreach (var row in read(reader))
        {
            if (rows++ % Every == 0)
            {
                progress?.Invoke(stream.Position, stream.Length);
            }

            yield return row;
        }
    }

    private static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliStopException(ExitCode.Refused, $"{file} cannot be read: {e.Message}");
        }
    }
}

/// <summary>The body of an import, which is read while it is sent: its size does not matter.</summary>
internal sealed class RecordStream : HttpContent
{
    private readonly SeedSource _source;
    private readonly Action<long, long> _progress;

    public RecordStream(SeedSource source, Action<long, long> progress)
    {
        (_source, _progress) = (source, progress);
        Headers.ContentType = new("application/x-ndjson");
    }

    /// <summary>The fault of the file that ended the body.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>True for a fault of the file.</summary>
    public static bool IsFault(Exception e) => e is DumpFaultException or CliStopException or DecoderFallbackException;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        try
        {
            await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
            foreach (var record in _source.Records(_progress))
            {
                await writer.WriteAsync(record.ToJsonString());
                await writer.WriteAsync('\n');
            }
        }
        catch (Exception e) when (IsFault(e))
        {
            Fault = e;
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
