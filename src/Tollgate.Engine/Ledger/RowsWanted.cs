using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>The balance rows that a batch needs beyond those of open periods, and the periods that it opens.</summary>
internal sealed class RowsWanted(StoredFacts? known)
{
    private readonly List<RowWanted> _wanted = [];
    private readonly List<RowWanted> _histories = [];
    private readonly List<ReportsWanted> _reports = [];
    private readonly List<(AccountState, FeatureState, Period, Instant)> _toOpen = [];
    private readonly Dictionary<AccountState, Instant> _expiredUntil = [];
    private readonly Dictionary<AccountState, Instant> _grantsSince = [];

    public bool IsEmpty => _wanted.Count == 0 && _toOpen.Count == 0 && _grantsSince.Count == 0 && _reports.Count == 0;

    public IReadOnlyCollection<RowWanted> Wanted => _wanted;

    /// <summary>Features whose rows the batch needs from the newest one before this period on.</summary>
    public IReadOnlyCollection<RowWanted> Histories => _histories;

    /// <summary>Time-weighted levels whose reports the batch needs.</summary>
    public IReadOnlyCollection<ReportsWanted> Reports => _reports;

    /// <summary>The time from which a state needs its grants: that of the earliest late use.</summary>
    public IReadOnlyDictionary<AccountState, Instant> GrantsSince => _grantsSince;

    /// <summary>The periods to open, for each feature the current one first.</summary>
    public IReadOnlyList<(AccountState Account, FeatureState Feature, Period Period, Instant Now)> ToOpen => _toOpen;

    public void Add(LaneOp op, AccountState account)
    {
        if (account.Holds.Count > 0 && account.NextExpiry <= op.Now)
        {
            AddExpired(account, op.Now);
        }

        switch (op)
        {
            case UseOp use:
                AddEffects(account, use.Effects, use.OccurredAt, op.Now);
                break;
            case ReserveOp reserve:
                AddEffects(account, reserve.Effects, op.Now, op.Now);
                break;
            case HoldOp hold:
                AddHold(account, hold);
                break;
            case VoidOp voiding when known is not null && known.Events.TryGetValue((account.Key, voiding.EventId), out var target):
                foreach (var posting in target.Postings)
                {
                    AddRow(account.FeatureOf(op.Project.Catalog.FeatureOf(posting.FeatureKey)), account, posting.PeriodStart, op.Now);
                }

                foreach (var reading in target.Data.Readings.Where(static reading => VoidRules.IsOfTime(reading)))
                {
                    _reports.Add(
                        new(account, account.FeatureOf(op.Project.Catalog.FeatureOf(reading.FeatureKey)), target.OccurredAt, op.Now));
                }

                break;
            case ReadOp:
                foreach (var feature in account.Terms.Rolling)
                {
                    AddOpening(account, account.FeatureOf(op.Project.Catalog.FeatureOf(feature)), op.Now, op.Now);
                }

                foreach (var entry in op.Project.Catalog.TimedFeatures)
                {
                    if (account.FeatureOf(entry) is var level && !level.KnowsUsageOf(level.PeriodAt(op.Now)))
                    {
                        _reports.Add(new(account, level, op.Now, op.Now));
                    }
                }

                break;
        }
    }

    /// <summary>
    /// Adds the holds that the account's next decision frees. Operations of one batch share them: thousands may find thousands of expired
    /// holds.
    /// </summary>
    private void AddExpired(AccountState account, Instant now)
    {
        Instant? since = _expiredUntil.TryGetValue(account, out var until) ? until : null;
        foreach (var slot in account.ExpiredHolds(now, since))
        {
            AddParts(account, slot.Current, now);
        }

        _expiredUntil[account] = until > now ? until : now;
    }

    private void AddHold(AccountState account, HoldOp op)
    {
        var hold = account.Holds.GetValueOrDefault(op.Id)?.Current ?? known?.Holds.GetValueOrDefault((account.Key, op.Id));
        if (hold is null)
        {
            return;
        }

        var features = op.Project.Catalog.FeaturesByKey;
        foreach (var part in hold.Parts)
        {
            account.FeatureOf(features[part.FeatureKey]);
        }

        AddParts(account, hold, op.Now);
        var amounts = op.AmountsOf(hold) ?? hold.Amounts;
        AddEffects(account, [.. amounts.Select(a => Effect.OfUnits(features[a.FeatureKey], a.Amount))], hold.CreatedAt, op.Now);
    }

