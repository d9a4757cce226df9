using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// The transition between quota periods: unused quota becomes grants, overage carries on, and a smaller plan trims rolled units. Each ended
/// period uses the terms at its own end, oldest first, so that the result does not depend on the server, the time or the number of calls.
/// </summary>
/// <remarks>
/// The ledger opens a period before it records the first entry in it or in an earlier one. The row that opening leaves means that the
/// earlier periods are closed. All periods between a row and the next one were therefore idle.
/// </remarks>
public static class RolloverRules
{
    /// <summary>
    /// The most idle periods that the rules examine (30 ms). Overage carried from before them counts as carried until there.
    /// </summary>
    private const int MostIdle = 5_000;

    /// <summary>A server with a slow clock may still record the first entry of a period that is over for this server.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Opens the running period, if it is not open: rolls the unused units of each ended period once (the grant's id is a function of the
    /// feature and the ended period), carries overage, and applies the bounds of terms that began at or before <paramref name="now"/>. The
    /// account state must have the newest row before the period, if there is one, the grants that had not expired at <see cref="Reach"/>,
    /// and the rollovers of <see cref="RolloversSince"/>.
    /// </summary>
    public static void Open(AccountState account, FeatureState feature, Instant now)
    {
        var period = feature.PeriodAt(now);
        var slot = feature.BalanceIn(period);
        var ended = slot.Stored is null ? EndedBefore(account, feature, period) : [];
        var changes = BoundsUntil(account, feature, now);
        var (carried, change) = (CarriedInto(account, feature, period, ended), 0);
        var closing = new Closing(account, feature, Reach(now));
        foreach (var earlier in ended)
        {
            while (change < changes.Count && changes[change].From < earlier.End)
            {
                closing.Trim(changes[change++]);
            }

            carried = closing.Close(earlier, carried);
        }

        while (change < changes.Count)
        {
            closing.Trim(changes[change++]);
        }

        if (slot.Stored is null)
        {
            account.Put(slot, slot.Current with { Carried = carried });
        }

        feature.MarkOpened(period);
    }

    /// <summary>
    /// Returns the earliest time that late events reach, with a margin: rolled units that expired before it no longer burn.
    /// </summary>
    public static Instant Reach(Instant now) => now.Minus(TimeSpan.FromDays(36));

    /// <summary>
    /// Returns the time from which rollovers count in the bounds of the periods that <see cref="Open"/> closes: those that had not expired
    /// by then. The account state must have the newest row before the period.
    /// </summary>
    public static Instant RolloversSince(AccountState account, FeatureState feature, Period period)
    {
        var closed = feature.NewestBefore(period.Start)?.Current.Period.Start ?? account.CustomerSince;
        var oldest = Oldest(period, Horizon(account, feature).Horizon);
        return closed < oldest ? oldest : closed;
    }

    /// <summary>
    /// Opens a past period that was idle until a late event: computes the overage carried into it. The account state must have the newest
    /// row before it.
    /// </summary>
    public static void OpenPast(AccountState account, FeatureState feature, Period period)
    {
        var ended = EndedBefore(account, feature, period);
        var carried = CarriedInto(account, feature, period, ended);
        foreach (var earlier in ended)
        {
            var (state, policy) = StateOf(account, feature, earlier, carried);
            carried = policy is { CarryOverage: true } ? state.Overage : Quantity.Zero;
        }

        var slot = feature.BalanceIn(period);
        account.Put(slot, slot.Current with { Carried = carried });
    }

