using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

public enum ScheduleOutcome
{
    Done,

    /// <summary>A repeat of an earlier order; the answer is the schedule as it is now.</summary>
    Replayed,

    /// <summary>A schedule with this id and other content exists. Nothing was changed.</summary>
    IdReused,

    /// <summary>The order has faults. Nothing was changed.</summary>
    Refused,

    /// <summary>The customer uses another customer's balances: grant that one.</summary>
    IsMember,

    /// <summary>The customer has the most schedules or grants that it may. Nothing was changed.</summary>
    TooMany,

    /// <summary>The project has no such customer, or the customer no such schedule.</summary>
    Unknown,

    /// <summary>The schedule has ended: it cannot be paused or resumed. Nothing was changed.</summary>
    Ended,

    /// <summary>
    /// The customer has a grant under a name that the schedule would use, but the schedule did not make it. Nothing was changed.
    /// </summary>
    GrantExists,
}

/// <param name="Owner">The owner, if the customer is a member.</param>
public sealed record ScheduleAnswer(
    ScheduleOutcome Outcome, GrantSchedule? Schedule, IReadOnlyList<FieldFault> Faults, string? Owner = null)
{
    internal ScheduleAnswer(ScheduleOutcome outcome, GrantSchedule? schedule = null)
        : this(outcome, schedule, [])
    {
    }

    /// <summary>The id of the existing grant; only with <see cref="ScheduleOutcome.GrantExists"/>.</summary>
    public string? TakenGrant { get; init; }
}

/// <summary>
/// Creates, pauses, resumes and ends schedules of grants. Ending a schedule keeps the grants in effect and voids those that have not begun.
/// </summary>
public sealed class ScheduleGrants(NpgsqlDataSource database, CustomerChanges changes, Clock clock)
{
    /// <summary>Creates the customer if it is missing. Idempotent by <see cref="GrantScheduleOrder.Id"/>.</summary>
    public async Task<ScheduleAnswer> AddAsync(ProjectSnapshot project, string customer, GrantScheduleOrder order, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var change = await changes.BeginAsync(project, customer, cancel);
        if (change.Row.Owner is { } owner)
        {
            return new(ScheduleOutcome.IsMember, null, [], owner);
        }

        // A repeat arrives after its start, so look for it before the validation.
        var name = order.Id ?? Guid.CreateVersion7().ToString("D");
        if (await GrantScheduleRow.FindAsync(change, GrantScheduleRow.KeyOf(name), cancel) is { } known)
        {
            return new(IsSame(order, known) ? ScheduleOutcome.Replayed : ScheduleOutcome.IdReused, known);
        }

        var feature = project.Catalog.Features.GetValueOrDefault(order.Feature);
        var faults = GrantScheduleRules.FaultsOf(order, feature?.Feature, now);
        if (faults.Count > 0)
        {
            return new(ScheduleOutcome.Refused, null, faults);
        }

        if ((long)(await change.ScalarAsync(
            ScheduleSql.Count, cancel, change.Row.Partition, change.Row.Account))! >= GrantScheduleRules.MostSchedules)
        {
            return new(ScheduleOutcome.TooMany);
        }

        if (await change.ScalarAsync(GrantSql.FindNumbered, cancel, change.Row.Partition, change.Row.Account, $"{name}:") is string taken)
        {
            return new(ScheduleOutcome.GrantExists) { TakenGrant = taken };
        }

        var schedule = new GrantSchedule
        {
            Id = GrantScheduleRow.KeyOf(name), Name = name, Feature = order.Feature, FeatureKey = feature!.Key, Amount = order.Amount,
            Source = order.Source,
            Priority = order.Priority ?? GrantTerms.DefaultPriorityOf(order.Source), Every = order.Every, Lives = order.Lives,
            StartsAt = order.StartsAt ?? now,
            EndsAt = order.EndsAt, CreatedAt = now,
        };
        await InsertAsync(change, project, schedule, cancel);
        return await GiveAsync(change, project, schedule, now, cancel);
    }

    /// <summary>
    /// Pauses or resumes a schedule from now on. During a pause no grant takes effect. A resumed schedule continues with the first grant
    /// due after the pause.
    /// </summary>
    public Task<ScheduleAnswer> PauseAsync(ProjectSnapshot project, string customer, string name, bool paused, CancellationToken cancel) =>
        ChangeAsync(project, customer, name, (schedule, now) =>
            schedule.End <= now ? null
            : (schedule.PausedAt is not null) == paused ? schedule
            : paused ? schedule with { PausedAt = now }
            : schedule with { PausedAt = null, Turn = schedule.Turn + 1, Next = schedule.FirstFrom(now, project.Zone) },
            cancel);

    /// <summary>
    /// Ends a schedule: no grant takes effect from now on. A repeat changes nothing. It ends even if it cannot make late grants, which are
    /// then dropped.
    /// </summary>
    public Task<ScheduleAnswer> EndAsync(ProjectSnapshot project, string customer, string name, CancellationToken cancel) =>
        ChangeAsync(project, customer, name, (schedule, now) =>
            schedule.End <= now ? schedule : schedule with { EndedAt = now, Next = schedule.FirstFrom(now, project.Zone) }, cancel);

