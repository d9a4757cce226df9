using System.Buffers.Binary;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Amazon's <c>application/vnd.amazon.eventstream</c>: total length, headers' length, CRC-32 of these eight bytes, headers, payload, CRC-32
/// of all before; big-endian. After a frame with a wrong checksum, it reads nothing more of the stream.
/// </summary>
internal sealed class FrameFraming(int largestEvent) : StreamFraming
{
    private const int Prelude = 12;
    private const int Around = Prelude + 4;
    private const int LongestFrame = 16 * 1024 * 1024 + Around;
    private const byte TextHeader = 7;

    private readonly EventBytes _frame = new(Math.Max(largestEvent, Around));
    private long _skip;
    private bool _isBroken;

    public override void Feed(ReadOnlySpan<byte> chunk, StreamEventReader read)
    {
        while (!chunk.IsEmpty && !_isBroken)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, chunk.Length);
                _skip -= skipped;
                chunk = chunk[skipped..];
                continue;
            }

            // The prelude first, which has the length of the rest.
            var wanted = _frame.Length < Prelude ? Prelude : FrameLength();
            var taken = Math.Min(wanted - _frame.Length, chunk.Length);
            _frame.Append(chunk[..taken]);
            chunk = chunk[taken..];
            if (_frame.Length == Prelude)
            {
                CheckPrelude();
            }
            else if (_frame.Length > Prelude && _frame.Length == FrameLength())
            {
                TakeFrame(read);
                _frame.Clear();
            }
        }
    }

    public override int Held => _frame.Capacity;

    public override void Drop()
    {
        if (_frame.Length >= Prelude)
        {
            _skip = FrameLength() - _frame.Length;
            _frame.Clear();
        }
    }

    public override void Finish(StreamEventReader read) => _frame.Clear();

    private int FrameLength() => (int)BinaryPrimitives.ReadUInt32BigEndian(_frame.Span);

    private void CheckPrelude()
    {
        var prelude = _frame.Span;
        var length = BinaryPrimitives.ReadUInt32BigEndian(prelude);
        var headers = BinaryPrimitives.ReadUInt32BigEndian(prelude[4..]);
        _isBroken = length is < Around or > LongestFrame
            || headers > length - Around
            || BinaryPrimitives.ReadUInt32BigEndian(prelude[8..]) != Crc32.Of(prelude[..8]);
        if (!_isBroken && length > largestEvent)
        {
            _skip = length - Prelude;
            _frame.Clear();
        }
    }

    private void TakeFrame(StreamEventReader read)
    {
        var frame = _frame.Span;
        if (BinaryPrimitives.ReadUInt32BigEndian(frame[^4..]) != Crc32.Of(frame[..^4]))
        {
            _isBroken = true;
            return;
        }

        var headers = (int)BinaryPrimitives.ReadUInt32BigEndian(frame[4..]);
        var payload = frame[(Prelude + headers)..^4];
        read(payload, IsException(frame.Slice(Prelude, headers)));
    }

    // Headers are text (type 7) in practice; another type ends the search, since only the message's type matters.
    private static bool IsException(ReadOnlySpan<byte> headers)
    {
        while (headers.Length > 4)
        {
            var name = headers[0];
            if (headers.Length < name + 4 || headers[name + 1] != TextHeader)
            {
                return false;
            }

            var isType = headers.Slice(1, name).SequenceEqual(":message-type"u8);
            var length = BinaryPrimitives.ReadUInt16BigEndian(headers[(name + 2)..]);
            if (headers.Length < name + 4 + length)
            {
                return false;
            }

            if (isType)
            {
                return !headers.Slice(name + 4, length).SequenceEqual("event"u8);
            }

            headers = headers[(name + 4 + length)..];
        }

        return false;
    }
}
