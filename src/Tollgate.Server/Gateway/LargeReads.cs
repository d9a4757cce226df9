using System.Collections.Concurrent;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Gives turns for reading large bodies and answers. Such a read keeps a core busy for up to a second and takes several times its size in
/// memory. A project reads one at a time, and all projects together leave half of the cores to everything else.
/// </summary>
/// <param name="mostAtOnce">Reads of all projects at one time.</param>
internal sealed class LargeReads(int mostAtOnce) : IDisposable
{
    /// <summary>Bytes. A smaller text is read within a millisecond.</summary>
    public const int Large = 64 * 1024;

    private readonly SemaphoreSlim _all = new(mostAtOnce);
    private readonly ConcurrentDictionary<int, SemaphoreSlim> _ofProjects = new();

    /// <summary>Waits until the project may read so many bytes. A small read waits for nothing.</summary>
    public async ValueTask<Turn> TakeAsync(int project, long bytes, CancellationToken cancel)
    {
        if (bytes < Large)
        {
            return default;
        }

        // The project's own turn comes first, so that one read of each project at most waits for the cores.
        var own = _ofProjects.GetOrAdd(project, static _ => new(1));
        await own.WaitAsync(cancel);
        try
        {
            await _all.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            own.Release();
            throw;
        }

        return new(own, _all);
    }

    public void Dispose()
    {
        _all.Dispose();
        foreach (var own in _ofProjects.Values)
        {
            own.Dispose();
        }
    }

    /// <summary>Ends when the read is over.</summary>
    public readonly struct Turn(SemaphoreSlim? own, SemaphoreSlim? all) : IDisposable
    {
        public void Dispose()
        {
            all?.Release();
            own?.Release();
        }
    }
}
