using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A quota period that was rated, and the version of its balance at that time; 0: there was none.</summary>
/// <param name="Ignored">Usage that arrived too late for its invoice and is not billed; null: all due usage is billed.</param>
/// <param name="IsNew">True if nothing is stored of the period yet.</param>
internal sealed record RatedPeriod(int FeatureKey, UsageDue Due, long BalanceVersion, bool IsNew, LateUsage? Ignored = null)
{
    public Quantity BilledQuantity => Ignored is null ? Due.Quantity : Due.BilledQuantity;

    public MoneyAmount BilledAmount => Ignored is null ? Due.Rated().Amount : Due.Billed;
}

/// <summary>
/// Finds and rates the quota periods that steps have to bill. A period is rated when it has ended or the step ends it, and again as a whole
/// if its balance has changed since, each time by the terms of its own time: its price does not depend on when usage was reported.
/// </summary>
internal sealed class UsageToBill(NpgsqlConnection connection, ProjectSnapshot project)
{
    /// <summary>
    /// The margin before the last bill: periods that ended within it are read again. The ledger notes changes of older ones
    /// (<c>late_changes</c>), starting a day after their end; another day covers a batch that was decided before.
    /// </summary>
    private static readonly TimeSpan Looked = TimeSpan.FromDays(2);

    /// <summary>
    /// The time that the first bill of a subscription reads back, since no bill read usage after the end of the previous subscription.
    /// </summary>
    private static readonly TimeSpan BeforeFirst = TimeSpan.FromDays(400);

    /// <summary>
    /// The time before an event at which its id may have been generated, which tells its month: the accept window, and some days.
    /// </summary>
    private static readonly TimeSpan IdsBefore = TimeSpan.FromDays(40);

    /// <returns>By account, in the order of time.</returns>
    public async Task<IReadOnlyDictionary<int, List<RatedPeriod>>> LoadAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var billing = orders.Where(static order => order.BillsUsage).ToDictionary(static order => order.Customer.Account);
        if (billing.Count == 0)
        {
            return new Dictionary<int, List<RatedPeriod>>();
        }

