using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>Looks every second whether something is due, in all projects with one statement, and runs those where it is.</summary>
public sealed class DueLoop(NpgsqlDataSource database, ProjectDirectory directory, RunDue run, Clock clock, ILogger<DueLoop> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var project in await DueProjectsAsync(stoppingToken))
                {
                    await RunAsync(project, stoppingToken);
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                log.LogWarning("Billing was put off: {Reason}", e.Message);
            }
        }
    }

    /// <summary>What is wrong in one project keeps no other from its invoices, and does not end the server.</summary>
    private async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        try
        {
            var report = await run.RunAsync(project, clock.Now(project), null, cancel);
            log.LogInformation("Billing of {Project}: {Steps} steps, {Invoices} invoices, {Parked} parked", project.Code, report.Steps, report.Invoices, report.Parked);
        }
        catch (Exception broken) when (broken is not (OperationCanceledException or NpgsqlException or TimeoutException))
        {
            log.LogError(broken, "Billing of {Project} failed and is tried again", project.Code);
        }
    }

    private async Task<IReadOnlyList<ProjectSnapshot>> DueProjectsAsync(CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        await using var command = database.Command(SubscriptionSql.NextDue, projects.Keys.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<ProjectSnapshot>();
        while (await reader.ReadAsync(cancel))
        {
            if (!reader.IsDBNull(1) && projects.TryGetValue(reader.GetInt32(0), out var project) && Instant.FromUtc(reader.GetDateTime(1)) <= clock.Now(project))
            {
                due.Add(project);
            }
        }

        return due;
    }
}
