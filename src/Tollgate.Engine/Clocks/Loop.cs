using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Clocks;

/// <summary>
/// Work that comes again in the background: the first look a period after the start, then one each period, never two at a time. A look that failed because the
/// database is away is logged, and the next one does its work. Any other failure ends the server.
/// </summary>
/// <param name="period">Of real time.</param>
/// <param name="failure">What the log says of a look that failed, before the reason: "Billing was put off".</param>
public abstract class Loop(TimeSpan period, string failure, ILogger log) : BackgroundService
{
    protected ILogger Log => log;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (IsPutOff(e, stoppingToken))
            {
                log.PutOff(failure, e);
            }
        }
    }

    /// <summary>Does what there is to do, and returns.</summary>
    protected abstract Task LookAsync(CancellationToken cancel);

    /// <summary>Whether the next look may do what this one could not.</summary>
    protected virtual bool IsPutOff(Exception broken, CancellationToken cancel) => broken.IsOfDatabase();
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
    }

    /// <summary>Returns when it rings, or after so long.</summary>
    internal Task WaitAsync(TimeSpan most, CancellationToken cancel) => _rung.WaitAsync(most, cancel);

    public void Dispose()
    {
        _rung.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A loop that looks at once, and again when its bell rings or a period is over. After a failure of the database it waits for the period.</summary>
/// <inheritdoc cref="Loop"/>
public abstract class WokenLoop(Bell bell, TimeSpan period, string failure, ILogger log) : BackgroundService
{
    protected ILogger Log => log;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await LookAsync(stoppingToken))
                {
                    await bell.WaitAsync(period, stoppingToken);
                }
            }
            catch (Exception e) when (e.IsOfDatabase())
            {
                log.PutOff(failure, e);
                await Task.Delay(period, stoppingToken);
            }
        }
    }

    protected void LookAgain() => bell.Ring();

    /// <summary>Does what there is to do, or as much as fits in one go.</summary>
    /// <returns>Whether there may be more: then it looks again at once.</returns>
    protected abstract Task<bool> LookAsync(CancellationToken cancel);
}

file static class Failing
{
    public static bool IsOfDatabase(this Exception broken) => broken is NpgsqlException or TimeoutException;

    public static void PutOff(this ILogger log, string failure, Exception broken) => log.LogWarning("{Failure}: {Reason}", failure, broken.Message);
}
