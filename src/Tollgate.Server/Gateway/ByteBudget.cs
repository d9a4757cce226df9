using Tollgate.Core;

namespace Tollgate.Server.Gateway;

/// <summary>
/// The memory for the bodies and answers of all calls. A project may hold at most as much as stays free: alone it gets half, next to
/// another large one a third, and the next project always finds some.
/// </summary>
/// <param name="most">Bytes.</param>
internal sealed class ByteBudget(long most) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, long> _ofProjects = [];
    private readonly LargeReads _reads = new(Math.Max(1, Environment.ProcessorCount / 2));
    private long _taken;

    public HeldBytes Open(int project) => new(this, project);

    public void Dispose() => _reads.Dispose();

    /// <inheritdoc cref="LargeReads.TakeAsync"/>
    internal ValueTask<LargeReads.Turn> TakeTurnAsync(int project, long bytes, CancellationToken cancel) =>
        _reads.TakeAsync(project, bytes, cancel);

    /// <returns>False: there is not enough room, and it took nothing.</returns>
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

    /// <summary>True if <see cref="TryTake"/> would succeed now.</summary>
    internal bool HasRoom(int project, long bytes)
    {
        lock (_lock)
        {
            return _ofProjects.GetValueOrDefault(project) + bytes <= most - _taken - bytes;
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

/// <summary>One call's share of the budget. Not thread-safe.</summary>
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

    /// <inheritdoc cref="ByteBudget.HasRoom"/>
    public bool HasRoom(long bytes) => budget.HasRoom(project, bytes);

    /// <inheritdoc cref="LargeReads.TakeAsync"/>
    public ValueTask<LargeReads.Turn> TakeTurnAsync(long bytes, CancellationToken cancel) =>
        budget.TakeTurnAsync(project, bytes, cancel);

    public void Give(long bytes)
    {
        Invariant.That(bytes <= _held, "A call gives back no more than it has.");
        _held -= bytes;
        budget.Give(project, bytes);
    }

    /// <summary>Replaces the bytes held for a stream's incomplete event by this number.</summary>
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
