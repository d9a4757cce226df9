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

    /// <summary>Levels that time weighs whose reports the batch needs.</summary>
    public IReadOnlyCollection<ReportsWanted> Reports => _reports;

    /// <summary>The time from which a state needs its grants: that of the earliest late use.</summary>
    public IReadOnlyDictionary<AccountState, Instant> GrantsSince => _grantsSince;

    /// <summary>The periods to open, for each feature the current one first.</summary>
    public IReadOnlyList<(AccountState Book, FeatureState Feature, Period Period, Instant Now)> ToOpen => _toOpen;

    public void Add(LaneOp op, AccountState book)
    {
        if (book.Holds.Count > 0 && book.NextExpiry <= op.Now)
        {
            AddExpired(book, op.Now);
        }

        switch (op)
        {
            case UseOp use:
                AddEffects(book, use.Effects, use.OccurredAt, op.Now);
                break;
            case ReserveOp reserve:
                AddEffects(book, reserve.Effects, op.Now, op.Now);
                break;
            case HoldOp hold:
                AddHold(book, hold);
                break;
            case VoidOp voiding when known is not null && known.Events.TryGetValue((book.Account, voiding.EventId), out var target):
                foreach (var posting in target.Postings)
                {
                    AddRow(book.BookOf(op.Project.Catalog.FeaturesByKey[posting.FeatureKey]), book, posting.PeriodStart, op.Now);
                }

                foreach (var reading in target.Data.Readings.Where(static reading => VoidRules.IsOfTime(reading)))
                {
                    _reports.Add(
                        new(book, book.BookOf(op.Project.Catalog.FeaturesByKey[reading.FeatureKey]), target.OccurredAt, op.Now));
                }

                break;
            case ReadOp:
                foreach (var feature in book.Terms.Rolling)
                {
                    AddOpening(book, book.BookOf(op.Project.Catalog.FeaturesByKey[feature]), op.Now, op.Now);
                }

                foreach (var entry in op.Project.Catalog.TimedFeatures)
                {
                    if (book.BookOf(entry) is var level && !level.TellsUsageOf(level.PeriodAt(op.Now)))
                    {
                        _reports.Add(new(book, level, op.Now, op.Now));
                    }
                }

                break;
        }
    }

    /// <summary>
    /// Adds the holds that the account's next decision frees. Operations of one batch share them: thousands may find thousands of expired
    /// holds.
    /// </summary>
    private void AddExpired(AccountState book, Instant now)
    {
        Instant? since = _expiredUntil.TryGetValue(book, out var until) ? until : null;
        foreach (var slot in book.ExpiredHolds(now, since))
        {
            AddParts(book, slot.Current, now);
        }

        _expiredUntil[book] = until > now ? until : now;
    }

    private void AddHold(AccountState book, HoldOp op)
    {
        var hold = book.Holds.GetValueOrDefault(op.Id)?.Current ?? known?.Holds.GetValueOrDefault((book.Account, op.Id));
        if (hold is null)
        {
            return;
        }

        var features = op.Project.Catalog.FeaturesByKey;
        foreach (var part in hold.Parts)
        {
            book.BookOf(features[part.FeatureKey]);
        }

        AddParts(book, hold, op.Now);
        var amounts = op.AmountsOf(hold) ?? hold.Amounts;
        AddEffects(book, [.. amounts.Select(a => Effect.OfUnits(features[a.FeatureKey], a.Amount))], hold.CreatedAt, op.Now);
    }

    private void AddParts(AccountState book, Hold hold, Instant now)
    {
        foreach (var part in hold.Parts)
        {
            if (book.FindAccount(part.FeatureKey) is { } feature)
            {
                AddRow(feature, book, part.PeriodStart, now);
            }
        }
    }

    private void AddEffects(AccountState book, IReadOnlyList<Effect> effects, Instant at, Instant now)
    {
        for (var i = 0; i < effects.Count; i++)
        {
            var effect = effects[i];
            if (effect.Feature.Feature.Kind != FeatureKind.Metered)
            {
                continue;
            }

            var feature = book.BookOf(effect.Feature);
            AddPeriod(book, feature, at, now);
            if (known is not null && effect.Aggregate.WeighsTime())
            {
                _reports.Add(new(book, feature, at, now));
            }

            if (feature.EntitlementAt(at)?.Pool is { } pool && book.FeatureNamed(pool.Feature) is { } entry)
            {
                AddPeriod(book, book.BookOf(entry), at, now);
            }
        }
    }

    private void AddPeriod(AccountState book, FeatureState feature, Instant at, Instant now)
    {
        AddGrantsSince(book, at);
        if (feature.RollsOver)
        {
            AddOpening(book, feature, at, now);
        }
        else if (feature.PeriodAt(at) is var period && (period.End <= now || feature.HadOtherPeriods || known is not null))
        {
            AddMissing(feature, book, period.Start);
        }
    }

    /// <summary>
    /// Adds the period of the event and the current one: an event of the past is recorded after all ended periods were closed.
    /// </summary>
    private void AddOpening(AccountState book, FeatureState feature, Instant at, Instant now)
    {
        var (then, running) = (feature.PeriodAt(at), feature.PeriodAt(now));
        var isOpen = feature.IsOpened(running);
        if (!isOpen)
        {
            AddGrantsSince(book, RolloverRules.Reach(now));
            _toOpen.Add((book, feature, running, now));
        }

        if (then.Start < running.Start && feature.FindBalance(then.Start) is null)
        {
            _histories.Add(new(book, feature.Feature.Key, then.Start));
            _toOpen.Add((book, feature, then, now));
        }
        else if (!isOpen && feature.FindBalance(running.Start) is null)
        {
            _histories.Add(new(book, feature.Feature.Key, running.Start));
        }
    }

    /// <summary>
    /// Returns the time from which a state needs its rollovers, if that is before it needs its grants. The histories must be loaded.
    /// </summary>
    public IReadOnlyDictionary<AccountState, Instant> RolloversSince()
    {
        var earliest = new Dictionary<AccountState, Instant>();
        foreach (var (book, feature, period, now) in _toOpen)
        {
            if (!feature.IsOpened(period) && RolloverRules.RolloversSince(book, feature, period) is var since
                && since < RolloverRules.Reach(now)
                && (!earliest.TryGetValue(book, out var known) || since < known))
            {
                earliest[book] = since;
            }
        }

        return earliest;
    }

    private void AddGrantsSince(AccountState book, Instant at)
    {
        if (at < book.GrantsSince && (!_grantsSince.TryGetValue(book, out var since) || at < since))
        {
            _grantsSince[book] = at;
        }
    }

    private void AddRow(FeatureState feature, AccountState book, Instant periodStart, Instant now)
    {
        if (feature.RollsOver)
        {
            AddOpening(book, feature, periodStart, now);
        }
        else
        {
            AddMissing(feature, book, periodStart);
        }
    }

    /// <summary>
    /// Adds a row of an ended period, or one that terms with other periods left; on the exact path any that was not read with the account.
    /// </summary>
    private void AddMissing(FeatureState feature, AccountState book, Instant periodStart)
    {
        if (feature.FindBalance(periodStart) is null)
        {
            _wanted.Add(new(book, feature.Feature.Key, periodStart));
        }
    }
}
