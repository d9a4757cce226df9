using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A quota period that was rated, and the version of the balance that it was rated at; 0: there was none.</summary>
/// <param name="Ignored">What came too late for its invoice and is not billed; null: all that is due is.</param>
/// <param name="IsNew">Nothing is stored of the period yet.</param>
internal sealed record RatedPeriod(int FeatureKey, UsageDue Due, RatingBasis Basis, long BalanceVersion, bool IsNew, LateUsage? Ignored = null)
{
    public Quantity BilledQuantity => Ignored is null ? Due.Quantity : Due.BilledQuantity;

    public MoneyAmount BilledAmount => Ignored is null ? Due.Rated().Amount : Due.Billed;
}

/// <summary>
/// The quota periods that steps have to bill. A period is rated once, when it ended or is ended by the step, and what it was rated by is
/// stored with it; from then on only a balance that moves brings it back, at the same quota and price.
/// </summary>
internal sealed class UsageToBill(NpgsqlConnection connection, ProjectSnapshot project)
{
    /// <summary>
    /// How long before the last bill a period may have ended to be looked at again: the ledger notes changes of older ones
    /// (<c>late_changes</c>), beginning a day after their end; and a day for a batch that was decided before.
    /// </summary>
    private static readonly TimeSpan Looked = TimeSpan.FromDays(2);

    /// <summary>How far back the first bill of a subscription looks: after the one before it had ended nobody did.</summary>
    private static readonly TimeSpan BeforeFirst = TimeSpan.FromDays(400);

    private readonly UsageBasis _basis = new(project);
    private readonly Dictionary<string, OveragePrice> _prices = new(StringComparer.Ordinal);

    /// <returns>By account, in the order of time.</returns>
    public async Task<IReadOnlyDictionary<int, List<RatedPeriod>>> LoadAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var billing = orders.Where(static order => order.BillsUsage).ToDictionary(static order => order.Customer.Account);
        var rated = new Dictionary<int, List<RatedPeriod>>();
        if (billing.Count == 0)
        {
            return rated;
        }

        await using (var command = connection.Command(
            InvoiceSql.UsageToBill,
            billing.Values.Select(static order => order.Customer.Partition).ToArray(),
            billing.Values.Select(static order => order.Customer.Account).ToArray(),
            billing.Values.Select(static order => PaidFrom(order).ToUtc()).ToArray(),
            billing.Values.Select(static order => order.Step.At.ToUtc()).ToArray(),
            billing.Values.Select(static order => order.EndsPeriods).ToArray(),
            billing.Values.Select(static order => order.UsageFrom.Minus(order.UsageFrom > PaidFrom(order) ? Looked : BeforeFirst).ToUtc()).ToArray(),
            billing.Values.Select(static order => order.Customer.PlanAssignedAt?.ToUtc()).ToArray(),
            billing.Values.Select(static order => order.Customer.PlanVersionId).ToArray()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var order = billing[reader.GetInt32(0)];
                if (Read(reader, order) is { } period)
                {
                    Add(rated, order, period);
                }
            }
        }

