using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Jobs;

/// <summary>
/// Work that projects have side by side: each project's a page at a time, a few pages at one time. A project that has more stands in line
/// again for each page. So one with much to do, or one whose provider hangs, keeps its own place and no other project's. What is wrong with
/// all of a project parks that project.
/// </summary>
/// <param name="work">Which work, of <see cref="WorkNames"/>.</param>
/// <param name="mostAtOnce">Pages at one time, on this server.</param>
/// <inheritdoc cref="Loop"/>
public abstract class ProjectLoop(string work, int mostAtOnce, TimeSpan period, string failure, ParkedWork parked, ILogger log)
    : Loop(period, failure, log)
{
    protected ParkedWork Parked => parked;

    private readonly ConcurrentDictionary<int, Task> _busy = new();
    private readonly SemaphoreSlim _places = new(mostAtOnce);

    public override void Dispose()
    {
        _places.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_busy.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var project in await FindAsync(cancel))
        {
            if (!parked.Waits(work, project) && (!_busy.TryGetValue(project.Id, out var busy) || busy.IsCompleted))
            {
                _busy[project.Id] = RunAsync(project, cancel);
            }
        }
    }

    /// <summary>Projects that have something to do.</summary>
    protected abstract Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel);

    /// <summary>Does so much of a project's work that others can wait for it.</summary>
    /// <returns>Whether there may be more.</returns>
    protected abstract Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel);

    /// <summary>Nobody awaits it while the server runs: what it throws ends here.</summary>
    private async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        try
        {
            await parked.TryAsync(work, project, "", async () =>
            {
                while (await InTurnAsync(project, cancel))
                {
                    // It stands in line again.
                }
            }, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.LogWarning("{Failure} in {Project}: {Reason}", Failure, project.Code, e.Message);
        }
    }

    private async Task<bool> InTurnAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        try
        {
            return await PageAsync(project, cancel);
        }
        finally
        {
            _places.Release();
        }
    }
}
