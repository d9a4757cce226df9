using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Jobs;

/// <summary>
/// Runs the work of projects side by side: a page of a project at a time, a few pages at once. A project that has more queues again for
/// each page. So a project with much work, or one whose provider hangs, occupies only its own place. A failure that concerns a whole
/// project parks that project.
/// </summary>
/// <param name="work">The name of the work, of <see cref="WorkNames"/>.</param>
/// <param name="mostAtOnce">The number of concurrent pages on this server.</param>
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

    /// <summary>Returns the projects that have work.</summary>
    protected abstract Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel);

    /// <summary>Does a share of a project's work that is small enough for others to wait for.</summary>
    /// <returns>True if there may be more.</returns>
    protected abstract Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel);

    /// <summary>Nothing awaits it while the server runs, so it handles its own exceptions.</summary>
    private async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        try
        {
            await parked.TryAsync(work, project, "", async () =>
            {
                while (await InTurnAsync(project, cancel))
                {
                    // It queues again.
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
