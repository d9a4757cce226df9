using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>How a change in the middle of a period is counted (<c>SEMANTICS</c> 4).</summary>
public enum Proration
{
    /// <summary>To the second.</summary>
    Second,

    /// <summary>Whole calendar days of the project's zone; the day of the change belongs to the new plan.</summary>
    Day,

    /// <summary>Nothing is given back and nothing is charged for the rest of the period.</summary>
    None,

    /// <summary>By the second, but no more is given back than the share of the quota that is not consumed.</summary>
    UsageAware,
}

/// <summary>A part of a whole, in whole seconds or whole days.</summary>
public readonly record struct Fraction(long Part, long Whole)
{
    public static readonly Fraction Nothing = new(0, 1);

    public MoneyAmount Of(MoneyAmount amount) => MoneyParts.Share(amount, Part, Whole);

    /// <summary>As on an invoice: <c>15/31</c>.</summary>
    public override string ToString() => $"{Part}/{Whole}";
}

/// <summary>What of one price goes back for the rest of a period, and why not more of it.</summary>
/// <param name="OfQuota">The share of the quota that is not used, where it bounds the credit; null: the remaining time does.</param>
/// <param name="AmountOff">Left out, because coupons of an amount had taken it off the rest of the period.</param>
/// <param name="NotBilled">Left out, because it was not billed for the period, or went back before.</param>
public readonly record struct ProrationCredit(MoneyAmount Amount, Fraction? OfQuota, MoneyAmount AmountOff, MoneyAmount NotBilled);

/// <summary>What a change in the middle of a period gives back and charges.</summary>
public static class ProrationRules
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>
    /// The share of <paramref name="period"/> that remains at <paramref name="at"/>. Whole at its start, nothing from its end on.
    /// </summary>
    public static Fraction Remaining(Proration policy, Period period, Instant at, TimeZoneInfo zone)
    {
        if (policy == Proration.None || at >= period.End)
        {
            return Fraction.Nothing;
        }

        var from = at < period.Start ? period.Start : at;
        if (policy == Proration.Day)
        {
            var (start, change, end) = (DayOf(period.Start), DayOf(from), DayOf(period.End));
            return new(end - change, end - start);
        }

        return new((period.End.UnixMicroseconds - from.UnixMicroseconds) / MicrosecondsPerSecond,
            (period.End.UnixMicroseconds - period.Start.UnixMicroseconds) / MicrosecondsPerSecond);

        int DayOf(Instant instant) => DateOnly.FromDateTime(LocalTime.At(instant, zone)).DayNumber;
    }

    /// <summary>
    /// The share of <paramref name="period"/> that lies between two moments in it, in seconds. Nothing where the later is not later.
    /// </summary>
    public static Fraction Between(Period period, Instant from, Instant until)
    {
        var (start, end) = (from < period.Start ? period.Start : from, until > period.End ? period.End : until);
        var whole = (period.End.UnixMicroseconds - period.Start.UnixMicroseconds) / MicrosecondsPerSecond;
        return new(Math.Max(0, (end.UnixMicroseconds - start.UnixMicroseconds) / MicrosecondsPerSecond), whole);
    }

    /// <summary>
    /// The proration credit for the rest of a period, price by price: the share of each price, less the percentage and the part of an
    /// amount that coupons took off it. All credits together never exceed the amount that was billed for the period and not given back yet;
    /// with <see cref="Proration.UsageAware"/> they never exceed the unconsumed share of the quota either.
    /// </summary>
    /// <param name="prices">For a whole period; at least one.</param>
    /// <param name="reduced">The percentage that coupons took off them.</param>
    /// <param name="billed">Billed for the period, less what was given back.</param>
    /// <param name="unconsumed">Share of the quota that is left; null: nothing in the plan is counted.</param>
    /// <param name="amountOff">The amount that coupons took off the rest of the period.</param>
    public static IReadOnlyList<ProrationCredit> Credits(
        Proration policy, IReadOnlyList<MoneyAmount> prices, Percent reduced, Fraction remaining, MoneyAmount billed, Fraction? unconsumed,
        MoneyAmount amountOff)
    {
        var credits = prices.Select(CreditOf).ToArray();
        long[] weights = [.. credits.Select(static credit => credit.Amount.Minor)];
        var sum = credits.Aggregate(MoneyAmount.Zero(amountOff.Currency), static (sum, credit) => sum + credit.Amount);
        var left = sum - amountOff;
        var most = MoneyParts.Spread(Positive(Lesser(left, billed)), weights);
        var off = left <= billed ? null : MoneyParts.Spread(amountOff, weights);
        return [.. credits.Select((credit, i) => Lowered(credit.Amount, credit.OfQuota, most[i], off?[i]))];

        (MoneyAmount Amount, Fraction? OfQuota) CreditOf(MoneyAmount price)
        {
            var (share, ofQuota) = (remaining.Of(price), (Fraction?)null);
            if (policy == Proration.UsageAware && unconsumed is { } left && left.Of(price) < share)
            {
                (share, ofQuota) = (left.Of(price), left);
            }

            return (share - ExactMoney.Of(share).Times(reduced).Rounded(), ofQuota);
        }
    }

    /// <param name="off">What coupons of an amount took off; null: all that is missing.</param>
    private static ProrationCredit Lowered(MoneyAmount share, Fraction? ofQuota, MoneyAmount credit, MoneyAmount? off)
    {
        var amountOff = off is { } one && one < share - credit ? one : share - credit;
        return new(credit, ofQuota, amountOff, share - credit - amountOff);
    }

    private static MoneyAmount Positive(MoneyAmount amount) => amount.IsNegative ? MoneyAmount.Zero(amount.Currency) : amount;

    private static MoneyAmount Lesser(MoneyAmount a, MoneyAmount b) => a < b ? a : b;
}
