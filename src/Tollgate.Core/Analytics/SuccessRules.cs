using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Analytics;

/// <summary>The signals of a month with one type, name and unit.</summary>
/// <param name="Name">The score of a csat, the name of a value; empty: none, or a name beyond the most that reports tell apart.</param>
/// <param name="Total">The sum of their values.</param>
public readonly record struct SignalSum(DateOnly Month, string Type, string Name, string Unit, long Signals, Quantity Total);

/// <summary>The sum of a value, such as saved hours.</summary>
/// <param name="Name">Empty: the values whose names are beyond the most that reports tell apart.</param>
public sealed record ValueTotal(string Name, string Unit, long Signals, Quantity Total);

/// <summary>The time between the sign-up of customers and their first value.</summary>
/// <param name="Customers">Those whose first value lies in the range.</param>
/// <param name="Median">Null: there is no customer.</param>
public sealed record TimeToValue(long Customers, TimeSpan? Median, TimeSpan? P90)
{
    public static readonly TimeToValue None = new(0, null, null);
}

/// <summary>The bands of a customer's last score.</summary>
public enum CsatBand
{
    Low,
    Neutral,
    High,
    Unrated,
}

/// <summary>The customers of a band that paid when a month began, and those of them that did not pay any more at its end.</summary>
public sealed record CsatChurn(CsatBand Band, long Customers, long Lost)
{
    public Ratio? Rate => Ratio.Of(Lost, Customers);
}

/// <summary>Support tickets, scores and values. All of them are sums.</summary>
/// <param name="Scores">The number of scores 1 to 5.</param>
public sealed record SignalFigures(long Tickets, IReadOnlyList<long> Scores, IReadOnlyList<ValueTotal> Values)
{
    public long Responses => Scores.Sum();

    /// <summary>The mean score: points per answer.</summary>
    public Ratio? MeanScore => Ratio.Of(Scores.Select(static (count, at) => count * (at + SignalRules.LowestScore)).Sum(), Responses);

    /// <summary>The share of scores of 4 and 5.</summary>
    public Ratio? Satisfied => Ratio.Of(Scores.Skip(SignalRules.SatisfiedScore - SignalRules.LowestScore).Sum(), Responses);
}

/// <summary>The figures of customer success of a month, or of a range.</summary>
/// <param name="Customers">The customers at its end, without members.</param>
/// <param name="SignedUp">Those that signed up in it.</param>
/// <param name="Onboarded">Those of <paramref name="SignedUp"/> that have completed their onboarding by now.</param>
/// <param name="Churn">By the last score before the month; of a range, the sum over its months that have ended.</param>
public sealed record SuccessFigures(
    long Customers, long SignedUp, long Onboarded, TimeToValue TimeToValue, SignalFigures Signals, IReadOnlyList<CsatChurn> Churn)
{
    public Ratio? OnboardingRate => Ratio.Of(Onboarded, SignedUp);

    public Ratio? TicketsPerCustomer => Ratio.Of(Signals.Tickets, Customers);
}

/// <summary>Figures of customer success from the sums of signals.</summary>
public static class SuccessRules
{
    /// <summary>The time before a month in which a score counts for it.</summary>
    public static readonly TimeSpan ScoreAge = TimeSpan.FromDays(90);

    private const int NeutralScore = 3;

    /// <summary>Adds up signals of any months.</summary>
    public static SignalFigures FiguresOf(IEnumerable<SignalSum> sums)
    {
        var tickets = 0L;
        var scores = new long[SignalRules.HighestScore - SignalRules.LowestScore + 1];
        var values = new SortedDictionary<(string Name, string Unit), ValueTotal>(ByName);
        foreach (var sum in sums)
        {
            switch (SignalRules.KindOf(sum.Type))
            {
                case SignalKind.SupportTicket:
                    tickets += sum.Signals;
                    break;
                case SignalKind.Csat:
                    scores[sum.Name[0] - '0' - SignalRules.LowestScore] += sum.Signals;
                    break;
                case SignalKind.ValueMetric:
                    var known = values.GetValueOrDefault((sum.Name, sum.Unit)) ?? new(sum.Name, sum.Unit, 0, Quantity.Zero);
                    values[(sum.Name, sum.Unit)] =
                        known with { Signals = known.Signals + sum.Signals, Total = known.Total + sum.Total };
                    break;
            }
        }

        return new(tickets, scores, [.. values.Values]);
    }

    public static CsatBand BandOf(int score) =>
        score >= SignalRules.SatisfiedScore ? CsatBand.High : score == NeutralScore ? CsatBand.Neutral : CsatBand.Low;

    /// <summary>Returns a line for each band: customers without a score are the others of all paying customers.</summary>
    /// <param name="rated">Customers that paid at the start and had a score, by score.</param>
    public static IReadOnlyList<CsatChurn> ChurnOf(IEnumerable<(int Score, long Customers, long Lost)> rated, long paying, long lost)
    {
        var bands = rated.ToLookup(static one => BandOf(one.Score));
        CsatChurn[] known =
        [
            .. ((CsatBand[])[CsatBand.Low, CsatBand.Neutral, CsatBand.High]).Select(band => new CsatChurn(
                band, bands[band].Sum(static one => one.Customers), bands[band].Sum(static one => one.Lost))),
        ];
        return
        [
            .. known,
            new(CsatBand.Unrated, paying - known.Sum(static one => one.Customers), lost - known.Sum(static one => one.Lost)),
        ];
    }

    /// <summary>Adds up the churn of months, band by band.</summary>
    public static IReadOnlyList<CsatChurn> Sum(IReadOnlyCollection<IReadOnlyList<CsatChurn>> months) =>
    [
        .. Enum.GetValues<CsatBand>().Select(band => new CsatChurn(
            band, months.Sum(month => Of(month, band).Customers), months.Sum(month => Of(month, band).Lost))),
    ];

    private static CsatChurn Of(IReadOnlyList<CsatChurn> month, CsatBand band) => month.First(one => one.Band == band);

    private static readonly IComparer<(string Name, string Unit)> ByName = Comparer<(string Name, string Unit)>.Create(
        static (a, b) => string.CompareOrdinal(a.Name, b.Name) is not 0 and var order ? order : string.CompareOrdinal(a.Unit, b.Unit));
}
