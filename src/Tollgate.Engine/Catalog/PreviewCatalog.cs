using Npgsql;
using Tollgate.Core.Catalog;

namespace Tollgate.Engine.Catalog;

/// <summary>The effects of publishing a catalogue. Nothing is written.</summary>
/// <param name="ETag">The current catalogue's ETag.</param>
/// <param name="AffectedCustomers">
/// Customers whose plan would change at once: those without a pinned version, if the default plan changes or another plan becomes the
/// default.
/// </param>
/// <param name="PinnedCustomers">Customers on changed or removed plans who keep their version.</param>
/// <param name="Faults">The forbidden changes: Tollgate would refuse to publish it.</param>
public sealed record CatalogPreview(
    int Revision, string ETag, CatalogDiff Diff, long AffectedCustomers, long PinnedCustomers,
    IReadOnlyList<CatalogFault> Faults);

/// <summary>Computes the dry run: the diff, and the affected customers.</summary>
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
            diff,
            customers.Where(row => !row.Pinned && (defaultPlanMoves || touched.Contains(row.Plan))).Sum(static row => row.Customers),
            customers.Where(row => row.Pinned && touched.Contains(row.Plan)).Sum(static row => row.Customers),
            await CatalogQueries.FaultsOfChangesAsync(connection, projectId, document, cancel));
    }
}
