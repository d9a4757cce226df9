using System.Text;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Privacy;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>The retention that a project's settings and catalogue ask for. Customers of one plan without overrides share it.</summary>
internal sealed class RetentionWishes(ProjectSnapshot project, ProjectPrivacy settings)
{
    private readonly Dictionary<(int? Version, string? Override), Retention> _known = [];

    /// <summary>True if a plan or a customer's override can have the value.</summary>
    public static bool HasFeature(ProjectSnapshot project) =>
        project.Catalog.Features.TryGetValue(RetentionRules.Feature, out var feature) && feature.Feature.Kind == FeatureKind.Value;

    /// <param name="version">The customer's plan version; null: the default plan.</param>
    /// <param name="change">The customer's override of the feature as JSON; null: none.</param>
    public Retention Of(int? version, string? change) =>
        _known.TryGetValue((version, change), out var known) ? known : _known[(version, change)] = Resolve(version, change);

    public string PlanOf(int? version) => VersionOf(version).Code;

    private PlanVersion VersionOf(int? version) => version is { } id ? project.Catalog.VersionOf(id) : project.Catalog.DefaultPlan;

    private Retention Resolve(int? version, string? change)
    {
        if (!HasFeature(project))
        {
            return RetentionRules.Of(null, false, settings.RetentionDays);
        }

        var entitlement = VersionOf(version).Entitlements.GetValueOrDefault(project.Catalog.Features[RetentionRules.Feature].Key);
        if (change is null)
        {
            return RetentionRules.Of(entitlement, false, settings.RetentionDays);
        }

        var (overrides, faults) = CatalogReader.ReadOverrides(
            Encoding.UTF8.GetBytes($$"""{"{{RetentionRules.Feature}}": {{change}}}"""), project.Catalog.Document.Currency);
        Invariant.That(faults.Count == 0, "Stored overrides are not readable.");
        return RetentionRules.Of(EntitlementRules.Apply(entitlement, overrides[RetentionRules.Feature]), true, settings.RetentionDays);
    }
}