    /// <summary>Returns null if there is no such customer.</summary>
    public async Task<IReadOnlyList<GrantSchedule>?> ListAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await CustomerRow.FindAsync(connection, project, customer, cancel) is not { } row)
        {
            return null;
        }

        await using var command = connection.Command(ScheduleSql.List, row.Partition, row.Account);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var found = new List<GrantSchedule>();
        var schedule = new RowReader(rows);
        while (await rows.ReadAsync(cancel))
        {
            found.Add(GrantScheduleRow.Read(schedule));
        }

        return found;
    }

    /// <param name="apply">Returns null if the schedule has ended and cannot change; the same schedule if there is nothing to do.</param>
    private async Task<ScheduleAnswer> ChangeAsync(
        ProjectSnapshot project, string customer, string name, Func<GrantSchedule, Instant, GrantSchedule?> apply, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null || await GrantScheduleRow.FindAsync(change, GrantScheduleRow.KeyOf(name), cancel) is not { } before)
        {
            return new(ScheduleOutcome.Unknown);
        }

        var now = clock.Now(project);
        if (apply(before, now) is not { } wanted)
        {
            return new(ScheduleOutcome.Ended, before);
        }

        if (wanted == before)
        {
            return new(ScheduleOutcome.Done, before);
        }

        await change.TouchAsync(now, cancel);
        var late = await GiveLateAsync(change, project, before, now, cancel);
        if (late.Outcome != ScheduleOutcome.Done && wanted.EndedAt is null)
        {
            return late;
        }

        var after = apply(late.Schedule!, now)!;
        if (after.PausedAt is not null || after.End <= now)
        {
            await VoidPendingAsync(change, after, now, cancel);
        }

        return await GiveAsync(change, project, after, now, cancel);
    }

    /// <summary>Makes the grants that a schedule owes by the time of a change, because it was parked or its servers were down.</summary>
    /// <returns>The schedule after the grants; for any outcome but <see cref="ScheduleOutcome.Done"/> without those that failed.</returns>
    private static async Task<ScheduleAnswer> GiveLateAsync(
        CustomerChange change, ProjectSnapshot project, GrantSchedule schedule, Instant now, CancellationToken cancel)
    {
        const string Mark = "late";
        while (schedule.DueAt(project.Zone) <= now)
        {
            await change.MarkAsync(Mark, cancel);
            var given = await GiveScheduled.GiveInTransactionAsync(change, project, schedule, now, cancel);
            if (given.Outcome != ScheduleOutcome.Done)
            {
                await change.TakeBackAsync(Mark, cancel);
                return given with { Schedule = schedule };
            }

            schedule = given.Schedule!;
        }

        return new(ScheduleOutcome.Done, schedule);
    }

    /// <summary>Voids the schedule's own grants that have not taken effect.</summary>
    private static async Task VoidPendingAsync(CustomerChange change, GrantSchedule schedule, Instant now, CancellationToken cancel)
    {
        var pending = new List<Guid>();
        await using (var command = change.Command(
            GrantSql.PendingScheduled, change.Row.Partition, change.Row.Account, schedule.Id, now.ToUtc()))
        await using (var row = await command.ExecuteReaderAsync(cancel))
        {
            while (await row.ReadAsync(cancel))
            {
                pending.Add(row.GetGuid(0));
            }
        }

        foreach (var grant in pending)
        {
            await change.ScalarAsync(GrantSql.VoidGrant, cancel, change.Row.Partition, change.Row.Account, new[] { grant }, now.ToUtc());
        }
    }

    private static async Task<ScheduleAnswer> GiveAsync(
        CustomerChange change, ProjectSnapshot project, GrantSchedule schedule, Instant now, CancellationToken cancel)
    {
        var given = await GiveScheduled.GiveInTransactionAsync(change, project, schedule, now, cancel);
        if (given.Outcome == ScheduleOutcome.Done)
        {
            await change.CommitAsync();
        }

        return given;
    }

    private static Task InsertAsync(CustomerChange change, ProjectSnapshot project, GrantSchedule schedule, CancellationToken cancel) =>
        change.ScalarAsync(
        ScheduleSql.Insert, cancel, change.Row.Partition, change.Row.Account, schedule.Id, project.Id, schedule.Name, schedule.FeatureKey,
        schedule.Amount.Value,
        GrantRow.NameOf(schedule.Source), (short)schedule.Priority, CatalogWords.Of(schedule.Every),
        SqlCommands.OrNull(schedule.Lives, NpgsqlDbType.Integer),
        schedule.StartsAt.ToUtc(), GrantScheduleRow.TimeOrNull(schedule.EndsAt), schedule.CreatedAt.ToUtc(),
        GrantScheduleRow.TimeOrNull(schedule.DueAt(project.Zone)));

    /// <summary>
    /// True if a repeat orders the same. A start that the order left open does not count, so a minute later it is still the same order.
    /// </summary>
    private static bool IsSame(GrantScheduleOrder order, GrantSchedule known) =>
        (order.Feature, order.Amount, order.Source, order.Every, order.Lives) == (known.Feature, known.Amount, known.Source, known.Every,
            known.Lives)
        && known.Priority == (order.Priority ?? GrantTerms.DefaultPriorityOf(order.Source))
        && (order.StartsAt is null || order.StartsAt == known.StartsAt)
        && order.EndsAt == known.EndsAt;
}
