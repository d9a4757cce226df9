using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// What a customer used, and what it costs: each report is looked at by itself, in the order in which things happened, and priced by
/// the plan that sold at that moment. When it was reported does not matter, and neither do the plans that came later.
/// </summary>
internal sealed class NaiveUsage
{
    private readonly List<Use> _uses = [];
    private readonly List<NaiveSlice> _slices = [];

    /// <summary>Which plan sold from when on.</summary>
    private readonly List<(DateTime From, PlanSpec Plan)> _sold = [];

    public void Add(Use use) => _uses.Add(use);

    public void TakeBack(string id) => _uses.RemoveAll(use => use.Id == id);

    public void Open(DateTime at, PlanSpec plan)
    {
        _slices.Add(new NaiveSlice(at));
        Sell(at, plan);
    }

    public void Close(DateTime at) => _slices[^1].End = at;

    public void Sell(DateTime at, PlanSpec plan) => _sold.Add((at, plan));

    /// <summary>In the running slice.</summary>
    public decimal UsedIn(string feature, DateTime until) => Of(feature, _slices[^1].Start, until).Sum(use => use.Quantity);

    /// <summary>For every slice that has ended: what its usage costs now, less what was asked for it before.</summary>
    public List<BillLine> Due(int digits)
    {
        var lines = new List<BillLine>();
        foreach (var slice in _slices.Where(slice => slice.End > slice.Start))
        {
            foreach (var feature in PlansIn(slice).SelectMany(plan => plan.Included).Select(included => included.Feature).Distinct().ToList())
            {
                if (Due(slice, feature, digits) is { } line)
                {
                    lines.Add(line);
                }
            }
        }

        return lines;
    }

    private BillLine? Due(NaiveSlice slice, string feature, int digits)
    {
        var offers = PlansIn(slice).Select(plan => Find(plan, feature)).OfType<Included>().Where(offer => offer is { Overage: not null, Units: not null }).ToList();
        if (offers.Count == 0)
        {
            return null;
        }

        var total = NaiveRating.Rate(Beyond(slice, feature, offers), digits);
        var isInvoiced = slice.Billed.TryGetValue(feature, out var before);
        if (offers[^1].IgnoresLate && isInvoiced && total > before)
        {
            return null;
        }

        slice.Billed[feature] = total;
        return total == before ? null : BillLine.Of("usage", total - before, slice.Start, slice.End!.Value, feature: feature);
    }

    /// <summary>How many units are beyond at each price that was offered in the slice.</summary>
    private List<(Overage Price, decimal Units)> Beyond(NaiveSlice slice, string feature, List<Included> offers)
    {
        var prices = new List<(Overage Price, decimal Units)>();
        foreach (var offer in offers)
        {
            if (!prices.Exists(one => IsTheSame(one.Price, offer.Overage!)))
            {
                prices.Add((offer.Overage!, 0));
            }
        }

        var used = 0m;
        foreach (var use in Of(feature, slice.Start, slice.End!.Value).OrderBy(use => use.OccurredAt))
        {
            // A plan that does not know the feature counts it nowhere near this slice.
            if (Find(PlanAt(use.OccurredAt), feature) is not { } offer)
            {
                continue;
            }

            used += use.Quantity;
            if (offer is { Overage: { } price, Units: { } units } && used > units)
            {
                var at = prices.FindIndex(one => IsTheSame(one.Price, price));
                prices[at] = (prices[at].Price, prices[at].Units + Math.Min(use.Quantity, used - units));
            }
        }

        return prices;
    }

    private IEnumerable<Use> Of(string feature, DateTime start, DateTime end) =>
        _uses.Where(use => use.Feature == feature && use.OccurredAt >= start && use.OccurredAt < end);

    private PlanSpec PlanAt(DateTime at) => _sold.Last(sold => sold.From <= at).Plan;

    /// <summary>Of a slice that has ended; a plan that was replaced in the very second was never sold.</summary>
    private IEnumerable<PlanSpec> PlansIn(NaiveSlice slice)
    {
        for (var at = 0; at < _sold.Count; at++)
        {
            var until = at + 1 < _sold.Count ? _sold[at + 1].From : DateTime.MaxValue;
            if (_sold[at].From < until && _sold[at].From < slice.End && until > slice.Start)
            {
                yield return _sold[at].Plan;
            }
        }
    }

    private static Included? Find(PlanSpec plan, string feature) => plan.Included.SingleOrDefault(included => included.Feature == feature);

    private static bool IsTheSame(Overage one, Overage other) =>
        one.Rate == other.Rate && one.PackageSize == other.PackageSize && one.FirstFlatFee == other.FirstFlatFee && one.Tiers.SequenceEqual(other.Tiers);
}
