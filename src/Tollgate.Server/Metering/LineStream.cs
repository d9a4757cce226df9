using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary>Reads one line of JSON; null: it is refused, and the tally has the reason. Throws if it is not JSON.</summary>
internal delegate TItem? LineReader<TItem>(long index, ReadOnlySpan<byte> json);

/// <summary>
/// Records facts while they arrive, in constant memory: at most one line, the current chunk and <see cref="EventLimits.ChunksInFlight"/>
/// chunks in flight to the disk. A slow disk slows the sender down.
/// </summary>
/// <param name="lineBytes">The most bytes of a line; a longer one is rejected and not stored.</param>
internal sealed class LineStream<TItem, TAnswer>(
    int lineBytes, LineReader<TItem> read, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> record,
    Action<long, TItem, TAnswer> count, BatchTally tally)
    where TItem : class
{
    private readonly Queue<(Chunk Chunk, Task<IReadOnlyList<TAnswer>> Answers)> _inFlight = new();
    private Chunk _chunk = new();
    private long _index;
    private bool _skipping;

    /// <summary>
    /// The bytes at the start of the buffer without a line feed, which need no second search if the line arrives in small packets.
    /// </summary>
    private long _searched;

    /// <summary>
    /// Reads lines until the stream ends. If the sender disconnects, Tollgate records the complete lines read until then.
    /// </summary>
    public async Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel)
    {
        try
        {
            while (tally.Broken is null)
            {
                var bytes = await NextAsync(pipe, cancel);
                var rest = bytes.Buffer;
                try
                {
                    while (TakeLines(ref rest, bytes.IsCompleted))
                    {
                        Send();
                        await HarvestAsync(EventLimits.ChunksInFlight - 1);
                    }
                }
                finally
                {
                    pipe.AdvanceTo(rest.Start, rest.End);
                }

                if (bytes.IsCompleted)
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

    /// <summary>
    /// Reads the next bytes. It always completes a read that it began, also if a chunk fails, because the server reads the rest of the body
    /// afterwards, and would otherwise drop the connection with the answer.
    /// </summary>
    private async ValueTask<ReadResult> NextAsync(PipeReader pipe, CancellationToken cancel)
    {
        var reading = pipe.ReadAsync(cancel);
        if (reading.IsCompleted)
        {
            return await reading;
        }

        try
        {
            // The sender is slower than the disk, so the present facts need not wait for more.
            await HarvestAsync(keep: EventLimits.ChunksInFlight, onlyDone: true);
            if (_inFlight.Count == 0)
            {
                Send();
            }
        }
        catch
        {
            pipe.CancelPendingRead();
            pipe.AdvanceTo((await reading).Buffer.Start);
            throw;
        }

        return await reading;
    }

    /// <summary>Adds a fact that the caller has read; sends the chunk when it is full.</summary>
    public async ValueTask AddAsync(long index, TItem item)
    {
        _chunk.Add(index, item);
        if (_chunk.Count >= EventLimits.ChunkEvents)
        {
            Send();
            await HarvestAsync(EventLimits.ChunksInFlight - 1);
        }
    }

    /// <summary>Sends the remaining facts and waits for every answer.</summary>
    public async Task FinishAsync()
    {
        Send();
        await HarvestAsync(keep: 0);
    }

    /// <summary>Takes complete lines from the buffer. True: the chunk is full and there may be more.</summary>
    private bool TakeLines(ref ReadOnlySequence<byte> buffer, bool isLast)
    {
        var reader = new SequenceReader<byte>(buffer);
        var start = buffer.Start;
        reader.Advance(_searched);
        _searched = 0;
        while (reader.TryAdvanceTo((byte)'\n', advancePastDelimiter: false))
        {
            TakeLine(buffer.Slice(start, reader.Position));
            reader.Advance(1);
            start = reader.Position;
            if (_chunk.Count >= EventLimits.ChunkEvents)
            {
                buffer = reader.UnreadSequence;
                return true;
            }
        }

        buffer = buffer.Slice(start);
        if (isLast && !buffer.IsEmpty)
        {
            TakeLine(buffer);
            buffer = buffer.Slice(buffer.End);
        }
        else if (buffer.Length > lineBytes)
        {
            // Drops the bytes of the line, and rejects it at its end.
            _skipping = true;
            buffer = buffer.Slice(buffer.End);
        }
        else
        {
            _searched = buffer.Length;
        }

        return false;
    }

    private void TakeLine(in ReadOnlySequence<byte> line)
    {
        if (_skipping || line.Length > lineBytes)
        {
            _skipping = false;
            tally.Reject(_index++, null, ErrorCode.PayloadTooLarge.Code, $"A line has at most {lineBytes} bytes.");
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
            if (WellFormed.FaultIn(json) is >= 0 and var at)
            {
                tally.Reject(index, null, ErrorCode.MalformedJson.Code, $"Byte {at + 1} of the line: {Problems.NotUnicode}");
                return;
            }

            if (read(index, json) is { } item)
            {
                _chunk.Add(index, item);
            }
        }
        catch (JsonException e)
        {
            tally.Reject(
                index, null, ErrorCode.MalformedJson.Code, $"Byte {e.BytePositionInLine + 1} of the line: invalid JSON.");
        }
    }

    private void Send()
    {
        if (_chunk.Count > 0)
        {
            // Recording continues if the sender disconnects.
            _inFlight.Enqueue((_chunk, record(_chunk.Items)));
            _chunk = new();
        }
    }

    /// <summary>Takes the answers of the oldest chunks, until <paramref name="keep"/> are left.</summary>
    private async Task HarvestAsync(int keep, bool onlyDone = false)
    {
        while (_inFlight.Count > keep || (onlyDone && _inFlight.TryPeek(out var oldest) && oldest.Answers.IsCompleted))
        {
            var (chunk, answering) = _inFlight.Dequeue();
            var answers = await answering;
            for (var i = 0; i < answers.Count; i++)
            {
                count(chunk.Indexes[i], chunk.Items[i], answers[i]);
            }
        }
    }

    /// <summary>Facts of one transaction, with their places in the request.</summary>
    private sealed class Chunk
    {
        public List<TItem> Items { get; } = [];

        public List<long> Indexes { get; } = [];

        public int Count => Items.Count;

        public void Add(long index, TItem item)
        {
            Items.Add(item);
            Indexes.Add(index);
        }
    }
}
