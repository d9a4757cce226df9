using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The data of each project that a room keeps in memory, such as the model prices. <see cref="ProjectDirectory"/> loads the parts with the
/// projects, in one snapshot of the database, and does not depend on the rooms.
/// </summary>
public interface IProjectPart
{
    /// <summary>Reads the data of all projects in a few statements. An exception here fails the load of all of them.</summary>
    Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel);
}

/// <summary>
/// One project's part. An exception affects this project only, which keeps the values read before. A part that has not changed is the same
/// object as in <paramref name="before"/>, so that caches that hang on it stay warm.
/// </summary>
/// <param name="before">The project as it was in memory until now; null: it is new.</param>
public delegate ValueTask<object> PartOfProject(ProjectRow row, ProjectSnapshot? before, CancellationToken cancel);
