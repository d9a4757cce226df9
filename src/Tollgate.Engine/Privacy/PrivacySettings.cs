using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>The privacy settings of a project.</summary>
/// <param name="RetentionDays">The days for customers whose plan has no <c>data_retention_days</c>; null: for ever.</param>
/// <param name="EncryptsUsage">True if the texts of usage that is recorded from now on are encrypted.</param>
public sealed record ProjectPrivacy(int? RetentionDays, bool EncryptsUsage)
{
    public static readonly ProjectPrivacy Default = new(RetentionDays: null, EncryptsUsage: false);
}

/// <summary>Reads and sets the privacy settings of projects.</summary>
public sealed class PrivacySettings(NpgsqlDataSource database, ProjectDirectory directory)
{
    public async Task<ProjectPrivacy> FindAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection, project, cancel);
    }

    /// <summary>
    /// Replaces the settings. The next run of the project's retention follows them; encryption begins on this server before it returns, and
    /// on others when they get the notice.
    /// </summary>
    /// <param name="encryptsUsage">Null leaves it as it is.</param>
    public async Task SetAsync(ProjectSnapshot project, int? retentionDays, bool? encryptsUsage, CancellationToken cancel)
    {
        await using (var work = await OpenTransaction.BeginAsync(database, cancel))
        {
            await work.Connection.ExecuteAsync(
                RetentionSql.SetSettings, cancel, project.Id, SqlCommands.OrNull(retentionDays, NpgsqlDbType.Integer),
                SqlCommands.OrNull(encryptsUsage, NpgsqlDbType.Boolean));
            await ChangeNotice.SendAsync(work.Connection, ChangeNotice.Project(project.Id), cancel);
            await work.Transaction.CommitAsync(CancellationToken.None);
        }

        await directory.RefreshAsync(CancellationToken.None);
    }

    internal static async Task<ProjectPrivacy> ReadAsync(NpgsqlConnection connection, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = connection.Command(RetentionSql.Settings, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        return await reader.ReadAsync(cancel) ? new(row.WholeOrNull("retention_days"), row.Flag("encrypt_usage")) : ProjectPrivacy.Default;
    }
}
