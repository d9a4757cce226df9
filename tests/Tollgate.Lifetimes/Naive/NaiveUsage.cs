using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// A customer's usage and its cost: each report is priced separately, in the order of the time of use, by the plan that sold at that
/// moment. The time of the report does not matter, and neither do later plans.
/// </summary>
internal sealed class NaiveUsage
{
    private readonly List<Use> _uses = [];
    private readonly List<NaiveSlice> _slices = [];

    /// <summary>The terms that sold usage, each from its time on.</summary>
    private readonly List<(DateTime From, NaiveTerms Terms)> _sold = [];

    public void Add(Use use) => _uses.Add(use);

    public void TakeBack(string id) => _uses.RemoveAll(use => use.Id == id);

    public void Open(DateTime at, TimeSpan month, NaiveTerms terms)
    {
        _slices.Add(new NaiveSlice(at, month));
        Sell(at, terms);
    }

    public void Close(DateTime at) => _slices[^1].End = at;

    public void Sell(DateTime at, NaiveTerms terms) => _sold.Add((at, terms));

    /// <summary>The usage in the running slice.</summary>
    public decimal UsedIn(string feature, DateTime until) =>
        Of(feature, _slices[^1], _slices[^1].Start, until, until).Sum(use => use.Quantity);

    /// <summary>For every ended slice: the present cost of its usage, less the amount billed before.</summary>
    public List<BillLine> Due(int digits)
    {
        var lines = new List<BillLine>();
        foreach (var slice in _slices.Where(slice => slice.End > slice.Start))
        {
            foreach (var feature in SoldIn(slice).SelectMany(sold => sold.Terms.Included).Select(included => included.Feature).Distinct()
                .ToList())
            {
                if (Due(slice, feature, digits) is { } line)
                {
                    lines.Add(line);
                }
            }
        }

        return lines;
    }

    /// <summary>The amount billed so far for usage of the slices that were sold last within a stretch of time, its end included.</summary>
    public long BilledIn(DateTime start, DateTime until) => _slices.SelectMany(slice => slice.Billed.Values)
        .Where(billed => billed.SoldUntil > start && billed.SoldUntil <= until).Sum(billed => billed.Amount);

    /// <summary>Returns the last rating of the slice that began then.</summary>
    public NaiveBilled Explain(string feature, DateTime start) =>
        _slices.Single(slice => slice.Start == start && slice.Billed.ContainsKey(feature)).Billed[feature];

    private BillLine? Due(NaiveSlice slice, string feature, int digits)
    {
        var stretches = Stretches(slice, feature);
        if (stretches.FindLast(stretch => stretch.Price is not null) is not { } last)
        {
            return null;
        }

        var total = NaiveRating.Rate(stretches, digits);
        var isInvoiced = slice.Billed.TryGetValue(feature, out var before);
        if (isInvoiced && total > before!.Amount && IgnoresLate(slice, feature))
        {
            return null;
        }

        var amount = total - (before?.Amount ?? 0);
        slice.Billed[feature] = new(total, last.To, stretches, amount == 0 && before is not null ? before.Asked : stretches);
        return amount == 0 ? null : BillLine.Of("usage", amount, slice.Start, slice.End!.Value, feature: feature);
    }

    private bool IgnoresLate(NaiveSlice slice, string feature) =>
        SoldIn(slice).Last(sold => Sells(sold.Terms, feature)).Terms.Find(feature)!.IgnoresLate;

