using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Gateway;

/// <summary>Stores who started work at a provider, and whether it is settled.</summary>
public sealed class GatewayJobs(NpgsqlDataSource database)
{
    /// <returns>False: the job was already known, and keeps its owner.</returns>
    public async Task<bool> RememberAsync(int project, GatewayJob job, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.Remember);
        command.Parameters.Add(new() { Value = project });
        command.Parameters.Add(new() { Value = job.Provider });
        command.Parameters.Add(new() { Value = job.Id });
        command.Parameters.Add(new() { Value = job.Customer });
        command.Parameters.Add(TextOrNull(job.Feature));
        command.Parameters.Add(new() { Value = job.Model });
        command.Parameters.Add(new() { Value = job.Endpoint });
        command.Parameters.Add(new() { Value = job.Holds.ToArray() });
        command.Parameters.Add(new() { Value = job.StartedAt.ToUtc() });
        command.Parameters.Add(new() { Value = job.IsSettled });
        command.Parameters.Add(TextOrNull(job.Upstream));
        command.Parameters.Add(TextOrNull(job.AskAt));
        command.Parameters.Add(TextOrNull(job.AttributeTo));
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Returns the known jobs among the ids, in no order.</summary>
    public async Task<IReadOnlyList<GatewayJob>> FindAsync(
        ProjectSnapshot project, string provider, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.Find);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = provider });
        command.Parameters.Add(new() { Value = ids.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<GatewayJob> jobs = [];
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            jobs.Add(Read(row));
        }

        return jobs;
    }

    /// <summary>Marks a job as settled after its use is recorded.</summary>
    public async Task SettledAsync(int project, GatewayJob job, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.Settled);
        command.Parameters.Add(new() { Value = project });
        command.Parameters.Add(new() { Value = job.Provider });
        command.Parameters.Add(new() { Value = job.Id });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Returns the projects with unsettled jobs whose status request is due.</summary>
    public async Task<IReadOnlyList<int>> ProjectsAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.DueProjects);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<int> projects = [];
        while (await reader.ReadAsync(cancel))
        {
            projects.Add(reader.GetInt32(0));
        }

        return projects;
    }

    /// <summary>Takes a project's unsettled jobs whose status request is due. Each server takes others.</summary>
    public async Task<IReadOnlyList<GatewayJob>> TakeDueAsync(ProjectSnapshot project, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.TakeDue);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<GatewayJob> due = [];
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            due.Add(Read(row));
        }

        return due;
    }

    /// <summary>Makes a job due again after a failed request, as soon as it is no longer parked.</summary>
    public async Task ReturnAsync(int project, GatewayJob job, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.Release);
        command.Parameters.Add(new() { Value = project });
        command.Parameters.Add(new() { Value = job.Provider });
        command.Parameters.Add(new() { Value = job.Id });
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async Task ForgetOldAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand(GatewayJobSql.ForgetOld);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static GatewayJob Read(RowReader row) => new()
    {
        Provider = row.Text("provider"), Id = row.Text("id"), Customer = row.Text("customer"),
        Feature = row.TextOrNull("feature"),
        Model = row.Text("model"), Endpoint = row.Text("endpoint"), Holds = row.Value<Guid[]>("holds"),
        StartedAt = row.Time("started_at"),
        IsSettled = row.Flag("is_settled"), Upstream = row.TextOrNull("upstream"),
        AskAt = row.TextOrNull("ask_at"),
        AttributeTo = row.TextOrNull("attribute_to"),
    };

    private static NpgsqlParameter TextOrNull(string? text) =>
        new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
