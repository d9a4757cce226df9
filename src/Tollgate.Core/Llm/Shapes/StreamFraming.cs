namespace Tollgate.Core.Llm.Shapes;

/// <summary>Splits a stream of bytes into events, independent of the network's chunks.</summary>
internal abstract class StreamFraming
{
    /// <summary>Takes the next bytes and passes every event that they complete to <paramref name="read"/>.</summary>
    public abstract void Feed(ReadOnlySpan<byte> chunk, StreamEventReader read);

    /// <summary>Ends the stream: an event that lacks only its closing mark counts.</summary>
    public abstract void Finish(StreamEventReader read);

    /// <summary>The bytes of memory of the current event.</summary>
    public abstract int Held { get; }

    /// <summary>Discards the current event, as if it were too large. The next one is read again.</summary>
    public abstract void Drop();

    /// <summary>
    /// Returns the framing by the first byte that is not a space: an object or a list is JSON, a zero is a frame's length, all else is
    /// text.
    /// </summary>
    public static StreamFraming Of(byte first, int largestEvent) => first switch
    {
        (byte)'{' or (byte)'[' => new JsonFraming(largestEvent),
        0 => new FrameFraming(largestEvent),
        _ => new SseFraming(largestEvent),
    };
}