    /// <summary>
    /// The slice, cut at each change of the quota or price, with the usage and the overage of each part.
    /// </summary>
    private List<Stretch> Stretches(NaiveSlice slice, string feature)
    {
        var (stretches, total) = (new List<Stretch>(), 0m);
        foreach (var (from, to, terms) in SoldIn(slice))
        {
            var offer = terms.Find(feature);
            var next = offer is { Overage: { } price, Units: { } units }
                ? new Stretch(from, to, terms.Plan.Code, units, 0, 0, price)
                : new Stretch(from, to, null, null, 0, 0, null);

            // Use under a plan without the feature costs nothing, but still counts as used.
            foreach (var use in Of(feature, slice, from, to, slice.End!.Value).OrderBy(use => use.OccurredAt))
            {
                total += use.Quantity;
                var beyond = next.Price is null ? 0 : Math.Clamp(total - next.Quota!.Value, 0, use.Quantity);
                next = next with { Used = next.Used + use.Quantity, Beyond = next.Beyond + beyond };
            }

            if (stretches.Count > 0 && stretches[^1].HasTermsOf(next))
            {
                stretches[^1] =
                    stretches[^1] with { To = to, Used = stretches[^1].Used + next.Used, Beyond = stretches[^1].Beyond + next.Beyond };
            }
            else
            {
                stretches.Add(next);
            }
        }

        return stretches;
    }

    private IEnumerable<Use> Of(string feature, NaiveSlice slice, DateTime start, DateTime end, DateTime sliceEnd)
    {
        if (_sold.Exists(sold => sold.Terms.Find(feature)?.IsTimed == true))
        {
            var held = HeldBy(feature, slice, end) - HeldBy(feature, slice, start);
            return held == 0 ? [] : [new Use(start, "", feature, held, start, "")];
        }

        var uses = _uses.Where(use => use.Feature == feature && use.OccurredAt >= slice.Start && use.OccurredAt < sliceEnd);
        var isLevel = _sold.Exists(sold => sold.Terms.Find(feature)?.IsLevel == true);
        return (isLevel
            ? Units([.. uses.OrderBy(use => use.OccurredAt)])
            : uses).Where(use => use.OccurredAt >= start && use.OccurredAt < end);
    }

    /// <summary>
    /// Report by report: so many units for the time until the next report, as a part of a month; since the slice began and until a
    /// microsecond.
    /// </summary>
    private decimal HeldBy(string feature, NaiveSlice slice, DateTime until)
    {
        until = until.AddTicks(-(until.Ticks % TimeSpan.TicksPerMicrosecond));
        var reports = _uses.Where(use => use.Feature == feature).OrderBy(use => use.OccurredAt).ToList();
        var sum = 0m;
        for (var i = 0; i < reports.Count; i++)
        {
            var from = reports[i].OccurredAt > slice.Start ? reports[i].OccurredAt : slice.Start;
            var to = i + 1 < reports.Count && reports[i + 1].OccurredAt < until ? reports[i + 1].OccurredAt : until;
            sum += to > from ? reports[i].Quantity * (to - from).Ticks : 0;
        }

        return decimal.Round(sum / slice.Month.Ticks, 9, MidpointRounding.AwayFromZero);
    }

    /// <summary>For a level: each unit that is present at the end counts as used when it was last added.</summary>
    private static IEnumerable<Use> Units(List<Use> reports)
    {
        for (var unit = 1; unit <= reports.LastOrDefault()?.Quantity; unit++)
        {
            var came = reports.Count - 1;
            while (came > 0 && reports[came - 1].Quantity >= unit)
            {
                came--;
            }

            yield return reports[came] with { Quantity = 1 };
        }
    }

    private static bool Sells(NaiveTerms terms, string feature) => terms.Find(feature) is { Overage: not null, Units: not null };

    /// <summary>The terms sold in an ended slice; terms that were replaced in the very second were never sold.</summary>
    private IEnumerable<(DateTime From, DateTime To, NaiveTerms Terms)> SoldIn(NaiveSlice slice)
    {
        for (var at = 0; at < _sold.Count; at++)
        {
            var (start, end) = (_sold[at].From, at + 1 < _sold.Count ? _sold[at + 1].From : DateTime.MaxValue);
            var (from, to) = (start > slice.Start ? start : slice.Start, end < slice.End ? end : slice.End!.Value);
            if (from < to)
            {
                yield return (from, to, _sold[at].Terms);
            }
        }
    }
}