        await new TimedPeriods(connection, project).OpenAsync(
            [.. billing.Values.Select(static order => new TimedPeriods.Wanted(order.Customer, LookedSince(order), order.Step.At))], cancel);
        var balances = await BalancesAsync(billing, cancel);
        var first = balances.GroupBy(static one => one.Order.Customer.Account)
            .ToDictionary(static account => account.Key, static account => account.Min(static one => one.Period.Start));
        var terms = await UsageTerms.LoadAsync(
            connection, project, [.. billing.Values.Select(order => (order.Customer, SinceOf(order, first)))], cancel);
        var found = balances.Select(one => WithSegments(one, terms)).OfType<PeriodToRate>().ToList();
        found.AddRange(await FeesAsync(billing, terms, found, cancel));
        var used = await UsedAsync(found, cancel);
        return found.Zip(used, static (one, parts) => (one.Order.Customer.Account, Rated: one.Rate(parts)))
            .Where(static one => one.Rated.Due.IsSold || !one.Rated.IsNew)
            .GroupBy(static one => one.Account, static one => one.Rated)
            .ToDictionary(
                static account => account.Key,
                static account => account.OrderBy(static one => one.Due.Period.Start).ThenBy(static one => one.FeatureKey).ToList());
    }

    /// <summary>Returns the instant from which terms are needed: for fees without use, and for periods with a balance.</summary>
    private static Instant SinceOf(StepOrder order, IReadOnlyDictionary<int, Instant> first)
    {
        var fees = order.UsageFrom.Minus(LongestPeriod);
        return first.TryGetValue(order.Customer.Account, out var start) && start < fees ? start : fees;
    }

    // ---- periods with a balance ------------------------------------------------------------------------------------

    private async Task<List<PeriodToRate>> BalancesAsync(Dictionary<int, StepOrder> billing, CancellationToken cancel)
    {
        var found = new List<PeriodToRate>();
        await using var command = connection.Command(
            InvoiceSql.UsageToBill,
            billing.Values.Select(static order => order.Customer.Partition).ToArray(),
            billing.Values.Select(static order => order.Customer.Account).ToArray(),
            billing.Values.Select(static order => order.Step.At.ToUtc()).ToArray(),
            billing.Values.Select(static order => order.EndsPeriods).ToArray(),
            billing.Values.Select(static order => LookedSince(order).ToUtc()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(Read(row, billing[row.Whole("account")]));
        }

        return found;
    }

    private static Instant LookedSince(StepOrder order) => order.UsageFrom.Minus(IsFirst(order) ? BeforeFirst : Looked);

    /// <summary>True if no bill of the subscription has read usage yet.</summary>
    private static bool IsFirst(StepOrder order) =>
        order.Before is not { } before || order.UsageFrom <= (before.TrialEnd ?? before.StartedAt);

    private PeriodToRate Read(RowReader row, StepOrder order)
    {
        var period = new Period(row.Time("period_start"), row.Time("period_end"));

        // A period that the step itself cuts is never late, even in the second of a renewal that was billed until then.
        var isCut = period.End > order.Step.At;
        var isLate = period.End <= order.UsageFrom && !isCut;
        var one = new PeriodToRate(
            order, project.Catalog.FeatureOf(row.Whole("feature")), isCut ? period with { End = order.Step.At } : period)
        {
            IsCut = isCut, BalanceVersion = row.Long("version"), Used = Quantity.Of(row.Number("used")), IsNew = row.Flag("is_new"),
            IsInvoiced = isLate,
        };
        return one.IsNew ? one : one with
        {
            BilledQuantity = Quantity.Of(row.Number("billed_quantity")), Billed = new(row.Long("billed_amount"), order.Currency),
            IsInvoiced = isLate || one.Period.End <= row.Time("billed_until"),
        };
    }

    /// <returns>Null: no subscription sold any of it, or the period goes on.</returns>
    private static PeriodToRate? WithSegments(PeriodToRate one, UsageTerms terms)
    {
        var order = one.Order;
        if (one.IsCut && !order.Step.After.IsEnded
            && !IsCutByCycles(terms.Of(order.Customer).PeriodKindAt(one.Feature.Key, new(one.Period.End.UnixMicroseconds - 1))))
        {
            return null;
        }

        var whole = one with { Segments = terms.SegmentsOf(order.Customer, one.Feature, one.Period, order.Currency) };
        return whole.Segments.Any(static segment => segment.IsSold) || !whole.IsNew ? whole : null;
    }

    /// <summary>True if the kind of period ends with its billing cycle; a calendar month goes on.</summary>
    private static bool IsCutByCycles(QuotaPeriodKind kind) => kind is QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod;

    // ---- what was used in which stretch ----------------------------------------------------------------------------

    /// <summary>
    /// Loads the use in stretches, position by position; null: all of it is in the last stretch, or none of it is overage wherever it was.
    /// It takes one statement for sums, one for levels and one for time-weighted levels, and none if no such period with overage has
    /// more than one stretch.
    /// </summary>
    private async Task<IReadOnlyList<IReadOnlyList<Quantity>?>> UsedAsync(List<PeriodToRate> periods, CancellationToken cancel)
    {
        var used = new IReadOnlyList<Quantity>?[periods.Count];
        var wanted = periods.Select(static (period, i) => (Period: period, At: i)).Where(static one => one.Period.NeedsStretches)
            .ToLookup(static one => one.Period.Feature.Feature is var of && of.WeighsTime ? Counting.Timed
                : of.IsLevel ? Counting.Level : Counting.Sum);
        foreach (var (at, sums) in await InStretchesAsync(InvoiceSql.UsedInStretches, wanted[Counting.Sum], cancel))
        {
            used[at] = sums;
        }

        foreach (var (at, levels) in await InStretchesAsync(InvoiceSql.LevelsInStretches, wanted[Counting.Level], cancel))
        {
            used[at] = SegmentRules.UsedOfLevel(levels);
        }

        foreach (var (at, totals) in await InStretchesAsync(InvoiceSql.TimedInStretches, wanted[Counting.Timed], cancel))
        {
            used[at] = SegmentRules.UsedOfTotals(totals);
        }

        return used;
    }

    private enum Counting
    {
        Sum,
        Level,
        Timed,
    }

    private async Task<Dictionary<int, Quantity[]>> InStretchesAsync(
        string sql, IEnumerable<(PeriodToRate Period, int At)> periods, CancellationToken cancel)
    {
        var found = periods.ToDictionary(static one => one.At, static one => new Quantity[one.Period.Segments.Count]);
        var wanted = periods.SelectMany(static one =>
            one.Period.Segments.Select((segment, place) => (one.Period, one.At, Segment: segment, Place: place))).ToArray();
        if (wanted.Length == 0)
        {
            return found;
        }

        await using var command = connection.Command(
            sql,
            Array.ConvertAll(wanted, static one => one.Period.Order.Customer.Partition),
            Array.ConvertAll(wanted, static one => one.Period.Order.Customer.Account),
            Array.ConvertAll(wanted, static one => one.Period.Feature.Key),
            Array.ConvertAll(wanted, static one => one.Period.Period.Start.ToUtc()),
            Array.ConvertAll(wanted, one => FirstMonthOf(one.Period.Period)),
            Array.ConvertAll(wanted, static one => one.Segment.Period.Start.ToUtc()),
            Array.ConvertAll(wanted, static one => one.Segment.Period.End.ToUtc()));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var one = wanted[reader.GetInt64(0) - 1];
            found[one.At][one.Place] = Quantity.Of(reader.GetDecimal(1));
        }

        return found;
    }

    /// <summary>
    /// Returns the first month whose partition may contain the period's events: they lie in the month of recording, or of their ids, which
    /// in a sandbox is unrelated to its clock.
    /// </summary>
    private DateOnly FirstMonthOf(Period period) =>
        project.TestClock is null && period.Start > Instant.Epoch.Plus(IdsBefore)
            ? EventKey.MonthOf(period.Start.Minus(IdsBefore))
            : new(1970, 1, 1);

    // ---- fees that are due without use -----------------------------------------------------------------------------

    /// <summary>
    /// Finds periods without a balance whose first tier has a flat fee that is always due. Days and hours without use cost nothing: their
    /// fee depends on use.
    /// </summary>
    private async Task<List<PeriodToRate>> FeesAsync(
        Dictionary<int, StepOrder> billing, UsageTerms terms, List<PeriodToRate> found, CancellationToken cancel)
    {
        var known = found.Select(static one => one.Key).ToHashSet();
        var fees = billing.Values.SelectMany(order => FeesOf(order, terms)).Where(fee => !known.Contains(fee.Key))
            .DistinctBy(static fee => (fee.Key, fee.Period.End))
            .Select(fee => WithSegments(fee, terms)).OfType<PeriodToRate>().Where(fee => known.Add(fee.Key)).ToList();
        if (fees.Count == 0)
        {
            return fees;
        }

        await using var command = connection.Command(
            InvoiceSql.RatedBefore,
            fees.Select(static fee => fee.Order.Customer.Partition).ToArray(),
            fees.Select(static fee => fee.Order.Customer.Account).ToArray(),
            fees.Select(static fee => fee.Feature.Key).ToArray(),
            fees.Select(static fee => fee.Period.Start.ToUtc()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rated = new HashSet<(int Account, int Feature, Instant Start)>();
        while (await reader.ReadAsync(cancel))
        {
            rated.Add((reader.GetInt32(0), reader.GetInt32(1), Instant.FromUtc(reader.GetDateTime(2))));
        }

        fees.RemoveAll(fee => rated.Contains(fee.Key));
        return fees;
    }

    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(367);

    private IEnumerable<PeriodToRate> FeesOf(StepOrder order, UsageTerms terms)
    {
        // A plan that the customer left before the period's end had its fee, too: a step in between has billed until then, and the period
        // goes on.
        foreach (var (stretch, of) in terms.Of(order.Customer).Within(new(order.UsageFrom.Minus(LongestPeriod), order.Step.At)))
        {
            foreach (var (feature, entitlement) in of.Entitlements)
            {
                if (entitlement is not { HardCap: false,
                    Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod or QuotaPeriodKind.CalendarMonth
                        or QuotaPeriodKind.Week }
                    || entitlement.OveragePriceIn(order.Currency) is not { } price || RatingRules.Rate(price, Quantity.Zero).Amount.IsZero)
                {
                    continue;
                }

                foreach (var period in EndedPeriods(order, stretch, entitlement).Where(period => period.End > order.UsageFrom))
                {
                    yield return new(order, project.Catalog.FeatureOf(feature), period) { IsNew = true };
                }
            }
        }
    }

    /// <summary>Returns the ended periods of the time that was not billed yet.</summary>
    private IEnumerable<Period> EndedPeriods(StepOrder order, Period stretch, Entitlement entitlement)
    {
        var (cycles, at) = (order.Customer.Cycles, order.Step.At);
        for (var period = BillingCycles.PeriodOf(entitlement.Period, stretch.Start, project.Zone, cycles);
             period.Start < stretch.End;
             period = BillingCycles.Next(entitlement.Period, period, project.Zone, cycles))
        {
            if (period.End <= at)
            {
                yield return period;
            }
            else if (order.Step.After.IsEnded || (order.EndsPeriods && IsCutByCycles(entitlement.Period)))
            {
                yield return period with { End = at };
            }
        }
    }

    /// <summary>A period to rate.</summary>
    private sealed record PeriodToRate(StepOrder Order, FeatureEntry Feature, Period Period)
    {
        /// <summary>True if the step ends it early.</summary>
        public bool IsCut { get; init; }

        public bool IsNew { get; init; }

        /// <summary>True if the period was already rated as far, or ended before the last bill of usage: new usage is late.</summary>
        public bool IsInvoiced { get; init; }

        public long BalanceVersion { get; init; }

        /// <summary>The units taken from the plan's own quota.</summary>
        public Quantity Used { get; init; }

        public Quantity BilledQuantity { get; init; }

        public MoneyAmount Billed { get; init; } = MoneyAmount.Zero(Order.Currency);

        public IReadOnlyList<UsageSegment> Segments { get; init; } = [];

        public (int Account, int Feature, Instant Start) Key => (Order.Customer.Account, Feature.Key, Period.Start);

        /// <summary>
        /// True if the balance does not suffice: there are several stretches, or a cycle ended the period early, and later use may lie on
        /// the same balance, in a calendar month that begins with it: a level may have fallen there since. The row of a level that time
        /// weighs counts to its end, and is cut only after it was billed.
        /// </summary>
        public bool NeedsStretches =>
            Feature.Feature.WeighsTime ? IsCut || (Segments.Count > 1 && !SegmentRules.IsWithin(Segments, Used))
            : Order.Customer.Cycles.Any(cycle => cycle.From == Period.End)
            ? Feature.Feature.IsLevel || !SegmentRules.IsWithin(Segments, Used)
            : Segments.Count > 1 && !SegmentRules.IsWithin(Segments, Used);

        public RatedPeriod Rate(IReadOnlyList<Quantity>? used)
        {
            var parts = used is not null ? SegmentRules.Beyond(Segments, used)
                : Segments.Count == 1 ? SegmentRules.Beyond(Segments, [Used])
                : SegmentRules.Within(Segments);
            var due = new UsageDue(Feature.Code, Feature.Feature.Name, Period, parts, BilledQuantity, Billed);
            return new(Feature.Key, due, BalanceVersion, IsNew, UsageRules.IgnoredOf(Feature.Feature, due, IsInvoiced));
        }
    }
}
