using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Makes the grants of schedules, before they take effect. Decisions find them as they find any grant and know nothing of schedules. Any number of servers may run it: a
/// customer is held while its grants are made, and each grant has one id.
/// </summary>
public sealed class GiveScheduled(NpgsqlDataSource database, ProjectDirectory directory, QuotaGate gate, Clock clock, ParkedWork parked)
{
    private const int MostAtOnce = 100;

    /// <summary>Of one schedule in one transaction; the rest stays due.</summary>
    private const int MostGrants = 100;

    /// <summary>Projects in which a grant is to be made.</summary>
    public Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => DueProjects.FindAsync(database, ScheduleSql.NextDue, directory, clock, cancel);

    /// <summary>All that is due on the project's clock. A schedule that cannot be followed is parked and keeps no other.</summary>
    public async Task RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        while (await DueAsync(project, cancel) is { Count: > 0 } due)
        {
            foreach (var (customer, schedule, subject) in due)
            {
                await parked.TryAsync(WorkNames.GrantSchedules, project, subject, () => GiveAsync(project, customer, schedule, cancel), cancel);
            }
        }
    }

    private async Task GiveAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await CustomerChange.BeginOnExistingAsync(database, project, customer, cancel);
        if (change is not null && await GrantScheduleRow.FindAsync(change, id, cancel) is { } schedule)
        {
            if (await GiveInTransactionAsync(change, project, schedule, clock.Now(project), cancel) is null)
            {
                throw new InvalidOperationException($"{customer} has as many grants as a customer may have. Void some, or end schedule {schedule.Name}.");
            }

            await change.CommitAsync();
            await gate.ForgetAsync(project, customer);
        }
    }

    /// <summary>The grants of a schedule that are due, and when the next one is. The caller holds the customer, commits, and lets the gate forget it.</summary>
    /// <returns>The schedule as it is then; null: the customer would have more grants than it may.</returns>
    internal static async Task<GrantSchedule?> GiveInTransactionAsync(
        CustomerChange change, ProjectSnapshot project, GrantSchedule schedule, Instant now, CancellationToken cancel)
    {
        var first = schedule.Next;
        while (schedule.DueAt(project.Zone) is { } due && due <= now && schedule.Next - first < MostGrants)
        {
            var (name, start) = (schedule.NameOf(schedule.Next), schedule.StartOf(schedule.Next, project.Zone));
            var key = EventKey.Parse(name, now);

            // As if it had been made when it takes effect: its place in the burn order does not depend on who made it, and when.
            await change.AskAsync(
                GrantSql.InsertGrant, cancel, change.Row.Partition, change.Row.Account, schedule.FeatureKey, key.Id, GrantRow.NameOf(schedule.Source), (short)schedule.Priority,
                schedule.Amount.Value, start.ToUtc(), schedule.ExpiryOf(schedule.Next, project.Zone).ToUtc(), start.ToUtc(), key.Text);
            schedule = schedule with { Next = schedule.Next + 1 };
        }

        if (schedule.Next > first && await AddGrant.HasTooManyAsync(change, now, cancel))
        {
            return null;
        }

        await GrantScheduleRow.SetAsync(change, schedule, project.Zone, cancel);
        await change.TouchAsync(now, cancel);
        return schedule;
    }

    private async Task<IReadOnlyList<(string Customer, Guid Schedule, string Subject)>> DueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(ScheduleSql.Due, project.Id, clock.Now(project).ToUtc(), MostAtOnce);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var due = new List<(string, Guid, string)>();
        while (await row.ReadAsync(cancel))
        {
            due.Add((row.GetString(0), row.GetGuid(1), $"{row.GetInt16(2)}/{row.GetInt32(3)}/{row.GetGuid(1):D}"));
        }

        return due;
    }
}

/// <summary>Looks every two seconds for grants of schedules that are to be made.</summary>
public sealed class GiveScheduledLoop(GiveScheduled give, ParkedWork parked, ILogger<GiveScheduledLoop> log)
    : ProjectLoop(WorkNames.GrantSchedules, MostAtOnce, Interval, "Scheduled grants were put off", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 2;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => give.FindAsync(cancel);

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await give.RunAsync(project, cancel);
        return false;
    }
}
