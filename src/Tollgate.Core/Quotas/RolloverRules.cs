using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// What happens between quota periods: unused quota becomes grants, overage is carried on, and a smaller plan trims what was rolled. Each
/// ended period by the terms at its own end, the oldest first, so that what comes out is the same whoever looks, whenever, and how often.
/// </summary>
/// <remarks>
/// A period is opened before the first thing of it, or of an earlier one, is recorded; the row that opening leaves says that those before
/// it are closed. So all periods between a row and the next one were idle.
/// </remarks>
public static class RolloverRules
{
    /// <summary>So many idle periods are looked at, in 30 ms; overage that is carried from before counts as carried until there.</summary>
    private const int MostIdle = 5_000;

    /// <summary>A server whose clock is behind may still record the first thing of a period that is over for this one.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Opens the period that runs, if it is not: rolls what the ended periods left, each once (the grant's id is a function of the feature
    /// and the ended period), carries overage, and trims what terms of <paramref name="now"/> or before bound. The newest row before the
    /// period must be in the book, if there is one, the grants that were not over at <see cref="Reach"/>, and the rollovers of
    /// <see cref="RolloversSince"/>.
    /// </summary>
    public static void Open(AccountState book, FeatureState feature, Instant now)
    {
        var period = feature.PeriodAt(now);
        var slot = feature.BalanceIn(period);
        var ended = slot.Stored is null ? EndedBefore(book, feature, period) : [];
        var changes = BoundsUntil(book, feature, now);
        var (carried, change) = (CarriedInto(book, feature, period, ended), 0);
        var closing = new Closing(book, feature, Reach(now));
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
            book.Put(slot, slot.Current with { Carried = carried });
        }

