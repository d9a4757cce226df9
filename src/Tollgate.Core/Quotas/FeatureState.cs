using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// One feature of one account in memory: its entitlement and its rows. The lane that owns the account writes it. Other threads read the
/// stored side of the slots; the lane replaces their arrays and never changes them.
/// </summary>
public sealed class FeatureState
{
    private readonly AccountState _account;
    private Slot<Balance>[] _balances = [];
    private Slot<Grant>[] _grants = [];
    private Slot<RateState>[] _rates = [];
    private KnownPeriod? _period;
    private KnownQuota? _quota;
    private KnownPeriod? _opened;
    private Slot<LevelTimeline>? _reports;

    internal FeatureState(AccountState account, FeatureEntry feature)
    {
        _account = account;
        Feature = feature;
        Entitlement = account.EntitlementOf(feature.Key);
        RollsOver = account.Terms.Rolling.Contains(feature.Key);
        HadOtherPeriods = account.Terms.All.Count > 1
            && account.Terms.All.Any(terms => terms.EntitlementOf(feature.Key)?.Period != Entitlement?.Period);
    }

    private sealed record KnownPeriod(Period Period);

    private sealed record KnownQuota(Period Period, Quantity? Quota);

    public FeatureEntry Feature { get; }

    /// <summary>The entitlement in force, after overrides; null if the plan does not name the feature.</summary>
    public Entitlement? Entitlement { get; }

    /// <summary>True if unused quota or overage goes on into the next period, under the current or any earlier terms.</summary>
    public bool RollsOver { get; }

    /// <summary>
    /// True if the terms have counted the feature by different kinds of period. Periods of earlier terms end where those of later terms
    /// begin. If one of them began at that instant, its row continues as the row of the new one.
    /// </summary>
    public bool HadOtherPeriods { get; }

    /// <summary>
    /// True if this state has opened the period or a later one, so that nothing is left to roll over, carry or trim. Safe on any thread.
    /// </summary>
    public bool IsOpened(Period period) => Volatile.Read(ref _opened) is { } newest && newest.Period.Start >= period.Start;

    public void MarkOpened(Period period)
    {
        if (!IsOpened(period))
        {
            Volatile.Write(ref _opened, new KnownPeriod(period));
        }
    }

    public IReadOnlyList<Slot<Balance>> Balances => Volatile.Read(ref _balances);

    public IReadOnlyList<Slot<Grant>> Grants => Volatile.Read(ref _grants);

    public IReadOnlyList<Slot<RateState>> Rates => Volatile.Read(ref _rates);

    /// <summary>Returns the entitlement under the terms of that time.</summary>
    public Entitlement? EntitlementAt(Instant at) =>
        at >= _account.Terms.Current.From ? Entitlement : _account.Terms.At(at).EntitlementOf(Feature.Key);

    /// <summary>Returns the quota period that contains <paramref name="at"/>.</summary>
    public Period PeriodAt(Instant at)
    {
        if (Volatile.Read(ref _period) is { } known && known.Period.Contains(at))
        {
            return known.Period;
        }

        var period = PeriodOf(at);
        if (at >= _account.Terms.Current.From)
        {
            Volatile.Write(ref _period, new KnownPeriod(period));
        }

        return period;
    }

    /// <summary>
    /// Returns the period that contains <paramref name="at"/>. Terms that count by another kind of period cut the running period where they
    /// begin, so that the periods tile time. Terms without the feature continue the periods of the terms before them: a plan without the
    /// feature between two plans with it neither cuts a period nor grants a quota twice.
    /// </summary>
    private Period PeriodOf(Instant at)
    {
        var period = BillingCycles.PeriodOf(
            EntitlementAt(at)?.Period ?? _account.Terms.PeriodKindAt(Feature.Key, at), at, _account.Zone, _account.Cycles);
        if (!HadOtherPeriods)
        {
            return period;
        }

        QuotaPeriodKind? last = null;
        foreach (var terms in _account.Terms.All)
        {
            var kind = terms.EntitlementOf(Feature.Key)?.Period ?? last;
            if (terms.From > period.Start && terms.From < period.End && last is { } before && kind is { } after && before != after
                && CountedBy(before, terms.From.Minus(Shortest)) != CountedBy(after, terms.From))
            {
                period = terms.From <= at ? period with { Start = terms.From } : period with { End = terms.From };
            }

            last = kind;
        }

        return period;
    }

    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(1);

