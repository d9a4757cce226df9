using System.Collections.Frozen;
using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>A feature with its small number in the ledger. The number never changes.</summary>
public sealed record FeatureEntry(int Key, Feature Feature)
{
    public string Code => Feature.Code;
}

/// <summary>A published, immutable version of a plan with its entitlements by feature number.</summary>
public sealed record PlanVersion(int Id, int Number, Plan Plan, FrozenDictionary<int, Entitlement> Entitlements)
{
    public string Code => Plan.Code;
}

/// <summary>
/// A row names a plan version or a feature that was published after the snapshot of the operation. The operation repeats with the current
/// catalogue.
/// </summary>
public sealed class CatalogTooOldException(string message) : InvalidOperationException(message);

/// <summary>The version that customers without a plan of their own have from an instant on.</summary>
public sealed record DefaultPlanSince(Instant From, PlanVersion Version);

/// <summary>A meter with the feature that it feeds.</summary>
public sealed record MeterTarget(FeatureEntry Feature, Meter Meter);

/// <summary>
/// The catalogue in force, indexed for the hot path. Immutable: a new revision is a new object, and a decision that began on the old one
/// finishes on it.
/// </summary>
public sealed record PublishedCatalog
{
    public required int Revision { get; init; }

    public required string ETag { get; init; }

    public required CatalogDocument Document { get; init; }

    /// <summary>Features of this revision by code.</summary>
    public required FrozenDictionary<string, FeatureEntry> Features { get; init; }

    /// <summary>Every feature that the project ever had, by number: balances may name a removed one.</summary>
    public required FrozenDictionary<int, FeatureEntry> FeaturesByKey { get; init; }

    /// <summary>The newest version of each plan of this revision, by plan code.</summary>
    public required FrozenDictionary<string, PlanVersion> Plans { get; init; }

    /// <summary>Every version that a customer may be pinned to, by id.</summary>
    public required FrozenDictionary<int, PlanVersion> PlanVersions { get; init; }

    /// <summary>The meters by event type, including the default meter of a feature (its own code, sum of quantity).</summary>
    public required FrozenDictionary<string, IReadOnlyList<MeterTarget>> MetersByEventType { get; init; }

    /// <summary>The features whose usage grows with time (<see cref="Feature.WeighsTime"/>), also dropped ones.</summary>
    public required IReadOnlyList<FeatureEntry> TimedFeatures { get; init; }

    /// <summary>The number of every feature that the project ever had, by code.</summary>
    public required FrozenDictionary<string, int> FeatureKeys { get; init; }

    public PlanVersion DefaultPlan => Plans[Document.DefaultPlan];

    /// <summary>Returns the plan version that a row names.</summary>
    /// <exception cref="CatalogTooOldException">The version was published after this revision.</exception>
    public PlanVersion VersionOf(int id) =>
        PlanVersions.TryGetValue(id, out var version)
            ? version
            : throw new CatalogTooOldException($"Plan version {id} is not in the catalogue of revision {Revision}.");

    /// <summary>Returns the feature that a row names, which may be a removed one.</summary>
    /// <exception cref="CatalogTooOldException">The feature was published after this revision.</exception>
    public FeatureEntry FeatureOf(int key) =>
        FeaturesByKey.TryGetValue(key, out var feature)
            ? feature
            : throw new CatalogTooOldException($"Feature {key} is not in the catalogue of revision {Revision}.");

    /// <summary>
    /// The versions of the default plan with their start, in order of time; the last one is <see cref="DefaultPlan"/>. The first one also
    /// applies to earlier times.
    /// </summary>
    public required IReadOnlyList<DefaultPlanSince> DefaultPlans { get; init; }
}
