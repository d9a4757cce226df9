using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>What customers' usage is rated by: a plan version with the customer's overrides and add-ons. For one batch: remembers what it has read.</summary>
internal sealed class UsageBasis(ProjectSnapshot project)
{
    private readonly Dictionary<(int Account, int Version, string AddOns), IReadOnlyDictionary<int, Entitlement>> _changed = [];

    /// <param name="id">Null: the default plan.</param>
    public PlanVersion VersionOf(int? id) => id is { } known ? project.Catalog.PlanVersions[known] : project.Catalog.DefaultPlan;

    /// <param name="addOns">As <see cref="AddOnText"/> writes them.</param>
    public Entitlement? EntitlementOf(CustomerRow customer, string addOns, PlanVersion version, int feature) =>
        ChangedOf(customer, addOns, version).GetValueOrDefault(feature) ?? version.Entitlements.GetValueOrDefault(feature);

    /// <summary>Every metered feature that the customer has, with what it is entitled to.</summary>
    public IEnumerable<(FeatureEntry Feature, Entitlement Entitlement)> EntitlementsOf(CustomerRow customer, string addOns, PlanVersion version)
    {
        var changed = ChangedOf(customer, addOns, version);
        return version.Entitlements.Where(pair => !changed.ContainsKey(pair.Key)).Concat(changed)
            .Select(pair => (project.Catalog.FeaturesByKey[pair.Key], pair.Value));
    }

    /// <returns>Null: nothing of the period is billed.</returns>
    public RatingBasis? Of(CustomerRow customer, string addOns, PlanVersion version, FeatureEntry feature, Period period, Currency currency) =>
        Of(customer, EntitlementOf(customer, addOns, version, feature.Key), feature, period, currency);

    public RatingBasis? Of(CustomerRow customer, Entitlement? entitlement, FeatureEntry feature, Period period, Currency currency) =>
        UsageRules.BasisOf(entitlement, QuotaOf(customer, entitlement, feature, period), currency);

    /// <summary>Null: unlimited.</summary>
    public Quantity? QuotaOf(CustomerRow customer, Entitlement? entitlement, FeatureEntry feature, Period period)
    {
        var previous = customer.PreviousPlanVersionId is { } before ? project.Catalog.PlanVersions[before].Entitlements.GetValueOrDefault(feature.Key) : null;
        return QuotaRules.QuotaFor(entitlement, previous, customer.PlanAssignedAt, period, feature.Feature.IsMoney);
    }

    private IReadOnlyDictionary<int, Entitlement> ChangedOf(CustomerRow customer, string addOns, PlanVersion version)
    {
        var key = (customer.Account, version.Id, addOns);
        return _changed.TryGetValue(key, out var known) ? known
            : _changed[key] = BookLoader.Overridden(customer.Overrides, addOns, version, project.Catalog);
    }
}