    /// <summary>Returns the kind after fallback: without a subscription, billing months and billing periods are calendar months.</summary>
    private QuotaPeriodKind CountedBy(QuotaPeriodKind kind, Instant at) =>
        kind is QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod
            && _account.Cycles.LastOrDefault(cycle => cycle.From <= at)?.Anchor is null
            ? QuotaPeriodKind.CalendarMonth
            : kind;

    /// <summary>Returns the period that ends where <paramref name="period"/> begins.</summary>
    public Period PeriodBefore(Period period) => PeriodAt(new(period.Start.UnixMicroseconds - 1)) with { End = period.Start };

    /// <summary>
    /// Returns the plan's own quota under the terms at the end of the period, or under the current terms while the period runs.
    /// </summary>
    public Quantity? QuotaIn(Period period)
    {
        if (period.Start >= _account.Terms.Current.From)
        {
            return Entitlement is null ? Quantity.Zero : Entitlement.Quota;
        }

        if (Volatile.Read(ref _quota) is { } known && known.Period == period)
        {
            return known.Quota;
        }

        var quota = QuotaRules.QuotaFor(_account.Terms, Feature.Key, period, period.End, Feature.Feature.IsMoney);
        Volatile.Write(ref _quota, new KnownQuota(period, quota));
        return quota;
    }

