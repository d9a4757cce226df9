using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Jobs;

/// <summary>A failed item that waits.</summary>
/// <param name="Project">Null: it belongs to no project.</param>
/// <param name="Next">Null: an operator must act first.</param>
public sealed record ParkedRow(
    Guid Id, string Work, int? Project, string Subject, int Attempts, string ErrorType, string Error, Instant FirstFailedAt,
    Instant LastFailedAt, Instant? Next)
{
    internal static ParkedRow Read(RowReader row) => new(
        row.Id("id"), row.Text("work"), row.WholeOrNull("project_id"), row.Text("subject"), row.Whole("attempts"), row.Text("error_type"),
        row.Text("error"),
        row.Time("first_failed_at"), row.Time("last_failed_at"),
        row.TimeOrNull("next_attempt_at"));
}

/// <summary>Lists parked items, and requests another attempt.</summary>
public sealed class ParkedQueries(NpgsqlDataSource database)
{
    /// <param name="project">Null: all, including items of no project.</param>
    public async Task<IReadOnlyList<ParkedRow>> ListAsync(
        ProjectSnapshot? project, string? work, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            ParkedSql.List, SqlCommands.OrNull(project?.Id, NpgsqlDbType.Integer), SqlCommands.OrNull(work, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ParkedRow>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(ParkedRow.Read(row));
        }

        return rows;
    }

    public async Task<ParkedRow?> FindAsync(ProjectSnapshot? project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(ParkedSql.Find, SqlCommands.OrNull(project?.Id, NpgsqlDbType.Integer), id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ParkedRow.Read(new(reader)) : null;
    }

    /// <summary>Makes an item due now.</summary>
    public async Task RetryAsync(Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(ParkedSql.Retry, id);
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async Task<IReadOnlyDictionary<string, long>> CountAsync(CancellationToken cancel)
    {
        await using var command = database.Command(ParkedSql.Count);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var counts = new Dictionary<string, long>();
        while (await row.ReadAsync(cancel))
        {
            counts[row.GetString(0)] = row.GetInt64(1);
        }

        return counts;
    }
}
