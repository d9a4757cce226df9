using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;

namespace Tollgate.Engine.Projects;

/// <summary>The terms of a new project. The caller has already checked its catalogue.</summary>
public sealed record ProjectOrder(string Code, string Name, ProjectMode Mode, string TimeZone, string Currency, CatalogDocument Catalog);

public sealed record NewProject(int Id, ProjectOrder Order, Instant CreatedAt, NewKey SecretKey, NewKey PublicKey);

public sealed class CreateProject(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>For the operator of the server, who has no limits. Returns null if the code is taken.</summary>
    public Task<NewProject?> RunAsync(ProjectOrder order, CancellationToken cancel) => RunAsync(order, issuer: null, cancel);

    /// <summary>
    /// Creates the project, its catalogue's first revision and its first two keys. Null: the code is taken, or the issuer has ended.
    /// </summary>
    /// <param name="issuer">The admin key that asks: the project's first keys inherit its networks and expiry, and end with it. Null: the
    /// operator of the server.</param>
    public async Task<NewProject?> RunAsync(ProjectOrder order, Guid? issuer, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var project = await InTransactionAsync(connection, order, issuer, cancel);
        if (project is null)
        {
            return null;
        }

        await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return project;
    }

    internal static async Task<NewProject?> InTransactionAsync(
        NpgsqlConnection connection, ProjectOrder order, Guid? issuer, CancellationToken cancel)
    {
        var (id, createdAt) = await InsertAsync(connection, order, cancel);
        if (id == 0)
        {
            return null;
        }

        await PublishCatalog.PublishInTransactionAsync(connection, id, order.Catalog, ifMatch: null, cancel);
        await CreateKey.LockAsync(connection, id, cancel);
        var secret = await CreateKey.IssueInTransactionAsync(
            connection, id, KeyOrder.Plain(KeyKind.Secret, "first secret key"), issuer, cancel);
        var open = await CreateKey.IssueInTransactionAsync(
            connection, id, KeyOrder.Plain(KeyKind.Public, "first public key"), issuer, cancel);
        return secret.Key is null || open.Key is null ? null : new(id, order, createdAt, secret.Key, open.Key);
    }

    private static async Task<(int Id, Instant CreatedAt)> InsertAsync(
        NpgsqlConnection connection, ProjectOrder order, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.InsertProject, connection);
        command.Parameters.Add(new() { Value = order.Code });
        command.Parameters.Add(new() { Value = order.Name });
        command.Parameters.Add(new() { Value = order.Mode == ProjectMode.Sandbox ? "sandbox" : "live" });
        command.Parameters.Add(new() { Value = order.TimeZone });
        command.Parameters.Add(new() { Value = order.Currency });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt32(0), Instant.FromUtc(reader.GetDateTime(1))) : default;
    }
}
