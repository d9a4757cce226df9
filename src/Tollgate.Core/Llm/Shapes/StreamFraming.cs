namespace Tollgate.Core.Llm.Shapes;

/// <summary>Cuts a stream of bytes into events, wherever the chunks of the network end.</summary>
internal abstract class StreamFraming
{
    /// <summary>The next bytes; every event that is complete by then is given to <paramref name="read"/>.</summary>
    public abstract void Feed(ReadOnlySpan<byte> chunk, StreamEventReader read);

    /// <summary>No bytes follow: an event that lacks only its closing mark counts.</summary>
    public abstract void Finish(StreamEventReader read);

    /// <summary>Bytes of memory that the event which has begun takes.</summary>
    public abstract int Held { get; }

    /// <summary>Gives up the event that has begun, as if it were too large. The next one is read again.</summary>
    public abstract void Drop();

    /// <summary>By the first byte that is no space: an object or a list is JSON, a zero a frame's length, all else is text.</summary>
    public static StreamFraming Of(byte first, int largestEvent) => first switch
    {
        (byte)'{' or (byte)'[' => new JsonFraming(largestEvent),
        0 => new FrameFraming(largestEvent),
        _ => new SseFraming(largestEvent),
    };
}
