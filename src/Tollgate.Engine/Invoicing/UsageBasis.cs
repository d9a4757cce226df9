using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
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
        if (entitlement is null)
        {
            return Quantity.Zero;
        }

        var now = new CustomerTerms(
            customer.PlanAssignedAt ?? Instant.Epoch, VersionOf(customer.PlanVersionId), false, new Dictionary<int, Entitlement> { [feature.Key] = entitlement });
        var terms = customer.PreviousPlanVersionId is { } before
            ? new TermsTimeline([new(Instant.Epoch, VersionOf(before), false, new Dictionary<int, Entitlement>()), now])
            : new TermsTimeline([now]);
        return QuotaRules.QuotaFor(terms, feature.Key, period, period.End, feature.Feature.IsMoney);
    }

    private IReadOnlyDictionary<int, Entitlement> ChangedOf(CustomerRow customer, string addOns, PlanVersion version)
    {
        var key = (customer.Account, version.Id, addOns);
        return _changed.TryGetValue(key, out var known) ? known
            : _changed[key] = TermsReader.Changed(customer.Overrides, addOns, version, project.Catalog);
    }
}
