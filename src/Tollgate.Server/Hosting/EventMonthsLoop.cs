using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>Creates the partitions of the coming months, with a check every hour. The start has already created the present ones.</summary>
internal sealed class EventMonthsLoop(Database database, ILogger<EventMonthsLoop> log)
    : Loop(TimeSpan.FromHours(1), "Creating the event partitions of the coming months failed; the next attempt is in an hour", log)
{
    protected override Task LookAsync(CancellationToken cancel) => EventMonths.EnsureAsync(database.Source, cancel);
}
