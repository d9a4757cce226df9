using System.Text;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Catalog;

/// <summary>Reads catalogues.</summary>
public static class CatalogQueries
{
    /// <summary>The catalogue of a project that has published none: one plan that grants nothing.</summary>
    private static readonly CatalogDocument Nothing = new()
    {
        Code = "empty",
        Name = "Empty",
        DefaultPlan = "free",
        Plans = [new() { Code = "free", Name = "Free", SortOrder = 1 }],
    };

    /// <summary>Loads the current catalogue with every feature and plan version that the project ever had, in four small queries.</summary>
    /// <param name="before">
    /// The catalogue in memory: the method reads only versions that it does not contain, so that a project with a thousand of them
    /// publishes as fast as a new one.
    /// </param>
    public static async Task<PublishedCatalog> LoadAsync(
        NpgsqlConnection connection, int projectId, PublishedCatalog? before, CancellationToken cancel)
    {
        var newest = await NewestAsync(connection, projectId, cancel);
        if (newest is null)
        {
            var free = new StoredPlanVersion(0, 1, Nothing.Plans[0]);
            return CatalogIndex.Build(0, CatalogWriter.ETagOf(Nothing), Nothing, [], [], [free], [(Instant.Epoch, free.Id)]);
        }

        var features = await ReadAsync(
            connection,
            CatalogSql.Features,
            projectId,
            static row => new FeatureEntry(row.GetInt32(0), CatalogReader.ReadStoredFeature(Utf8(row, 2))),
            cancel);

        // A project has one publisher at a time, so the ids of its versions grow in the order of their commits. Id 0 belongs to a project
        // without a catalogue.
        var known = before is { Revision: > 0 } ? before.PlanVersions.Values : [];
        var versions = await ReadAsync(
            connection,
            CatalogSql.PlanVersions,
            projectId,
            static row => new StoredPlanVersion(row.GetInt32(0), row.GetInt32(1), CatalogReader.ReadStoredPlan(Utf8(row, 2))),
            cancel,
            known.Select(static version => version.Id).DefaultIfEmpty().Max());
        var defaults = await ReadAsync(
            connection, CatalogSql.DefaultPlans, projectId, static row => (Instant.FromUtc(row.GetDateTime(0)), row.GetInt32(1)), cancel);
        defaults.Reverse();
        return CatalogIndex.Build(newest.Revision, newest.ETag, newest.Document, features, known, versions, defaults);
    }

    /// <summary>Returns the forbidden changes of the project's features that the document contains.</summary>
    internal static async Task<IReadOnlyList<CatalogFault>> FaultsOfChangesAsync(
        NpgsqlConnection connection, int projectId, CatalogDocument document, CancellationToken cancel)
    {
        var known = new Dictionary<string, Feature>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(CatalogSql.FeaturesNamed, connection);
        command.Parameters.Add(new() { Value = projectId });
        command.Parameters.Add(new() { Value = document.Features.Select(static feature => feature.Code).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var feature = CatalogReader.ReadStoredFeature(Utf8(reader, 0));
            known[feature.Code] = feature;
        }

        return CatalogRules.CheckChanges(known, document);
    }

    /// <summary>Counts for each plan the customers that a new version would reach, and those pinned to an older one.</summary>
    internal static async Task<IReadOnlyList<PlanCustomers>> CustomersByPlanAsync(
        NpgsqlConnection connection, int projectId, string defaultPlan, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(CatalogSql.CustomersByPlan, connection);
        command.Parameters.Add(new() { Value = projectId });
        command.Parameters.Add(new() { Value = defaultPlan });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<PlanCustomers>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(reader.GetString(0), reader.GetBoolean(1), reader.GetInt64(2)));
        }

        return rows;
    }

    internal static async Task<NewestCatalog?> NewestAsync(NpgsqlConnection connection, int projectId, CancellationToken cancel)
    {
        var rows = await ReadAsync(
            connection,
            CatalogSql.Newest,
            projectId,
            static row => new NewestCatalog(row.GetInt32(0), row.GetString(1), CatalogReader.ReadStoredDocument(Utf8(row, 2))),
            cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, string sql, int projectId, Func<NpgsqlDataReader, T> read, CancellationToken cancel, int? after = null)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = projectId });
        if (after is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static ReadOnlyMemory<byte> Utf8(NpgsqlDataReader row, int column) => Encoding.UTF8.GetBytes(row.GetString(column));
}

/// <summary>The current catalogue, as stored.</summary>
internal sealed record NewestCatalog(int Revision, string ETag, CatalogDocument Document);

/// <param name="Pinned">True: they keep their version. False: they are on the default plan and always get the newest.</param>
public sealed record PlanCustomers(string Plan, bool Pinned, long Customers);
