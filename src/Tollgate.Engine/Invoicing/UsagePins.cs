using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Quota periods that run on through a step that changes the plan: a calendar month under a plan that ends on the 15th. Where the plan
/// at the period's end would bill too much or nothing, what it is to be rated by is stored at the step; see <see cref="UsageRules.Pin"/>.
/// </summary>
internal sealed class UsagePins(NpgsqlConnection connection, ProjectSnapshot project)
{
    private readonly UsageBasis _basis = new(project);

    /// <param name="before">Null at the start of a subscription.</param>
    /// <param name="cutsPeriods">Periods of the subscription end at the step, and with them what they are rated by.</param>
    public async Task WriteAsync(CustomerRow customer, Subscription? before, Subscription after, Instant at, bool cutsPeriods, CancellationToken cancel)
    {
        var (old, next) = (SellingOf(before), SellingOf(after));
        if (old is null && next is null)
        {
            return;
        }

        var pinned = new List<(int Feature, Period Period, RatingBasis Basis)>();
        await using (var command = connection.Command(InvoiceSql.RunningUsage, customer.Partition, customer.Account, at.ToUtc()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var feature = project.Catalog.FeaturesByKey[reader.GetInt32(0)];
                var period = new Period(Instant.FromUtc(reader.GetDateTime(1)), Instant.FromUtc(reader.GetDateTime(2)));
                if (cutsPeriods && IsOfTheCycle(old ?? next!, customer, feature.Key))
                {
                    continue;
                }

                var (sold, sells, included) = (BasisOf(old, customer, feature, period), BasisOf(next, customer, feature, period), QuotaOf(after, customer, feature, period));
                if (UsageRules.Pin(sold, sells, included, Quantity.Of(reader.GetDecimal(3))) is { } basis)
                {
                    pinned.Add((feature.Key, period, basis));
                }
            }
        }

        foreach (var (feature, period, basis) in pinned)
        {
            await using var insert = connection.Command(
                InvoiceSql.PinUsage, customer.Partition, customer.Account, feature, period.Start.ToUtc(), period.End.ToUtc(), after.Id,
                after.Terms.Currency.Code, basis.Quota.Value, PriceText.Write(basis.Price));
            await insert.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>Null: its usage is not sold, because there is none, it is a trial, or it has stopped.</summary>
    private static SubscriptionTerms? SellingOf(Subscription? subscription) =>
        subscription is { Status: SubscriptionStatus.Active or SubscriptionStatus.PastDue } ? subscription.Terms : null;

    private RatingBasis? BasisOf(SubscriptionTerms? terms, CustomerRow customer, FeatureEntry feature, Period period) =>
        terms is null ? null : _basis.Of(customer, AddOnText.Write(terms.AddOns), terms.Plan, feature, period, terms.Currency);

    /// <summary>Of the plan that the customer has after the step.</summary>
    private Quantity? QuotaOf(Subscription after, CustomerRow customer, FeatureEntry feature, Period period)
    {
        var (version, addOns) = after.GivesPlan ? (after.Terms.Plan, AddOnText.Write(after.Terms.AddOns)) : (_basis.VersionOf(null), AddOnText.None);
        return _basis.QuotaOf(customer, _basis.EntitlementOf(customer, addOns, version, feature.Key), feature, period);
    }

    private bool IsOfTheCycle(SubscriptionTerms terms, CustomerRow customer, int feature) =>
        _basis.EntitlementOf(customer, AddOnText.Write(terms.AddOns), terms.Plan, feature) is { Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod };
}
