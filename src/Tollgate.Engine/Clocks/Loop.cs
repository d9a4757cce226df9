using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Clocks;

/// <summary>
/// Periodic work in the background: the first iteration runs about a period after the start, then one each period, never two at a time. If
/// an iteration fails, the loop logs and counts the failure and tries again after a growing pause: no exception ends the server. A failure
/// that one row causes affects that row alone; see <c>ParkedWork</c> of the room Jobs.
/// </summary>
/// <param name="period">The period, in real time.</param>
/// <param name="failure">The log message for a failed iteration, before the reason: "Billing failed".</param>
public abstract class Loop(TimeSpan period, string failure, ILogger log) : BackgroundService
{
    protected ILogger Log => log;

    protected string Failure => failure;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LoopPhases.First(period));
        var failing = FailingLook.Of(GetType(), failure, period, log);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (timer.Period != period)
            {
                timer.Period = period;
            }

            while (!await failing.TryAsync(LookAsync, stoppingToken))
            {
                // TryAsync has paused; try again.
            }
        }
    }

    /// <summary>Does the pending work and returns.</summary>
    protected abstract Task LookAsync(CancellationToken cancel);
}

/// <summary>
/// Spreads the loops of a server, which start at the same moment, over a second: together they would take as many connections as there are
/// loops, all of the pool, each second.
/// </summary>
internal static class LoopPhases
{
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(1);

    /// <summary>From one loop to the next, in thousandths of the spread. Multiples of the golden ratio are evenly spread.</summary>
    private const long GoldenRatio = 618;

    private static int _loops;

    /// <summary>Returns the time to a loop's first iteration: its period, and up to half a second or half a period more or less.</summary>
    public static TimeSpan First(TimeSpan period)
    {
        var phase = Interlocked.Increment(ref _loops) * GoldenRatio % 1000;
        return period + ((period < Spread ? period : Spread) * (phase - 500) / 1000);
    }
}

/// <summary>Wakes a <see cref="WokenLoop"/> of this server when there is new work.</summary>
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
            // The bell is already ringing.
        }
        catch (ObjectDisposedException)
        {
            // The server has stopped; nothing waits for the bell.
        }
    }

    /// <summary>Returns when the bell rings, or after the given time.</summary>
    internal Task WaitAsync(TimeSpan most, CancellationToken cancel) => _rung.WaitAsync(most, cancel);

    public void Dispose()
    {
        _rung.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>
/// A loop that runs at once, and again when its bell rings or a period is over. After a failure it pauses, even if the bell rings.
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

    /// <summary>Does the pending work, or as much as fits in one pass.</summary>
    /// <returns>True if there may be more work: then the loop runs again at once.</returns>
    protected abstract Task<bool> LookAsync(CancellationToken cancel);
}
