using System.Globalization;
using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// Tells every server of this database that something which they hold in memory has changed. Sent in the transaction
/// of the change, PostgreSQL delivers it when and only when that commits.
/// </summary>
public static class ChangeNotice
{
    /// <summary>A server came or went: nothing to reload.</summary>
    public const string Servers = "servers";

    public const string Keys = "keys";

    /// <summary>Prices of models, of a project or of all.</summary>
    public const string Prices = "prices";

    public static string Project(int projectId) => "project:" + projectId.ToString(CultureInfo.InvariantCulture);

    public static string Catalog(int projectId) => "catalog:" + projectId.ToString(CultureInfo.InvariantCulture);

    public static async Task SendAsync(NpgsqlConnection connection, string what, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.Announce, connection);
        command.Parameters.Add(new() { Value = what });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
