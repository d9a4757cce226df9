using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// What is agreed as a minimum: at the end of a period the plan's price and the usage of it are compared with it, and what is missing is
/// asked for. Of less than a period the minimum and the price are the share of the time.
/// </summary>
internal sealed class NaiveMinimums
{
    private readonly List<Ended> _ended = [];

    /// <summary>
    /// What usage must come to beside the price, for the share of the running period that its terms were in force until then.
    /// </summary>
    public static long CommittedUntil(NaiveSubscription subscription, DateTime at) =>
        subscription.Terms.Minimum is { } minimum
            ? Share(subscription, minimum, at) - Share(subscription, subscription.Terms.Amount, at)
            : 0;

    /// <summary>What is missing of periods that ended before, where their usage became more or less.</summary>
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

    /// <summary>The paid time ends: with its period, or before.</summary>
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

    /// <summary>Of an amount for a period, the part of the time that its terms were in force.</summary>
    private static long Share(NaiveSubscription subscription, long amount, DateTime until) => until <= subscription.TermsSince
        ? 0
        : NaiveRating.Share(amount, (until - subscription.TermsSince).Ticks, (subscription.PeriodEnd - subscription.PeriodStart).Ticks);

    private sealed record Ended(DateTime Start, DateTime Until, long Required)
    {
        public long Billed { get; set; }
    }
}
