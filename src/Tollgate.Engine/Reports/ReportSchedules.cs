using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Reports;

/// <summary>A schedule with its record.</summary>
/// <param name="NextAt">In the project's time.</param>
/// <param name="Last">The days of the last report; null: none yet.</param>
public sealed record ReportScheduleRow(
    ReportSchedule Schedule, Instant NextAt, (DateOnly From, DateOnly To)? Last, Instant CreatedAt, Instant UpdatedAt)
{
    internal static ReportScheduleRow Read(RowReader row) => new(
        new(
            row.Id("id"), row.Whole("project_id"), CatalogWords.Read<ReportKind>(row.Text("kind")),
            CatalogWords.Read<ReportFormat>(row.Text("format")), CatalogWords.Read<ReportInterval>(row.Text("every")),
            row.Value<string[]>("recipients"), row.TextOrNull("customer"), row.Flag("enabled")),
        row.Time("next_at"), row.IsNull("last_from") ? null : (row.Value<DateOnly>("last_from"), row.Value<DateOnly>("last_to")),
        row.Time("created_at"), row.Time("updated_at"));
}

/// <summary>The report schedules of projects.</summary>
public sealed class ReportSchedules(NpgsqlDataSource database)
{
    /// <summary>The most schedules of a project.</summary>
    public const int Most = 1_000;

    /// <param name="now">The project's time.</param>
    /// <returns>Null: the project has the maximum number.</returns>
    public async Task<ReportScheduleRow?> CreateAsync(
        ProjectSnapshot project, ReportSchedule schedule, Instant now, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(ReportScheduleSql.LockProject, cancel, project.Id);
        await using (var count = connection.Command(ReportScheduleSql.Count, project.Id))
        {
            if ((long)(await count.ExecuteScalarAsync(cancel))! >= Most)
            {
                return null;
            }
        }

        await using var insert = connection.Command(ReportScheduleSql.Insert, Values(project, schedule, now));
        var made = await OneAsync(insert, cancel);
        await transaction.CommitAsync(cancel);
        return made;
    }

    /// <summary>Replaces a schedule. Its next report covers the current period.</summary>
    /// <param name="now">The project's time.</param>
    /// <returns>Null: there is none.</returns>
    public async Task<ReportScheduleRow?> ReplaceAsync(
        ProjectSnapshot project, ReportSchedule schedule, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(ReportScheduleSql.Replace, Values(project, schedule, now));
        return await OneAsync(command, cancel);
    }

    public async Task<IReadOnlyList<ReportScheduleRow>> ListAsync(ProjectSnapshot project, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            ReportScheduleSql.List, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (rows, row) = (new List<ReportScheduleRow>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            // A newer server may have written a kind that this one does not know.
            if (CatalogWords.TryParse<ReportKind>(row.Text("kind"), out _))
            {
                rows.Add(ReportScheduleRow.Read(row));
            }
        }

        return rows;
    }

    public async Task<ReportScheduleRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(ReportScheduleSql.Show, project.Id, id);
        return await OneAsync(command, cancel);
    }

    /// <returns>False: there is none.</returns>
    public async Task<bool> DeleteAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(ReportScheduleSql.Delete, project.Id, id);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    internal static async Task<ReportScheduleRow?> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ReportScheduleRow.Read(new(reader)) : null;
    }

    private static object[] Values(ProjectSnapshot project, ReportSchedule schedule, Instant now) =>
    [
        schedule.Id, project.Id, CatalogWords.Of(schedule.Kind), CatalogWords.Of(schedule.Format), CatalogWords.Of(schedule.Every),
        schedule.Recipients.ToArray(), SqlCommands.OrNull(schedule.Customer, NpgsqlDbType.Text), schedule.IsEnabled,
        ReportScheduleRules.NextAfter(schedule.Every, now, project.Zone).ToUtc(),
    ];
}