    /// <summary>
    /// Corrects the rollovers and the carried overage of an ended period after a late entry in it: they become what they would have been
    /// had the entry come in time, except for rolled units that are already used. Other rollovers do not regain the units that they lost to
    /// its bound. The account state must have the rows since then.
    /// </summary>
    /// <param name="gives">True if the entry takes back use: rolled units may increase, or roll for the first time. A decision that may
    /// still be reverted passes false.</param>
    public static void Recount(AccountState account, FeatureState feature, Period changed, Instant now, bool gives)
    {
        var (ended, carried, closing) = (changed, Quantity.Zero, new Closing(account, feature, Reach(now)));

        // Nothing rolls out of a lifetime period, although replaced terms may have left rows that begin later.
        for (var i = 0; i < MostIdle && ended.End < Instant.FarFuture; i++)
        {
            var (state, policy) = StateOf(account, feature, ended, carried);
            carried = policy is { CarryOverage: true } ? state.Overage : Quantity.Zero;
            if (policy is not null)
            {
                closing.Again(state, policy, gives);
            }

            var next = feature.PeriodAt(ended.End);
            if (feature.FindBalance(next.Start) is { } row)
            {
                if (row.Current.Carried == carried)
                {
                    return;
                }

                account.Put(row, row.Current with { Carried = carried });
            }
            else if (feature.Balances.All(one => one.Current.Period.Start < next.Start))
            {
                return;
            }

            ended = next;
        }
    }

    /// <summary>
    /// Applies the bounds of each period's end and of each change of terms since <paramref name="changed"/> again, after units of that
    /// period, or of its rollovers, were given back: they cut these units as they would have in time.
    /// </summary>
    public static void TrimAgain(AccountState account, FeatureState feature, Period changed, Instant now)
    {
        var (closing, changes, change) = (new Closing(account, feature, Reach(now)), BoundsUntil(account, feature, now), 0);
        var period = changed;
        for (var i = 0; i < MostIdle && period.End <= now; i++)
        {
            for (; change < changes.Count && changes[change].From < period.End; change++)
            {
                closing.Trim(changes[change]);
            }

            closing.Trim(account.Terms.AtEndOf(period), period.End);
            period = feature.PeriodAt(period.End);
        }

        for (; change < changes.Count; change++)
        {
            closing.Trim(changes[change]);
        }
    }

    /// <summary>
    /// Returns the periods before this one that are not closed yet, oldest first, except those so old that nothing of them could be left.
    /// </summary>
    private static List<Period> EndedBefore(AccountState account, FeatureState feature, Period period)
    {
        var ended = new List<Period>();
        var newest = feature.NewestBefore(period.Start)?.Current;
        var (horizon, carries) = Horizon(account, feature);
        var oldest = Oldest(period, horizon);
        for (var earlier = feature.PeriodBefore(period);
             ended.Count < MostIdle && earlier.End > Instant.Epoch && earlier.End > account.CustomerSince
                 && (earlier.End > oldest || (carries && newest is not null));
             earlier = feature.PeriodBefore(earlier))
        {
            ended.Add(earlier);
            if (newest is not null && earlier.Start <= newest.Period.Start)
            {
                break;
            }
        }

        ended.Reverse();
        return ended;
    }

    /// <summary>
    /// Returns the overage that the newest row carries on if it lies before all of these periods: the idle periods in between are too many
    /// to examine.
    /// </summary>
    private static Quantity CarriedInto(AccountState account, FeatureState feature, Period period, List<Period> ended)
    {
        if (ended.Count == 0 || feature.NewestBefore(period.Start)?.Current is not { } newest || newest.Period.Start >= ended[0].Start)
        {
            return Quantity.Zero;
        }

        var (state, policy) = StateOf(account, feature, newest.Period, Quantity.Zero);
        return policy is { CarryOverage: true } ? state.Overage : Quantity.Zero;
    }

    /// <summary>
    /// Returns the terms whose bound on rollovers differs from that of the terms before them, in order: they also bound units that rolled
    /// earlier. Includes terms that others replaced at the same instant while a test clock stood still, since a request may have applied
    /// them in between.
    /// </summary>
    private static List<CustomerTerms> BoundsUntil(AccountState account, FeatureState feature, Instant now)
    {
        var changes = new List<CustomerTerms>();
        for (var i = 1; i < account.Terms.All.Count && account.Terms.All[i].From <= now; i++)
        {
            if (BoundOf(account.Terms.All[i]) is { } max && max != BoundOf(account.Terms.All[i - 1]))
            {
                changes.Add(account.Terms.All[i]);
            }
        }

        return changes;

        Quantity? BoundOf(CustomerTerms terms) => terms.EntitlementOf(feature.Feature.Key)?.Rollover?.Max;
    }

