namespace Tollgate.Engine.Ledger;

/// <summary>Limits of the hot path. Each has its unit, default and reason; the server validates them together at start.</summary>
public sealed record LedgerOptions
{
    /// <summary>
    /// Loops that commit batches. Default: the number of cores, between 1 and 2. Three or more batches in flight cost
    /// 30 % on two cores (see docs/decisions).
    /// </summary>
    public int Lanes { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 2);

    /// <summary>
    /// Single operations that may wait in one lane. Default 16,384. Beyond it callers get 503 <c>overloaded</c>. As many operations of
    /// batches and streams may wait, those of busy customers included, and at most half as many of one project; beyond it their senders
    /// wait.
    /// </summary>
    public int QueueLength { get; init; } = 16_384;

    /// <summary>Operations in one transaction. Default 4,096: more adds latency and hardly any throughput.</summary>
    public int MaxBatch { get; init; } = 4_096;

    /// <summary>Accounts that a lane keeps in memory. Default 50,000, about 600 bytes each.</summary>
    public int AccountsPerLane { get; init; } = 50_000;

    /// <summary>
    /// Customers that a project may create by using them or by name, a minute. Default 60,000: an import of 100,000 takes a minute.
    /// </summary>
    public int NewCustomersPerMinute { get; init; } = 60_000;

    /// <summary>How far in the past an event may have occurred. Default 35 days (SEMANTICS 2).</summary>
    public TimeSpan AcceptPast { get; init; } = TimeSpan.FromDays(35);

    /// <summary>How far in the future an event may have occurred. Default 5 minutes, for clocks that run ahead.</summary>
    public TimeSpan AcceptFuture { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Life of a hold that names none. Default 10 minutes.</summary>
    public TimeSpan HoldTimeToLive { get; init; } = TimeSpan.FromMinutes(10);
}
