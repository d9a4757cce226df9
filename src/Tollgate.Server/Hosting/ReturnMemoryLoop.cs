using Tollgate.Engine.Clocks;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Returns memory to the operating system after a burst. .NET collects only while something allocates, so that a server without work would
/// keep the memory of its busiest minute.
/// </summary>
internal sealed class ReturnMemoryLoop(ILogger<ReturnMemoryLoop> log) : Loop(Interval, "Memory was not returned", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly IdleMemory _memory = new(GC.GetTotalAllocatedBytes());

    protected override Task LookAsync(CancellationToken cancel)
    {
        if (_memory.IsDue(GC.GetTotalAllocatedBytes(), Committed()))
        {
            // Also compacts the heap of large objects. The pause is short: the server has nothing to do.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _memory.Collected(GC.GetTotalAllocatedBytes(), Committed());
        }

        return Task.CompletedTask;
    }

    private static long Committed() => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
}

/// <summary>Decides when a collection is worth its pause.</summary>
/// <param name="allocated">Bytes that the process has allocated so far.</param>
internal sealed class IdleMemory(long allocated)
{
    /// <summary>Bytes of growth since the last collection. Less is not worth a pause.</summary>
    public const long Worth = 256L * 1024 * 1024;

    /// <summary>Bytes that a server without work allocates between two looks.</summary>
    public const long Quiet = 64L * 1024 * 1024;

    /// <summary>Pools release an array a minute after its last use, and notice that at a collection.</summary>
    private const int Rounds = 3;

    private long _allocated = allocated;
    private long _kept;
    private int _rounds;

    /// <summary>Called at each look.</summary>
    /// <param name="allocated">Bytes that the process has allocated so far.</param>
    /// <param name="committed">Bytes that the heaps have from the operating system.</param>
    public bool IsDue(long allocated, long committed)
    {
        var isQuiet = allocated - _allocated < Quiet;
        _allocated = allocated;
        _rounds = committed - _kept >= Worth ? Rounds : _rounds;
        return isQuiet && _rounds > 0;
    }

    public void Collected(long allocated, long committed)
    {
        (_allocated, _kept) = (allocated, committed);
        _rounds--;
    }
}