        feature.MarkOpened(period);
    }

    /// <summary>How far back late use reaches, and a little more: rolled units that were over before burn no more.</summary>
    public static Instant Reach(Instant now) => now.Minus(TimeSpan.FromDays(36));

    /// <summary>
    /// What rolled and was not over by then counts in the bounds of what <see cref="Open"/> closes. The newest row before the period must
    /// be in the book.
    /// </summary>
    public static Instant RolloversSince(AccountState book, FeatureState feature, Period period)
    {
        var closed = feature.NewestBefore(period.Start)?.Current.Period.Start ?? book.CustomerSince;
        var oldest = Oldest(period, Horizon(book, feature).Horizon);
        return closed < oldest ? oldest : closed;
    }

    /// <summary>
    /// A period that was idle until now, and of which something is told late: what was carried into it. The newest row before it must be in
    /// the book.
    /// </summary>
    public static void OpenPast(AccountState book, FeatureState feature, Period period)
    {
        var ended = EndedBefore(book, feature, period);
        var carried = CarriedInto(book, feature, period, ended);
        foreach (var earlier in ended)
        {
            var (state, policy) = StateOf(book, feature, earlier, carried);
            carried = policy is { CarryOverage: true } ? state.Overage : Quantity.Zero;
        }

        var slot = feature.BalanceIn(period);
        book.Put(slot, slot.Current with { Carried = carried });
    }

    /// <summary>
    /// After something was recorded in a period that is over: what rolled out of it, and the overage that it carried on, becomes what it
    /// would have been had it been recorded in time, as far as what rolled was not used yet. What other rollovers lost to its bound they do
    /// not get back. The rows since then must be in the book.
    /// </summary>
    /// <param name="gives">Use was taken back: what rolled may grow, or roll at all. A decision that may still be taken back does
    /// not.</param>
    public static void Recount(AccountState book, FeatureState feature, Period changed, Instant now, bool gives)
    {
        var (ended, carried, closing) = (changed, Quantity.Zero, new Closing(book, feature, Reach(now)));

        // Nothing rolls out of a lifetime, although terms that were replaced may have left rows that began later.
        for (var i = 0; i < MostIdle && ended.End < Instant.FarFuture; i++)
        {
            var (state, policy) = StateOf(book, feature, ended, carried);
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

                book.Put(row, row.Current with { Carried = carried });
            }
            else if (feature.Balances.All(one => one.Current.Period.Start < next.Start))
            {
                return;
            }

            ended = next;
        }
    }

    /// <summary>
    /// Units of a period, and of what rolled out of it, were given back: the bounds of each period's end and of each change of terms since
    /// then cut them as they would have.
    /// </summary>
    public static void TrimAgain(AccountState book, FeatureState feature, Period changed, Instant now)
    {
        var (closing, changes, change) = (new Closing(book, feature, Reach(now)), BoundsUntil(book, feature, now), 0);
        var period = changed;
        for (var i = 0; i < MostIdle && period.End <= now; i++)
        {
            for (; change < changes.Count && changes[change].From < period.End; change++)
            {
                closing.Trim(changes[change]);
            }

            closing.Trim(book.Terms.AtEndOf(period), period.End);
            period = feature.PeriodAt(period.End);
        }

        for (; change < changes.Count; change++)
        {
            closing.Trim(changes[change]);
        }
    }

    /// <summary>
    /// The periods before this one that are not closed yet, oldest first; none of so long ago that nothing of it could be left.
    /// </summary>
    private static List<Period> EndedBefore(AccountState book, FeatureState feature, Period period)
    {
        var ended = new List<Period>();
        var newest = feature.NewestBefore(period.Start)?.Current;
        var (horizon, carries) = Horizon(book, feature);
        var oldest = Oldest(period, horizon);
        for (var earlier = feature.PeriodBefore(period);
             ended.Count < MostIdle && earlier.End > Instant.Epoch && earlier.End > book.CustomerSince
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
    /// Where the newest row lies before all of these: the overage that it carried on. Idle periods in between are too many to look at.
    /// </summary>
    private static Quantity CarriedInto(AccountState book, FeatureState feature, Period period, List<Period> ended)
    {
        if (ended.Count == 0 || feature.NewestBefore(period.Start)?.Current is not { } newest || newest.Period.Start >= ended[0].Start)
        {
            return Quantity.Zero;
        }

        var (state, policy) = StateOf(book, feature, newest.Period, Quantity.Zero);
        return policy is { CarryOverage: true } ? state.Overage : Quantity.Zero;
    }

    /// <summary>
    /// The terms that bound rollovers otherwise than those before them, in order: what was rolled before is bound by them, too. Also terms
    /// that others replaced at the same instant, while a test clock stood still: somebody may have looked in between.
    /// </summary>
    private static List<CustomerTerms> BoundsUntil(AccountState book, FeatureState feature, Instant now)
    {
        var changes = new List<CustomerTerms>();
        for (var i = 1; i < book.Terms.All.Count && book.Terms.All[i].From <= now; i++)
        {
            if (BoundOf(book.Terms.All[i]) is { } max && max != BoundOf(book.Terms.All[i - 1]))
            {
                changes.Add(book.Terms.All[i]);
            }
        }

        return changes;

        Quantity? BoundOf(CustomerTerms terms) => terms.EntitlementOf(feature.Feature.Key)?.Rollover?.Max;
    }

    /// <summary>How long rolled units live at most under any of the terms, and whether any of them carries overage.</summary>
    private static (TimeSpan Horizon, bool Carries) Horizon(AccountState book, FeatureState feature)
    {
        var (horizon, carries) = (TimeSpan.Zero, false);
        foreach (var terms in book.Terms.All)
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

    /// <summary>What rolled before is not only over, it also bounds nothing any more that is not.</summary>
    private static Instant Oldest(Period period, TimeSpan horizon) => Reach(period.Start).Minus(3 * horizon);

    /// <summary>Ended periods of one feature, closed one after the other.</summary>
    /// <param name="reach">What was over by then is not written. As long as it lived, it counted in the bound of what rolled later.</param>
    private sealed class Closing(AccountState book, FeatureState feature, Instant reach)
    {
        private readonly List<Grant> _over = [];

        /// <returns>The overage that goes on into the next period.</returns>
        public Quantity Close(Period ended, Quantity carried)
        {
            var (state, policy) = StateOf(book, feature, ended, carried);
            if (policy is null)
            {
                return Quantity.Zero;
            }

            // A server that records usage of the ended period at the same time has to read again: this write makes its version stale. If
            // this book has no row and may not know of one, it makes one; the insert fails if the other server was first.
            if (feature.FindBalance(ended.Start) is { } row)
            {
                book.Put(row, row.Current with { });
            }
            else if (ended.End.Plus(ClocksDiffer) > book.ReadFor)
            {
                var made = feature.BalanceIn(ended);
                book.Put(made, made.Current with { Carried = carried });
            }

            if (FindRolled(feature, ended) is null)
            {
                Roll(policy, state);
            }

            return policy.CarryOverage ? state.Overage : Quantity.Zero;
        }

        /// <summary>A period that was closed before, and of which something else is known now.</summary>
        public void Again(GrantRules.EndedPeriod ended, RolloverPolicy policy, bool gives)
        {
            var rolled = GrantRules.RolledOf(policy, ended);
            if (FindRolled(feature, ended.Period) is not { } slot)
            {
                if (gives && ExpiryOf(book, feature, ended.Period, policy.Periods) > reach)
                {
                    Roll(policy, ended);
                }
            }
            else if (slot.Current is var grant && rolled < grant.Amount)
            {
                var (kept, trimmed) = (grant.Used + grant.Withdrawn, grant.Forfeited - grant.Withdrawn);
                var amount = Quantity.Max(rolled, kept);
                var cut = Quantity.Min((trimmed - (grant.Amount - rolled)).FloorAtZero(), amount - kept);
                book.Put(slot, grant with { Amount = amount, Forfeited = grant.Withdrawn + cut });
            }
            else if (gives && rolled > grant.Amount && (grant.Withdrawn.IsZero || grant.Remaining.IsPositive))
            {
                book.Put(slot, grant with { Amount = rolled });
            }
        }

        public void Trim(CustomerTerms change) => Trim(change, change.From);

        /// <summary>Terms that bound rollovers bound those that were rolled before them, too. Applied again it cuts nothing more.</summary>
        public void Trim(CustomerTerms terms, Instant at)
        {
            if (terms.EntitlementOf(feature.Feature.Key)?.Rollover?.Max is { } max)
            {
                Cut(GrantRules.Trim(max, Live(at)));
            }
        }

        private void Roll(RolloverPolicy policy, GrantRules.EndedPeriod ended)
        {
            var (at, expires) = (ended.Period.End, ExpiryOf(book, feature, ended.Period, policy.Periods));
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
                book.Put(slot, slot.Current with { Forfeited = slot.Current.Forfeited + cut.Amount });
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

    private static (GrantRules.EndedPeriod State, RolloverPolicy? Policy) StateOf(AccountState book, FeatureState feature, Period ended,
        Quantity carried)
    {
        var policy = book.Terms.AtEndOf(ended).EntitlementOf(feature.Feature.Key)?.Rollover;
        var quota = feature.QuotaIn(ended);
        return feature.FindBalance(ended.Start)?.Current is { } row
            ? (new(ended, quota, row.OfPlan, HeldAtEnd(book, row, ended), row.Carried), policy)
            : (new(ended, quota, Quantity.Zero, Quantity.Zero, carried), policy);
    }

    /// <summary>Without what had expired by then, whether or not somebody has freed it yet.</summary>
    private static Quantity HeldAtEnd(AccountState book, Balance row, Period ended)
    {
        var held = row.Held;
        foreach (var hold in held.IsPositive ? book.ExpiredHolds(ended.End) : [])
        {
            foreach (var part in hold.Current.Parts.Where(part => part.FeatureKey == row.FeatureKey
                && part.PeriodStart == row.Period.Start))
            {
                held -= part.Amount;
            }
        }

        return held;
    }

    /// <summary>As it was foreseen when the period ended: other periods that began later do not move it.</summary>
    private static Instant ExpiryOf(AccountState book, FeatureState feature, Period ended, int periods)
    {
        var kind = book.Terms.AtEndOf(ended).EntitlementOf(feature.Feature.Key)!.Period;
        IReadOnlyList<BillingCycle> cycles = [.. book.Cycles.Where(cycle => cycle.From <= ended.End)];
        var end = ended.End;
        for (var i = 0; i < periods; i++)
        {
            end = BillingCycles.PeriodOf(kind, end, book.Zone, cycles).End;
        }

        return end;
    }

    /// <summary>A UUID of version 8 that holds the feature's number and the ended period's kind and start.</summary>
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
