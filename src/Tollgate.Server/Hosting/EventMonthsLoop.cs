using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>Looks every hour whether the partitions of the coming months are there. The start has already made the present ones.</summary>
internal sealed class EventMonthsLoop(Database database, ILogger<EventMonthsLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await EventMonths.EnsureAsync(database.Source, stoppingToken);
            }
            catch (NpgsqlException e)
            {
                logger.LogWarning(e, "The partitions of the coming months could not be made; the next attempt is in {Interval}.", Interval);
            }
        }
    }
}
