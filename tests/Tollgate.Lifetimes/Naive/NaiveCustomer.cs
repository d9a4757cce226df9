using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>One customer's subscription, usage, credit and invoices.</summary>
internal sealed class NaiveCustomer(Shop opening, NaiveCalendar calendar)
{
    private readonly NaiveUsage _usage = new();
    private readonly NaiveMinimums _minimums = new();
    private readonly NaivePaid _paid = new();
    private readonly List<Bill> _bills = [];
    private readonly List<Fact> _facts = [];
    private readonly List<NaiveReduction> _reductions = [];
    private string? _country;
    private string? _taxId;
    private long _credit;
    private int _firstBill;

    public NaiveSubscription? Subscription { get; private set; }

    public IReadOnlyList<Bill> Bills => _bills;

    /// <summary>The history of the customer's subscriptions, in the words of their timelines.</summary>
    public IReadOnlyList<Fact> Facts => _facts;

    /// <summary>True if it has, or had, a deduction before tax. Lives check the credits of a change then.</summary>
    public bool HasReductions { get; private set; }

    /// <summary>Returns the last rating of the usage of a quota period.</summary>
    public NaiveBilled Explain(string feature, DateTime start) => _usage.Explain(feature, start);

    private NaiveSubscription Current => Subscription ?? throw new InvalidOperationException("The customer has no subscription.");

    public void Play(CustomerStep step, Shop shop)
    {
        AdvanceTo(step.At);
        switch (step)
        {
            case Join join:
                (_country, _taxId) = (join.Country, join.TaxId);
                break;
            case Subscribe subscribe:
                Start(subscribe, shop);
                break;
            case Change change:
                ChangeTerms(change, shop);
                break;
            case Cancel { When: When.Now } cancel:
                End(cancel.At);
                break;
            case Cancel cancel:
                Current.EndsAtPeriodEnd = true;
                Note(cancel.At, "schedule_cancel");
                break;
            case Uncancel uncancel:
                Current.EndsAtPeriodEnd = false;
                Note(uncancel.At, "uncancel");
                break;
            case Pause pause:
                PauseNow(pause);
                break;
            case Resume resume:
                ResumeNow(resume.At);
                break;
            case Use use:
                _usage.Add(use);
                break;
            case TakeBack back:
                _usage.TakeBack(back.Id);
                break;
            case Pay:
                PayAll();
                break;
            case Redeem redeem:
                Note(redeem.At, "redeem_coupon");
                Take(shop.Coupons.Single(coupon => coupon.Code == redeem.Coupon),
                    Current.Status == NaiveStatus.Trialing ? null : redeem.At);
                break;
            case EndCoupon end:
                Note(end.At, "end_coupon");
                _reductions.RemoveAll(reduction => reduction.Coupon?.Code == end.Coupon);
                break;
            case Give { Prepaid: true } give:
                _credit += give.Amount;
                break;
            case Give give:
                HasReductions = true;
                _reductions.Add(new NaiveReduction { Left = give.Amount, End = give.Expires });
                break;
            default:
                throw new InvalidOperationException($"No such step: {step}");
        }
    }

    /// <summary>Does all due work up to <paramref name="now"/>, each item at its own time.</summary>
    public void AdvanceTo(DateTime now)
    {
        while (NextDue() is { } due && due <= now)
        {
            switch (Current.Status)
            {
                case NaiveStatus.Trialing:
                    EndTrial(due);
                    break;
                case NaiveStatus.Paused:
                    ResumeNow(due);
                    break;
                default:
                    EndSliceOrPeriod(due);
                    break;
            }
        }
    }

    private DateTime? NextDue() => Subscription switch
    {
        { Status: NaiveStatus.Trialing } trial => trial.TrialEnd,
        { Status: NaiveStatus.Active } active => active.SliceEnd < active.PeriodEnd ? active.SliceEnd : active.PeriodEnd,
        { Status: NaiveStatus.Paused } paused => paused.PausedUntil,
        _ => null,
    };

