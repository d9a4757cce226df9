using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>The privacy settings of a project.</summary>
/// <param name="RetentionDays">The days for customers whose plan has no <c>data_retention_days</c>; null: for ever.</param>
public sealed record ProjectPrivacy(int? RetentionDays)
{
    public static readonly ProjectPrivacy Default = new(RetentionDays: null);
}

/// <summary>Reads and sets the privacy settings of projects.</summary>
public sealed class PrivacySettings(NpgsqlDataSource database)
{
    public async Task<ProjectPrivacy> FindAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection, project, cancel);
    }

    /// <summary>Replaces the settings. The next run of the project's retention follows them.</summary>
    public async Task SetAsync(ProjectSnapshot project, ProjectPrivacy settings, CancellationToken cancel)
    {
        await using var command = database.Command(
            RetentionSql.SetSettings, project.Id, SqlCommands.OrNull(settings.RetentionDays, NpgsqlDbType.Integer));
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal static async Task<ProjectPrivacy> ReadAsync(NpgsqlConnection connection, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = connection.Command(RetentionSql.Settings, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new(new RowReader(reader).WholeOrNull("retention_days")) : ProjectPrivacy.Default;
    }
}
