using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A step that is to be billed, and the customer as it was before it.</summary>
/// <param name="Before">Null at the start of a subscription.</param>
internal sealed record StepOrder(CustomerRow Customer, Subscription? Before, SubscriptionStep Step)
{
    /// <summary>Usage after this and before the step is billed with it.</summary>
    public Instant UsageFrom => Before?.UsageFrom ?? Step.At;

    /// <summary>
    /// Usage is billed with what asks for something anyway, at the end of a month or of the subscription. What is only planned, or
    /// stops, asks for nothing.
    /// </summary>
    public bool BillsUsage => Before is not null && UsageFrom < Step.At
        && (Step.Charges.Count > 0 || Step.Verb is SubscriptionVerb.BillUsage or SubscriptionVerb.Cancel);

    /// <summary>Quota periods of the subscription end with it, also those that would still run: what was used in them is billed now.</summary>
    public bool EndsPeriods => Step.After.IsEnded || (Before is not null && (Before.Anchor, Before.Terms.Interval) != (Step.After.Anchor, Step.After.Terms.Interval));
}

/// <summary>A quota period that was rated, and the version of the balance that it was rated at.</summary>
/// <param name="IsKnown">It was rated before.</param>
/// <param name="Ignored">What came too late for its invoice and is not billed; null: all that is due is.</param>
internal sealed record RatedPeriod(int FeatureKey, UsageDue Due, RatingBasis Basis, long BalanceVersion, bool IsKnown, LateUsage? Ignored);

/// <summary>What a step comes to.</summary>
/// <param name="Doubt">Not null: it looks impossible, and nothing of it may be written before somebody has looked.</param>
internal sealed record BilledOrder(StepOrder Order, BilledStep Billed, IReadOnlyList<RatedPeriod> Rated, string? Doubt);

/// <summary>
/// Finds out what steps cost: loads what the rules have to know, for all steps of a batch in four statements, and asks them. Writes
/// nothing; a preview ends here. The caller holds the customers.
/// </summary>
internal sealed class BillSteps(NpgsqlConnection connection, ProjectSnapshot project, InvoiceSettings settings)
{
    public async Task<IReadOnlyList<BilledOrder>> RunAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var usage = await UsageAsync(orders, cancel);
        var coupons = await CouponsAsync(orders, cancel);
        var credits = await CreditsAsync(orders, cancel);
        var committed = await UsageBilledAsync(orders, cancel);
        var billed = new List<BilledOrder>(orders.Count);
        foreach (var order in orders)
        {
            var (id, currency) = (order.Step.After.Id, order.Step.After.Terms.Currency);
            var rated = usage.GetValueOrDefault(order.Customer.Account) ?? [];
            var facts = new BillingFacts(
                [.. rated.Where(static one => one.Ignored is null).Select(static one => one.Due)],
                coupons.GetValueOrDefault(id) ?? [],
                TaxRules.For(settings.TaxRates, settings.Seller, Parties.Of(order.Customer.Customer)),
                new(credits.GetValueOrDefault(order.Customer.Account), currency),
                new(committed.GetValueOrDefault(order.Customer.Account), currency));
            billed.Add(Billed(order, facts, rated));
        }

