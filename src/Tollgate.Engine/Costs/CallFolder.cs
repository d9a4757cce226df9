using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Costs;

/// <summary>Keeps the rollups of costs about a second behind the events. Every server does it; each call is folded by one of them.</summary>
public sealed class CallFolder(FoldCalls fold, ILogger<CallFolder> log) : BackgroundService
{
    /// <summary>Rollups lag by this and the time of the folds; 5 seconds are promised.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await fold.RunAsync(stoppingToken) == FoldCalls.MostAtOnce)
                {
                    // There is more.
                }
            }
            catch (NpgsqlException failed)
            {
                log.LogWarning("Costs could not be summed up and are tried again: {Message}", failed.Message);
            }
        }
    }
}
