using Microsoft.Extensions.Logging;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>Keeps the adoption of features current for projects whose reports do not compute it themselves.</summary>
public sealed class AdoptionLoop(AdoptionQueries adoption, ProjectDirectory directory, ParkedWork parked, ILogger<AdoptionLoop> log)
    : ProjectLoop(WorkNames.FeatureMonths, MostAtOnce, Interval, "Computing the adoption of features failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private const int MostAtOnce = 1;

    protected override async Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        return [.. (await adoption.DueAsync(projects.Keys, cancel)).Select(id => projects[id])];
    }

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await adoption.ComputeAsync(project, cancel);
        return false;
    }
}
