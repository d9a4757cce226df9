using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>What happens when a quota period opens: unused quota of the periods before becomes grants, once.</summary>
public static class RolloverRules
{
    /// <summary>
    /// The ended periods whose unused quota could still live in <paramref name="period"/>, oldest first. Their balance
    /// rows must be in the book (where they exist) before <see cref="Open"/> is called.
    /// </summary>
    public static IReadOnlyList<Period> EndedBefore(AccountBook book, FeatureBook feature, Period period)
    {
        if (feature.Entitlement is not { Rollover: { } policy, Period: not QuotaPeriodKind.Lifetime } entitlement)
        {
            return [];
        }

        var ended = new List<Period>();
        var earlier = period;
        for (var i = 0; i < policy.Periods; i++)
        {
            earlier = BillingCycles.Previous(entitlement.Period, earlier, book.Zone, book.Cycles);
            if (earlier.End <= book.CustomerSince || (IsOfPreviousPlan(book, earlier) && feature.PreviousEntitlement?.Rollover is null))
            {
                break;
            }

            ended.Insert(0, earlier);
        }

        return ended;
    }

    /// <summary>
    /// Opens <paramref name="period"/>: rolls what the ended periods left, each once (the grant's id is a function of the
    /// feature and the ended period), trims older rollovers to the policy's bound, carries overage where the policy says so.
    /// </summary>
    public static void Open(AccountBook book, FeatureBook feature, Period period)
    {
        var policy = feature.Entitlement!.Rollover!;
        foreach (var ended in EndedBefore(book, feature, period))
        {
            var id = GrantIdOf(feature.Feature.Key, ended.Start);
            if (feature.Grants.Any(g => g.Current.Id == id))
            {
                continue;
            }

            Roll(book, feature, policy, Ended(book, feature, ended), id, period.Start);
        }

        var slot = feature.BalanceIn(period);
        var before = BillingCycles.Previous(feature.Entitlement.Period, period, book.Zone, book.Cycles);
        var carried = policy.CarryOverage && before.End > book.CustomerSince ? Ended(book, feature, before).Overage : Quantity.Zero;
        book.Put(slot, slot.Current with { Carried = carried });
    }

    private static void Roll(
        AccountBook book, FeatureBook feature, RolloverPolicy policy, GrantRules.EndedPeriod ended, Guid id, Instant now)
    {
        var live = feature.Grants.Select(g => g.Current).Where(g => g.Source == GrantSource.Rollover && g.IsLive(now)).ToList();
        var (rolled, trimmed) = GrantRules.Roll(policy, ended, live);
        foreach (var cut in trimmed)
        {
            var slot = feature.GrantOf(cut.Grant);
            book.Put(slot, slot.Current with { Forfeited = slot.Current.Forfeited + cut.Amount });
        }

        if (rolled.IsPositive)
        {
            feature.Add(new()
            {
                Id = id, FeatureKey = feature.Feature.Key, Source = GrantSource.Rollover, Amount = rolled,
                EffectiveAt = ended.Period.End, ExpiresAt = ExpiryOf(book, feature, ended.Period, policy.Periods), CreatedAt = ended.Period.End,
            });
        }
    }

    /// <summary>A period that was over when the plan was changed had the quota of the plan before, and rolls over only if that one let it.</summary>
    private static bool IsOfPreviousPlan(AccountBook book, Period ended) => book.PlanAssignedAt is { } assigned && ended.End <= assigned;

    private static GrantRules.EndedPeriod Ended(AccountBook book, FeatureBook feature, Period period)
    {
        var row = feature.FindBalance(period.Start)?.Current;
        var quota = IsOfPreviousPlan(book, period) ? feature.PreviousEntitlement?.Quota ?? Quantity.Zero : feature.QuotaIn(period);
        return row is null
            ? new(period, quota, Quantity.Zero, Quantity.Zero, Quantity.Zero)
            : new(period, row.Quota, row.OfPlan, row.Held, row.Carried);
    }

    private static Instant ExpiryOf(AccountBook book, FeatureBook feature, Period ended, int periods)
    {
        var period = ended;
        for (var i = 0; i < periods; i++)
        {
            period = BillingCycles.Next(feature.Entitlement!.Period, period, book.Zone, book.Cycles);
        }

        return period.End;
    }

    /// <summary>A UUID of version 8 that holds the feature's number and the ended period's start.</summary>
    public static Guid GrantIdOf(int featureKey, Instant periodStart)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, featureKey);
        bytes[6] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[8..], periodStart.UnixMicroseconds);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }
}
