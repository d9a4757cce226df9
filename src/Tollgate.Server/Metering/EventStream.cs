using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>
/// Records events while they arrive, at constant memory: at most one line, the chunk that is being gathered and
/// <see cref="EventLimits.ChunksInFlight"/> chunks on their way to the disk. A slow disk slows the sender down.
/// </summary>
internal sealed class EventStream(ProjectSnapshot project, QuotaGate gate, bool enforce, string? idPrefix, int mostListed)
{
    private readonly EventFields _fields = new(enforce);
    private readonly Queue<(EventChunk Chunk, Task<IReadOnlyList<GateAnswer>> Answers)> _inFlight = new();
    private EventChunk _chunk = new();
    private long _index;
    private bool _skipping;

    public EventTally Tally { get; } = new(project, mostListed);

    /// <summary>Reads lines until the stream ends. When the sender leaves, the whole lines that were read until then are recorded.</summary>
    public async Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel)
    {
        try
        {
            while (Tally.Broken is null)
            {
                var reading = pipe.ReadAsync(cancel);
                if (!reading.IsCompleted)
                {
                    // The sender is slower than the disk: what is there need not wait for more.
                    await HarvestAsync(keep: EventLimits.ChunksInFlight, onlyDone: true);
                    if (_inFlight.Count == 0)
                    {
                        Send();
                    }
                }

                var read = await reading;
                var rest = read.Buffer;
                while (TakeLines(ref rest, read.IsCompleted))
                {
                    Send();
                    await HarvestAsync(EventLimits.ChunksInFlight - 1);
                }

                pipe.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        finally
        {
            await FinishAsync();
        }
    }

    /// <summary>Adds an event that was read elsewhere; sends the chunk when it is full.</summary>
    public async ValueTask AddAsync(long index, EventOrder order)
    {
        _chunk.Add(index, order);
        if (_chunk.Count >= EventLimits.ChunkEvents)
        {
            Send();
            await HarvestAsync(EventLimits.ChunksInFlight - 1);
        }
    }

    /// <summary>Sends what was gathered and waits for every answer.</summary>
    public async Task FinishAsync()
    {
        Send();
        await HarvestAsync(keep: 0);
    }

    /// <summary>Takes whole lines off the buffer. True: the chunk is full and there may be more.</summary>
    private bool TakeLines(ref ReadOnlySequence<byte> buffer, bool isLast)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            TakeLine(line);
            if (_chunk.Count >= EventLimits.ChunkEvents)
            {
                buffer = reader.UnreadSequence;
                return true;
            }
        }

        buffer = reader.UnreadSequence;
        if (isLast && !buffer.IsEmpty)
        {
            TakeLine(buffer);
            buffer = buffer.Slice(buffer.End);
        }
        else if (buffer.Length > EventLimits.LineBytes)
        {
            // The line is rejected when its end comes; until then its bytes are dropped.
            _skipping = true;
            buffer = buffer.Slice(buffer.End);
        }

        return false;
    }

    private void TakeLine(in ReadOnlySequence<byte> line)
    {
        if (_skipping || line.Length > EventLimits.LineBytes)
        {
            _skipping = false;
            Tally.Reject(_index++, null, ErrorCode.PayloadTooLarge.Code, $"A line has at most {EventLimits.LineBytes} bytes.");
            return;
        }

        if (line.IsSingleSegment)
        {
            TakeLine(line.FirstSpan);
            return;
        }

        var length = (int)line.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        line.CopyTo(copy);
        TakeLine(copy.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(copy);
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        var index = _index++;
        var json = line.Trim(" \t\r"u8);
        if (json.IsEmpty)
        {
            return;
        }

        try
        {
            if (!Utf8.IsValid(json))
            {
                Tally.Reject(index, null, ErrorCode.MalformedJson.Code, "The line is not UTF-8.");
                return;
            }

            var reader = new Utf8JsonReader(json, EventForms.Strict);
            reader.Read();
            var order = EventForms.Read(ref reader, json, _fields, EventForms.Plain, IdOf(index));
            if (reader.Read() || order is null)
            {
                Tally.Reject(index, _fields);
                return;
            }

            _chunk.Add(index, order);
        }
        catch (JsonException e)
        {
            Tally.Reject(index, null, ErrorCode.MalformedJson.Code, $"Byte {e.BytePositionInLine + 1} of the line: this is not JSON (any more).");
        }
    }

    public string? IdOf(long index) => idPrefix is null ? null : FormattableString.Invariant($"{idPrefix}:{index}");

    private void Send()
    {
        if (_chunk.Count > 0)
        {
            // Not given up when the sender leaves: what was read is recorded.
            _inFlight.Enqueue((_chunk, gate.RecordAsync(project, _chunk.Orders, CancellationToken.None).AsTask()));
            _chunk = new();
        }
    }

    /// <summary>Takes the answers of the oldest chunks, until <paramref name="keep"/> are left.</summary>
    private async Task HarvestAsync(int keep, bool onlyDone = false)
    {
        while (_inFlight.Count > keep || (onlyDone && _inFlight.TryPeek(out var oldest) && oldest.Answers.IsCompleted))
        {
            var (chunk, answers) = _inFlight.Dequeue();
            Tally.Add(chunk, await answers);
        }
    }
}