    private void Start(Subscribe step, Shop shop)
    {
        var plan = shop.Plan(step.Plan);
        var currency = step.Currency ?? shop.Currency;
        var trialDays = plan.Prices.Single(price => price.Interval == step.Interval && price.Currency == currency).TrialDays;
        var trials = step.Trial && trialDays > 0;
        Subscription = new NaiveSubscription
        {
            Terms = new(plan, step.Interval, step.Quantity, currency, step.AddOns ?? HeldAddOns.None, shop.AddOns),
            Status = trials ? NaiveStatus.Trialing : NaiveStatus.Active,
            TrialExpires = step.TrialExpires,
            Coupon = shop.Coupons.SingleOrDefault(coupon => coupon.Code == step.Coupon),
        };
        _firstBill = _bills.Count;
        Note(step.At, "start");
        _reductions.RemoveAll(reduction => reduction.Coupon is not null);
        if (Current.Coupon is { } named)
        {
            Take(named, null);
        }

        if (trials)
        {
            Current.TrialEnd = calendar.DaysLater(step.At, trialDays);
        }
        else
        {
            FirstPaidPeriod(step.At);
        }
    }

    private void EndTrial(DateTime at)
    {
        if (Current.EndsAtPeriodEnd || Current.TrialExpires)
        {
            Current.Status = NaiveStatus.Ended;
            Note(at, Current.EndsAtPeriodEnd ? "cancel" : "expire_trial");
            return;
        }

        Note(at, "convert_trial");
        FirstPaidPeriod(at);
    }

    private void FirstPaidPeriod(DateTime at)
    {
        List<BillLine> lines = [.. NewAnchor(at), .. Due()];
        foreach (var reduction in _reductions.Where(reduction => reduction is { Coupon.Duration: Duration.Repeating, End: null }))
        {
            reduction.End = calendar.ToUtc(Current.Anchor!.MonthsLater(reduction.Coupon!.Months));
        }

        Issue(at, lines);
    }

    /// <param name="from">The beginning of its months; null: with the first paid period.</param>
    private void Take(CouponSpec coupon, DateTime? from)
    {
        HasReductions = true;
        Current.Coupons.Add(coupon.Code);
        _reductions.Add(new NaiveReduction
        {
            Coupon = coupon,
            Left = coupon.CarriesOver ? coupon.AmountOff : null,
            End = from is { } at && coupon.Duration == Duration.Repeating ? EndOfMonths(at, coupon.Months) : null,
        });
    }

    /// <summary>
    /// The end of a coupon of some months: it includes exactly that many starts of the subscription's months.
    /// </summary>
    private DateTime EndOfMonths(DateTime at, int months)
    {
        var firsts = new List<DateTime>();
        for (var count = 0; firsts.Count <= months; count++)
        {
            if (calendar.ToUtc(Current.Anchor!.MonthsLater(count)) is var first && first > at)
            {
                firsts.Add(first);
            }
        }

        var later = calendar.ToUtc(calendar.AnchorAt(at).MonthsLater(months));
        return later <= firsts[^2] ? firsts[^2].AddSeconds(1) : later > firsts[^1] ? firsts[^1] : later;
    }

    /// <summary>A period and a count of months that begin now.</summary>
    private List<BillLine> NewAnchor(DateTime at)
    {
        Current.Status = NaiveStatus.Active;
        Current.Anchor = calendar.AnchorAt(at);
        Current.AnchoredAt = at;
        OpenSlice(at);
        return OpenPeriod(at);
    }

    /// <summary>The lines of a whole period that begins now.</summary>
    private List<BillLine> OpenPeriod(DateTime at)
    {
        var (terms, anchor) = (Current.Terms, Current.Anchor!);
        Current.PeriodStart = at;
        Current.PeriodEnd = FirstAfter(at, count => terms.Interval switch
        {
            Interval.Weekly => anchor.WeeksLater(count),
            Interval.Monthly => anchor.MonthsLater(count),
            _ => anchor.MonthsLater(12 * count),
        });
        (Current.TermsSince, Current.Committed) = (at, 0);
        Current.BilledForPeriod = terms.Amount;
        return [.. terms.Items.Select((item, i) =>
            BillLine.Of(i == 0 ? "subscription" : "add_on", item.Amount, at, Current.PeriodEnd, item.Quantity))];
    }

