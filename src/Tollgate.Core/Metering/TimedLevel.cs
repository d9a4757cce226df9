using System.Numerics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>
/// A quota period of a time-weighted level. Its usage grows with time: the integral of the level, divided by the length of the period
/// without cuts.
/// </summary>
/// <param name="Level">The level at the period's end, by the reports so far.</param>
/// <param name="ReportedAt">The time of its report; null: before the period, or never.</param>
/// <param name="Integral">The integral until the period's end, in nano-units times microseconds: exact.</param>
/// <param name="Whole">The length of the period without cuts, in microseconds.</param>
public sealed record TimedLevel(Quantity Level, Instant? ReportedAt, BigInteger Integral, long Whole)
{
    private const long NanosOfOne = 1_000_000_000;

    public static TimedLevel Of(LevelTimeline reports, Period period, long whole) => Ended(reports, period, reports.Over(period), whole);

    /// <summary>The usage at the period's end if no report changes the level.</summary>
    public Quantity AtEnd => UnitsOf(Integral, Whole);

    /// <summary>
    /// Returns the usage at an instant. If a report lies ahead of it (<c>occurred_at</c> may be some minutes in the future), the usage at
    /// that report.
    /// </summary>
    public Quantity UsedBy(Instant now, Period period)
    {
        var known = ReportedAt > now ? ReportedAt.Value : now;
        var until = known < period.Start ? period.Start : known;
        return until >= period.End ? AtEnd : UnitsOf(Integral - Over(Level, until, period.End), Whole);
    }

    /// <summary>Returns the same period after a change of the level.</summary>
    /// <param name="reports">The reports after the change.</param>
    public TimedLevel After(LevelChange change, LevelTimeline reports, Period period)
    {
        var from = change.From > period.Start ? change.From : period.Start;
        var until = change.Until < period.End ? change.Until : period.End;
        return Ended(reports, period, from < until ? Integral + Over(change.By, from, until) : Integral, Whole);
    }

    /// <summary>Returns the length of the billing month that holds an instant, without the cuts that other cycles make.</summary>
    /// <param name="cycles">The customer's billing cycles, in order.</param>
    public static long WholeOf(Instant at, TimeZoneInfo zone, IReadOnlyList<BillingCycle> cycles)
    {
        var anchor = cycles.LastOrDefault(cycle => cycle.From <= at)?.Anchor;
        var month = QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, at, zone, anchor, null);
        return month.End.UnixMicroseconds - month.Start.UnixMicroseconds;
    }

    /// <summary>Returns nano-units times microseconds.</summary>
    public static BigInteger Over(Quantity level, Instant from, Instant until) =>
        new BigInteger(level.Value * NanosOfOne) * (until.UnixMicroseconds - from.UnixMicroseconds);

    /// <summary>Divides an integral by a length, rounded to the ninth decimal, a half up.</summary>
    public static Quantity UnitsOf(BigInteger integral, long whole)
    {
        Invariant.That(integral.Sign >= 0 && whole > 0, $"An integral of {integral} over {whole} microseconds.");
        var nanos = ((2 * integral) + whole) / (2 * new BigInteger(whole));
        return Quantity.Of((decimal)nanos / NanosOfOne);
    }

    private static TimedLevel Ended(LevelTimeline reports, Period period, BigInteger integral, long whole)
    {
        var last = reports.LastBefore(period.End);
        return new(last?.Level ?? Quantity.Zero, last?.At >= period.Start ? last.Value.At : null, integral, whole);
    }
}
