using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// Decisions over an account: one or several features together, all or nothing. A decision changes only the account state that it gets; a
/// refusal only adds to its count of refusals.
/// </summary>
public static class AccountRules
{
    /// <summary>
    /// Uses the effects. With <paramref name="enforce"/> it applies limits. Without, the work is already done, and it records the usage in
    /// full, even beyond the limits.
    /// </summary>
    /// <param name="at">The time of the usage, which selects the quota period.</param>
    /// <param name="now">The time of the decision, which selects the rate windows.</param>
    public static Verdict Use(AccountState account, IReadOnlyList<Effect> effects, Instant at, Instant now, bool enforce) =>
        new Deciding(account, at, now, enforce, hold: false).Run(effects);

    /// <summary>Uses the amounts of a hold that is already released, by the settle policies of the features.</summary>
    public static Verdict UseAsSettle(AccountState account, IReadOnlyList<Effect> effects, Instant at, Instant now) =>
        new Deciding(account, at, now, enforce: false, hold: false) { ClipsBySettlePolicy = true }.Run(effects);

    /// <summary>Holds the effects: subtracts each amount from the available quantity without using it.</summary>
    public static Verdict Reserve(AccountState account, IReadOnlyList<Effect> effects, Instant now) =>
        new Deciding(account, now, now, enforce: true, hold: true).Run(effects);

    /// <summary>Returns the verdict of <see cref="Use"/> on the stored rows and changes nothing. Safe on any thread.</summary>
    public static Verdict Check(AccountState account, FeatureEntry feature, Quantity amount, Instant now)
    {
        var view = account.ViewOf(feature);
        var facts = view.StoredFacts(now);
        var outcome = account.IsInactive ? Outcome.SubscriptionInactive : QuotaRules.Judge(facts, amount);
        if (facts.Entitlement?.Pool is { } pool && outcome is Outcome.QuotaExceeded or Outcome.BudgetExceeded)
        {
            outcome = JudgePool(account, facts, pool, amount, now) ?? outcome;
        }

        var standings = IsCounted(feature, facts.Entitlement) ? (IReadOnlyList<Standing>)[facts.Standing] : [];
        if (outcome <= Outcome.RecordedOverLimit && facts.Entitlement is { RateLimits.Count: > 0 } limited)
        {
            for (var slot = 0; slot < limited.RateLimits.Count; slot++)
            {
                var limit = limited.RateLimits[slot];
                if (limit.Unit == RateUnit.Concurrency)
                {
                    continue;
                }

                var stored = view.Rates.FirstOrDefault(r => r.Stored?.Slot == slot)?.Stored;
                var rate = RateRules.Judge(limit, feature.Key, slot, stored, amount, now, WindowOf(limit, now, account.Zone));
                if (!rate.Allowed)
                {
                    return new()
                    {
                        Outcome = Outcome.RateLimited, Feature = feature, Requested = amount, Standings = standings,
                        RetryAfter = rate.RetryAfter, Window = limit, WindowRemaining = rate.Remaining,
                    };
                }
            }
        }

        return new()
        {
            Outcome = outcome, Feature = feature, Requested = outcome <= Outcome.RecordedOverLimit ? null : amount, Standings = standings,
        };
    }

    private static Outcome? JudgePool(AccountState account, in FeatureFacts facts, CreditPool pool, Quantity amount, Instant now)
    {
        if (account.Plan.Entitlements.Count == 0 || PoolState(account, pool) is not { } poolState)
        {
            return null;
        }

        var rest = amount - (facts.Available ?? amount);
        return rest.TimesRoundedUp(pool.Rate) is { } credits
            && QuotaRules.Judge(poolState.StoredFacts(now), credits) is <= Outcome.RecordedOverLimit and var asked
            ? asked
            : null;
    }

    /// <summary>Returns the state of a pool's credit feature; null if the plan has no such feature.</summary>
    private static FeatureState? PoolState(AccountState account, CreditPool pool) =>
        account.FeatureNamed(pool.Feature) is { } feature ? account.ViewOf(feature) : null;

    /// <summary>True if the feature has a balance: metered features do, switches and values do not.</summary>
    public static bool IsCounted(FeatureEntry feature, Entitlement? entitlement) =>
        feature.Feature.Kind == FeatureKind.Metered && entitlement is not null;

    /// <summary>True if the limits refuse no amount of the feature. Safe on any thread.</summary>
    public static bool IsUnlimited(AccountState account, FeatureEntry feature) =>
        !account.IsInactive && account.EntitlementOf(feature.Key) is { Quota: null, RateLimits.Count: 0 };

