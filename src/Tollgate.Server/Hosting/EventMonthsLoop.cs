using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>Creates the partitions of the coming months, with a check every hour. The start has already created the present ones.</summary>
internal sealed class EventMonthsLoop(Database database, ILogger<EventMonthsLoop> log)
    : Loop(TimeSpan.FromHours(1), "The partitions of the coming months could not be made, and are made an hour later", log)
{
    protected override Task LookAsync(CancellationToken cancel) => EventMonths.EnsureAsync(database.Source, cancel);
}
