namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines end in LF, CRLF or CR, a blank line ends an
/// event, LF joins its data lines, and a line that begins with a colon is a comment.
/// </summary>
internal sealed class SseFraming(int largestEvent) : StreamFraming
{
    private readonly EventBytes _line = new(largestEvent);
    private readonly EventBytes _data = new(largestEvent);
    private bool _hasData;
    private bool _isError;
    private bool _skipLineFeed;

    public override void Feed(ReadOnlySpan<byte> chunk, StreamEventReader read)
    {
        while (!chunk.IsEmpty)
        {
            if (_skipLineFeed && chunk[0] == (byte)'\n')
            {
                chunk = chunk[1..];
            }

            _skipLineFeed = false;
            var end = chunk.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                _line.Append(chunk);
                return;
            }

            _skipLineFeed = chunk[end] == (byte)'\r';
            EndLine(chunk[..end], read);
            chunk = chunk[(end + 1)..];
        }
    }

    public override int Held => _line.Capacity + _data.Capacity;

    public override void Drop()
    {
        if (_line.Length > 0)
        {
            _line.Spoil();
        }

        _data.Spoil();
        _hasData = true;
    }

    public override void Finish(StreamEventReader read)
    {
        EndLine([], read);
        EndEvent(read);
    }

    private void EndLine(ReadOnlySpan<byte> rest, StreamEventReader read)
    {
        if (_line is { Length: 0, IsTooLarge: false })
        {
            TakeLine(rest, read);
            return;
        }

        _line.Append(rest);
        if (_line.IsTooLarge)
        {
            // Without this line the content of the event is unknown.
            _data.Spoil();
            _hasData = true;
        }
        else
        {
            TakeLine(_line.Span, read);
        }

        _line.Clear();
    }

    private void TakeLine(ReadOnlySpan<byte> line, StreamEventReader read)
    {
        if (line.IsEmpty)
        {
            EndEvent(read);
        }
        else if (line.StartsWith("data:"u8))
        {
            AddData(Value(line[5..]));
        }
        else if (line.StartsWith("event:"u8))
        {
            _isError = Value(line[6..]).SequenceEqual("error"u8);
        }
    }

    private void AddData(ReadOnlySpan<byte> value)
    {
        if (_hasData)
        {
            _data.Append("\n"u8);
        }

        _data.Append(value);
        _hasData = true;
    }

    private void EndEvent(StreamEventReader read)
    {
        if (_hasData && !_data.IsTooLarge)
        {
            read(_data.Span, _isError);
        }

        _data.Clear();
        _hasData = false;
        _isError = false;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> rest) => rest.StartsWith(" "u8) ? rest[1..] : rest;
}
