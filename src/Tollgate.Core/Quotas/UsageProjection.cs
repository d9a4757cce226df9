using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>Where usage is heading (<c>SEMANTICS</c> 5): used so far ÷ elapsed share of the period.</summary>
public static class UsageProjection
{
    /// <summary>The same for a feature: a level that is reported stays until the next report.</summary>
    public static Quantity? AtPeriodEnd(Feature feature, Standing standing, Instant now) =>
        !feature.IsLevel ? AtPeriodEnd(standing.Used, standing.Period, now)
        : standing.Period.End == Instant.FarFuture ? null
        : standing.UsedAtEnd ?? standing.Used;

    /// <summary>
    /// What <paramref name="used"/> becomes by the period's end at the pace so far, rounded half away from zero to as many
    /// decimals as <paramref name="used"/> has: calls stay whole, dollars keep their cents. Null for a period that never ends.
    /// </summary>
    /// <remarks>
    /// Never below what was used. Before the first hundredth of the period has passed the pace says nothing: a single call
    /// in the first second would project to millions. Until then the answer is what was used.
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

        // Normalised first, so that 3.000000000 from the database counts as a whole number.
        var plain = decimal.Parse(used.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        var projected = decimal.Round(plain * (length / elapsed), plain.Scale, MidpointRounding.AwayFromZero);
        return Quantity.TryCreate(projected, out var quantity) ? quantity : Quantity.Of(Quantity.Largest);
    }

    /// <summary>Used as percents of the limit with one decimal; null without a limit. Of a limit of zero anything is 100.</summary>
    public static decimal? PercentOf(Quantity used, Quantity? limit) => limit switch
    {
        null => null,
        { IsPositive: true } some => decimal.Round(used.Value * 100m / some.Value, 1, MidpointRounding.AwayFromZero),
        _ => used.IsPositive ? 100m : 0m,
    };
}
