using System.Buffers;
using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Passes on the complete events of a stream at once, and waits for the rest of an incomplete one. Optionally removes from a stream of chat
/// completions the output that is there only because <see cref="UsageOption"/> requested it: the last chunk, which has usage and no
/// choices, and <c>"usage": null</c> in the others. Everything else passes byte by byte. Not thread-safe.
/// </summary>
public sealed class UsageChunkFilter(bool hidesUsage)
{
    /// <summary>The most bytes of one event. A larger one, and everything after it, passes unchanged.</summary>
    private const int LargestEvent = 1024 * 1024;

    private ArrayBufferWriter<byte> _cut = new();
    private int _searched; // Bytes of it in which no event ends.
    private bool _gaveUp;

    /// <summary>The bytes of memory of the current event.</summary>
    public int Held => _cut.Capacity;

    public void Feed(ReadOnlySpan<byte> chunk, IBufferWriter<byte> output)
    {
        if (_gaveUp)
        {
            output.Write(chunk);
            return;
        }

        if (_cut.WrittenCount == 0)
        {
            _cut.Write(chunk[Pass(chunk, output)..]);
            return;
        }

        _cut.Write(chunk);
        var passed = Pass(_cut.WrittenSpan, output);
        var rest = _cut.WrittenSpan[passed..];
        if (rest.Length > LargestEvent)
        {
            _gaveUp = true;
            output.Write(rest);
            _cut = new();
        }
        else if (passed > 0)
        {
            var kept = rest.ToArray();
            _cut.ResetWrittenCount();
            _cut.Write(kept);
        }
    }

    /// <summary>Passes on the kept bytes, and everything after them unchanged, because there is no memory for it.</summary>
    public void GiveUp(IBufferWriter<byte> output)
    {
        _gaveUp = true;
        output.Write(_cut.WrittenSpan);
        _cut = new();
    }

    /// <summary>Ends the stream: the rest of it is not a complete event.</summary>
    public void Finish(IBufferWriter<byte> output)
    {
        output.Write(_cut.WrittenSpan);
        _cut.Clear();
    }

    /// <returns>The bytes of the complete events in <paramref name="bytes"/>.</returns>
    private int Pass(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        var passed = 0;
        while (EndOfEvent(bytes[passed..], _searched) is > 0 and var length)
        {
            PassEvent(bytes.Slice(passed, length), output);
            passed += length;
            _searched = 0;
        }

        // The network may separate a line's end from the blank line after it: "\n", "\r\n".
        _searched = Math.Max(bytes.Length - passed - 2, 0);
        return passed;
    }

    /// <summary>Returns the position after the blank line that ends the first event; 0: there is none yet.</summary>
    /// <param name="from">The number of bytes searched before, so that an event in many pieces is not searched from its beginning for
    /// each.</param>
    private static int EndOfEvent(ReadOnlySpan<byte> bytes, int from)
    {
        for (var at = from; bytes[at..].IndexOf((byte)'\n') is >= 0 and var next;)
        {
            at += next + 1;
            var behind = bytes[at..];
            if (behind.StartsWith("\n"u8))
            {
                return at + 1;
            }

            if (behind.StartsWith("\r\n"u8))
            {
                return at + 2;
            }
        }

        return 0;
    }

    private void PassEvent(ReadOnlySpan<byte> whole, IBufferWriter<byte> output)
    {
        var at = !hidesUsage || whole.IndexOf("\"usage\""u8) < 0 ? -1 : whole.IndexOf((byte)'{');
        if (at < 0)
        {
            output.Write(whole);
            return;
        }

        switch (Look(whole[at..]))
        {
            case { Drops: true }:
                break;
            case { From: var from, To: var to } when to > from:
                output.Write(whole[..(at + from)]);
                output.Write(whole[(at + to)..]);
                break;
            default:
                output.Write(whole);
                break;
        }
    }

    private readonly record struct Finding(bool Drops, int From, int To);

    private static Finding Look(ReadOnlySpan<byte> data)
    {
        var json = new Utf8JsonReader(data, isFinalBlock: false, state: default);
        var (isReport, hasNoChoices, from, to) = (false, false, 0, 0);
        try
        {
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var start = (int)json.TokenStartIndex;
                var (isUsage, isChoices) = (json.ValueTextEquals("usage"u8), json.ValueTextEquals("choices"u8));
                if (!json.Read())
                {
                    return default;
                }

                var value = json.TokenType;
                var first = (int)json.BytesConsumed;
                if (!json.TrySkip())
                {
                    return default;
                }

                isReport |= isUsage && value == JsonTokenType.StartObject;
                hasNoChoices |= isChoices && value == JsonTokenType.StartArray && data[first..].TrimStart(" \t"u8).StartsWith("]"u8);
                if (isUsage && value == JsonTokenType.Null)
                {
                    (from, to) = WithComma(data, start, (int)json.BytesConsumed);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }

        return new(isReport && hasNoChoices, from, to);
    }

    private static (int From, int To) WithComma(ReadOnlySpan<byte> data, int from, int to)
    {
        var before = data[..from].TrimEnd(" \t"u8);
        if (before.EndsWith(","u8))
        {
            return (before.Length - 1, to);
        }

        var behind = data[to..];
        var comma = behind.IndexOfAnyExcept(" \t"u8);
        return comma >= 0 && behind[comma] == ',' ? (from, to + comma + 1) : (from, to);
    }
}
