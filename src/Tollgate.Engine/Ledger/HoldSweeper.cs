using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Frees expired holds of customers without other calls: a decision frees those of its own customer automatically. Any number of servers
/// may sweep; the version of the row decides who frees a hold. Projects are swept side by side: one that waits for a busy customer occupies
/// only its own place.
/// </summary>
public sealed class HoldSweeper(
    LedgerLanes lanes, Database database, ProjectDirectory directory, Clock clock, ParkedWork parked, ILogger<HoldSweeper> log)
    : ProjectLoop(WorkNames.Holds, ProjectsAtOnce, Interval, "Searching for expired holds failed", parked, log)
{
    /// <summary>No hold lasts longer than its life plus this and the time of one batch.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 1_000;

    /// <summary>
    /// A project whose customers are busy occupies its place for 10 seconds. Each uses a connection of the pool only for its look, a
    /// millisecond.
    /// </summary>
    private const int ProjectsAtOnce = 8;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) =>
        DueProjects.FindAsync(database.Source, LedgerSql.NextExpiry, directory, clock, cancel);

    /// <returns>False: if there are very many holds, the next iteration continues.</returns>
    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await SweepAsync(project, cancel);
        return false;
    }

    /// <summary>Frees holds that have expired; of very many, the oldest first, and the others in the next iteration.</summary>
    public async Task SweepAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var due = await LedgerQueries.FindExpiredHoldsAsync(database, project, now, MostAtOnce, cancel);
        if (due.Count == 0)
        {
            return;
        }

        var ticket = new LaneTicket(due.Count);
        var ops = due.Select(one => new HoldOp
        {
            Project = project, Customer = one.Place.Customer, Partition = one.Place.Partition, Ticket = ticket, Now = now, OnOwnRows = true,
            Verb = HoldVerb.Expire, Id = one.Hold, Amounts = null, TimeToLive = null,
        }).ToArray();
        foreach (var op in ops)
        {
            await lanes.EnqueueAsync(op, cancel);
        }

        await ticket.Done.WaitAsync(cancel);
        foreach (var op in ops)
        {
            await (op.Failure is { } broken
                ? Parked.ParkAsync(WorkNames.Holds, project, op.Id.ToString("D"), broken)
                : Parked.DoneAsync(WorkNames.Holds, project, op.Id.ToString("D")));
        }
    }
}
