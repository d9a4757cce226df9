using Npgsql;
using Tollgate.Core.Catalog;

namespace Tollgate.Engine.Projects;

/// <summary>The keys of a server's first start, for its <c>keys.env</c>.</summary>
public sealed record FirstKeys(NewKey Admin, IReadOnlyList<NewProject> Projects);

/// <summary>
/// Gives an empty database its admin key and a project for each built-in catalogue. If several servers start at the same time, exactly
/// one does this; the others wait for it.
/// </summary>
public sealed class CreateFirstProjects(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <param name="save">
    /// Receives the keys before they are committed, and must have stored them durably when it returns: a crash in
    /// between leaves a file with keys that never became valid, and the next start replaces it. The other order could
    /// lose the only copy of the admin key.
    /// </param>
    /// <returns>Null: the database is not empty, and nothing has changed.</returns>
    public async Task<FirstKeys?> RunAsync(
        IReadOnlyList<CatalogDocument> catalogs, ProjectMode mode, Func<FirstKeys, CancellationToken, Task> save,
        CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await IsEmpty_LocksAsync(connection, cancel))
        {
            return null;
        }

        var admin = await CreateKey.InTransactionAsync(connection, null, KeyOrder.Plain(KeyKind.Admin, "first admin key"), null, cancel);
        List<NewProject> projects = [];
        foreach (var catalog in catalogs)
        {
            var order = new ProjectOrder(catalog.Code, catalog.Name, mode, catalog.TimeZone, catalog.Currency, catalog);
            var project = await CreateProject.InTransactionAsync(connection, order, null, cancel);
            projects.Add(project ?? throw new InvalidOperationException($"Two built-in catalogues have the code {catalog.Code}."));
        }

        var keys = new FirstKeys(admin, projects);
        await save(keys, cancel);
        await ChangeNotice.SendAsync(connection, ChangeNotice.Keys, cancel);
        await transaction.CommitAsync(cancel);
        await connection.CloseAsync(); // The directory reads on another connection.
        await directory.RefreshAsync(CancellationToken.None);
        return keys;
    }

    private static async Task<bool> IsEmpty_LocksAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var alone = new NpgsqlCommand(ProjectsSql.LockFirstProjects, connection))
        {
            await alone.ExecuteNonQueryAsync(cancel);
        }

        await using var command = new NpgsqlCommand(ProjectsSql.AnyAdminKeyExists, connection);
        return !(bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
