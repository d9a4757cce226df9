using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// What a room of its own keeps in memory of each project, such as the model prices. <see cref="ProjectDirectory"/> loads the parts with
/// the projects, in one snapshot of the database, and knows none of the rooms.
/// </summary>
public interface IProjectPart
{
    /// <summary>Reads in a few statements what all projects need. An exception here fails the load of all of them.</summary>
    Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel);
}

/// <summary>
/// One project's part. An exception concerns this project alone, which goes on with what was read before. A part that has not changed is
/// the same object as <paramref name="before"/> has: caches that hang on it stay warm.
/// </summary>
/// <param name="before">The project as it was in memory until now; null: it is new.</param>
public delegate ValueTask<object> PartOfProject(ProjectRow row, ProjectSnapshot? before, CancellationToken cancel);
