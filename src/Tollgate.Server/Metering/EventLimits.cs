namespace Tollgate.Server.Metering;

/// <summary>How much <c>POST /v1/events</c> reads of anything.</summary>
internal static class EventLimits
{
    /// <summary>Events of an array. More belong into a stream.</summary>
    public const int ArrayItems = 10_000;

    /// <summary>Bytes of a body that is not a stream: ten thousand events of 1.6 kB.</summary>
    public const int BodyBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of a line: the longest properties with every character escaped, and the rest of an event.</summary>
    public const int LineBytes = 128 * 1024;

    /// <summary>Events in one transaction at most: more adds latency and hardly any throughput.</summary>
    public const int ChunkEvents = 1_000;

    /// <summary>Chunks that a request may have on their way to the disk: one commits while the next one is read.</summary>
    public const int ChunksInFlight = 2;

    /// <summary>Rejected lines of a stream that the answer lists; further ones are only counted.</summary>
    public const int ListedOfStream = 1_000;
}
