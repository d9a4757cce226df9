using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Subscriptions;

/// <summary>The policy for a change in the middle of a period (<c>SEMANTICS</c> 4).</summary>
public enum Proration
{
    /// <summary>By the second.</summary>
    Second,

    /// <summary>Whole calendar days of the project's zone; the day of the change belongs to the new plan.</summary>
    Day,

    /// <summary>No credit and no charge for the rest of the period.</summary>
    None,

    /// <summary>By the second, but the credit never exceeds the unused share of the quota.</summary>
    UsageAware,
}

/// <summary>A part of a whole, in whole seconds or whole days.</summary>
public readonly record struct Fraction(long Part, long Whole)
{
    public static readonly Fraction Nothing = new(0, 1);

    public MoneyAmount Of(MoneyAmount amount) => MoneyParts.Share(amount, Part, Whole);

    /// <summary>Returns the text for an invoice: <c>15/31</c>.</summary>
    public override string ToString() => $"{Part}/{Whole}";
}

/// <summary>The proration credit of one price for the rest of a period, with the reasons that reduce it.</summary>
/// <param name="OfQuota">The unused share of the quota, if it bounds the credit; null: the remaining time bounds it.</param>
/// <param name="AmountOff">The part left out because coupons of an amount had reduced the rest of the period by it.</param>
/// <param name="NotBilled">The part left out because it was not billed for the period, or was credited before.</param>
public readonly record struct ProrationCredit(MoneyAmount Amount, Fraction? OfQuota, MoneyAmount AmountOff, MoneyAmount NotBilled);

/// <summary>The proration of a change in the middle of a period.</summary>
public static class ProrationRules
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>
    /// Returns the share of <paramref name="period"/> that remains at <paramref name="at"/>: all of it at its start, nothing from its end
    /// on.
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
    /// Returns the share of <paramref name="period"/> between two instants in it, in seconds; nothing if the second is not later.
    /// </summary>
    public static Fraction Between(Period period, Instant from, Instant until)
    {
        var (start, end) = (from < period.Start ? period.Start : from, until > period.End ? period.End : until);
        var whole = (period.End.UnixMicroseconds - period.Start.UnixMicroseconds) / MicrosecondsPerSecond;
        return new(Math.Max(0, (end.UnixMicroseconds - start.UnixMicroseconds) / MicrosecondsPerSecond), whole);
    }

    /// <summary>
    /// Computes the proration credit for the rest of a period, price by price: the share of each price, less the percentage and the part of
    /// an amount that coupons took off it. All credits together never exceed the amount that was billed for the period and not yet
    /// credited; with <see cref="Proration.UsageAware"/> they never exceed the unconsumed share of the quota either.
    /// </summary>
    /// <param name="prices">The prices for a whole period; at least one.</param>
    /// <param name="reduced">The percentage that coupons took off the prices.</param>
    /// <param name="billed">The amount billed for the period, less credits.</param>
    /// <param name="unconsumed">The remaining share of the quota; null: the plan has no metered feature.</param>
    /// <param name="amountOff">The amount that coupons took off the rest of the period.</param>
    public static IReadOnlyList<ProrationCredit> Credits(
        Proration policy, IReadOnlyList<MoneyAmount> prices, Percent reduced, Fraction remaining, MoneyAmount billed, Fraction? unconsumed,
        MoneyAmount amountOff)
    {
        var credits = prices.Select(CreditOf).ToArray();
        long[] weights = [.. credits.Select(static credit => credit.Amount.Minor)];
        var sum = credits.Aggregate(MoneyAmount.Zero(amountOff.Currency), static (sum, credit) => sum + credit.Amount);
        var left = sum - amountOff;
        var most = MoneyParts.Spread(MoneyAmount.Min(left, billed).FloorAtZero(), weights);
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

    /// <param name="off">The amount that coupons took off; null: the whole difference.</param>
    private static ProrationCredit Lowered(MoneyAmount share, Fraction? ofQuota, MoneyAmount credit, MoneyAmount? off)
    {
        var amountOff = off is { } one && one < share - credit ? one : share - credit;
        return new(credit, ofQuota, amountOff, share - credit - amountOff);
    }
}