    /// <summary>Returns the longest lifetime of rolled units under any of the terms, and whether any of them carries overage.</summary>
    private static (TimeSpan Horizon, bool Carries) Horizon(AccountState account, FeatureState feature)
    {
        var (horizon, carries) = (TimeSpan.Zero, false);
        foreach (var terms in account.Terms.All)
        {
            if (terms.EntitlementOf(feature.Feature.Key) is { Rollover: { } policy } entitlement)
            {
                var lives = LongestOf(entitlement.Period) * policy.Periods;
                (horizon, carries) = (lives > horizon ? lives : horizon, carries || policy.CarryOverage);
            }
        }

        return (horizon, carries);
    }

    private static TimeSpan LongestOf(QuotaPeriodKind kind) => kind switch
    {
        QuotaPeriodKind.Hour => TimeSpan.FromHours(1),
        QuotaPeriodKind.Day => TimeSpan.FromHours(25),
        QuotaPeriodKind.Week => TimeSpan.FromDays(8),
        QuotaPeriodKind.BillingPeriod => TimeSpan.FromDays(367),
        _ => TimeSpan.FromDays(32),
    };

    /// <summary>Returns the time before which rollovers have expired and no longer bound any live rollover.</summary>
    private static Instant Oldest(Period period, TimeSpan horizon) => Reach(period.Start).Minus(3 * horizon);

    /// <summary>Ended periods of one feature, closed one after the other.</summary>
    /// <param name="reach">Rollovers that had expired by this time are not written. They still count in the bounds of rollovers during
    /// their lifetime.</param>
    private sealed class Closing(AccountState account, FeatureState feature, Instant reach)
    {
        private readonly List<Grant> _over = [];

        /// <returns>The overage that carries on into the next period.</returns>
        public Quantity Close(Period ended, Quantity carried)
        {
            var (state, policy) = StateOf(account, feature, ended, carried);
            if (policy is null)
            {
                return Quantity.Zero;
            }

            // A server that records usage of the ended period at the same time must reload: this write makes its version stale. If this
            // state has no row and may miss one, it creates one; the insert fails if the other server was first.
            if (feature.FindBalance(ended.Start) is { } row)
            {
                account.Put(row, row.Current with { });
            }
            else if (ended.End.Plus(ClocksDiffer) > account.ReadFor)
            {
                var made = feature.BalanceIn(ended);
                account.Put(made, made.Current with { Carried = carried });
            }

            if (FindRolled(feature, ended) is null)
            {
                Roll(policy, state);
            }

            return policy.CarryOverage ? state.Overage : Quantity.Zero;
        }

        /// <summary>Corrects the rollover of a period that was closed before, on new facts.</summary>
        public void Again(GrantRules.EndedPeriod ended, RolloverPolicy policy, bool gives)
        {
            var rolled = GrantRules.RolledOf(policy, ended);
            if (FindRolled(feature, ended.Period) is not { } slot)
            {
                if (gives && ExpiryOf(account, feature, ended.Period, policy.Periods) > reach)
                {
                    Roll(policy, ended);
                }
            }
            else if (slot.Current is var grant && rolled < grant.Amount)
            {
                var (kept, trimmed) = (grant.Used + grant.Withdrawn, grant.Forfeited - grant.Withdrawn);
                var amount = Quantity.Max(rolled, kept);
                var cut = Quantity.Min((trimmed - (grant.Amount - rolled)).FloorAtZero(), amount - kept);
                account.Put(slot, grant with { Amount = amount, Forfeited = grant.Withdrawn + cut });
            }
            else if (gives && rolled > grant.Amount && (grant.Withdrawn.IsZero || grant.Remaining.IsPositive))
            {
                account.Put(slot, grant with { Amount = rolled });
            }
        }

        public void Trim(CustomerTerms change) => Trim(change, change.From);

        /// <summary>Applies the bound of terms to units that rolled before them. A second application cuts nothing more.</summary>
        public void Trim(CustomerTerms terms, Instant at)
        {
            if (terms.EntitlementOf(feature.Feature.Key)?.Rollover?.Max is { } max)
            {
                Cut(GrantRules.Trim(max, Live(at)));
            }
        }

