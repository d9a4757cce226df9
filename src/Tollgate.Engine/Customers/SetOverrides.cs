using System.Text;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Changes the overrides of one customer: custom enterprise pricing, a courtesy, a block. An unnamed feature stays unchanged; a named one
/// gets exactly the given override, whatever it had before.
/// </summary>
public sealed class SetOverrides(CustomerChanges changes, Clock clock)
{
    /// <summary>The most bytes of one customer's current overrides together: every decision for the customer first reads them.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>
    /// The most bytes of all overrides in the changes that Tollgate reads. Overrides up to <see cref="SmallBytes"/> are always allowed.
    /// </summary>
    public const int MostBytesInAll = 1024 * 1024;

    private const int SmallBytes = 2 * 1024;

    private static readonly string[] Sets = ["overrides"];

    /// <summary>
    /// Creates the customer if it is missing. Returns all overrides as JSON. If it returns faults, or the owner of a customer that is a
    /// member, nothing was changed.
    /// </summary>
    /// <param name="set">By feature code.</param>
    /// <param name="removed">Feature codes whose override is removed; those without one are fine.</param>
    public async Task<(string Json, IReadOnlyList<FieldFault> Faults, string? Owner)> RunAsync(
        ProjectSnapshot project,
        string customer,
        IReadOnlyDictionary<string, EntitlementOverride> set,
        IReadOnlyCollection<string> removed,
        CancellationToken cancel)
    {
        await using var change = await changes.BeginAsync(project, customer, cancel);
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
            // The same overrides again, perhaps every five minutes: they begin no new terms.
            return (json, [], null);
        }

        if (await TooLargeAsync(change, json, cancel) is { } tooLarge)
        {
            return (change.Row.Overrides, [new("overrides", tooLarge)], null);
        }

        await change.ExecuteAsync(CustomerSql.SetOverrides, cancel, change.Row.Partition, change.Row.Account, CustomerRow.Json(json));
        var now = clock.Now(project);
        await change.TouchAsync(now, cancel);
        await change.ExecuteAsync(
            CustomerSql.InsertTerms, cancel, change.Row.Partition, change.Row.Account, now.ToUtc(), Sets, "overrides");
        await change.CommitAsync();
        return (json, [], null);
    }

    /// <summary>
    /// Null: it is not too large. A decision waits until a customer's overrides are read, earlier ones too, and other customers wait behind
    /// it.
    /// </summary>
    private static async Task<string?> TooLargeAsync(CustomerChange change, string json, CancellationToken cancel)
    {
        var bytes = Encoding.UTF8.GetByteCount(json);
        if (bytes > MostBytes)
        {
            return $"would have {bytes} bytes together; a customer's overrides have at most {MostBytes}. "
                + "Put terms that many customers share into a plan.";
        }

        return bytes > SmallBytes
            && (long)(await change.ScalarAsync(CustomerSql.BytesOfOverrides, cancel, change.Row.Partition, change.Row.Account))!
            + bytes is var all and > MostBytesInAll
            ? $"would have {all} bytes together with the customer's earlier overrides; at most {MostBytesInAll} are accepted. "
                + $"Overrides of at most {SmallBytes} bytes can be set at any time."
            : null;
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