        return billed;
    }

    /// <summary>One customer whose numbers cannot be computed must not keep the others of a batch from their invoices.</summary>
    private BilledOrder Billed(StepOrder order, BillingFacts facts, IReadOnlyList<RatedPeriod> rated)
    {
        try
        {
            var billed = InvoiceRules.Bill(order.Before, order.Step, facts);
            return new(order, billed, rated, billed.Bill is { } bill ? InvoiceRules.Doubt(bill, settings) : null);
        }
        catch (Exception broken) when (broken is InvariantBrokenException or OverflowException)
        {
            return new(order, new(order.Step, order.Step.After, null), [], $"The invoice cannot be computed: {broken.Message}");
        }
    }

    private async Task<Dictionary<int, List<RatedPeriod>>> UsageAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var billing = orders.Where(static order => order.BillsUsage).ToArray();
        if (billing.Length == 0)
        {
            return [];
        }

        await using var command = connection.Command(
            InvoiceSql.UsageToBill,
            Array.ConvertAll(billing, static order => order.Customer.Partition),
            Array.ConvertAll(billing, static order => order.Customer.Account),
            Array.ConvertAll(billing, static order => order.UsageFrom.ToUtc()),
            Array.ConvertAll(billing, static order => order.Step.At.ToUtc()),
            Array.ConvertAll(billing, static order => order.EndsPeriods));
        var byAccount = billing.ToDictionary(static order => order.Customer.Account);
        var rated = new Dictionary<int, List<RatedPeriod>>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var order = byAccount[reader.GetInt32(0)];
            if (Read(reader, order) is { } period)
            {
                (rated.TryGetValue(order.Customer.Account, out var list) ? list : rated[order.Customer.Account] = []).Add(period);
            }
        }

        return rated;
    }

    private RatedPeriod? Read(NpgsqlDataReader reader, StepOrder order)
    {
        var feature = project.Catalog.FeaturesByKey[reader.GetInt32(1)];
        var (currency, period) = (order.Before!.Terms.Currency, new Period(Instant.FromUtc(reader.GetDateTime(2)), Instant.FromUtc(reader.GetDateTime(3))));
        if (period.End > order.Step.At)
        {
            if (!order.Step.After.IsEnded && !IsCutByCycles(order.Customer, feature))
            {
                return null;
            }

            period = period with { End = order.Step.At };
        }

        var basis = reader.IsDBNull(7)
            ? BasisOf(order.Customer, feature, reader.IsDBNull(10) ? null : reader.GetInt32(10), period, currency)
            : new RatingBasis(Quantity.Of(reader.GetDecimal(6)), PriceText.Read(reader.GetString(7), currency));
        if (basis is null)
        {
            return null;
        }

        var isKnown = !reader.IsDBNull(8);
        var (quantity, amount) = isKnown ? (Quantity.Of(reader.GetDecimal(8)), reader.GetInt64(9)) : (Quantity.Zero, 0L);
        var due = UsageRules.DueOf(feature.Feature, period, Quantity.Of(reader.GetDecimal(5)), basis, quantity, new(amount, currency));
        var isInvoiced = isKnown || period.End <= UsageRules.InvoicedUntil(order.Before, order.Step.At, project.Zone);
        return new(feature.Key, due, basis, reader.GetInt64(4), isKnown, UsageRules.IgnoredOf(feature.Feature, due, isInvoiced));
    }

    /// <summary>A month of the subscription ends where its cycle does; a calendar month goes on.</summary>
    private bool IsCutByCycles(CustomerRow customer, FeatureEntry feature)
    {
        var version = customer.PlanVersionId is { } id ? project.Catalog.PlanVersions[id] : project.Catalog.DefaultPlan;
        var overridden = BookLoader.Overridden(customer.Overrides, customer.AddOns, version, project.Catalog);
        return (overridden.GetValueOrDefault(feature.Key) ?? version.Entitlements.GetValueOrDefault(feature.Key))
            is { Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod };
    }

    /// <summary>Of the plan version that was in force when the period ended, with the customer's overrides.</summary>
    private RatingBasis? BasisOf(CustomerRow customer, FeatureEntry feature, int? versionId, Period period, Currency currency)
    {
        var catalog = project.Catalog;
        var version = versionId is { } id ? catalog.PlanVersions[id] : catalog.DefaultPlan;
        var overridden = BookLoader.Overridden(customer.Overrides, customer.AddOns, version, catalog);
        var entitlement = overridden.GetValueOrDefault(feature.Key) ?? version.Entitlements.GetValueOrDefault(feature.Key);
        var previous = customer.PreviousPlanVersionId is { } before ? catalog.PlanVersions[before].Entitlements.GetValueOrDefault(feature.Key) : null;
        var quota = QuotaRules.QuotaFor(entitlement, previous, customer.PlanAssignedAt, period, feature.Feature.IsMoney);
        return UsageRules.BasisOf(entitlement, quota, currency);
    }

    private async Task<Dictionary<Guid, IReadOnlyList<CouponRedemption>>> CouponsAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        await using var command = connection.Command(
            CouponSql.OfSubscriptions,
            orders.Select(static order => order.Customer.Partition).ToArray(),
            orders.Select(static order => order.Customer.Account).ToArray(),
            orders.Select(static order => order.Step.After.Id).ToArray());
        var found = new Dictionary<Guid, IReadOnlyList<CouponRedemption>>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var coupon = new CouponRedemption(
                CouponText.Read(reader.GetString(1), reader.GetString(2)),
                Instant.FromUtc(reader.GetDateTime(3)),
                reader.IsDBNull(4) ? null : Instant.FromUtc(reader.GetDateTime(4)),
                reader.GetInt32(5));
            found[reader.GetGuid(0)] = [.. found.GetValueOrDefault(reader.GetGuid(0)) ?? [], coupon];
        }

        return found;
    }

    /// <summary>Only of subscriptions with a minimum: usage of the running period that was billed by months.</summary>
    private async Task<Dictionary<int, long>> UsageBilledAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var committed = orders.Where(static order => order.Before is { HasMinimum: true }).ToArray();
        return committed.Length == 0 ? [] : await SumsAsync(
            connection.Command(
                InvoiceSql.UsageBilled,
                Array.ConvertAll(committed, static order => order.Customer.Partition),
                Array.ConvertAll(committed, static order => order.Customer.Account),
                Array.ConvertAll(committed, static order => order.Before!.Id),
                Array.ConvertAll(committed, static order => order.Before!.Current.Start.ToUtc())),
            cancel);
    }

    private Task<Dictionary<int, long>> CreditsAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel) => SumsAsync(
        connection.Command(
            InvoiceSql.Credits,
            orders.Select(static order => order.Customer.Partition).ToArray(),
            orders.Select(static order => order.Customer.Account).ToArray(),
            orders.Select(static order => order.Step.After.Terms.Currency.Code).ToArray()),
        cancel);

    /// <summary>Accounts and their sums.</summary>
    private static async Task<Dictionary<int, long>> SumsAsync(NpgsqlCommand sums, CancellationToken cancel)
    {
        await using var command = sums;
        var found = new Dictionary<int, long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found[reader.GetInt32(0)] = reader.GetInt64(1);
        }

        return found;
    }
}

