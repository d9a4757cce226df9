using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Jobs;

/// <summary>Finds the projects that have due work by their own clock, in one statement.</summary>
internal static class DueProjects
{
    /// <param name="sql">$1 projects. Rows: project, the earliest due time, or null.</param>
    public static async Task<IReadOnlyList<ProjectSnapshot>> FindAsync(
        NpgsqlDataSource database, string sql, ProjectDirectory directory, Clock clock, CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        await using var command = database.Command(sql, projects.Keys.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<ProjectSnapshot>();
        while (await reader.ReadAsync(cancel))
        {
            if (!reader.IsDBNull(1) && projects.TryGetValue(reader.GetInt32(0), out var project)
                && Instant.FromUtc(reader.GetDateTime(1)) <= clock.Now(project))
            {
                due.Add(project);
            }
        }

        return due;
    }
}
