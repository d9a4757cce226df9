using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Reads what customers were entitled to at every instant: combines the facts of <c>customer_terms</c> with the versions of the default
/// plan.
/// </summary>
internal static class TermsReader
{
    private static readonly ConditionalWeakTable<PublishedCatalog, TermsTimeline> OfDefault = [];

    /// <summary>Plan, overrides and add-ons, as the database stores them.</summary>
    /// <param name="Version">Null: the default plan.</param>
    private sealed record State(int? Version, string Overrides, string AddOns)
    {
        public static readonly State OfNobody = new(null, "{}", AddOnText.None);
    }

    private sealed record Change(Instant From, int Sequence, State After, bool SetsPlan, bool SetsOverrides, bool SetsAddOns)
    {
        public State Apply(State before) => new(
            SetsPlan ? After.Version : before.Version, SetsOverrides ? After.Overrides : before.Overrides,
            SetsAddOns ? After.AddOns : before.AddOns);
    }

    /// <summary>The terms of a customer on the default plan without overrides and add-ons.</summary>
    public static TermsTimeline Default(PublishedCatalog catalog) =>
        OfDefault.GetValue(catalog, static catalog => Build([], State.OfNobody, catalog));

    /// <param name="changes">The column <c>CustomerSql.Terms</c>; null: nothing ever changed.</param>
    /// <exception cref="CatalogTooOldException">A plan version is newer than the catalogue.</exception>
    public static TermsTimeline Read(string? changes, PublishedCatalog catalog)
    {
        if (changes is null)
        {
            return Default(catalog);
        }

        var read = new List<Change>();
        using (var json = JsonDocument.Parse(changes))
        {
            foreach (var row in json.RootElement.EnumerateArray())
            {
                var sets = row[5].EnumerateArray().Select(static one => one.GetString()).ToArray();
                var after = new State(
                    row[2].ValueKind == JsonValueKind.Null ? null : row[2].GetInt32(), row[3].GetString() ?? State.OfNobody.Overrides,
                    row[4].GetString()!);
                read.Add(
                    new(new(row[0].GetInt64()), row[1].GetInt32(), after, sets.Contains("plan"), sets.Contains("overrides"),
                        sets.Contains("add_ons")));
            }
        }

        return Build(
            [.. read.OrderBy(static one => one.From).ThenBy(static one => one.Sequence)],
            read.Count < CustomerSql.MostTerms ? State.OfNobody : read.MinBy(static one => one.Sequence)!.After, catalog);
    }

    /// <summary>Loads the timelines of several accounts, by account.</summary>
    public static async Task<IReadOnlyDictionary<int, TermsTimeline>> LoadAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyCollection<short> partitions, IReadOnlyCollection<int> accounts,
        CancellationToken cancel)
    {
        await using var command = connection.Command(CustomerSql.LoadTerms, partitions.ToArray(), accounts.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var timelines = new Dictionary<int, TermsTimeline>();
        while (await reader.ReadAsync(cancel))
        {
            timelines[reader.GetInt32(0)] = Read(reader.IsDBNull(1) ? null : reader.GetString(1), project.Catalog);
        }

        return timelines;
    }

    /// <summary>Returns the entitlements that differ from the plan's: first the add-ons apply, then the customer's overrides.</summary>
    public static IReadOnlyDictionary<int, Entitlement> Changed(
        string overridesJson, string addOnsJson, PlanVersion plan, PublishedCatalog catalog)
    {
        if (overridesJson == "{}" && addOnsJson == AddOnText.None)
        {
            return System.Collections.Frozen.FrozenDictionary<int, Entitlement>.Empty;
        }

        var changed = new Dictionary<int, Entitlement>();
        var held = AddOnText.Read(addOnsJson);
        foreach (var code in AddOnRules.FeaturesOf(held))
        {
            if (catalog.Features.TryGetValue(code, out var feature)
                && AddOnRules.Apply(plan.Entitlements.GetValueOrDefault(feature.Key), code, held) is { } entitlement)
            {
                changed[feature.Key] = entitlement;
            }
        }

        var (overrides, faults) = CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(overridesJson), catalog.Document.Currency);
        Invariant.That(faults.Count == 0, "Stored overrides are not readable.");
        foreach (var change in overrides.Values)
        {
            if (catalog.Features.TryGetValue(change.Feature, out var feature))
            {
                var entitlement = changed.GetValueOrDefault(feature.Key) ?? plan.Entitlements.GetValueOrDefault(feature.Key);
                changed[feature.Key] = EntitlementRules.Apply(entitlement, change);
            }
        }

        return changed;
    }

    /// <summary>
    /// Merges the customer's changes with those of the default plan while the customer was on it, in the order of time. At one instant the
    /// catalogue comes first. Terms that the customer's next change replaced at the same instant stay in the list: they lasted no time, but
    /// were in force.
    /// </summary>
    private static TermsTimeline Build(Change[] changes, State first, PublishedCatalog catalog)
    {
        var resolved = new Dictionary<(int Version, string Overrides, string AddOns), IReadOnlyDictionary<int, Entitlement>>();
        var terms = new List<CustomerTerms>();
        var (state, change, version) = (first, 0, 0);
        Put(Instant.Epoch);
        while (change < changes.Length || version + 1 < catalog.DefaultPlans.Count)
        {
            var ofCustomer = change < changes.Length ? changes[change].From : Instant.FarFuture;
            var ofCatalog = version + 1 < catalog.DefaultPlans.Count ? catalog.DefaultPlans[version + 1].From : Instant.FarFuture;
            if (ofCustomer < ofCatalog || version + 1 >= catalog.DefaultPlans.Count)
            {
                state = changes[change++].Apply(state);
                Put(ofCustomer);
            }
            else
            {
                version++;
                Put(ofCatalog);
            }
        }

        return new(terms);

        void Put(Instant from)
        {
            var plan = state.Version is { } id ? catalog.VersionOf(id) : catalog.DefaultPlans[version].Version;
            var key = (plan.Id, state.Overrides, state.AddOns);
            var changed = resolved.TryGetValue(key, out var known)
                ? known
                : resolved[key] = Changed(state.Overrides, state.AddOns, plan, catalog);
            if (terms.Count > 0 && terms[^1].Plan == plan && terms[^1].Changed == changed && terms[^1].IsDefault == state.Version is null)
            {
                return;
            }

            terms.Add(new(from, plan, state.Version is null, changed));
        }
    }
}