    private void AddParts(AccountState account, Hold hold, Instant now)
    {
        foreach (var part in hold.Parts)
        {
            if (account.FindFeature(part.FeatureKey) is { } feature)
            {
                AddRow(feature, account, part.PeriodStart, now);
            }
        }
    }

    private void AddEffects(AccountState account, IReadOnlyList<Effect> effects, Instant at, Instant now)
    {
        for (var i = 0; i < effects.Count; i++)
        {
            var effect = effects[i];
            if (effect.Feature.Feature.Kind != FeatureKind.Metered)
            {
                continue;
            }

            var feature = account.FeatureOf(effect.Feature);
            AddPeriod(account, feature, at, now);
            if (known is not null && effect.Aggregate.WeighsTime())
            {
                _reports.Add(new(account, feature, at, now));
            }

            if (feature.EntitlementAt(at)?.Pool is { } pool && account.FeatureNamed(pool.Feature) is { } entry)
            {
                AddPeriod(account, account.FeatureOf(entry), at, now);
            }
        }
    }

    private void AddPeriod(AccountState account, FeatureState feature, Instant at, Instant now)
    {
        AddGrantsSince(account, at);
        if (feature.RollsOver)
        {
            AddOpening(account, feature, at, now);
        }
        else if (feature.PeriodAt(at) is var period && (period.End <= now || feature.HadOtherPeriods || known is not null))
        {
            AddMissing(feature, account, period.Start);
        }
    }

    /// <summary>
    /// Adds the period of the event and the current one: an event of the past is recorded after all ended periods were closed.
    /// </summary>
    private void AddOpening(AccountState account, FeatureState feature, Instant at, Instant now)
    {
        var (then, running) = (feature.PeriodAt(at), feature.PeriodAt(now));
        var isOpen = feature.IsOpened(running);
        if (!isOpen)
        {
            AddGrantsSince(account, RolloverRules.Reach(now));
            _toOpen.Add((account, feature, running, now));
        }

        if (then.Start < running.Start && feature.FindBalance(then.Start) is null)
        {
            _histories.Add(new(account, feature.Feature.Key, then.Start));
            _toOpen.Add((account, feature, then, now));
        }
        else if (!isOpen && feature.FindBalance(running.Start) is null)
        {
            _histories.Add(new(account, feature.Feature.Key, running.Start));
        }
    }

    /// <summary>
    /// Returns the time from which a state needs its rollovers, if that is before it needs its grants. The histories must be loaded.
    /// </summary>
    public IReadOnlyDictionary<AccountState, Instant> RolloversSince()
    {
        var earliest = new Dictionary<AccountState, Instant>();
        foreach (var (account, feature, period, now) in _toOpen)
        {
            if (!feature.IsOpened(period) && RolloverRules.RolloversSince(account, feature, period) is var since
                && since < RolloverRules.Reach(now)
                && (!earliest.TryGetValue(account, out var known) || since < known))
            {
                earliest[account] = since;
            }
        }

        return earliest;
    }

    private void AddGrantsSince(AccountState account, Instant at)
    {
        if (at < account.GrantsSince && (!_grantsSince.TryGetValue(account, out var since) || at < since))
        {
            _grantsSince[account] = at;
        }
    }

    private void AddRow(FeatureState feature, AccountState account, Instant periodStart, Instant now)
    {
        if (feature.RollsOver)
        {
            AddOpening(account, feature, periodStart, now);
        }
        else
        {
            AddMissing(feature, account, periodStart);
        }
    }

    /// <summary>
    /// Adds a row of an ended period, or one that terms with other periods left; on the exact path any that was not read with the account.
    /// </summary>
    private void AddMissing(FeatureState feature, AccountState account, Instant periodStart)
    {
        if (feature.FindBalance(periodStart) is null)
        {
            _wanted.Add(new(account, feature.Feature.Key, periodStart));
        }
    }
}
