using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

/// <summary>
/// Makes the grants of schedules, before they take effect. Decisions treat them as any grant and know nothing of schedules. Any number of
/// servers may run it: it locks a customer while it makes its grants, and each grant has one id.
/// </summary>
public sealed class GiveScheduled(
    NpgsqlDataSource database, ProjectDirectory directory, CustomerChanges changes, Clock clock, ParkedWork parked)
{
    private const int MostAtOnce = 100;

    /// <summary>
    /// The most grants of one schedule in one transaction; the rest stays due. A late schedule whose batch would exceed a customer's limit
    /// may leave up to this many grants below the limit unused.
    /// </summary>
    private const int MostGrants = 100;

    /// <summary>Returns the projects with due schedules.</summary>
    public Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) =>
        DueProjects.FindAsync(database, ScheduleSql.NextDue, directory, clock, cancel);

    /// <summary>Makes all grants that are due on the project's clock.</summary>
    /// <returns>The number of schedules that are still due: they are parked.</returns>
    public async Task<int> RunAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        while (await PageAsync(project, cancel))
        {
            // Continue with the next page.
        }

        await using var count = database.Command(ScheduleSql.CountDue, project.Id, clock.Now(project).ToUtc());
        return (int)(long)(await count.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Runs some due schedules. A schedule that fails is parked and blocks no other.</summary>
    /// <returns>True if there may be more.</returns>
    public async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var due = await DueAsync(project, cancel);
        foreach (var (customer, schedule, subject) in due)
        {
            await parked.TryAsync(WorkNames.GrantSchedules, project, subject, () => GiveAsync(project, customer, schedule, cancel), cancel);
        }

        return due.Count > 0;
    }

    private async Task GiveAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is not null && await GrantScheduleRow.FindAsync(change, id, cancel) is { } schedule)
        {
            var given = await GiveInTransactionAsync(change, project, schedule, clock.Now(project), cancel);
            if (given.Outcome != ScheduleOutcome.Done)
            {
                throw new InvalidOperationException(given.Outcome == ScheduleOutcome.GrantExists
                    ? $"{customer} has a grant {given.TakenGrant} that schedule {schedule.Name} did not make. End the schedule, "
                        + "and create one with another id."
                    : $"{customer} has as many grants as a customer may have. Void some, or end schedule {schedule.Name}.");
            }

            await change.CommitAsync();
        }
    }

    /// <summary>Makes the due grants of a schedule and sets its next time. The caller locks the customer and commits.</summary>
    /// <returns>
    /// The schedule after the grants. For any outcome but <see cref="ScheduleOutcome.Done"/> the caller rolls the work back.
    /// </returns>
    internal static async Task<ScheduleAnswer> GiveInTransactionAsync(
        CustomerChange change, ProjectSnapshot project, GrantSchedule schedule, Instant now, CancellationToken cancel)
    {
        var (zone, after, due) = (project.Zone, schedule, new List<(string Name, Instant Start, Instant Expiry)>());
        while (after.DueAt(zone) <= now && due.Count < MostGrants)
        {
            due.Add((after.NameOf(after.Next), after.StartOf(after.Next, zone), after.ExpiryOf(after.Next, zone)));
            after = after with { Next = after.Next + 1 };
        }

        if (due.Count > 0)
        {
            var made = await InsertAsync(change, schedule, due, cancel);
            if (due.Find(grant => !made.Contains(grant.Name)) is { Name: { } taken })
            {
                return new(ScheduleOutcome.GrantExists, schedule) { TakenGrant = taken };
            }

            if (await AddGrant.HasTooManyAsync(change, now, cancel))
            {
                return new(ScheduleOutcome.TooMany);
            }
        }

        await GrantScheduleRow.SetAsync(change, after, zone, cancel);
        await change.TouchAsync(now, cancel);
        return new(ScheduleOutcome.Done, after);
    }

    /// <returns>The names of the new grants.</returns>
    private static async Task<HashSet<string>> InsertAsync(
        CustomerChange change, GrantSchedule schedule, List<(string Name, Instant Start, Instant Expiry)> grants, CancellationToken cancel)
    {
        await using var command = change.Command(
            GrantSql.InsertScheduled, change.Row.Partition, change.Row.Account, schedule.FeatureKey, GrantRow.NameOf(schedule.Source),
            (short)schedule.Priority,
            schedule.Amount.Value, schedule.Id, grants.Select(static grant => GrantRow.KeyOf(grant.Name)).ToArray(),
            grants.Select(static grant => grant.Start.ToUtc()).ToArray(),
            grants.Select(static grant => grant.Expiry.ToUtc()).ToArray(), grants.Select(static grant => grant.Name).ToArray());
        await using var row = await command.ExecuteReaderAsync(cancel);
        var made = new HashSet<string>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancel))
        {
            made.Add(row.GetString(0));
        }

        return made;
    }

    private async Task<IReadOnlyList<(string Customer, Guid Schedule, string Subject)>> DueAsync(ProjectSnapshot project,
        CancellationToken cancel)
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

/// <summary>Looks for due schedules every two seconds.</summary>
public sealed class GiveScheduledLoop(GiveScheduled give, ParkedWork parked, ILogger<GiveScheduledLoop> log)
    : ProjectLoop(WorkNames.GrantSchedules, MostAtOnce, Interval, "Granting scheduled units failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 2;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) => give.FindAsync(cancel);

    protected override Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) => give.PageAsync(project, cancel);
}