    private void OpenSlice(DateTime at)
    {
        var anchor = Current.Anchor!;
        Current.SliceEnd = FirstAfter(at, anchor.MonthsLater);
        var began = Enumerable.Range(-1, 1200).Select(count => calendar.ToUtc(anchor.MonthsLater(count))).Last(start => start <= at);
        _usage.Open(at, Current.SliceEnd - began, Current.Terms);
    }

    private DateTime FirstAfter(DateTime at, Func<int, DateTime> boundary)
    {
        for (var count = 0; ; count++)
        {
            if (calendar.ToUtc(boundary(count)) is var end && end > at)
            {
                return end;
            }
        }
    }

    private void EndSliceOrPeriod(DateTime at)
    {
        if (at == Current.SliceEnd)
        {
            _usage.Close(at);
            OpenSlice(at);
        }

        if (at == Current.PeriodEnd)
        {
            EndPeriod(at);
        }
        else if (Current.Terms is { Interval: Interval.Yearly, Plan.HasOverage: true })
        {
            IssueUsage(at);
        }
    }

    private void IssueUsage(DateTime at)
    {
        var before = _bills.Count;
        Issue(at, Due());
        if (_bills.Count > before)
        {
            Note(at, "bill_usage");
        }
    }

    private void EndPeriod(DateTime at)
    {
        if (Current.EndsAtPeriodEnd)
        {
            End(at);
            return;
        }

        var due = Due(paidUntil: at);
        if (Current.Scheduled is { } scheduled)
        {
            if (scheduled.Interval != Current.Terms.Interval)
            {
                // The count starts again in this month; the anchor's day stays.
                var local = calendar.ToLocal(at);
                Current.Anchor = Current.Anchor! with { Year = local.Year, Month = local.Month };
            }

            (Current.Terms, Current.Scheduled) = (scheduled, null);
            _usage.Sell(at, scheduled);
        }

        Note(at, "renew");
        Issue(at, [.. OpenPeriod(at), .. due]);
    }

    private void ChangeTerms(Change step, Shop shop)
    {
        var old = Current.Terms;
        var terms = Asked(step, old, old, shop);
        if (Current.Status == NaiveStatus.Trialing)
        {
            Current.Terms = terms;
            Note(step.At, "change");
        }
        else if ((step.When ?? (terms.AmountOfYear > old.AmountOfYear ? When.Now : When.PeriodEnd)) == When.PeriodEnd)
        {
            // The request changes the scheduled terms, if both are possible together.
            var later = Current.Scheduled is { } waiting && Asked(step, waiting, old, shop) is { IsSold: true } both ? both : terms;
            Schedule(step.At, later == old ? null : later);
        }
        else
        {
            Note(step.At, "change");
            if (Current.Scheduled is { } waiting)
            {
                var later = Asked(step, waiting, old, shop);
                var isAnew = step.Plan is not null || step.Interval is not null;
                Current.Scheduled = later == terms ? null : later.IsSold ? later : isAnew ? null : waiting;
            }

            ChangeNow(step.At, terms, step.Proration ?? Proration.Second);
        }
    }

    /// <summary>Returns the terms with the step's changes.</summary>
    private static NaiveTerms Asked(Change step, NaiveTerms terms, NaiveTerms old, Shop shop) => terms with
    {
        Plan = step.Plan is null || step.Plan == terms.Plan.Code ? terms.Plan
            : step.Plan == old.Plan.Code ? old.Plan
            : shop.Plan(step.Plan),
        Interval = step.Interval ?? terms.Interval,
        Quantity = step.Quantity ?? terms.Quantity,
        AddOns = step.AddOns ?? terms.AddOns,
    };

    /// <summary>A request for the present terms cancels a scheduled change.</summary>
    private void Schedule(DateTime at, NaiveTerms? terms)
    {
        if (terms != Current.Scheduled)
        {
            Note(at, terms is null ? "unschedule" : "schedule");
        }

        Current.Scheduled = terms;
    }

