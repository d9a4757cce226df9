using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Frees holds whose time is over, for customers that nobody asks about: a decision frees those of its own customer by
/// itself. Any number of servers may sweep; the version of the row decides who frees a hold.
/// </summary>
public sealed class HoldSweeper(LedgerLanes lanes, Database database, ProjectDirectory directory, Clock clock, ILogger<HoldSweeper> log)
    : Loop(Interval, "Expired holds could not be looked for", log)
{
    /// <summary>No hold is shown longer than its life plus this and the time of one batch.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 1_000;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var project in directory.Current.ProjectsById.Values)
        {
            await SweepAsync(project, cancel);
        }
    }

    /// <summary>Frees what has expired now; of very many the oldest, and the others with the next look.</summary>
    public async Task SweepAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var due = await LedgerQueries.FindExpiredHoldsAsync(database, project, now, MostAtOnce, cancel);
        if (due.Count == 0)
        {
            return;
        }

        var ticket = new LaneTicket(due.Count);
        foreach (var (place, hold) in due)
        {
            await lanes.EnqueueAsync(
                new HoldOp
                {
                    Project = project, Customer = place.Customer, Partition = place.Partition, Ticket = ticket, Now = now, OnOwnRows = true,
                    Verb = HoldVerb.Expire, Id = hold, Amounts = null, TimeToLive = null,
                }, cancel);
        }

        await ticket.Done.WaitAsync(cancel);
    }
}
