namespace Tollgate.Engine.Ledger;

/// <summary>Limits of the hot path. Each has its unit, default and reason; the server validates them together at start.</summary>
public sealed record LedgerOptions
{
    /// <summary>
    /// The number of loops that commit batches. Default: the number of cores, between 1 and 2. Three or more batches in flight cost 30 % on
    /// two cores (see docs/decisions).
    /// </summary>
    public int Lanes { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 2);

    /// <summary>
    /// The most single operations that may wait in one lane. Default 16,384. Beyond it callers get 503 <c>overloaded</c>. As many
    /// operations of batches and streams may wait, those of busy customers included, and at most half as many of one project; beyond it
    /// their senders wait.
    /// </summary>
    public int QueueLength { get; init; } = 16_384;

    /// <summary>The most operations in one transaction. Default 4,096: more adds latency and hardly any throughput.</summary>
    public int MaxBatch { get; init; } = 4_096;

    /// <summary>The most accounts that a lane keeps in memory. Default 50,000, about 600 bytes each.</summary>
    public int AccountsPerLane { get; init; } = 50_000;

    /// <summary>
    /// The most customers that a project may create in a minute, by use or by name. Default 60,000: an import of 100,000 takes a minute.
    /// </summary>
    public int NewCustomersPerMinute { get; init; } = 60_000;

    /// <summary>The longest time in the past at which an event may have occurred. Default 35 days (SEMANTICS 2).</summary>
    public TimeSpan AcceptPast { get; init; } = TimeSpan.FromDays(35);

    /// <summary>The longest time in the future at which an event may have occurred. Default 5 minutes, for clocks that run ahead.</summary>
    public TimeSpan AcceptFuture { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The life of a hold whose request names none. Default 10 minutes.</summary>
    public TimeSpan HoldTimeToLive { get; init; } = TimeSpan.FromMinutes(10);
}
