using System.Globalization;
using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// Notifies every server of this database that something which they hold in memory has changed. It is sent in the transaction of the
/// change, and PostgreSQL delivers it if and only if that commits.
/// </summary>
public static class ChangeNotice
{
    /// <summary>A server started or stopped: nothing to reload.</summary>
    public const string Servers = "servers";

    public const string Keys = "keys";

    /// <summary>Model prices of one project or of all projects.</summary>
    public const string Prices = "prices";

    private const string OfCustomer = "customer:";

    /// <summary>A customer became a member of another: nothing to reload, but servers drop its account from memory.</summary>
    public static string Customer(int projectId, string customer) =>
        OfCustomer + projectId.ToString(CultureInfo.InvariantCulture) + ":" + customer;

    /// <summary>Returns null if the notice is about something else.</summary>
    public static (int ProjectId, string Customer)? ReadCustomer(string notice) =>
        notice.StartsWith(OfCustomer, StringComparison.Ordinal)
        && notice.Split(':', 3) is [_, var project, var customer]
        && int.TryParse(project, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (id, customer)
            : null;

    public static string Project(int projectId) => "project:" + projectId.ToString(CultureInfo.InvariantCulture);

    public static async Task SendAsync(NpgsqlConnection connection, string what, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.Announce, connection);
        command.Parameters.Add(new() { Value = what });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
