using Npgsql;
using Tollgate.Core;

namespace Tollgate.Engine.Projects;

public enum SetHostsOutcome
{
    /// <summary>The project has these hosts and no others.</summary>
    Set,
    ProjectUnknown,

    /// <summary>Another project has one of them. Nothing has changed.</summary>
    Taken,
}

/// <summary>
/// Sets the host names under which a project's public reads are served: immediately here, within a second on other servers.
/// </summary>
public sealed class SetProjectHosts(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <param name="hosts">The complete list, normalised and without duplicates; empty: the project has no host of its own.</param>
    /// <returns>With <see cref="SetHostsOutcome.Taken"/>, the hosts that another project has.</returns>
    public async Task<(SetHostsOutcome Outcome, IReadOnlyList<string> Taken)> RunAsync(
        string project, IReadOnlyList<string> hosts, CancellationToken cancel)
    {
        Invariant.That(hosts.All(HostNames.IsHost), "Hosts are checked before they are set.");
        if (directory.Find(project) is not { } found)
        {
            return (SetHostsOutcome.ProjectUnknown, []);
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await RunAsync(connection, ProjectsSql.LockHosts, cancel);
        var taken = await TakenAsync(connection, found.Id, hosts, cancel);
        if (taken.Count > 0)
        {
            return (SetHostsOutcome.Taken, taken);
        }

        await RunAsync(connection, ProjectsSql.RemoveHosts, cancel, found.Id);
        await RunAsync(connection, ProjectsSql.InsertHosts, cancel, found.Id, hosts.ToArray());
        await ChangeNotice.SendAsync(connection, ChangeNotice.Project(found.Id), cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return (SetHostsOutcome.Set, []);
    }

    private static async Task<IReadOnlyList<string>> TakenAsync(
        NpgsqlConnection connection, int projectId, IReadOnlyList<string> hosts, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.HostsOfOthers, connection);
        command.Parameters.Add(new() { Value = projectId });
        command.Parameters.Add(new() { Value = hosts.ToArray() });
        return (string[])(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancel);
    }
}
