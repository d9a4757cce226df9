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
        services.AddSingleton<PrivacySettings>();
        services.AddSingleton<RetentionQueries>();
        services.AddSingleton<RunRetention>();
        services.AddHostedService<RunErasuresLoop>();
        services.AddHostedService<RetentionLoop>();
        return services;
    }

    public static void MapPrivacyRoom(this WebApplication app)
    {
        app.MapPrivacy();
        RetentionEndpoints.Map(app);
    }
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

/// <summary>Deletes the texts of old usage, once on each day of a project.</summary>
internal sealed class RetentionLoop(
    RunRetention run, RetentionQueries queries, ProjectDirectory directory, ParkedWork parked, ILogger<RetentionLoop> log)
    : ProjectLoop(WorkNames.Retention, ProjectsAtOnce, Interval, "Deleting old usage was put off", parked, log)
{
    private const int ProjectsAtOnce = 1;

    /// <summary>Also the delay after a sandbox's clock has moved. A look is one statement for all projects.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => queries.DueAsync(directory, cancel);

    protected override Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) => run.StepAsync(project, cancel);
}
