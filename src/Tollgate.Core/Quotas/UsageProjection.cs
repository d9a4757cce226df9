using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>The projection of usage to the end of the period (<c>SEMANTICS</c> 5): usage so far ÷ elapsed share of the period.</summary>
public static class UsageProjection
{
    /// <summary>Projects the usage of a feature: a reported level stays until the next report.</summary>
    public static Quantity? AtPeriodEnd(Feature feature, Standing standing, Instant now) =>
        !feature.IsLevel ? AtPeriodEnd(standing.Used, standing.Period, now)
        : standing.Period.End == Instant.FarFuture ? null
        : standing.UsedAtEnd ?? standing.Used;

    /// <summary>
    /// Projects <paramref name="used"/> to the end of the period at the pace so far, rounded half away from zero to as many decimals as
    /// <paramref name="used"/> has: calls stay whole, dollars keep their cents. Null for a period that never ends.
    /// </summary>
    /// <remarks>
    /// The projection is never below the usage so far. Before the first hundredth of the period has passed it is the usage so far: a single
    /// call in the first second would project to millions.
    /// </remarks>
    public static Quantity? AtPeriodEnd(Quantity used, Period period, Instant now)
    {
        if (period.End == Instant.FarFuture)
        {
            return null;
        }

        var length = (decimal)(period.End.UnixMicroseconds - period.Start.UnixMicroseconds);
        var elapsed = (decimal)(now.UnixMicroseconds - period.Start.UnixMicroseconds);
        if (elapsed >= length || elapsed * 100m < length)
        {
            return used;
        }

        return Times(used, (Int128)length, (Int128)elapsed);
    }

    /// <summary>
    /// Returns usage × whole ÷ part, rounded half away from zero to as many decimals as the usage has, and at most the largest quantity.
    /// </summary>
    internal static Quantity Times(Quantity used, Int128 whole, Int128 part)
    {
        // Normalise first, so that 3.000000000 from the database counts as a whole number.
        var plain = decimal.Parse(used.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        var share = (decimal)whole / (decimal)part;
        if (plain > Quantity.Largest / Math.Max(share, 1))
        {
            return Quantity.Of(Quantity.Largest);
        }

        var projected = decimal.Round(plain * share, plain.Scale, MidpointRounding.AwayFromZero);
        return Quantity.TryCreate(projected, out var quantity) ? quantity : Quantity.Of(Quantity.Largest);
    }

    /// <summary>
    /// Returns usage as a percentage of the limit with one decimal; null without a limit. Any usage is 100 % of a limit of zero.
    /// </summary>
    public static decimal? PercentOf(Quantity used, Quantity? limit) => limit switch
    {
        null => null,
        { IsPositive: true } some => decimal.Round(used.Value * 100m / some.Value, 1, MidpointRounding.AwayFromZero),
        _ => used.IsPositive ? 100m : 0m,
    };
}
