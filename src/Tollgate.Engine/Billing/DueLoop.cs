using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Looks every second for due subscriptions in all projects with one statement, and runs them project by project, side by side, a number of
/// subscriptions at a time.
/// </summary>
public sealed class DueLoop(
    NpgsqlDataSource database, ProjectDirectory directory, RunDue run, Clock clock, ParkedWork parked, ILogger<DueLoop> log)
    : ProjectLoop(WorkNames.Subscriptions, MostAtOnce, Interval, "Billing failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The number of concurrent projects. Each takes up to three connections.</summary>
    private const int MostAtOnce = 3;

    /// <summary>The most subscriptions of one project in one turn: five rounds of three batches, which run side by side.</summary>
    private const int Page = 1_500;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) =>
        DueProjects.FindAsync(database, SubscriptionSql.NextDue, directory, clock, cancel);

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var report = await run.RunAsync(project, clock.Now(project), Page, null, cancel);
        if (report.Handled > 0)
        {
            Log.LogInformation(
                "Billing of {Project}: {Steps} steps, {Invoices} invoices, {Parked} parked", project.Code, report.Steps, report.Invoices,
                report.Parked);
        }

        return report.Handled >= Page;
    }
}