    internal static Period WindowOf(RateLimit limit, Instant now, TimeZoneInfo zone) => limit.Unit switch
    {
        RateUnit.Hour => QuotaPeriods.Of(QuotaPeriodKind.Hour, now, zone, null, null),
        RateUnit.Day => QuotaPeriods.Of(QuotaPeriodKind.Day, now, zone, null, null),
        _ => default,
    };

    /// <summary>
    /// Settles an open hold with the actual amounts: releases the held amounts, then accounts the actual ones in the period of the
    /// reservation. For an expired hold, which is already released, it only accounts. A refusal (<see cref="Outcome.OutOfRange"/>) leaves
    /// the hold unchanged.
    /// </summary>
    public static Verdict Settle(AccountState account, Hold hold, IReadOnlyList<Effect> effects, Instant now)
    {
        account.Begin();
        if (hold.State == HoldState.Open)
        {
            FreeHeld(account, hold);
        }

        return new Deciding(account, hold.CreatedAt, now, enforce: false, hold: false)
        {
            ClipsBySettlePolicy = true, HasBegun = true,
        }.Run(effects);
    }

    /// <summary>Releases or expires a hold: its amounts become available at once.</summary>
    public static void Close(AccountState account, Slot<Hold> slot, HoldState state)
    {
        Invariant.That(slot.Current.State == HoldState.Open, $"Hold {slot.Current.Id} is {slot.Current.State} already.");
        FreeHeld(account, slot.Current);
        account.Put(slot, slot.Current with { State = state });
        account.CloseHold(slot.Current.Id);
    }

    /// <summary>Closes expired holds before the next decision, so that they cause no refusal.</summary>
    public static void CloseExpired(AccountState account, Instant now)
    {
        if (account.Holds.Count == 0 || now < account.NextExpiry)
        {
            return;
        }

        foreach (var slot in account.ExpiredHolds(now))
        {
            Close(account, slot, HoldState.Expired);
        }
    }

    internal static void FreeHeld(AccountState account, Hold hold)
    {
        foreach (var part in hold.Parts)
        {
            var slot = RowOf(account, part.FeatureKey, part.PeriodStart);
            var after = slot.Current with { Held = slot.Current.Held - part.Amount };
            after.AssertSound();
            account.Put(slot, after);
        }

        foreach (var amount in hold.Amounts)
        {
            var own = hold.Parts.First(p => p.FeatureKey == amount.FeatureKey);
            var slot = RowOf(account, own.FeatureKey, own.PeriodStart);
            account.Put(slot, slot.Current with { OpenHolds = slot.Current.OpenHolds - 1 });
        }
    }

    /// <summary>Reverses the postings of an event: the postings of the reversing event are their negatives.</summary>
    public static IReadOnlyList<Posting> Reverse(
        AccountState account, IReadOnlyList<Reversal> reversals, IReadOnlyList<Burn> burns, Instant now)
    {
        var reversed = new List<Posting>(reversals.Count);
        foreach (var (posting, movesReport, reportAt) in reversals)
        {
            var slot = RowOf(account, posting.FeatureKey, posting.PeriodStart);
            var after = slot.Current with { Used = slot.Current.Used - posting.Used, Drawn = slot.Current.Drawn - posting.Drawn };
            after = movesReport ? after with { Reports = new(reportAt, after.Reports!.Count) } : after;
            after.AssertSound();
            account.Put(slot, after);
            if (account.FindFeature(posting.FeatureKey) is { RollsOver: true } feature && !feature.IsNewest(after.Period))
            {
                RolloverRules.Recount(account, feature, after.Period, now, gives: true);
            }

            reversed.Add(new(posting.FeatureKey, posting.PeriodStart, -posting.Used, -posting.Drawn));
        }

        foreach (var burn in burns)
        {
            foreach (var grant in account.Features.SelectMany(f => f.Grants).Where(g => g.Current.Id == burn.Grant))
            {
                account.Put(grant, grant.Current with { Used = grant.Current.Used - burn.Amount });
            }
        }

        foreach (var posting in reversed)
        {
            if (account.FindFeature(posting.FeatureKey) is { RollsOver: true } feature
                && feature.FindBalance(posting.PeriodStart) is { } row)
            {
                RolloverRules.TrimAgain(account, feature, row.Current.Period, now);
            }
        }

        return reversed;
    }

    private static Slot<Balance> RowOf(AccountState account, int featureKey, Instant periodStart)
    {
        var slot = account.FindFeature(featureKey)?.FindBalance(periodStart);
        Invariant.That(slot is not null, $"The balance of feature {featureKey} from {periodStart} is not in the account.");
        return slot!;
    }
}
