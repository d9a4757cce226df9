using Npgsql;
using Tollgate.Core.Catalog;

namespace Tollgate.Engine.Catalog;

/// <summary>What publishing a catalogue would do. Nothing is written.</summary>
/// <param name="ETag">Of the catalogue in force.</param>
/// <param name="NewETag">Of the catalogue that was sent.</param>
/// <param name="AffectedCustomers">
/// Customers who would see another plan at once: those without a pinned version when the default plan changes or becomes
/// another one.
/// </param>
/// <param name="PinnedCustomers">Customers on changed or removed plans who keep the version they have.</param>
/// <param name="Faults">What it would change and may not: publishing it is refused.</param>
public sealed record CatalogPreview(
    int Revision, string ETag, string NewETag, CatalogDiff Diff, long AffectedCustomers, long PinnedCustomers,
    IReadOnlyList<CatalogFault> Faults);

/// <summary>The dry run: the diff, and who is affected by it.</summary>
public sealed class PreviewCatalog(NpgsqlDataSource database)
{
    public async Task<CatalogPreview> RunAsync(int projectId, CatalogDocument document, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var before = await CatalogQueries.NewestAsync(connection, projectId, cancel);
        var diff = CatalogDiff.Between(before?.Document, document);
        var customers = diff.IsEmpty
            ? []
            : await CatalogQueries.CustomersByPlanAsync(
                connection, projectId, before?.Document.DefaultPlan ?? document.DefaultPlan, cancel);
        var touched = diff.ChangedPlans.Concat(diff.RemovedPlans).ToHashSet(StringComparer.Ordinal);
        var defaultPlanMoves = before is not null && before.Document.DefaultPlan != document.DefaultPlan;
        return new(
            before?.Revision ?? 0,
            before?.ETag ?? "",
            CatalogWriter.ETagOf(document),
            diff,
            customers.Where(row => !row.Pinned && (defaultPlanMoves || touched.Contains(row.Plan))).Sum(static row => row.Customers),
            customers.Where(row => row.Pinned && touched.Contains(row.Plan)).Sum(static row => row.Customers),
            await CatalogQueries.FaultsOfChangesAsync(connection, projectId, document, cancel));
    }
}
