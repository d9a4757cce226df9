using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// Reports of a time-weighted level. A report holds until the next one, so it changes its own period and may change later ones. The
/// state must have the reports since the instant before it (<see cref="FeatureState.Reports"/>), and every row of a period that ended after
/// it.
/// </summary>
public static class TimedLevelRules
{
    /// <summary>Records that the level is <paramref name="level"/> from <paramref name="at"/> on.</summary>
    /// <returns>The row of its period.</returns>
    public static Slot<Balance> Report(AccountState account, FeatureState feature, Quantity level, Instant at)
    {
        var (slot, reports) = (feature.BalanceIn(feature.PeriodAt(at)), ReportsOf(feature));
        var (after, change) = reports.Current.With(new(at, reports.Current.LastNumberAt(at) + 1, level));
        account.Put(reports, after);
        Follow(account, feature, after, change);
        return slot;
    }

    /// <summary>Takes a report back: the level before it holds in its place.</summary>
    /// <param name="periodStart">The start of the period of the event's posting.</param>
    public static Posting TakeBack(AccountState account, FeatureState feature, Reading reading, Instant at, Instant periodStart)
    {
        var reports = ReportsOf(feature);
        var used = feature.FindBalance(periodStart)?.Current.Used;
        if (reports.Current.Without(at, reading.Order) is not var (after, change))
        {
            throw new InvariantBrokenException(
                $"The report {reading.Order} of {at} is not in the account of feature {feature.Feature.Code}.");
        }

        account.Put(reports, after);
        Follow(account, feature, after, change);
        var usedAfter = feature.FindBalance(periodStart)?.Current.Used;
        return new(feature.Feature.Key, periodStart, (usedAfter - used) ?? Quantity.Zero, Quantity.Zero);
    }

    private static Slot<LevelTimeline> ReportsOf(FeatureState feature) => feature.Reports
        ?? throw new InvariantBrokenException($"The account of feature {feature.Feature.Code} has no reports.");

    /// <summary>Applies a change to every row that it meets, with or without a report in the row's period.</summary>
    private static void Follow(AccountState account, FeatureState feature, LevelTimeline reports, LevelChange change)
    {
        foreach (var slot in feature.Balances)
        {
            var row = slot.Current;
            if (row.Period.Start < change.Until && change.From < row.Period.End)
            {
                Invariant.That(row.Timed is not null, $"The row of {row.Period} of feature {feature.Feature.Code} knows of no level.");
                account.Put(slot, row.With(row.Timed!.After(change, reports, row.Period)));
            }
        }
    }
}
