using Microsoft.Extensions.Logging;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>Keeps the revenue by day seconds behind the invoices. Every server runs it; reads of a project do not wait for it.</summary>
public sealed class RevenueLoop(FoldRevenue fold, ProjectDirectory directory, ParkedWork parked, ILogger<RevenueLoop> log)
    : ProjectLoop(WorkNames.RevenueDays, MostAtOnce, Interval, "Summing up revenue failed", parked, log)
{
    /// <summary>A read waits for the queued changes of its project, so they should not accumulate.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 1;

    protected override async Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        return [.. (await fold.DueAsync(projects.Keys, cancel)).Select(id => projects[id])];
    }

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) =>
        await fold.RunAsync(project.Id, cancel) == FoldRevenue.MostAtOnce;
}
