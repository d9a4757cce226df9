using System.Text;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Changes what one customer has beside the plan: custom enterprise pricing, a courtesy, a block. Features that are not
/// named stay as they are; a named one gets exactly what is said, whatever it had before.
/// </summary>
public sealed class SetOverrides(NpgsqlDataSource database, QuotaGate gate, Clock clock)
{
    private static readonly string[] Sets = ["overrides"];

    /// <summary>
    /// Creates the customer when it is missing. Answers all overrides as JSON; or every fault, or the owner of a customer that is a
    /// member, and then nothing was changed.
    /// </summary>
    /// <param name="set">By feature code.</param>
    /// <param name="removed">Feature codes whose override goes; those without one are fine.</param>
    public async Task<(string Json, IReadOnlyList<FieldFault> Faults, string? Owner)> RunAsync(
        ProjectSnapshot project,
        string customer,
        IReadOnlyDictionary<string, EntitlementOverride> set,
        IReadOnlyCollection<string> removed,
        CancellationToken cancel)
    {
        await using var change = await CustomerChange.BeginAsync(database, project, customer, cancel);
        if (change.Row.Owner is { } owner)
        {
            return (change.Row.Overrides, [], owner);
        }

        var plan = PlanOf(change.Row, project);
        var faults = OverrideRules.FaultsOf(project.Catalog.Document, plan, set.Values);
        if (faults.Count > 0)
        {
            return (change.Row.Overrides, faults, null);
        }

        var json = Merge(change.Row.Overrides, project.Currency, set, removed);
        if (json == Merge(change.Row.Overrides, project.Currency, new Dictionary<string, EntitlementOverride>(), []))
        {
            // Said again, every five minutes perhaps: it begins no new terms.
            return (json, [], null);
        }

        await change.ExecuteAsync(CustomerSql.SetOverrides, cancel, change.Row.Partition, change.Row.Account, CustomerRow.Json(json));
        var now = clock.Now(project);
        await change.TouchAsync(now, cancel);
        await change.ExecuteAsync(CustomerSql.InsertTerms, cancel, change.Row.Partition, change.Row.Account, now.ToUtc(), Sets, "overrides");
        await change.CommitAsync();
        await gate.ForgetAsync(project, customer);
        return (json, [], null);
    }

    private static Plan PlanOf(CustomerRow row, ProjectSnapshot project) =>
        row.PlanVersionId is { } id && project.Catalog.PlanVersions.TryGetValue(id, out var pinned)
            ? pinned.Plan
            : project.Catalog.DefaultPlan.Plan;

    private static string Merge(
        string stored, string currency, IReadOnlyDictionary<string, EntitlementOverride> set, IReadOnlyCollection<string> removed)
    {
        var (known, unreadable) = CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(stored), currency);
        Invariant.That(unreadable.Count == 0, "Stored overrides cannot be read; replacing them would lose some.");
        var merged = new Dictionary<string, EntitlementOverride>(known, StringComparer.Ordinal);
        foreach (var feature in removed)
        {
            merged.Remove(feature);
        }

        foreach (var (feature, change) in set)
        {
            merged[feature] = change;
        }

        return Encoding.UTF8.GetString(CatalogWriter.ToJson(merged.Values));
    }
}
