using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Ledger;

/// <summary>
/// Customer × feature × quota period, as the rules see it. A projection: the sum of the events and open holds that name it.
/// <c>tollgate verify</c> recomputes it.
/// </summary>
public sealed record Balance
{
    public required int FeatureKey { get; init; }

    public required Period Period { get; init; }

    /// <summary>The version, which increases with every stored change; 0: no row exists yet.</summary>
    public long Version { get; init; }

    /// <summary>Everything recorded in the period, including units beyond the granted amount.</summary>
    public Quantity Used { get; init; }

    /// <summary>The units in open holds.</summary>
    public Quantity Held { get; init; }

    /// <summary>The part of <see cref="Used"/> that grants or a credit pool paid for. The rest burned the plan's own quota.</summary>
    public Quantity Drawn { get; init; }

    /// <summary>Overage of the period before, charged to this one (rollover policy <c>carry_overage</c>).</summary>
    public Quantity Carried { get; init; }

    /// <summary>The highest threshold percentage recorded for the period; 0 for none.</summary>
    public int Fired { get; init; }

    /// <summary>The number of open reservations on this row, for concurrency limits.</summary>
    public int OpenHolds { get; init; }

    public long Denied { get; init; }

    /// <summary>The plan's own quota at the last decision; null is unlimited.</summary>
    public Quantity? Quota { get; init; }

    /// <summary>For a feature whose last reported value is the usage: the report that counts; null: no report is recorded.</summary>
    public LatestReport? Reports { get; init; }

    /// <summary>
    /// For a time-weighted level; null for all others. Then <see cref="Used"/> is the usage at the period's end if no report changes the
    /// level, which invoices read. Readers of a current period call <see cref="UsedBy"/>.
    /// </summary>
    public TimedLevel? Timed { get; init; }

    /// <summary>The units that burned the plan's own quota.</summary>
    public Quantity OfPlan => Used - Drawn;

    public static Balance Empty(int featureKey, Period period, Quantity? quota) =>
        new() { FeatureKey = featureKey, Period = period, Quota = quota };

    /// <summary>Returns the balance with the usage at an instant.</summary>
    public Balance UsedBy(Instant now) => Timed is null ? this : this with { Used = Timed.UsedBy(now, Period) };

    /// <summary>Returns the balance with another state of its level.</summary>
    public Balance With(TimedLevel timed) => this with { Timed = timed, Used = timed.AtEnd };

    /// <summary>Asserts the invariants of a row before it is written: nothing negative, drawn within used.</summary>
    public void AssertSound() => Invariant.That(
        !Used.IsNegative && !Held.IsNegative && !Drawn.IsNegative && Drawn <= Used && OpenHolds >= 0,
        $"Balance of feature {FeatureKey} {Period}: used {Used}, held {Held}, drawn {Drawn}, open holds {OpenHolds}.");
}
