using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>The terms of a new key. Scopes apply to restricted keys only.</summary>
public sealed record KeyOrder(KeyKind Kind, string? Name, Scope Scopes, IReadOnlyList<string> Networks, Instant? ExpiresAt)
{
    public static KeyOrder Plain(KeyKind kind, string name) => new(kind, name, Scope.None, [], null);
}

/// <summary>A newly created key: the only moment at which its text exists on the server.</summary>
public sealed record NewKey(Guid Id, string Text, KeyOrder Order, Instant CreatedAt)
{
    public string Prefix => KeyText.PrefixOf(Text);

    /// <summary>Leaves the text out, so that no log line can contain it.</summary>
    public override string ToString() => $"key {Id} ({Prefix}…)";
}

/// <summary>The result of an order for a key.</summary>
/// <param name="Key">Null: the order was refused.</param>
/// <param name="Excess">Rights in the order that the issuer does not have. Empty without a key: the issuer has ended in the
/// meantime.</param>
public sealed record IssueAnswer(NewKey? Key, IReadOnlyList<Excess> Excess);

/// <summary>A valid key that issues others.</summary>
/// <param name="Lineage">The lineage that the keys it makes store as their issuer.</param>
internal sealed record IssuingKey(KeyLimits Limits, Guid Lineage);

public sealed class CreateKey(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>For the operator of the server, who has no limits.</summary>
    /// <param name="projectId">Null exactly for admin keys.</param>
    public async Task<NewKey> RunAsync(int? projectId, KeyOrder order, CancellationToken cancel) =>
        (await IssueAsync(projectId, order, issuer: null, cancel)).Key!;

    /// <summary>Issues a key. Terms that the order leaves out come from the issuer; terms beyond the issuer's are refused.</summary>
    /// <param name="issuer">The key that asks; null: the operator of the server.</param>
    public async Task<IssueAnswer> IssueAsync(int? projectId, KeyOrder order, Guid? issuer, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await LockAsync(connection, projectId, cancel);
        var answer = await IssueInTransactionAsync(connection, projectId, order, issuer, cancel);
        if (answer.Key is null)
        {
            return answer;
        }

        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return answer;
    }

    /// <summary>The caller must hold the lock of <see cref="LockAsync"/>.</summary>
    internal static async Task<IssueAnswer> IssueInTransactionAsync(
        NpgsqlConnection connection, int? projectId, KeyOrder order, Guid? issuer, CancellationToken cancel)
    {
        if (issuer is not { } id)
        {
            return new(await InTransactionAsync(connection, projectId, order, null, cancel), []);
        }

        if (await FindIssuerAsync(connection, id, cancel) is not { } key)
        {
            return new(null, []);
        }

        var whole = KeyRules.Inherit(key.Limits, order);
        var excess = KeyRules.Exceeding(key.Limits, KeyRules.LimitsOf(whole));
        return excess.Count > 0 ? new(null, excess) : new(await InTransactionAsync(connection, projectId, whole, key.Lineage, cancel), []);
    }

    /// <param name="lineage">The lineage of the issuing key; null: the server.</param>
    internal static async Task<NewKey> InTransactionAsync(
        NpgsqlConnection connection, int? projectId, KeyOrder order, Guid? lineage, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        var text = KeyText.Create(order.Kind);
        await using var command = new NpgsqlCommand(ProjectsSql.InsertKey, connection);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = ProjectQueries.NameOf(order.Kind) });
        command.Parameters.Add(new() { Value = (object?)order.Name ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = KeyText.PrefixOf(text) });
        command.Parameters.Add(new() { Value = KeyHash.Of(text).ToBytes() });
        command.Parameters.Add(new() { Value = Scopes.ToNames(order.Scopes) });
        command.Parameters.Add(new() { Value = order.Networks.ToArray() });
        command.Parameters.Add(
            new() { Value = (object?)order.ExpiresAt?.ToUtc() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)lineage ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        var createdAt = (DateTime)(await command.ExecuteScalarAsync(cancel))!;
        return new(id, text, order, Instant.FromUtc(createdAt));
    }

    /// <summary>Serialises changes to the keys of a project; see <see cref="ProjectsSql.LockKeysOfProject"/>.</summary>
    internal static async Task LockAsync(NpgsqlConnection connection, int? projectId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            projectId is null ? ProjectsSql.LockAllKeys : ProjectsSql.LockKeysOfProject, connection);
        if (projectId is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Returns null if the key has ended.</summary>
    internal static async Task<IssuingKey?> FindIssuerAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.FindIssuer, connection);
        command.Parameters.Add(new() { Value = key });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var rights = KeyRules.RightsOf(ProjectQueries.KindOf(reader.GetString(0)), Scopes.Parse(reader.GetFieldValue<string[]>(1)));
        return new(new(rights, reader.GetFieldValue<string[]>(2), ProjectQueries.InstantOrNull(reader, 3)), reader.GetGuid(4));
    }
}
