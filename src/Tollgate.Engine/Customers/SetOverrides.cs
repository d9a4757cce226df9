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
/// Changes what one customer has beside the plan: custom enterprise pricing, a courtesy, a block. Features that are not
/// named stay as they are; a named one gets exactly what is said, whatever it had before.
/// </summary>
public sealed class SetOverrides(CustomerChanges changes, Clock clock)
{
    /// <summary>Bytes of one customer's overrides, together: whoever decides for the customer reads them first.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>
    /// Bytes of all that were set in the changes that are looked back on; what is as small as <see cref="SmallBytes"/> may always be set.
    /// </summary>
    public const int MostBytesInAll = 1024 * 1024;

    private const int SmallBytes = 2 * 1024;

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
            // Said again, every five minutes perhaps: it begins no new terms.
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
    /// Null: it is not. A decision waits until a customer's overrides are read, those of before too, and other customers wait behind it.
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
            ? $"would have {all} bytes in all with those that they had before; at most {MostBytesInAll} are looked back on. "
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
