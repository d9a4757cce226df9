using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// One decision in progress. For each feature in turn it (1) judges the feature's own balance, (2) takes the missing amount from its credit
/// pool, (3) judges its rate windows, (4) accounts. The first refusal reverts everything. If the project says so, it first refuses a
/// customer whose subscription is not active.
/// </summary>
internal sealed class Deciding(AccountState account, Instant at, Instant now, bool enforce, bool hold)
{
    // Nearly every decision concerns one feature.
    private readonly List<Posting> _postings = new(capacity: 1);
    private readonly List<Standing> _standings = new(capacity: 1);
    private List<Burn>? _burns;
    private List<ThresholdCrossing>? _crossings;
    private List<HeldPart>? _parts;
    private RateLimit? _window;
    private Quantity? _windowRemaining;
    private TimeSpan? _retryAfter;
    private bool _isOutOfRange;

    /// <summary>True for a settle: features with the policy <c>clip</c> record at most the available amount.</summary>
    public bool ClipsBySettlePolicy { get; init; }

    /// <summary>True if the changes since <see cref="AccountState.Begin"/> belong to this decision. A refusal reverts them too.</summary>
    public bool HasBegun { get; init; }

    public Verdict Run(IReadOnlyList<Effect> effects)
    {
        Invariant.That(effects.Count > 0, "A decision needs at least one feature.");
        if (!HasBegun)
        {
            account.Begin();
        }

        if (enforce && account.IsInactive)
        {
            return Refuse(Outcome.SubscriptionInactive, effects[0]);
        }

        var outcome = Outcome.WithinQuota;
        for (var i = 0; i < effects.Count; i++)
        {
            var one = effects[i].Aggregate.WeighsTime() ? Report(effects[i]) : Take(effects[i]);
            if (one > Outcome.RecordedOverLimit)
            {
                account.Undo();
                return Refuse(one, effects[i]);
            }

            outcome = i == 0 || one > outcome ? one : outcome;
        }

        foreach (var effect in effects)
        {
            Stand(effect.Feature);
        }

        return new()
        {
            Outcome = outcome, Feature = effects[0].Feature, Postings = _postings, Burns = _burns ?? (IReadOnlyList<Burn>)[],
            Crossings = _crossings ?? (IReadOnlyList<ThresholdCrossing>)[], Parts = _parts ?? (IReadOnlyList<HeldPart>)[],
            Standings = _standings, Window = _window, WindowRemaining = _windowRemaining,
        };
    }

    private Outcome Take(in Effect effect)
    {
        var feature = account.FeatureOf(effect.Feature);
        if (effect.Feature.Feature.Kind != FeatureKind.Metered)
        {
            return QuotaRules.Judge(new(effect.Feature, feature.Entitlement, null, Balance.Empty(0, default, null), []), effect.Amount);
        }

        if (feature.EntitlementAt(at) is null && enforce)
        {
            return Outcome.FeatureNotInPlan;
        }

        var slot = feature.BalanceIn(feature.PeriodAt(at));
        var facts = feature.FactsOf(slot.Current, at, now);
        var amount = UnitsOf(effect, facts);

        // 1. Its own balance.
        var outcome = QuotaRules.Judge(facts, amount);
        var fromPool = Quantity.Zero;

        // 2. Its credit pool. A fact that exceeds every limit overshoots on the pool.
        if (facts.Entitlement?.Pool is { } pool && outcome is Outcome.QuotaExceeded or Outcome.BudgetExceeded)
        {
            var rest = amount - (facts.Available ?? amount);
            if (TakeFromPool(pool, rest) is { } asked && (asked <= Outcome.RecordedOverLimit || !enforce))
            {
                outcome = asked <= Outcome.RecordedOverLimit ? asked : Outcome.RecordedOverLimit;
                fromPool = rest;
            }
        }

        if (_isOutOfRange)
        {
            return Outcome.OutOfRange;
        }

        if (outcome > Outcome.RecordedOverLimit)
        {
            if (enforce && AggregateRules.MayBeRefused(effect, amount))
            {
                return outcome;
            }

            outcome = Outcome.RecordedOverLimit;
        }

        // 3. Its rate windows. A level that falls returns no units to them.
        if (enforce && feature.Entitlement is { RateLimits.Count: > 0 } limited
            && JudgeRates(feature, limited, amount.FloorAtZero()) is { } slow)
        {
            return slow;
        }

        // 4. Account it.
        return RecordOne(feature, slot, facts, effect, amount, fromPool) ?? outcome;
    }