    public Slot<Balance>? FindBalance(Instant periodStart)
    {
        foreach (var slot in _balances)
        {
            if (slot.Current.Period.Start == periodStart)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>
    /// Returns the slot of the period and opens it in memory if no row is known. The lane stores an opened slot when it changes. Terms with
    /// another kind of period cut the running period; if their period begins at the same instant, it continues with the existing row, and
    /// used units stay used.
    /// </summary>
    public Slot<Balance> BalanceIn(Period period)
    {
        if (FindBalance(period.Start) is { } known)
        {
            if (HadOtherPeriods && known.Current.Period != period)
            {
                _account.Put(known, known.Current with { Period = period });
            }

            return known;
        }

        var opened = new Slot<Balance>(null, Opened(period, Reports?.Current));
        Volatile.Write(ref _balances, [.. _balances, opened]);
        return opened;
    }

    /// <summary>
    /// Returns the balance of a period without a row. A time-weighted level is used in it by the reports of before and since, if the
    /// state knows them.
    /// </summary>
    private Balance Opened(Period period, LevelTimeline? reports)
    {
        var empty = Balance.Empty(Feature.Key, period, QuotaIn(period));
        return reports?.Knows(period.Start) == true
            ? empty.With(TimedLevel.Of(reports, period, TimedLevel.WholeOf(period.Start, _account.Zone, _account.Cycles)))
            : empty;
    }

    /// <summary>The loaded reports of a time-weighted level; null: none are loaded.</summary>
    public Slot<LevelTimeline>? Reports => Volatile.Read(ref _reports);

    public void Load(LevelTimeline reports) => Volatile.Write(ref _reports, new Slot<LevelTimeline>(reports, reports));

    /// <summary>True if the state suffices to compute the usage of a period. Safe on any thread.</summary>
    public bool KnowsUsageOf(Period period) => !Feature.Feature.WeighsTime || Reports?.Stored?.Knows(period.Start) == true
        || Balances.Any(slot => slot.Stored?.Period.Start == period.Start);

    /// <summary>Returns the newest balance whose period begins before <paramref name="start"/>.</summary>
    public Slot<Balance>? NewestBefore(Instant start) =>
        Balances.Where(slot => slot.Current.Period.Start < start).MaxBy(static slot => slot.Current.Period.Start);

    /// <summary>True if the state has no row of a later period.</summary>
    public bool IsNewest(Period period) => Balances.All(slot => slot.Current.Period.Start <= period.Start);

    public void Load(Balance balance) => Volatile.Write(ref _balances, [.. _balances, new Slot<Balance>(balance, balance)]);

    /// <summary>Loads all grants at once: growing the array by one for each of thousands would copy it thousands of times.</summary>
    public void Load(IEnumerable<Grant> grants) => Keep([.. _grants, .. grants.Select(static grant => new Slot<Grant>(grant, grant))]);

    public void Load(RateState rate) => Volatile.Write(ref _rates, [.. _rates, new Slot<RateState>(rate, rate)]);

    /// <summary>Adds a grant that the ledger itself creates (a rollover). The lane stores it with the batch.</summary>
    public Slot<Grant> Add(Grant grant)
    {
        var slot = new Slot<Grant>(null, grant);
        var place = Array.FindIndex(_grants, other => GrantRules.BurnOrder.Compare(grant, other.Current) < 0);
        place = place < 0 ? _grants.Length : place;
        Volatile.Write(ref _grants, [.. _grants.AsSpan(0, place), slot, .. _grants.AsSpan(place)]);
        _account.Touch(slot);
        return slot;
    }

    /// <summary>Sorts the grants into burn order once, since nothing changes it: decisions walk them in that order.</summary>
    private void Keep(Slot<Grant>[] grants)
    {
        Array.Sort(grants, static (a, b) => GrantRules.BurnOrder.Compare(a.Current, b.Current));
        Volatile.Write(ref _grants, grants);
    }

    public Slot<Grant> GrantOf(Guid id)
    {
        foreach (var slot in _grants)
        {
            if (slot.Current.Id == id)
            {
                return slot;
            }
        }

        throw new InvariantBrokenException($"Grant {id} was burned but is not in the account of feature {Feature.Code}.");
    }

    public Slot<RateState>? RateOf(int slotNumber)
    {
        foreach (var slot in _rates)
        {
            if (slot.Current.Slot == slotNumber)
            {
                return slot;
            }
        }

        return null;
    }

    public Slot<RateState> AddRate(RateState state)
    {
        var slot = new Slot<RateState>(null, state);
        Volatile.Write(ref _rates, [.. _rates, slot]);
        return slot;
    }

    /// <summary>Returns the facts on which the lane decides: the rows as the current batch has them.</summary>
    /// <param name="at">The time of the usage, which selects caps, pool and grants. The quota is that of the whole period, as the used
    /// units are: a plan that the customer has left has no quota of its own.</param>
    /// <param name="now">The instant until which time has used a level.</param>
    public FeatureFacts FactsOf(Balance balance, Instant at, Instant now) =>
        new(Feature, EntitlementAt(at), QuotaIn(balance.Period), balance.UsedBy(now), LiveGrants(at, stored: false));

    /// <summary>Returns the facts for readers on other threads: stored rows only.</summary>
    public FeatureFacts StoredFacts(Instant at)
    {
        var period = PeriodAt(at);
        Balance? balance = null;
        foreach (var slot in Balances)
        {
            if (slot.Stored is { } stored && stored.Period.Start == period.Start)
            {
                balance = HadOtherPeriods ? stored with { Period = period } : stored;
                break;
            }
        }

        balance ??= Opened(period, Reports?.Stored);
        return new(Feature, Entitlement, QuotaIn(period), balance.UsedBy(at), LiveGrants(at, stored: true));
    }

    private IReadOnlyList<Grant> LiveGrants(Instant at, bool stored)
    {
        var slots = Volatile.Read(ref _grants);
        if (slots.Length == 0)
        {
            return [];
        }

        var grants = new List<Grant>(slots.Length);
        foreach (var slot in slots)
        {
            if ((stored ? slot.Stored : slot.Current) is { } grant)
            {
                grants.Add(grant);
            }
        }

        return GrantRules.InBurnOrder(grants, at);
    }
}
