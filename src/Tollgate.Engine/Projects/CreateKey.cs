using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>What a new key shall be. Scopes count for restricted keys only.</summary>
public sealed record KeyOrder(KeyKind Kind, string? Name, Scope Scopes, IReadOnlyList<string> Networks, Instant? ExpiresAt)
{
    public static KeyOrder Plain(KeyKind kind, string name) => new(kind, name, Scope.None, [], null);
}

/// <summary>A key right after its birth: the only moment at which its text exists on the server.</summary>
public sealed record NewKey(Guid Id, string Text, KeyOrder Order, Instant CreatedAt)
{
    public string Prefix => KeyText.PrefixOf(Text);

    /// <summary>Without the text, so that no log line can hold it.</summary>
    public override string ToString() => $"key {Id} ({Prefix}…)";
}

public sealed class CreateKey(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <param name="projectId">Null exactly for admin keys.</param>
    public async Task<NewKey> RunAsync(int? projectId, KeyOrder order, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var key = await InTransactionAsync(connection, projectId, order, cancel);
        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads with another one.
        await directory.RefreshAsync(CancellationToken.None);
        return key;
    }

    internal static async Task<NewKey> InTransactionAsync(
        NpgsqlConnection connection, int? projectId, KeyOrder order, CancellationToken cancel)
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
        var createdAt = (DateTime)(await command.ExecuteScalarAsync(cancel))!;
        return new(id, text, order, Instant.FromUtc(createdAt));
    }
}
