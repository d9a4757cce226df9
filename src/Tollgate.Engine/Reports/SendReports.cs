using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Reports;

/// <summary>
/// Queues the mails of due schedules. One transaction inserts a schedule's mails and sets its next time, so a killed server loses none and
/// repeats none. The cause of a mail includes its days, so no server sends the report of the same days twice. The mail names the report,
/// and the room Mail composes it when it sends the mail.
/// </summary>
public sealed class SendReports(NpgsqlDataSource database, ProjectDirectory directory, Clock clock, ParkedWork parked)
{
    private const int MostAtOnce = 100;

    /// <summary>Returns the projects with due schedules.</summary>
    public Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) =>
        DueProjects.FindAsync(database, ReportScheduleSql.NextDue, directory, clock, cancel);

    /// <summary>Handles some due schedules. A schedule that fails is parked and blocks no other.</summary>
    /// <returns>True if there may be more.</returns>
    public async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var due = await DueAsync(project, cancel);
        foreach (var id in due)
        {
            await parked.TryAsync(
                WorkNames.ReportSchedules, project, id.ToString("D"), () => SendAsync(project, id, clock.Now(project), cancel), cancel);
        }

        return due.Count > 0;
    }

    private async Task SendAsync(ProjectSnapshot project, Guid id, Instant now, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var find = connection.Command(ReportScheduleSql.Lock, project.Id, id, now.ToUtc());
        if (await ReportSchedules.OneAsync(find, cancel) is not { Schedule: var schedule })
        {
            return;
        }

        var (from, to) = ReportScheduleRules.LastDue(schedule.Every, now, project.Zone);
        await connection.ExecuteAsync(
            MailSql.InsertReports, cancel, project.Id, $"{id:D}/{CatalogWords.Of(schedule.Every)}/{from:yyyy-MM-dd}",
            DataOf(schedule, from, to).ToJsonString(), now.ToUtc(), schedule.Recipients.ToArray());
        await connection.ExecuteAsync(
            ReportScheduleSql.Sent, cancel, project.Id, id, ReportScheduleRules.NextAfter(schedule.Every, now, project.Zone).ToUtc(), from,
            to);
        await transaction.CommitAsync(cancel);
    }

    private static JsonObject DataOf(ReportSchedule schedule, DateOnly from, DateOnly to) => new()
    {
        ["schedule"] = schedule.Id, ["kind"] = CatalogWords.Of(schedule.Kind), ["format"] = CatalogWords.Of(schedule.Format),
        ["customer"] = schedule.Customer, ["from"] = $"{from:yyyy-MM-dd}", ["to"] = $"{to:yyyy-MM-dd}",
    };

    private async Task<IReadOnlyList<Guid>> DueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(ReportScheduleSql.Due, project.Id, clock.Now(project).ToUtc(), MostAtOnce);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var due = new List<Guid>();
        while (await row.ReadAsync(cancel))
        {
            due.Add(row.GetGuid(0));
        }

        return due;
    }
}

/// <summary>Looks for due schedules every two seconds.</summary>
public sealed class SendReportsLoop(SendReports send, ParkedWork parked, ILogger<SendReportsLoop> log)
    : ProjectLoop(WorkNames.ReportSchedules, MostAtOnce, Interval, "Sending scheduled reports failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 2;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => send.FindAsync(cancel);

    protected override Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) => send.PageAsync(project, cancel);
}
