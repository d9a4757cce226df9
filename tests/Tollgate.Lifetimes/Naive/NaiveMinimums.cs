using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// Agreed minimums: at the end of a period the plan's price and its usage are compared with the minimum, and the difference is billed. A
/// part of a period has the same part of the minimum and the price.
/// </summary>
internal sealed class NaiveMinimums
{
    private readonly List<Ended> _ended = [];

    /// <summary>
    /// The minimum of usage, apart from the price, for the share of the running period in which its terms were in force until then.
    /// </summary>
    public static long CommittedUntil(NaiveSubscription subscription, DateTime at) =>
        subscription.Terms.Minimum is { } minimum
            ? Share(subscription, minimum, at) - Share(subscription, subscription.Terms.Amount, at)
            : 0;

    /// <summary>The differences of ended periods whose usage has changed.</summary>
    public List<BillLine> Corrections(NaiveUsage usage)
    {
        var lines = new List<BillLine>();
        foreach (var ended in _ended)
        {
            var missing = Math.Max(0, ended.Required - usage.BilledIn(ended.Start, ended.Until));
            if (missing != ended.Billed)
            {
                lines.Add(BillLine.Of("minimum", missing - ended.Billed, ended.Start, ended.Until));
                ended.Billed = missing;
            }
        }

        return lines;
    }

    /// <summary>Ends the paid time: with its period, or before.</summary>
    public BillLine? End(NaiveSubscription subscription, DateTime until, NaiveUsage usage)
    {
        var (start, terms) = (subscription.PeriodStart, subscription.Terms);
        var agreed = subscription.Committed + (terms.Minimum is { } minimum ? Share(subscription, minimum, until) : 0);
        var price = terms.Minimum is null ? 0 : Share(subscription, terms.Amount, until);
        if (agreed <= 0 || price >= agreed)
        {
            return null;
        }

        var ended = new Ended(start, until, agreed - price) { Billed = Math.Max(0, agreed - price - usage.BilledIn(start, until)) };
        _ended.Add(ended);
        return ended.Billed == 0
            ? null
            : BillLine.Of("minimum", ended.Billed, subscription.Committed == 0 ? subscription.TermsSince : start, until);
    }

    /// <summary>The part of an amount for a period that falls to the time in which its terms were in force.</summary>
    private static long Share(NaiveSubscription subscription, long amount, DateTime until) => until <= subscription.TermsSince
        ? 0
        : NaiveRating.Share(amount, (until - subscription.TermsSince).Ticks, (subscription.PeriodEnd - subscription.PeriodStart).Ticks);

    private sealed record Ended(DateTime Start, DateTime Until, long Required)
    {
        public long Billed { get; set; }
    }
}
