using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Clocks;

/// <summary>
/// Work that comes again in the background: the first look a period after the start, then one each period, never two at a time. A look that
/// fails is logged, counted and made again after a growing pause, whatever it threw: no row and no lost connection ends the server. What
/// one row breaks concerns that row alone; see
/// <c>ParkedWork</c> of the room Jobs.
/// </summary>
/// <param name="period">Of real time.</param>
/// <param name="failure">What the log says of a look that failed, before the reason: "Billing was put off".</param>
public abstract class Loop(TimeSpan period, string failure, ILogger log) : BackgroundService
{
    protected ILogger Log => log;

    protected string Failure => failure;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period);
        var failing = FailingLook.Of(GetType(), failure, period, log);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            while (!await failing.TryAsync(LookAsync, stoppingToken))
            {
                // It has paused, and looks again.
            }
        }
    }

    /// <summary>Does what there is to do, and returns.</summary>
    protected abstract Task LookAsync(CancellationToken cancel);
}

/// <summary>Wakes a <see cref="WokenLoop"/> of this server when there is something new.</summary>
public abstract class Bell : IDisposable
{
    private readonly SemaphoreSlim _rung = new(0, 1);

    public void Ring()
    {
        try
        {
            _rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // It rings already.
        }
        catch (ObjectDisposedException)
        {
            // The server has stopped: what rings late finds nobody.
        }
    }

    /// <summary>Returns when it rings, or after so long.</summary>
    internal Task WaitAsync(TimeSpan most, CancellationToken cancel) => _rung.WaitAsync(most, cancel);

    public void Dispose()
    {
        _rung.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>
/// A loop that looks at once, and again when its bell rings or a period is over. After a failure it pauses, however often the bell rings.
/// </summary>
/// <inheritdoc cref="Loop"/>
public abstract class WokenLoop(Bell bell, TimeSpan period, string failure, ILogger log) : BackgroundService
{
    protected ILogger Log => log;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = FailingLook.Of(GetType(), failure, period, log);
        while (!stoppingToken.IsCancellationRequested)
        {
            var hasMore = false;
            if (await failing.TryAsync(async cancel => hasMore = await LookAsync(cancel), stoppingToken) && !hasMore)
            {
                await bell.WaitAsync(period, stoppingToken);
            }
        }
    }

    protected void LookAgain() => bell.Ring();

    /// <summary>Does what there is to do, or as much as fits in one go.</summary>
    /// <returns>Whether there may be more: then it looks again at once.</returns>
    protected abstract Task<bool> LookAsync(CancellationToken cancel);
}
