using Tollgate.Core;

namespace Tollgate.Server.Gateway;

/// <summary>
/// The memory that bodies and answers of all calls may take together. A project may have as much as is left free: alone it gets half of
/// all, beside another greedy one a third, and whoever comes next always finds some.
/// </summary>
/// <param name="most">Bytes.</param>
internal sealed class ByteBudget(long most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, long> _ofProjects = [];
    private readonly LargeReads _reads = new(Math.Max(1, Environment.ProcessorCount / 2));
    private long _taken;

    public HeldBytes Open(int project) => new(this, project);

    /// <inheritdoc cref="LargeReads.TakeAsync"/>
    internal ValueTask<LargeReads.Turn> TakeTurnAsync(int project, long bytes, CancellationToken cancel) =>
        _reads.TakeAsync(project, bytes, cancel);

    /// <returns>False: there is no room for it, and nothing was taken.</returns>
    internal bool TryTake(int project, long bytes)
    {
        lock (_lock)
        {
            var (own, all) = (_ofProjects.GetValueOrDefault(project) + bytes, _taken + bytes);
            if (own > most - all)
            {
                return false;
            }

            (_ofProjects[project], _taken) = (own, all);
            return true;
        }
    }

    internal void Give(int project, long bytes)
    {
        lock (_lock)
        {
            _ofProjects[project] = _ofProjects.GetValueOrDefault(project) - bytes;
            _taken -= bytes;
        }
    }
}

/// <summary>What one call has of the budget. Not for several threads at once.</summary>
internal sealed class HeldBytes(ByteBudget budget, int project) : IDisposable
{
    private long _held;
    private long _kept;

    /// <inheritdoc cref="ByteBudget.TryTake"/>
    public bool TryTake(long bytes)
    {
        if (!budget.TryTake(project, bytes))
        {
            return false;
        }

        _held += bytes;
        return true;
    }

    /// <inheritdoc cref="LargeReads.TakeAsync"/>
    public ValueTask<LargeReads.Turn> TakeTurnAsync(long bytes, CancellationToken cancel) =>
        budget.TakeTurnAsync(project, bytes, cancel);

    public void Give(long bytes)
    {
        Invariant.That(bytes <= _held, "A call gives back no more than it has.");
        _held -= bytes;
        budget.Give(project, bytes);
    }

    /// <summary>Of a stream, the event that has begun: so many bytes in place of those of before.</summary>
    public bool TryKeep(long bytes)
    {
        if (bytes > _kept && !TryTake(bytes - _kept))
        {
            return false;
        }

        if (bytes < _kept)
        {
            Give(_kept - bytes);
        }

        _kept = bytes;
        return true;
    }

    public void Dispose() => Give(_held);
}
