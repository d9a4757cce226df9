using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;

namespace Tollgate.Engine.Catalog;

/// <summary>How a publication came out: a closed set.</summary>
public enum PublishOutcome
{
    /// <summary>A new revision is in force.</summary>
    Published,

    /// <summary>The catalogue in force says the same already; nothing was written.</summary>
    Unchanged,

    /// <summary>The caller saw another catalogue than the one in force (<c>If-Match</c>); nothing was written.</summary>
    Stale,

    /// <summary>
    /// The project's features and plan versions would take more than <see cref="CatalogLimits.VersionBytes"/>; nothing was written.
    /// </summary>
    TooMuch,

    /// <summary>The project would have had more features than <see cref="CatalogLimits.FeaturesEver"/>; nothing was written.</summary>
    TooManyFeatures,

    /// <summary>It changes what may not be changed: <see cref="CatalogRules.CheckChanges"/>. Nothing was written.</summary>
    Refused,
}

/// <param name="Revision">Of the catalogue in force after the call.</param>
/// <param name="ETag">Of the catalogue in force after the call.</param>
/// <param name="NewPlanVersions">Plans of which a new version was published.</param>
public sealed record Publication(PublishOutcome Outcome, int Revision, string ETag, IReadOnlyList<string> NewPlanVersions);

/// <summary>
/// Puts a catalogue into force:
/// 1. one publisher at a time per project, and only if the caller saw what is in force and changes nothing that may not be changed;
/// 2. numbers for features that are new;
/// 3. a new immutable version of each plan that changed, and only of those;
/// 4. the catalogue itself as the next revision;
/// 5. word to every server, with the commit.
/// </summary>
public sealed class PublishCatalog(NpgsqlDataSource database)
{
    /// <param name="document">Already checked by <see cref="CatalogRules.Check"/>.</param>
    /// <param name="ifMatch">The header: ETags that the caller saw, or <c>*</c>; null publishes over whatever is in force.</param>
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

    /// <summary>A project that has more already, from before there was the limit, may publish whatever adds nothing.</summary>
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

    /// <summary>The same inside the caller's transaction, for instance the one that creates the project.</summary>
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

    /// <summary>Publishing the plan makes a new version of it.</summary>
    /// <remarks>jsonb gives keys back in another order, so what is stored is brought into the canonical form before comparing.</remarks>
    /// <param name="newest">Its newest version.</param>
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
