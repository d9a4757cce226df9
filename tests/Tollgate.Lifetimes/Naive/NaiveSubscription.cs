using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

internal enum NaiveStatus
{
    Trialing,
    Active,
    Paused,
    Ended,
}

/// <summary>The terms that a customer pays for. The plan is the exact version that was sold; add-ons are never published again.</summary>
/// <param name="Offered">All add-ons of the shop.</param>
internal sealed record NaiveTerms(PlanSpec Plan, Interval Interval, int Quantity, string Currency, HeldAddOns AddOns, AddOnSpec[] Offered)
{
    /// <summary>The plan, and then each add-on: each is a line of its own.</summary>
    public IReadOnlyList<(long Amount, int Quantity)> Items =>
    [
        (Plan.AmountOf(Interval, Currency) * Quantity, Quantity),
        .. AddOns.All.Select(held =>
            (Offered.Single(one => one.Code == held.Code).AmountOf(Interval, Currency) * held.Quantity, held.Quantity)),
    ];

    public long Amount => Items.Sum(item => item.Amount);

    public long? Minimum => Plan.Prices.Single(price => price.Interval == Interval && price.Currency == Currency).Minimum;

    /// <summary>The plan's quotas with the quantities of add-ons; a feature that only an add-on has gets a hard cap.</summary>
    public IReadOnlyList<Included> Included
    {
        get
        {
            var included = Plan.Included.ToList();
            foreach (var (code, quantity) in AddOns.All)
            {
                foreach (var added in Offered.Single(one => one.Code == code).Included)
                {
                    var at = included.FindIndex(one => one.Feature == added.Feature);
                    if (at < 0)
                    {
                        included.Add(added with { Units = added.Units * quantity });
                    }
                    else
                    {
                        included[at] = included[at] with { Units = included[at].Units + (added.Units * quantity) };
                    }
                }
            }

            return included;
        }
    }

    public Included? Find(string feature) => Included.SingleOrDefault(included => included.Feature == feature);

    public bool IsSold => Plan.Prices.Any(price => price.Interval == Interval && price.Currency == Currency);

    /// <summary>The price of a year: of two terms, the one with the higher monthly price also has the higher yearly price.</summary>
    public long AmountOfYear => Interval switch
    {
        Interval.Weekly => Amount * 52,
        Interval.Monthly => Amount * 12,
        _ => Amount,
    };
}

/// <summary>A stretch of time over which usage is counted. It is open while the subscription is active.</summary>
/// <param name="month">The length of the anchor's month in which it begins, without cuts.</param>
internal sealed class NaiveSlice(DateTime start, TimeSpan month)
{
    public DateTime Start { get; } = start;

    public TimeSpan Month { get; } = month;

    public DateTime? End { get; set; }

    /// <summary>Feature → the amount invoiced so far.</summary>
    public Dictionary<string, NaiveBilled> Billed { get; } = [];
}

/// <summary>The last rating of a feature's usage in a slice.</summary>
/// <param name="Asked">The stretches at the newest line: later ones may have the same amount.</param>
internal sealed record NaiveBilled(long Amount, DateTime SoldUntil, IReadOnlyList<Stretch> Stretches, IReadOnlyList<Stretch> Asked);

/// <summary>A deduction from invoices before tax: a coupon, or promotional credit.</summary>
internal sealed class NaiveReduction
{
    /// <summary>Null: a gift.</summary>
    public CouponSpec? Coupon { get; init; }

    /// <summary>For a gift, and for a coupon that carries over: the rest.</summary>
    public long? Left { get; set; }

    /// <summary>From this moment on it deducts nothing.</summary>
    public DateTime? End { get; set; }

    public bool IsUsed { get; set; }

    /// <summary>The last billing period with a deduction, and the total deduction in it.</summary>
    private (DateTime Start, long Amount) _taken;

    /// <summary>Returns the deduction. An amount applies once for each billing period.</summary>
    /// <param name="charged">The rest of the lines with a charge: a percentage applies to these.</param>
    /// <param name="net">The same less the credits on the bill: an amount takes no more off.</param>
    public long TakeOff(long charged, long net, DateTime at, DateTime period)
    {
        if (at >= End || (Left is null && Coupon is { Duration: Duration.Once } && IsUsed))
        {
            return 0;
        }

        var before = _taken.Start == period ? _taken.Amount : 0;
        var amount = Left ?? (Coupon!.AmountOff - before);
        var off = amount is { } wanted ? Math.Max(0, Math.Min(wanted, net)) : NaiveRating.Percent(charged, Coupon!.PercentOff!.Value);
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

    /// <summary>The coupon that it began with.</summary>
    public CouponSpec? Coupon { get; init; }

    /// <summary>The codes of all redeemed coupons.</summary>
    public List<string> Coupons { get; } = [];

    public DateTime TrialEnd { get; set; }

    /// <summary>True if the subscription ends with the trial, unless the customer decides otherwise.</summary>
    public bool TrialExpires { get; init; }

    public NaiveAnchor? Anchor { get; set; }

    /// <summary>The moment at which the anchor was set; months before it count from another anchor.</summary>
    public DateTime AnchoredAt { get; set; }

    public DateTime PeriodStart { get; set; }

    public DateTime PeriodEnd { get; set; }

    /// <summary>The time since which the terms are in force in the running period.</summary>
    public DateTime TermsSince { get; set; }

    /// <summary>
    /// The usage of the period that the minimums of earlier terms in it require, each for its share of the time.
    /// </summary>
    public long Committed { get; set; }

    /// <summary>The amount billed for this period and not credited yet.</summary>
    public long BilledForPeriod { get; set; }

    public bool EndsAtPeriodEnd { get; set; }

    public DateTime PausedAt { get; set; }

    public DateTime? PausedUntil { get; set; }

    public DateTime SliceEnd { get; set; }
}