/// <summary>A price as <c>rated_usage</c> keeps it: as an override of it is written.</summary>
internal static class PriceText
{
    private const string Carrier = "f";

    public static string Write(OveragePrice price) => Encoding.UTF8.GetString(
        CatalogWriter.ToJson([new EntitlementOverride { Feature = Carrier, OveragePrices = Setting.To<IReadOnlyList<OveragePrice>>([price]) }]));

    public static OveragePrice Read(string json, Currency currency)
    {
        var (overrides, faults) = CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(json), currency.Code);
        Invariant.That(faults.Count == 0, $"A stored price is not readable: {json}");
        return overrides[Carrier].OveragePrices.Value.Single();
    }
}

/// <summary>Customers as they stand on invoices.</summary>
public static class Parties
{
    /// <summary>Members of the customer's metadata that an invoice shows: the address in lines, and the region for taxes.</summary>
    private const string Address = "address", Region = "region";

    public static InvoiceParty Of(Core.Customers.Customer customer) => new()
    {
        Name = customer.Profile.Name ?? customer.Id,
        Address = customer.Profile.Metadata.TryGetValue(Address, out var address)
            ? address.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [],
        Email = customer.Profile.Email,
        Country = customer.Profile.Country,
        Region = customer.Profile.Metadata.GetValueOrDefault(Region),
        TaxId = customer.Profile.TaxId,
    };
}
