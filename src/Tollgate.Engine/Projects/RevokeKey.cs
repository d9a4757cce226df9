using Npgsql;
using NpgsqlTypes;

namespace Tollgate.Engine.Projects;

public enum RevokeOutcome
{
    /// <summary>The key is revoked, now or before.</summary>
    Revoked,
    NotFound,

    /// <summary>No admin key would be left, except ones that this key made: nobody could reach the server any more.</summary>
    LastAdminKey,
}

/// <summary>
/// Ends a key and everything that it issued, directly or indirectly: keys, customer tokens, portal sessions, checkouts. This server refuses
/// them from the moment the call returns. Other servers refuse the keys when the notice arrives, within a second, and the rest immediately,
/// because they look up the issuer with it. The last secret key of a project can be revoked too: a leaked key must always be revocable, and
/// the admin key can create another.
/// </summary>
public sealed class RevokeKey(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <param name="projectId">Null: the key is one of the server's admin keys.</param>
    public async Task<RevokeOutcome> RunAsync(int? projectId, Guid key, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await CreateKey.LockAsync(connection, projectId, cancel);
        if (await InTransactionAsync(connection, projectId, key, cancel) == 0)
        {
            return RevokeOutcome.NotFound;
        }

        if (projectId is null && !await IsAnyAdminKeyValidAsync(connection, cancel))
        {
            // Not committed, so nothing has changed.
            return RevokeOutcome.LastAdminKey;
        }

        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return RevokeOutcome.Revoked;
    }

    internal static async Task<int> InTransactionAsync(NpgsqlConnection connection, int? projectId, Guid key, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.RevokeKey, connection);
        command.Parameters.Add(ProjectParameter(projectId));
        command.Parameters.Add(new() { Value = key });
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<bool> IsAnyAdminKeyValidAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.AnyAdminKeyIsValid, connection);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    internal static NpgsqlParameter ProjectParameter(int? projectId) =>
        new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };
}
