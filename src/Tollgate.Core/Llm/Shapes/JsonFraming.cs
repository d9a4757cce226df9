namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Consecutive JSON objects: lines (Ollama, decoded Bedrock), the elements of one list (Gemini without <c>alt=sse</c>), or a single body in
/// place of the requested stream.
/// </summary>
internal sealed class JsonFraming(int largestEvent) : StreamFraming
{
    private readonly EventBytes _object = new(largestEvent);
    private int _depth;
    private bool _isText;
    private bool _isEscaped;

    public override void Feed(ReadOnlySpan<byte> chunk, StreamEventReader read)
    {
        var start = 0;
        var at = 0;
        while (at < chunk.Length)
        {
            var step = _isEscaped ? 0 : _isText ? chunk[at..].IndexOfAny((byte)'"', (byte)'\\') : NextMark(chunk[at..]);
            if (step < 0)
            {
                break;
            }

            at += step;
            var wasOutside = _depth == 0;
            Move(chunk[at]);
            start = wasOutside && _depth > 0 ? at : start;
            at++;
            if (!wasOutside && _depth == 0)
            {
                EndObject(chunk[start..at], read);
                start = at;
            }
        }

        if (_depth > 0)
        {
            _object.Append(chunk[start..]);
        }
    }

    public override int Held => _object.Capacity;

    public override void Drop() => _object.Spoil();

    public override void Finish(StreamEventReader read) => _object.Clear();

    // Outside of objects only their beginning matters: skip the list around them and the commas between.
    private int NextMark(ReadOnlySpan<byte> bytes) =>
        _depth == 0 ? bytes.IndexOf((byte)'{') : bytes.IndexOfAny((byte)'"', (byte)'{', (byte)'}');

    private void Move(byte mark)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
        }
        else if (_isText)
        {
            _isText = mark != (byte)'"';
            _isEscaped = mark == (byte)'\\';
        }
        else if (mark == (byte)'"')
        {
            _isText = true;
        }
        else
        {
            _depth += mark == (byte)'{' ? 1 : -1;
        }
    }

    private void EndObject(ReadOnlySpan<byte> rest, StreamEventReader read)
    {
        if (_object is { Length: 0, IsTooLarge: false } && rest.Length <= largestEvent)
        {
            read(rest, false);
            return;
        }

        _object.Append(rest);
        if (!_object.IsTooLarge)
        {
            read(_object.Span, false);
        }

        _object.Clear();
    }
}
