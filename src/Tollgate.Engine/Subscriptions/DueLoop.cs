using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>Looks every second whether something is due, in all projects with one statement, and runs those where it is.</summary>
public sealed class DueLoop(NpgsqlDataSource database, ProjectDirectory directory, RunDue run, Clock clock, ParkedWork parked, ILogger<DueLoop> log)
    : Loop(Interval, "Billing was put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var project in await DueProjects.FindAsync(database, SubscriptionSql.NextDue, directory, clock, cancel))
        {
            if (!parked.Waits(WorkNames.Subscriptions, project))
            {
                // What is wrong with all of one project keeps no other from its invoices.
                await parked.TryAsync(WorkNames.Subscriptions, project, "", () => RunAsync(project, cancel), cancel);
            }
        }
    }

    private async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var report = await run.RunAsync(project, clock.Now(project), null, cancel);
        Log.LogInformation("Billing of {Project}: {Steps} steps, {Invoices} invoices, {Parked} parked", project.Code, report.Steps, report.Invoices, report.Parked);
    }
}
