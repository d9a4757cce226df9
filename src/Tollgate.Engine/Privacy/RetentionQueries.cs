using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Privacy;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>A run of a project's retention, as its log shows it.</summary>
/// <param name="Day">The day in the project's time zone, by its clock.</param>
/// <param name="DoneAt">Null: it runs.</param>
/// <param name="Customers">Customers that it looked at.</param>
/// <param name="Events">Events whose texts it deleted. <paramref name="Holds"/> counts reservations.</param>
public sealed record RetentionRun(
    Guid Id, DateOnly Day, Instant StartedAt, Instant? DoneAt, long Customers, long Events, long Holds)
{
    /// <summary>One of <see cref="ErasureQueries.Statuses"/>.</summary>
    public string Status => DoneAt is null ? "running" : "done";
}

/// <summary>The customers of a plan with the same retention, and what it would delete of theirs now.</summary>
/// <param name="Waiting">Those for whom a shorter period is announced.</param>
/// <param name="Events">Events with texts that are older. <paramref name="Holds"/> counts reservations.</param>
public sealed record RetentionGroup(string Plan, Retention Retention, long Customers, long Waiting, long Events, long Holds);

/// <summary>Reads the log of runs, and what the next ones will do.</summary>
public sealed class RetentionQueries(NpgsqlDataSource database, Clock clock)
{
    /// <summary>Groups of customers that an overview has: an override of one customer makes a group of its own.</summary>
    private const int MostGroups = 1_000;

    public async Task<IReadOnlyList<RetentionRun>> ListAsync(ProjectSnapshot project, Guid? after, int rows, CancellationToken cancel)
    {
        await using var command = database.Command(RetentionSql.List, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (row, list) = (new RowReader(reader), new List<RetentionRun>());
        while (await reader.ReadAsync(cancel))
        {
            list.Add(new(
                row.Id("id"), row.Value<DateOnly>("day"), row.Time("started_at"), row.TimeOrNull("done_at"), row.Long("customers"),
                row.Long("events"), row.Long("holds")));
        }

        return list;
    }

    /// <summary>Groups the customers by the retention that the settings ask for today. It changes nothing.</summary>
    /// <exception cref="SearchTooLongException">The customers have too many events to count them.</exception>
    public Task<IReadOnlyList<RetentionGroup>> ForeseeAsync(ProjectSnapshot project, ProjectPrivacy settings, CancellationToken cancel) =>
        SearchLimit.RunAsync(SearchLimit.Longest, limited => GroupsAsync(project, settings, limited), cancel);

    private async Task<IReadOnlyList<RetentionGroup>> GroupsAsync(
        ProjectSnapshot project, ProjectPrivacy settings, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (wishes, today) = (new RetentionWishes(project, settings), RetentionRules.DayOf(clock.Now(project), project.Zone));
        var rows = new List<(int? Version, string? Override, long Customers, long Waiting)>();
        await using (var command = connection.Command(RetentionSql.Groups, project.Id, MostGroups))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                rows.Add((row.WholeOrNull("plan_version_id"), row.TextOrNull("override"), row.Long("customers"), row.Long("waiting")));
            }
        }

        var groups = new List<RetentionGroup>();
        foreach (var (version, change, customers, waiting) in rows)
        {
            var retention = wishes.Of(version, change);
            var (events, holds) = retention.Days is { } days
                ? await CountAsync(connection, project, version, change, RetentionRules.KeptFrom(today, days, project.Zone), cancel)
                : (0, 0);
            groups.Add(new(wishes.PlanOf(version), retention, customers, waiting, events, holds));
        }

        return
        [
            .. groups.GroupBy(static one => (one.Plan, one.Retention))
                .Select(static same => new RetentionGroup(
                    same.Key.Plan, same.Key.Retention, same.Sum(static one => one.Customers), same.Sum(static one => one.Waiting),
                    same.Sum(static one => one.Events), same.Sum(static one => one.Holds)))
                .OrderBy(static one => one.Plan, StringComparer.Ordinal).ThenBy(static one => one.Retention.Days ?? int.MaxValue),
        ];
    }

    private static async Task<(long Events, long Holds)> CountAsync(
        NpgsqlConnection connection, ProjectSnapshot project, int? version, string? change, Instant keptFrom, CancellationToken cancel)
    {
        await using var command = connection.Command(
            RetentionSql.CountTexts, project.Id, SqlCommands.OrNull(version, NpgsqlDbType.Integer),
            SqlCommands.OrNull(change, NpgsqlDbType.Text), keptFrom.ToUtc(), project.Mode == ProjectMode.Live);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var row = new RowReader(reader);
        return (row.Long("events"), row.Long("holds"));
    }

    /// <summary>Projects whose run of their present day is not finished.</summary>
    public async Task<IReadOnlyList<ProjectSnapshot>> DueAsync(ProjectDirectory directory, CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        ProjectSnapshot[] all = [.. projects.Values];
        await using var command = database.Command(
            RetentionSql.Due, Array.ConvertAll(all, static one => one.Id),
            Array.ConvertAll(all, one => RetentionRules.DayOf(clock.Now(one), one.Zone)),
            Array.ConvertAll(all, RetentionWishes.HasFeature));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<ProjectSnapshot>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add(projects[reader.GetInt32(0)]);
        }

        return due;
    }
}
