using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>Looks every second whether something is due, in all projects with one statement, and runs those where it is.</summary>
public sealed class DueLoop(NpgsqlDataSource database, ProjectDirectory directory, RunDue run, Clock clock, ILogger<DueLoop> log)
    : Loop(Interval, "Billing was put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var project in await DueProjects.FindAsync(database, SubscriptionSql.NextDue, directory, clock, cancel))
        {
            await RunAsync(project, cancel);
        }
    }

    /// <summary>What is wrong in one project keeps no other from its invoices, and does not end the server.</summary>
    private async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        try
        {
            var report = await run.RunAsync(project, clock.Now(project), null, cancel);
            Log.LogInformation("Billing of {Project}: {Steps} steps, {Invoices} invoices, {Parked} parked", project.Code, report.Steps, report.Invoices, report.Parked);
        }
        catch (Exception broken) when (broken is not (OperationCanceledException or NpgsqlException or TimeoutException))
        {
            Log.LogError(broken, "Billing of {Project} failed and is tried again", project.Code);
        }
    }
}