    private void ChangeNow(DateTime at, NaiveTerms terms, Proration policy)
    {
        var old = Current.Terms;
        var end = Current.PeriodEnd;
        var lines = CreditLines(
            at, [.. old.Items.Select(item => Math.Min(PartOf(item.Amount, at, policy), UnusedShare(item.Amount, at, policy)))]);
        if (terms.Interval == old.Interval)
        {
            Current.Committed += NaiveMinimums.CommittedUntil(Current, at);
            (Current.Terms, Current.TermsSince) = (terms, at);
            _usage.Sell(at, terms);
            foreach (var item in terms.Items)
            {
                var charge = PartOf(item.Amount, at, policy);
                Current.BilledForPeriod += charge;
                lines.AddRange(Lines(BillLine.Of("proration_charge", charge, at, end, item.Quantity)));
            }

            lines.AddRange(lines.Count > 0 ? Due() : []);
        }
        else
        {
            _usage.Close(at);
            var due = Due(paidUntil: at);
            Current.Terms = terms;
            lines.AddRange([.. NewAnchor(at), .. due]);
        }

        Issue(at, lines);
    }

    /// <summary>Credits parts of the amount billed for this period, for the plan and each add-on, together at most all of it.</summary>
    private List<BillLine> CreditLines(DateTime from, IReadOnlyList<long> amounts)
    {
        var credit = Math.Min(amounts.Sum(), Current.BilledForPeriod);
        Current.BilledForPeriod -= credit;
        return [.. NaiveRating.Spread(credit, amounts).Zip(Current.Terms.Items).SelectMany(one =>
            Lines(BillLine.Of("proration_credit", -one.First, from, Current.PeriodEnd, one.Second.Quantity)))];
    }

    /// <summary>The part of a period's price that lies behind <paramref name="at"/>.</summary>
    private long PartOf(long amount, DateTime at, Proration policy)
    {
        var (start, end) = (Current.PeriodStart, Current.PeriodEnd);
        return policy switch
        {
            Proration.None => 0,
            Proration.Day => NaiveRating.Share(amount, calendar.CalendarDays(at, end), calendar.CalendarDays(start, end)),
            _ => NaiveRating.Share(amount, (end - at).Ticks, (end - start).Ticks),
        };
    }

    /// <summary>Under <c>usage_aware</c>: the price of the unused quota, of the feature with the highest use.</summary>
    private long UnusedShare(long amount, DateTime at, Proration policy)
    {
        var least = long.MaxValue;
        foreach (var included in policy == Proration.UsageAware ? Current.Terms.Included : [])
        {
            if (included.Units is > 0 and var quota)
            {
                var unused = Math.Max(0, quota - _usage.UsedIn(included.Feature, at.AddTicks(1)));
                least = Math.Min(least, NaiveRating.Share(amount, (long)(unused * 1_000_000), (long)(quota * 1_000_000)));
            }
        }

        return least;
    }

    private void PauseNow(Pause step)
    {
        _usage.Close(step.At);
        Current.Status = NaiveStatus.Paused;
        Current.PausedAt = step.At;
        Current.PausedUntil = step.Until;
        Note(step.At, "pause");
    }

    private void ResumeNow(DateTime at)
    {
        Note(at, "resume");
        var (left, whole) = ((Current.PeriodEnd - Current.PausedAt).Ticks, (Current.PeriodEnd - Current.PeriodStart).Ticks);
        var lines = CreditLines(Current.PausedAt, [.. Current.Terms.Items.Select(item => NaiveRating.Share(item.Amount, left, whole))]);
        var due = Due(paidUntil: Current.PausedAt);
        Issue(at, [.. lines, .. NewAnchor(at), .. due]);
    }

    /// <summary>Credits nothing; usage that was not billed yet is billed.</summary>
    private void End(DateTime at)
    {
        if (Current.Status == NaiveStatus.Active)
        {
            _usage.Close(at);
        }

        var (isTrial, paidUntil) = (Current.Status == NaiveStatus.Trialing, Current.Status == NaiveStatus.Paused ? Current.PausedAt : at);
        Current.Status = NaiveStatus.Ended;
        Note(at, "cancel");
        if (!isTrial)
        {
            Issue(at, Due(paidUntil));
        }
    }

