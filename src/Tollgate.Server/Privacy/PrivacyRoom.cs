using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Privacy;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Privacy;

/// <summary>Registers the room Privacy. Needs the rooms Customers, Payments and Jobs.</summary>
public static class PrivacyRoom
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<ErasureQueries>();
        services.AddSingleton<RunErasures>();
        services.AddSingleton<EraseCustomer>();
        services.AddSingleton<ExportCustomer>();
        services.AddHostedService<RunErasuresLoop>();
        return services;
    }

    public static void MapPrivacyRoom(this WebApplication app) => app.MapPrivacy();
}

/// <summary>Continues erasures whose request has ended: after a minute for the last sweep, or because their server died.</summary>
internal sealed class RunErasuresLoop(
    RunErasures run, ErasureQueries queries, ProjectDirectory directory, ParkedWork parked, ILogger<RunErasuresLoop> log)
    : ProjectLoop(WorkNames.Erasures, ProjectsAtOnce, Interval, "Erasing customers was put off", parked, log)
{
    private const int ProjectsAtOnce = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => queries.DueAsync(directory, cancel);

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) =>
        await run.StepAsync(project, null, cancel) is not null;
}
