using Npgsql;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

public enum RotateFault
{
    None,
    NotFound,

    /// <summary>A key that was revoked stays so; create a new one.</summary>
    Revoked,

    /// <summary>The key can do more than the one who asks.</summary>
    MoreThanCaller,
}

public sealed record RotateAnswer(RotateFault Fault, NewKey? Key);

/// <summary>Replaces a key by a new one with the same rights, and ends the old one at once or after a grace.</summary>
public sealed class RotateKey(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>Longest time for which old and new key are valid side by side.</summary>
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);

    /// <param name="callerScopes">What the one who asks may do: the text of a stronger key must not fall into its hands.</param>
    public async Task<RotateAnswer> RunAsync(int? projectId, Guid key, Scope callerScopes, TimeSpan grace, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (fault, order) = await LockAsync(connection, projectId, key, cancel);
        if (fault != RotateFault.None)
        {
            return new(fault, null);
        }

        var rights = order!.Kind switch
        {
            KeyKind.Public => Scope.None,
            KeyKind.Restricted => order.Scopes,
            _ => Scope.All,
        };
        if ((rights & ~callerScopes) != Scope.None)
        {
            return new(RotateFault.MoreThanCaller, null);
        }

        var fresh = await CreateKey.InTransactionAsync(connection, projectId, order, cancel);
        await (grace > TimeSpan.Zero
            ? ExpireAfterAsync(connection, projectId, key, grace, cancel)
            : RevokeKey.InTransactionAsync(connection, projectId, key, cancel));
        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads with another one.
        await directory.RefreshAsync(CancellationToken.None);
        return new(RotateFault.None, fresh);
    }

    private static async Task<(RotateFault Fault, KeyOrder? Order)> LockAsync(
        NpgsqlConnection connection, int? projectId, Guid key, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.LockKey, connection);
        command.Parameters.Add(RevokeKey.ProjectParameter(projectId));
        command.Parameters.Add(new() { Value = key });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return (RotateFault.NotFound, null);
        }

        return reader.IsDBNull(5)
            ? (RotateFault.None, new(
                ProjectQueries.KindOf(reader.GetString(0)),
                reader.IsDBNull(1) ? null : reader.GetString(1),
                Scopes.Parse(reader.GetFieldValue<string[]>(2)),
                reader.GetFieldValue<string[]>(3),
                reader.IsDBNull(4) ? null : Instant.FromUtc(reader.GetDateTime(4))))
            : (RotateFault.Revoked, null);
    }

    private static async Task<int> ExpireAfterAsync(
        NpgsqlConnection connection, int? projectId, Guid key, TimeSpan grace, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.ExpireKeyAfter, connection);
        command.Parameters.Add(RevokeKey.ProjectParameter(projectId));
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = grace });
        return await command.ExecuteNonQueryAsync(cancel);
    }
}