    /// <returns>Null, or the reason why the ledger cannot record it under any plan.</returns>
    private Outcome? RecordOne(
        FeatureState feature, Slot<Balance> slot, in FeatureFacts facts, in Effect effect, Quantity amount, Quantity fromPool)
    {
        if (!hold)
        {
            RecordUse(feature, slot, effect.Aggregate.IsLevel()
                ? QuotaRules.SetLevel(facts, amount, AggregateRules.ReportsAfter(effect, slot.Current.Reports, at))
                : QuotaRules.Use(facts, amount, fromPool), facts);
        }
        else if (Math.Max(account.Holds.Count, slot.Current.OpenHolds) >= AccountState.MostOpenHolds)
        {
            return Outcome.ConcurrencyLimited;
        }
        else
        {
            HoldOn(slot, amount - fromPool, countsOpen: true);
        }

        return _isOutOfRange ? Outcome.OutOfRange : null;
    }

    /// <summary>
    /// Records a report of a time-weighted level; no cap refuses it. Usage has grown since the last report, so this report also crosses
    /// the thresholds that time has reached since then.
    /// </summary>
    private Outcome Report(in Effect effect)
    {
        var feature = account.FeatureOf(effect.Feature);
        if (feature.EntitlementAt(at) is null && enforce)
        {
            return Outcome.FeatureNotInPlan;
        }

        var before = feature.BalanceIn(feature.PeriodAt(at)).Current.Used;
        var slot = TimedLevelRules.Report(account, feature, effect.Amount, at);
        var facts = feature.FactsOf(slot.Current, at, now);
        var after = slot.Current with { Quota = facts.Quota };
        if (facts.Entitlement is { } entitlement)
        {
            foreach (var percent in QuotaRules.Reached(entitlement, after.Fired, facts.Balance.Used, facts.Limit))
            {
                after = Cross(after, percent, facts.Balance.Used, facts.Limit!.Value);
            }
        }

        after.AssertSound();
        _postings.Add(new(after.FeatureKey, after.Period.Start, after.Used - before, Quantity.Zero));
        account.Put(slot, after);
        var outcome = QuotaRules.Judge(facts, Quantity.Zero);
        return outcome > Outcome.RecordedOverLimit ? Outcome.RecordedOverLimit : outcome;
    }

    private Balance Cross(Balance balance, int percent, Quantity used, Quantity limit)
    {
        (_crossings ??= []).Add(
            new(balance.FeatureKey, balance.Period.Start, percent, used, Quantity.Min(limit, Quantity.Of(Quantity.Largest))));
        return balance with { Fired = Math.Max(balance.Fired, percent) };
    }

    private Quantity UnitsOf(in Effect effect, in FeatureFacts facts)
    {
        var amount = AggregateRules.ChangeOf(effect, facts.Balance.Used, facts.Balance.Reports, at);
        return ClipsBySettlePolicy && !effect.Aggregate.IsLevel()
            && facts is { Entitlement: { SettleOver: SettleOverPolicy.Clip, HardCap: true }, Available: { } most }
            ? Quantity.Min(amount, most)
            : amount;
    }

    private Outcome? TakeFromPool(CreditPool pool, Quantity rest)
    {
        if (account.FeatureNamed(pool.Feature) is not { } entry)
        {
            return null;
        }

        if (rest.TimesRoundedUp(pool.Rate) is not { } credits)
        {
            _isOutOfRange = true;
            return null;
        }

        var feature = account.FeatureOf(entry);
        var slot = feature.BalanceIn(feature.PeriodAt(at));
        var facts = feature.FactsOf(slot.Current, at, now);
        var outcome = QuotaRules.Judge(facts, credits);
        if (outcome > Outcome.RecordedOverLimit && enforce)
        {
            return outcome;
        }

        if (hold)
        {
            HoldOn(slot, credits, countsOpen: false);
        }
        else
        {
            RecordUse(feature, slot, QuotaRules.Use(facts, credits, Quantity.Zero), facts);
        }

        return outcome;
    }

