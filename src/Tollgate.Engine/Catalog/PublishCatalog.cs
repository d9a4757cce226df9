using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;

namespace Tollgate.Engine.Catalog;

/// <summary>The outcome of a publication.</summary>
public enum PublishOutcome
{
    /// <summary>A new revision is current.</summary>
    Published,

    /// <summary>The current catalogue has the same content; nothing was written.</summary>
    Unchanged,

    /// <summary>The current catalogue is not the one that the caller saw (<c>If-Match</c>); nothing was written.</summary>
    Stale,

    /// <summary>
    /// The project's features and plan versions would exceed <see cref="CatalogLimits.VersionBytes"/>; nothing was written.
    /// </summary>
    TooMuch,

    /// <summary>The project would exceed <see cref="CatalogLimits.FeaturesEver"/>; nothing was written.</summary>
    TooManyFeatures,

    /// <summary>The document contains a forbidden change: <see cref="CatalogRules.CheckChanges"/>. Nothing was written.</summary>
    Refused,
}

/// <param name="Revision">The current revision after the call.</param>
/// <param name="ETag">The current catalogue's ETag after the call.</param>
/// <param name="NewPlanVersions">The plans that got a new version.</param>
public sealed record Publication(PublishOutcome Outcome, int Revision, string ETag, IReadOnlyList<string> NewPlanVersions);

/// <summary>
/// Publishes a catalogue: 1. take the project's lock, and refuse if the caller saw another catalogue or makes a forbidden change; 2. give
/// new features their numbers; 3. write a new immutable version of each changed plan, and only of those; 4. write the catalogue as the next
/// revision; 5. notify every server with the commit.
/// </summary>
public sealed class PublishCatalog(NpgsqlDataSource database)
{
    /// <param name="document">A document that <see cref="CatalogRules.Check"/> accepts.</param>
    /// <param name="ifMatch">The header: ETags that the caller saw, or <c>*</c>; null replaces any current catalogue.</param>
    public async Task<Publication> PublishAsync(int projectId, CatalogDocument document, string? ifMatch, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var before = await SizeAsync(connection, projectId, cancel);
        var publication = await PublishInTransactionAsync(connection, projectId, document, ifMatch, cancel);
        if (publication.Outcome == PublishOutcome.Published && Excess(before, await SizeAsync(connection, projectId, cancel)) is { } excess)
        {
            return publication with { Outcome = excess };
        }

        await transaction.CommitAsync(cancel);
        return publication;
    }

    /// <summary>A project that exceeded a limit before the limit existed may publish if nothing is added.</summary>
    private static PublishOutcome? Excess((long Features, long Bytes) before, (long Features, long Bytes) after) =>
        after.Features > Math.Max(before.Features, CatalogLimits.FeaturesEver) ? PublishOutcome.TooManyFeatures
        : after.Bytes > Math.Max(before.Bytes, CatalogLimits.VersionBytes) ? PublishOutcome.TooMuch
        : null;

    private static async Task<(long Features, long Bytes)> SizeAsync(NpgsqlConnection connection, int projectId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(CatalogSql.Size, connection);
        command.Parameters.Add(new() { Value = projectId });
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Publishes inside the caller's transaction, for instance the one that creates the project.</summary>
    public static async Task<Publication> PublishInTransactionAsync(
        NpgsqlConnection connection, int projectId, CatalogDocument document, string? ifMatch, CancellationToken cancel)
    {
        // 1
        await ExecuteAsync(connection, CatalogSql.LockProject, cancel, projectId);
        var before = await CatalogQueries.NewestAsync(connection, projectId, cancel);
        if (ifMatch is not null && !Matches(ifMatch, before?.ETag))
        {
            return new(PublishOutcome.Stale, before?.Revision ?? 0, before?.ETag ?? "", []);
        }

        var etag = CatalogWriter.ETagOf(document);
        if (before?.ETag == etag)
        {
            return new(PublishOutcome.Unchanged, before.Revision, etag, []);
        }

        if ((await CatalogQueries.FaultsOfChangesAsync(connection, projectId, document, cancel)).Count > 0)
        {
            return new(PublishOutcome.Refused, before?.Revision ?? 0, before?.ETag ?? "", []);
        }

        // 2
        foreach (var feature in document.Features)
        {
            await ExecuteAsync(
                connection, CatalogSql.UpsertFeature, cancel, projectId, feature.Code, Text(CatalogWriter.ToStoredJson(feature)));
        }

        // 3
        var changed = new List<string>();
        foreach (var plan in document.Plans)
        {
            if (await AddVersionIfChangedAsync(connection, projectId, plan, document, cancel))
            {
                changed.Add(plan.Code);
            }
        }

        // 4
        var revision = (before?.Revision ?? 0) + 1;
        await ExecuteAsync(
            connection, CatalogSql.InsertCatalog, cancel, projectId, revision, etag, Text(CatalogWriter.ToJson(document, indented: false)),
            document.DefaultPlan);

        // 5
        await ExecuteAsync(connection, CatalogSql.Notify, cancel, projectId);
        return new(PublishOutcome.Published, revision, etag, changed);
    }

    private static bool Matches(string ifMatch, string? etag) =>
        ifMatch.Split(',', StringSplitOptions.TrimEntries).Any(seen => seen == "*" || seen == etag);

    private static async Task<bool> AddVersionIfChangedAsync(
        NpgsqlConnection connection, int projectId, Plan plan, CatalogDocument document, CancellationToken cancel)
    {
        var (number, stored) = await NewestVersionAsync(connection, projectId, plan.Code, cancel);
        if (stored is not null && !Differs(plan, stored, document))
        {
            return false;
        }

        await ExecuteAsync(
            connection, CatalogSql.InsertPlanVersion, cancel, projectId, plan.Code, number + 1,
            Text(CatalogWriter.ToStoredJson(plan, document)));
        return true;
    }

    /// <summary>True if publishing the plan makes a new version of it.</summary>
    /// <remarks>jsonb returns keys in another order, so the comparison brings the stored plan into the canonical form first.</remarks>
    /// <param name="newest">The plan's newest version.</param>
    internal static bool Differs(Plan plan, Plan newest, CatalogDocument document) =>
        !CatalogWriter.ToStoredJson(plan, document).AsSpan().SequenceEqual(CatalogWriter.ToStoredJson(newest, document));

    private static async Task<(int Number, Plan? Plan)> NewestVersionAsync(
        NpgsqlConnection connection, int projectId, string plan, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(CatalogSql.NewestPlanVersion, connection);
        command.Parameters.Add(new() { Value = projectId });
        command.Parameters.Add(new() { Value = plan });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? (reader.GetInt32(0), CatalogReader.ReadStoredPlan(System.Text.Encoding.UTF8.GetBytes(reader.GetString(1))))
            : (0, null);
    }

    private static string Text(byte[] json) => System.Text.Encoding.UTF8.GetString(json);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(value is string ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text } : new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancel);
    }
}
