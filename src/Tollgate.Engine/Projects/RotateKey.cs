using Npgsql;

namespace Tollgate.Engine.Projects;

public enum RotateFault
{
    None,
    NotFound,

    /// <summary>A revoked key stays revoked; create a new one.</summary>
    Revoked,

    /// <summary>The key has more rights than the caller's key.</summary>
    MoreThanCaller,

    /// <summary>The caller's key has ended in the meantime.</summary>
    CallerEnded,
}

/// <param name="Excess">The rights in which the key exceeds the caller's key.</param>
public sealed record RotateAnswer(RotateFault Fault, NewKey? Key, IReadOnlyList<Excess> Excess);

/// <summary>
/// Replaces a key by a new one with the same name, scopes, networks and expiry, and ends the old one immediately or after a grace period.
/// Everything that the old key had issued belongs to the new one.
/// </summary>
public sealed class RotateKey(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>The longest time for which the old and the new key are both valid.</summary>
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);

    private sealed record Target(KeyOrder Order, Guid? Issuer);

    /// <param name="caller">The key that asks, which must not obtain the text of a stronger key; null: the operator of the server.</param>
    public async Task<RotateAnswer> RunAsync(int? projectId, Guid key, Guid? caller, TimeSpan grace, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await CreateKey.LockAsync(connection, projectId, cancel);
        var (fault, target) = await LockAsync(connection, projectId, key, cancel);
        if (target is null)
        {
            return new(fault, null, []);
        }

        var issuer = target.Issuer;
        if (caller is { } asking && asking != key)
        {
            if (await CreateKey.FindIssuerAsync(connection, asking, cancel) is not { } by)
            {
                return new(RotateFault.CallerEnded, null, []);
            }

            if (KeyRules.Exceeding(by.Limits, KeyRules.LimitsOf(target.Order)) is { Count: > 0 } excess)
            {
                return new(RotateFault.MoreThanCaller, null, excess);
            }

            // The caller sees the new text. If the key would not end with the caller's key anyway, the new key does.
            issuer = await IsMadeByAsync(connection, key, by.Lineage, cancel) ? issuer : by.Lineage;
        }

        var fresh = await CreateKey.InTransactionAsync(connection, projectId, target.Order, issuer, cancel);
        await HandOnAsync(connection, key, fresh.Id, cancel);
        await (grace > TimeSpan.Zero
            ? ExpireAfterAsync(connection, projectId, key, grace, cancel)
            : RevokeKey.InTransactionAsync(connection, projectId, key, cancel));
        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return new(RotateFault.None, fresh, []);
    }

    private static async Task<(RotateFault Fault, Target? Target)> LockAsync(
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

        if (!reader.IsDBNull(5))
        {
            return (RotateFault.Revoked, null);
        }

        var order = new KeyOrder(
            ProjectQueries.KindOf(reader.GetString(0)),
            reader.IsDBNull(1) ? null : reader.GetString(1),
            Scopes.Parse(reader.GetFieldValue<string[]>(2)),
            reader.GetFieldValue<string[]>(3),
            ProjectQueries.InstantOrNull(reader, 4));
        return (RotateFault.None, new(order, reader.IsDBNull(6) ? null : reader.GetGuid(6)));
    }

    private static async Task<bool> IsMadeByAsync(NpgsqlConnection connection, Guid key, Guid lineage, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.IsMadeBy, connection)
        {
            Parameters = { new() { Value = key }, new() { Value = lineage } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Gives the keys that the old key issued to the new one. The keys that it issues during its grace period remain its own.
    /// </summary>
    private static async Task HandOnAsync(NpgsqlConnection connection, Guid old, Guid fresh, CancellationToken cancel)
    {
        await using var take = new NpgsqlCommand(ProjectsSql.TakeLineage, connection) { Parameters = { new() { Value = old } } };
        var lineage = (Guid)(await take.ExecuteScalarAsync(cancel))!;
        await using var give = new NpgsqlCommand(ProjectsSql.GiveLineage, connection)
        {
            Parameters = { new() { Value = fresh }, new() { Value = lineage } },
        };
        await give.ExecuteNonQueryAsync(cancel);
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
