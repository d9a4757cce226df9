using System.Collections.Frozen;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>
/// Stores the upstreams of projects. Every server has all of them in memory, as part of its projects, and reloads them with these.
/// </summary>
public sealed class Upstreams(NpgsqlDataSource database, ProjectDirectory directory)
{
    /// <summary>Sets all properties. When it returns, this server uses the upstream; others do within a second.</summary>
    /// <returns>
    /// Null: the project has <see cref="UpstreamRules.MostUpstreams"/> others, and nothing was set. Concurrent requests may exceed that
    /// limit by a few.
    /// </returns>
    public async Task<Upstream?> SetAsync(
        ProjectSnapshot project, string provider, string? baseUrl, byte[] secrets, ReportedCostPolicy? reportedCost,
        CancellationToken cancel)
    {
        Upstream upstream;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await using var command = new NpgsqlCommand(UpstreamSql.Set, connection);
            command.Parameters.Add(new() { Value = project.Id });
            command.Parameters.Add(new() { Value = provider });
            command.Parameters.Add(new() { Value = (object?)baseUrl ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = secrets });
            command.Parameters.Add(new() { Value = UpstreamRules.MostUpstreams });
            command.Parameters.Add(
                new() { Value = reportedCost is { } policy ? CatalogWords.Of(policy) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            await using (var reader = await command.ExecuteReaderAsync(cancel))
            {
                if (!await reader.ReadAsync(cancel))
                {
                    return null;
                }

                upstream = new(provider, baseUrl, secrets, reader.GetInt64(0), reader.GetDateTime(1)) { ReportedCost = reportedCost };
            }

            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
        return upstream;
    }

    /// <returns>False: the project has no upstream of that name.</returns>
    public async Task<bool> RemoveAsync(ProjectSnapshot project, string provider, CancellationToken cancel)
    {
        bool removed;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await using var command = new NpgsqlCommand(UpstreamSql.Remove, connection);
            command.Parameters.Add(new() { Value = project.Id });
            command.Parameters.Add(new() { Value = provider });
            removed = await command.ExecuteNonQueryAsync(cancel) > 0;
            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
        return removed;
    }

    /// <summary>Loads by project and provider.</summary>
    internal static async Task<FrozenDictionary<int, FrozenDictionary<string, Upstream>>> LoadAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(UpstreamSql.Load, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<(int Project, Upstream Upstream)> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add((reader.GetInt32(0), new(
                reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetFieldValue<byte[]>(3), reader.GetInt64(4),
                reader.GetDateTime(5))
            {
                ReportedCost = reader.IsDBNull(6) ? null : CatalogWords.Read<ReportedCostPolicy>(reader.GetString(6)),
            }));
        }

        return rows.GroupBy(row => row.Project).ToFrozenDictionary(
            group => group.Key, group => group.ToFrozenDictionary(row => row.Upstream.Provider, row => row.Upstream));
    }
}