    /// <summary>The charges or credits for usage and agreed minimums.</summary>
    /// <param name="paidUntil">The end of the running period; null: it continues.</param>
    private List<BillLine> Due(DateTime? paidUntil = null)
    {
        var lines = _usage.Due(Shop.DigitsOf(Current.Terms.Currency));
        lines.AddRange(_minimums.Corrections(_usage));
        if (paidUntil is { } until && _minimums.End(Current, until, _usage) is { } missing)
        {
            lines.Add(missing);
        }

        return lines;
    }

    /// <summary>Leaves out a line without an amount.</summary>
    private static List<BillLine> Lines(BillLine line) => line.Amount == 0 ? [] : [line];

    private void Issue(DateTime at, List<BillLine> lines)
    {
        lines.RemoveAll(line => line.Amount == 0);
        if (lines.Count == 0)
        {
            return;
        }

        var rated = lines.ToList();
        lines = [.. rated.Select(line => line is { Amount: < 0, Kind: "usage" or "minimum" } ? _paid.GoesBack(line) : line)];
        var discounts = Discounts(at, rated.Sum(line => line.Amount), lines, out var kept);
        _paid.Note(lines, kept, discounts.Sum());
        var sum = lines.Sum(line => line.Amount) - discounts.Sum();
        lines.AddRange(discounts.Select(BillLine.Discount));

        // The credit includes its tax: each customer has one rate all the time.
        var (tax, asked) = Taxed(sum);
        var total = Math.Max(0, asked);
        _credit += PayEarlier(Math.Max(0, -asked));
        var fromCredit = Math.Min(_credit, total);
        _credit -= fromCredit;
        _bills.Add(new Bill(at, Current.Terms.Currency, lines, tax, total, fromCredit, Paid: fromCredit == total));
    }

    /// <summary>Deducts reductions from the lines with a charge, in the order of redemption.</summary>
    /// <param name="rated">The sum of all lines as rated: a coupon for one bill waits for a bill with a charge.</param>
    /// <param name="kept">The part of 1 that percentages leave.</param>
    private List<long> Discounts(DateTime at, long rated, List<BillLine> lines, out decimal kept)
    {
        var (charged, net) = (lines.Where(line => line.Amount > 0).Sum(line => line.Amount), lines.Sum(line => line.Amount));
        var discounts = new List<long>();
        kept = 1;
        foreach (var reduction in _reductions.Where(reduction => reduction.Coupon is not { Duration: Duration.Once } || rated > 0))
        {
            if (reduction.TakeOff(charged, net, at, Current.PeriodStart) is > 0 and var off)
            {
                discounts.Add(off);
                (charged, net) = (charged - off, net - off);
                kept *= 1 - ((reduction.Coupon?.PercentOff ?? 0) / 100);
            }
        }

        return discounts;
    }

    /// <summary>The surplus of a change first pays the open bills of the subscription, the oldest first.</summary>
    /// <returns>The rest.</returns>
    private long PayEarlier(long left)
    {
        for (var at = _firstBill; at < _bills.Count; at++)
        {
            if (!_bills[at].Paid)
            {
                var part = Math.Min(left, _bills[at].Total - _bills[at].FromCredit);
                var fromCredit = _bills[at].FromCredit + part;
                _bills[at] = _bills[at] with { FromCredit = fromCredit, Paid = fromCredit == _bills[at].Total };
                left -= part;
            }
        }

        return left;
    }

    private (long Tax, long Total) Taxed(long sum)
    {
        if (opening.Taxes.SingleOrDefault(rate => rate.Country == _country) is not { } rate)
        {
            return (0, sum);
        }

        if (rate.ReverseCharge && _taxId is not null && _country != opening.SellerCountry)
        {
            return (0, sum);
        }

        if (rate.Inclusive)
        {
            // The sum includes the tax: of 120 at 20 % it is 20.
            return ((long)decimal.Round(sum * rate.Percent / (100m + rate.Percent), 0, MidpointRounding.AwayFromZero), sum);
        }

        var tax = NaiveRating.Percent(sum, rate.Percent);
        return (tax, sum + tax);
    }

    private void Note(DateTime at, string type) => _facts.Add(new Fact(at, type));

    private void PayAll()
    {
        for (var at = 0; at < _bills.Count; at++)
        {
            _bills[at] = _bills[at] with { Paid = true };
        }
    }
}
