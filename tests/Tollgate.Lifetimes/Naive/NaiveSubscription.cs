using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

internal enum NaiveStatus
{
    Trialing,
    Active,
    Paused,
    Ended,
}

/// <summary>What a customer pays for. The plan is the very version that was sold.</summary>
internal sealed record NaiveTerms(PlanSpec Plan, Interval Interval, int Quantity, string Currency)
{
    public long UnitAmount => Plan.AmountOf(Interval, Currency);

    public long Amount => UnitAmount * Quantity;

    public bool IsSold => Plan.Prices.Any(price => price.Interval == Interval && price.Currency == Currency);

    /// <summary>The price of a year: of two terms the one that is dearer a month is dearer a year.</summary>
    public long AmountOfYear => Interval switch
    {
        Interval.Weekly => Amount * 52,
        Interval.Monthly => Amount * 12,
        _ => Amount,
    };
}

/// <summary>A stretch of time that usage is counted over. It is open while the subscription is active.</summary>
internal sealed class NaiveSlice(DateTime start)
{
    public DateTime Start { get; } = start;

    public DateTime? End { get; set; }

    /// <summary>Feature → what invoices asked for so far.</summary>
    public Dictionary<string, long> Billed { get; } = [];
}

/// <summary>Something that makes invoices smaller before tax: a coupon, or money that was a gift.</summary>
internal sealed class NaiveReduction
{
    /// <summary>Null: a gift.</summary>
    public CouponSpec? Coupon { get; init; }

    /// <summary>Of a gift, and of a coupon that carries over: what is left.</summary>
    public long? Left { get; set; }

    /// <summary>From this moment on it takes nothing off.</summary>
    public DateTime? End { get; set; }

    public bool IsUsed { get; set; }

    /// <summary>The billing period in which it took something off last, and how much in all.</summary>
    private (DateTime Start, long Amount) _taken;

    /// <summary>What it takes off a sum that is more than nothing. An amount is there once for each billing period.</summary>
    public long TakeOff(long sum, DateTime at, DateTime period)
    {
        if (at >= End || (Left is null && Coupon is { Duration: Duration.Once } && IsUsed))
        {
            return 0;
        }

        var before = _taken.Start == period ? _taken.Amount : 0;
        var wanted = Left ?? (Coupon!.AmountOff - before) ?? NaiveRating.Percent(sum, Coupon.PercentOff!.Value);
        var off = Math.Min(wanted, sum);
        _taken = (period, before + off);
        IsUsed |= off > 0;
        Left -= off;
        return off;
    }
}

/// <summary>One subscription, from its start to its end. Nothing but fields: <see cref="NaiveCustomer"/> moves them.</summary>
internal sealed class NaiveSubscription
{
    public required NaiveTerms Terms { get; set; }

    public NaiveTerms? Scheduled { get; set; }

    public required NaiveStatus Status { get; set; }

    /// <summary>The one that it began with.</summary>
    public CouponSpec? Coupon { get; init; }

    /// <summary>Codes of all that it has redeemed.</summary>
    public List<string> Coupons { get; } = [];

    public DateTime TrialEnd { get; set; }

    /// <summary>The trial's end ends it, unless somebody decides otherwise.</summary>
    public bool TrialExpires { get; init; }

    public NaiveAnchor? Anchor { get; set; }

    /// <summary>The moment that the anchor was set at; before it lies another count of months.</summary>
    public DateTime AnchoredAt { get; set; }

    public DateTime PeriodStart { get; set; }

    public DateTime PeriodEnd { get; set; }

    /// <summary>What was asked for this period and not given back yet.</summary>
    public long BilledForPeriod { get; set; }

    public bool EndsAtPeriodEnd { get; set; }

    public DateTime PausedAt { get; set; }

    public DateTime? PausedUntil { get; set; }

    public DateTime SliceEnd { get; set; }
}