    private Outcome? JudgeRates(FeatureState feature, Entitlement entitlement, Quantity amount)
    {
        for (var i = 0; i < entitlement.RateLimits.Count; i++)
        {
            var limit = entitlement.RateLimits[i];
            if (limit.Unit == RateUnit.Concurrency)
            {
                if (hold && feature.Balances.Sum(b => b.Current.OpenHolds) >= limit.Limit.Value)
                {
                    _window = limit;
                    return Outcome.ConcurrencyLimited;
                }

                continue;
            }

            var slot = feature.RateOf(i);
            var verdict = RateRules.Judge(
                limit, feature.Feature.Key, i, slot?.Current, amount, now, AccountRules.WindowOf(limit, now, account.Zone));
            if (!verdict.Allowed)
            {
                (_window, _retryAfter, _windowRemaining) = (limit, verdict.RetryAfter, verdict.Remaining);
                return Outcome.RateLimited;
            }

            if (_windowRemaining is null || verdict.Remaining < _windowRemaining)
            {
                (_window, _windowRemaining) = (limit, verdict.Remaining);
            }

            account.Put(slot ?? feature.AddRate(RateBefore(verdict.State)), verdict.State);
        }

        return null;
    }

    /// <summary>Returns an empty window: the state before a first use that is reverted.</summary>
    private static RateState RateBefore(RateState first) => first with { Moment = Instant.Epoch, Used = Quantity.Zero };

    private void HoldOn(Slot<Balance> slot, Quantity amount, bool countsOpen)
    {
        var after = slot.Current with { Held = slot.Current.Held + amount, OpenHolds = slot.Current.OpenHolds + (countsOpen ? 1 : 0) };
        _isOutOfRange |= after.Held.IsBeyondRange;
        account.Put(slot, after);
        (_parts ??= []).Add(new(after.FeatureKey, after.Period.Start, amount));
    }

    private void RecordUse(FeatureState feature, Slot<Balance> slot, in UseResult used, in FeatureFacts facts)
    {
        var after = used.Balance;
        foreach (var burn in used.Burns)
        {
            var grant = feature.GrantOf(burn.Grant);
            account.Put(grant, grant.Current with { Used = grant.Current.Used + burn.Amount });
            (_burns ??= []).Add(burn);
        }

        if (facts.Entitlement is { } entitlement)
        {
            foreach (var percent in QuotaRules.Crossed(entitlement, slot.Current, after, facts.Limit))
            {
                after = Cross(after, percent, after.Used, facts.Limit!.Value);
            }
        }

        after.AssertSound();
        _isOutOfRange |= after.Used.IsBeyondRange;
        _postings.Add(new(after.FeatureKey, after.Period.Start, after.Used - slot.Current.Used, after.Drawn - slot.Current.Drawn));
        account.Put(slot, after);
        if (feature.RollsOver && !feature.IsNewest(after.Period))
        {
            RolloverRules.Recount(account, feature, after.Period, now, gives: false);
        }
    }

    private void Stand(FeatureEntry entry)
    {
        if (entry.Feature.Kind == FeatureKind.Metered)
        {
            var feature = account.FeatureOf(entry);
            _standings.Add(feature.FactsOf(feature.BalanceIn(feature.PeriodAt(at)).Current, at, now).Standing);
        }
    }

    private Verdict Refuse(Outcome outcome, in Effect effect)
    {
        var entry = effect.Feature;
        if (entry.Feature.Kind == FeatureKind.Metered && account.EntitlementOf(entry.Key) is not null)
        {
            var feature = account.FeatureOf(entry);
            var slot = feature.BalanceIn(feature.PeriodAt(at));
            account.Put(slot, slot.Current with { Denied = slot.Current.Denied + 1 });
        }

        _standings.Clear();
        if (account.EntitlementOf(entry.Key) is not null)
        {
            Stand(entry);
        }

        return new()
        {
            Outcome = outcome, Feature = entry, Requested = effect.Amount, Standings = _standings,
            RetryAfter = _retryAfter, Window = _window, WindowRemaining = _windowRemaining,
        };
    }
}
