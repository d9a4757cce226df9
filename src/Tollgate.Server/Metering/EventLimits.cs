namespace Tollgate.Server.Metering;

/// <summary>The limits of <c>POST /v1/events</c>.</summary>
internal static class EventLimits
{
    /// <summary>The most events in an array. Larger requests use a stream.</summary>
    public const int ArrayItems = 10_000;

    /// <summary>Bytes of a body that is not a stream: ten thousand events of 1.6 kB.</summary>
    public const int BodyBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of a line: the longest properties with every character escaped, and the rest of an event.</summary>
    public const int LineBytes = 128 * 1024;

    /// <summary>The most events in one transaction: more add latency and hardly any throughput.</summary>
    public const int ChunkEvents = 1_000;

    /// <summary>The most chunks of a request in flight to the disk: one commits while the server reads the next.</summary>
    public const int ChunksInFlight = 2;

    /// <summary>The most rejected lines of a stream that the answer lists; it only counts further ones.</summary>
    public const int ListedOfStream = 1_000;
}