        private void Roll(RolloverPolicy policy, GrantRules.EndedPeriod ended)
        {
            var (at, expires) = (ended.Period.End, ExpiryOf(account, feature, ended.Period, policy.Periods));
            var (rolled, trimmed) = GrantRules.Roll(policy, ended, Live(at));
            Cut(trimmed);
            if (!rolled.IsPositive)
            {
                return;
            }

            var grant = new Grant
            {
                Id = GrantIdOf(feature, ended.Period), FeatureKey = feature.Feature.Key, Source = GrantSource.Rollover,
                Amount = rolled, EffectiveAt = at, ExpiresAt = expires, CreatedAt = at,
            };
            if (expires > reach)
            {
                feature.Add(grant);
            }
            else
            {
                _over.Add(grant);
            }
        }

        private void Cut(IReadOnlyList<Burn> trimmed)
        {
            foreach (var cut in trimmed)
            {
                if (_over.FindIndex(one => one.Id == cut.Grant) is >= 0 and var i)
                {
                    _over[i] = _over[i] with { Forfeited = _over[i].Forfeited + cut.Amount };
                    continue;
                }

                var slot = feature.GrantOf(cut.Grant);
                account.Put(slot, slot.Current with { Forfeited = slot.Current.Forfeited + cut.Amount });
            }
        }

        private List<Grant> Live(Instant at)
        {
            _over.RemoveAll(grant => grant.ExpiresAt <= at);
            return [.. feature.Grants.Select(static slot => slot.Current)
                .Where(grant => grant.Source == GrantSource.Rollover && grant.IsLive(at)), .. _over];
        }
    }

    private static Slot<Grant>? FindRolled(FeatureState feature, Period ended)
    {
        var id = GrantIdOf(feature, ended);
        return feature.Grants.FirstOrDefault(slot => slot.Current.Id == id);
    }

    private static (GrantRules.EndedPeriod State, RolloverPolicy? Policy) StateOf(AccountState account, FeatureState feature, Period ended,
        Quantity carried)
    {
        var policy = account.Terms.AtEndOf(ended).EntitlementOf(feature.Feature.Key)?.Rollover;
        var quota = feature.QuotaIn(ended);
        return feature.FindBalance(ended.Start)?.Current is { } row
            ? (new(ended, quota, row.OfPlan, HeldAtEnd(account, row, ended), row.Carried), policy)
            : (new(ended, quota, Quantity.Zero, Quantity.Zero, carried), policy);
    }

    /// <summary>Returns the held units without holds that had expired by then, even if they are not released yet.</summary>
    private static Quantity HeldAtEnd(AccountState account, Balance row, Period ended)
    {
        var held = row.Held;
        foreach (var hold in held.IsPositive ? account.ExpiredHolds(ended.End) : [])
        {
            foreach (var part in hold.Current.Parts.Where(part => part.FeatureKey == row.FeatureKey
                && part.PeriodStart == row.Period.Start))
            {
                held -= part.Amount;
            }
        }

        return held;
    }

    /// <summary>Returns the expiry as it was foreseen when the period ended: billing cycles that began later do not move it.</summary>
    private static Instant ExpiryOf(AccountState account, FeatureState feature, Period ended, int periods)
    {
        var kind = account.Terms.AtEndOf(ended).EntitlementOf(feature.Feature.Key)!.Period;
        IReadOnlyList<BillingCycle> cycles = [.. account.Cycles.Where(cycle => cycle.From <= ended.End)];
        var end = ended.End;
        for (var i = 0; i < periods; i++)
        {
            end = BillingCycles.PeriodOf(kind, end, account.Zone, cycles).End;
        }

        return end;
    }

    /// <summary>Returns a UUID of version 8 that contains the feature's number and the ended period's kind and start.</summary>
    private static Guid GrantIdOf(FeatureState feature, Period ended)
    {
        var kind = feature.EntitlementAt(new(ended.End.UnixMicroseconds - 1))?.Period ?? default;
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, feature.Feature.Key);
        bytes[6] = 0x80;
        bytes[7] = (byte)kind;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[8..], ended.Start.UnixMicroseconds);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }
}