        await AddFeesAsync(billing, rated, cancel);
        return rated;
    }

    /// <summary>Usage of the time before it was paid for is never billed, however late it comes.</summary>
    private static Instant PaidFrom(StepOrder order) => order.Before!.TrialEnd ?? order.Before.StartedAt;

    private static void Add(Dictionary<int, List<RatedPeriod>> rated, StepOrder order, RatedPeriod period) =>
        (rated.TryGetValue(order.Customer.Account, out var list) ? list : rated[order.Customer.Account] = []).Add(period);

    private RatedPeriod? Read(NpgsqlDataReader reader, StepOrder order)
    {
        var feature = project.Catalog.FeaturesByKey[reader.GetInt32(1)];
        var (currency, period) = (order.Before!.Terms.Currency, new Period(Instant.FromUtc(reader.GetDateTime(2)), Instant.FromUtc(reader.GetDateTime(3))));
        var version = _basis.VersionOf(reader.IsDBNull(10) ? null : reader.GetInt32(10));
        var isCut = period.End > order.Step.At;
        if (isCut)
        {
            if (!order.Step.After.IsEnded && !IsCutByCycles(_basis.EntitlementOf(order.Customer, order.Customer.AddOns, _basis.VersionOf(order.Customer.PlanVersionId), feature.Key)))
            {
                return null;
            }

            period = period with { End = order.Step.At };
        }

        if (!reader.IsDBNull(7))
        {
            var (quantity, amount) = (Quantity.Of(reader.GetDecimal(8)), new MoneyAmount(reader.GetInt64(9), currency));
            var isInvoiced = (period.End <= order.UsageFrom && !isCut) || reader.GetInt64(11) != InvoiceSql.Pinned;
            return Rated(reader, feature, period, new(Quantity.Of(reader.GetDecimal(6)), PriceOf(reader.GetString(7), currency)), quantity, amount, isInvoiced);
        }

        // What the step itself cuts never came late, also in the second of a renewal that was billed until then.
        var isLate = period.End <= order.UsageFrom && !isCut;
        return BasisOf(order, version, feature, period, isLate) is { } basis
            ? Rated(reader, feature, period, basis, Quantity.Zero, MoneyAmount.Zero(currency), isLate)
            : null;
    }

    private static RatedPeriod Rated(
        NpgsqlDataReader reader, FeatureEntry feature, Period period, RatingBasis basis, Quantity billedQuantity, MoneyAmount billed, bool isInvoiced)
    {
        var due = UsageRules.DueOf(feature.Feature, period, Quantity.Of(reader.GetDecimal(5)), basis, billedQuantity, billed);
        return new(feature.Key, due, basis, reader.GetInt64(4), IsNew: reader.IsDBNull(7), UsageRules.IgnoredOf(feature.Feature, due, isInvoiced));
    }

    private RatingBasis? BasisOf(StepOrder order, PlanVersion version, FeatureEntry feature, Period period, bool isLate)
    {
        var (customer, addOns, currency) = (order.Customer, AddOnsOf(order, version), order.Before!.Terms.Currency);
        var basis = _basis.Of(customer, addOns, version, feature, period, currency);
        var ofPlan = _basis.Of(customer, version.Entitlements.GetValueOrDefault(feature.Key), feature, period, currency);
        if (isLate)
        {
            // It came late. Had anything been used before, the period would have been rated; overrides may have changed since then.
            return ofPlan is null ? null : basis;
        }

        return basis ?? (ofPlan is null ? null : UsageRules.NothingBilled(ofPlan.Price));
    }

    /// <summary>A step that pauses or resumes has taken the add-ons from the customer or not yet given them.</summary>
    private static string AddOnsOf(StepOrder order, PlanVersion version) =>
        order.Before!.Terms.Plan.Id == version.Id ? AddOnText.Write(order.Before.Terms.AddOns) : order.Customer.AddOns;

    /// <summary>A month of the subscription ends where its cycle does; a calendar month goes on.</summary>
    private static bool IsCutByCycles(Entitlement? entitlement) => entitlement is { Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod };

    private OveragePrice PriceOf(string json, Currency currency) =>
        _prices.TryGetValue(json, out var known) ? known : _prices[json] = PriceText.Read(json, currency);

    // ---- fees that are due without use -----------------------------------------------------------------------------

    /// <summary>A first tier's flat fee that is always due is so in a period without a balance too.</summary>
    private async Task AddFeesAsync(Dictionary<int, StepOrder> billing, Dictionary<int, List<RatedPeriod>> rated, CancellationToken cancel)
    {
        var fees = billing.Values
            .SelectMany(order => FeesOf(order).Select(fee => (Order: order, Fee: fee)))
            .Where(one => !(rated.GetValueOrDefault(one.Order.Customer.Account)?.Any(period => IsSame(period, one.Fee)) ?? false))
            .ToList();
        if (fees.Count == 0)
        {
            return;
        }

        var known = await RatedBeforeAsync(fees, cancel);
        foreach (var (order, fee) in fees.Where(one => !known.Contains((one.Order.Customer.Account, one.Fee.FeatureKey, one.Fee.Due.Period.Start))))
        {
            Add(rated, order, fee);
        }

        foreach (var account in fees.Select(static one => one.Order.Customer.Account).Distinct())
        {
            rated.GetValueOrDefault(account)?.Sort(static (a, b) => (a.Due.Period.Start, a.FeatureKey).CompareTo((b.Due.Period.Start, b.FeatureKey)));
        }
    }

    private static bool IsSame(RatedPeriod a, RatedPeriod b) => a.FeatureKey == b.FeatureKey && a.Due.Period.Start == b.Due.Period.Start;

    /// <summary>Of the time for which the plan was had and that was not billed yet. Days and hours without use cost nothing: their fee is one of use.</summary>
    private IEnumerable<RatedPeriod> FeesOf(StepOrder order)
    {
        var (before, currency, version) = (order.Before!, order.Before!.Terms.Currency, order.Before.Terms.Plan);
        var had = before.PausedAt ?? order.Step.At;
        foreach (var (feature, entitlement) in _basis.EntitlementsOf(order.Customer, AddOnsOf(order, version), version))
        {
            if (entitlement is not { HardCap: false, Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod or QuotaPeriodKind.CalendarMonth or QuotaPeriodKind.Week }
                || entitlement.OveragePriceIn(currency) is not { } price || RatingRules.Rate(price, Quantity.Zero).Amount.IsZero)
            {
                continue;
            }

            foreach (var period in EndedPeriods(order, entitlement).Where(period => period.Start < had))
            {
                if (_basis.Of(order.Customer, entitlement, feature, period, currency) is { } basis)
                {
                    yield return new(feature.Key, UsageRules.DueOf(feature.Feature, period, Quantity.Zero, basis, Quantity.Zero, MoneyAmount.Zero(currency)), basis, 0, IsNew: true);
                }
            }
        }
    }

    private IEnumerable<Period> EndedPeriods(StepOrder order, Entitlement entitlement)
    {
        var (cycles, at) = (order.Customer.Cycles, order.Step.At);
        for (var period = BillingCycles.PeriodOf(entitlement.Period, order.UsageFrom, project.Zone, cycles);
             period.Start < at;
             period = BillingCycles.Next(entitlement.Period, period, project.Zone, cycles))
        {
            if (period.End <= at)
            {
                yield return period;
            }
            else if (order.Step.After.IsEnded || (order.EndsPeriods && IsCutByCycles(entitlement)))
            {
                yield return period with { End = at };
            }
        }
    }

    private async Task<HashSet<(int Account, int Feature, Instant Start)>> RatedBeforeAsync(List<(StepOrder Order, RatedPeriod Fee)> fees, CancellationToken cancel)
    {
        await using var command = connection.Command(
            InvoiceSql.RatedBefore,
            fees.Select(static one => one.Order.Customer.Partition).ToArray(),
            fees.Select(static one => one.Order.Customer.Account).ToArray(),
            fees.Select(static one => one.Fee.FeatureKey).ToArray(),
            fees.Select(static one => one.Fee.Due.Period.Start.ToUtc()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var known = new HashSet<(int, int, Instant)>();
        while (await reader.ReadAsync(cancel))
        {
            known.Add((reader.GetInt32(0), reader.GetInt32(1), Instant.FromUtc(reader.GetDateTime(2))));
        }

        return known;
    }
}
