using System.Collections.Frozen;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>A published plan version from the database: its id, its number within the plan, and the plan as of then.</summary>
public sealed record StoredPlanVersion(int Id, int Number, Plan Plan);

/// <summary>Builds the indexed catalogue of the hot path from the stored rows. Pure: the same rows give the same object.</summary>
public static class CatalogIndex
{
    /// <param name="document">The catalogue in force.</param>
    /// <param name="everyFeature">All features that the project ever had, with their numbers and last definitions.</param>
    /// <param name="known">Plan versions that are indexed already: neither they nor the numbers of features ever change.</param>
    /// <param name="further">All other versions that the project ever published.</param>
    /// <param name="defaults">The versions of the default plan with their start, in order of time; the last one is in force.</param>
    public static PublishedCatalog Build(
        int revision,
        string etag,
        CatalogDocument document,
        IReadOnlyList<FeatureEntry> everyFeature,
        IEnumerable<PlanVersion> known,
        IReadOnlyList<StoredPlanVersion> further,
        IReadOnlyList<(Instant From, int Version)> defaults)
    {
        var numbers = everyFeature.ToFrozenDictionary(static f => f.Code, static f => f.Key, StringComparer.Ordinal);
        var current = document.Features.Select(feature => new FeatureEntry(numbers[feature.Code], feature)).ToArray();
        var byKey = everyFeature.ToDictionary(static f => f.Key);
        foreach (var entry in current)
        {
            byKey[entry.Key] = entry;
        }

        PlanVersion[] versions = [.. known, .. further.Select(stored => Indexed(stored, numbers))];
        var byId = versions.ToFrozenDictionary(static v => v.Id);
        return new()
        {
            Revision = revision,
            ETag = etag,
            Document = document,
            Features = current.ToFrozenDictionary(static f => f.Code, StringComparer.Ordinal),
            FeaturesByKey = byKey.ToFrozenDictionary(),
            FeatureKeys = numbers,
            Plans = document.Plans.ToFrozenDictionary(static p => p.Code, plan => Newest(plan.Code, versions), StringComparer.Ordinal),
            PlanVersions = byId,
            DefaultPlans = defaults.Count > 0
                ? [.. defaults.Select(one => new DefaultPlanSince(one.From, byId[one.Version]))]
                : [new(Instant.Epoch, Newest(document.DefaultPlan, versions))],
            MetersByEventType = MetersByEventType(current),
            TimedFeatures = [.. byKey.Values.Where(static entry => entry.Feature.WeighsTime).OrderBy(static entry => entry.Key)],
        };
    }

    /// <summary>Returns the meters that feed a feature. A feature without meters counts the events whose type is its code.</summary>
    public static IReadOnlyList<Meter> MetersOf(Feature feature)
    {
        if (feature.Kind != FeatureKind.Metered)
        {
            return [];
        }

        return feature.Meters.Count > 0
            ? feature.Meters
            : [new Meter(feature.Code, MeterAggregate.Sum, null, [], LateEventPolicy.NextInvoice)];
    }

    private static PlanVersion Newest(string plan, PlanVersion[] versions)
    {
        var newest = versions.Where(v => v.Code == plan).MaxBy(static v => v.Number);
        Invariant.That(newest is not null, $"Plan {plan} is in the catalogue and has no published version.");
        return newest!;
    }

    private static PlanVersion Indexed(StoredPlanVersion stored, FrozenDictionary<string, int> numbers) =>
        new(
            stored.Id,
            stored.Number,
            stored.Plan,
            stored.Plan.Entitlements.ToFrozenDictionary(e => numbers[e.Feature]));

    private static FrozenDictionary<string, IReadOnlyList<MeterTarget>> MetersByEventType(FeatureEntry[] features) =>
        features
            .SelectMany(static feature => MetersOf(feature.Feature).Select(meter => new MeterTarget(feature, meter)))
            .GroupBy(static target => target.Meter.EventType, StringComparer.Ordinal)
            .ToFrozenDictionary(static g => g.Key, static g => (IReadOnlyList<MeterTarget>)[.. g], StringComparer.Ordinal);
}
