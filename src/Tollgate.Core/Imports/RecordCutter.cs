using System.Buffers;
using System.Buffers.Binary;

namespace Tollgate.Core.Imports;

/// <summary>
/// Cuts a body of any length into records, and packs these into chunks: for each record its length as four bytes, then its bytes. A record
/// beyond <see cref="ImportLimits.RecordBytes"/> leaves only a mark, so memory is bounded by one chunk whatever the sender sends.
/// </summary>
/// <remarks>
/// A line feed ends a record, in CSV only outside of quotes. Empty lines are packed as well: they keep the numbers of the lines.
/// </remarks>
public sealed class RecordCutter(ImportFormat format)
{
    /// <summary>In place of a length: the record was too long. The number of its line feeds follows.</summary>
    private const int Mark = -1;

    private ArrayBufferWriter<byte> _chunk = new();
    private readonly ArrayBufferWriter<byte> _record = new();
    private bool _isTooLong;
    private int _feeds;
    private bool _inQuotes;
    private bool _closed;
    private bool _atFieldStart = true;

    /// <summary>Records in the chunk.</summary>
    public int Records { get; private set; }

    public bool IsFull => Records >= ImportLimits.ChunkRecords || _chunk.WrittenCount >= ImportLimits.ChunkBytes;

    /// <summary>Takes bytes until they end or the chunk is full.</summary>
    /// <returns>The number of bytes taken.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && !IsFull)
        {
            var rest = bytes[at..];
            var end = EndIn(rest);
            Add(end < 0 ? rest : rest[..end]);
            at += end < 0 ? rest.Length : end + 1;
            if (end >= 0)
            {
                Close();
            }
        }

        return at;
    }

    /// <summary>Ends the last record, which may lack its line feed.</summary>
    public void Finish()
    {
        if (_record.WrittenCount > 0 || _isTooLong)
        {
            Close();
        }
    }

    /// <summary>Returns the chunk and begins the next one.</summary>
    public ReadOnlyMemory<byte> TakeChunk()
    {
        var chunk = _chunk.WrittenMemory;
        (_chunk, Records) = (new(ImportLimits.ChunkBytes / 4), 0);
        return chunk;
    }

    /// <summary>Reads the records of a chunk.</summary>
    public static IEnumerable<PackedRecord> Read(ReadOnlyMemory<byte> chunk)
    {
        for (var at = 0; at < chunk.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(chunk.Span[at..]);
            at += sizeof(int);
            if (length == Mark)
            {
                yield return new(ReadOnlyMemory<byte>.Empty, BinaryPrimitives.ReadInt32LittleEndian(chunk.Span[at..]) + 1, IsTooLong: true);
                at += sizeof(int);
                continue;
            }

            var bytes = chunk.Slice(at, length);
            yield return new(bytes, bytes.Span.Count((byte)'\n') + 1, IsTooLong: false);
            at += length;
        }
    }

    /// <summary>Returns the offset of the line feed that ends the record; -1: it is not here.</summary>
    private int EndIn(ReadOnlySpan<byte> bytes)
    {
        if (format == ImportFormat.Ndjson)
        {
            return bytes.IndexOf((byte)'\n');
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var one = bytes[i];
            if (one == '"')
            {
                // A quote opens a field only at its start; a doubled one inside closes it and opens it again.
                (_inQuotes, _closed) = _inQuotes ? (false, true) : (_atFieldStart || _closed, false);
                _atFieldStart = false;
            }
            else if (one == '\n' && !_inQuotes)
            {
                return i;
            }
            else
            {
                _atFieldStart = one == ',' && !_inQuotes;
                _closed = false;
            }
        }

        return -1;
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (format == ImportFormat.Csv)
        {
            _feeds += bytes.Count((byte)'\n');
        }

        if (_isTooLong || _record.WrittenCount + bytes.Length > ImportLimits.RecordBytes)
        {
            _isTooLong = true;
            _record.ResetWrittenCount();
            return;
        }

        _record.Write(bytes);
    }

    private void Close()
    {
        if (_isTooLong)
        {
            Pack(Mark);
            Pack(_feeds);
        }
        else
        {
            Pack(_record.WrittenCount);
            _chunk.Write(_record.WrittenSpan);
        }

        Records++;
        _record.ResetWrittenCount();
        (_isTooLong, _feeds, _inQuotes, _closed, _atFieldStart) = (false, 0, false, false, true);
    }

    private void Pack(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_chunk.GetSpan(sizeof(int)), number);
        _chunk.Advance(sizeof(int));
    }
}

/// <param name="Lines">The lines that it covers.</param>
/// <param name="IsTooLong">True: its bytes were dropped.</param>
public readonly record struct PackedRecord(ReadOnlyMemory<byte> Bytes, int Lines, bool IsTooLong);
