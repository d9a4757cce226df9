using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>The sum of the movements of one kind and currency in one part of a report.</summary>
/// <param name="Part">0: all movements before the report; from 1: the parts in order.</param>
/// <param name="Year">The change of revenue per year.</param>
public readonly record struct MrrSum(int Part, MrrMovement Kind, ExactMoney Year, long Count);

/// <summary>The movements of a part, in minor units. They add up to the change of MRR, to the last one.</summary>
/// <param name="Churn">Not positive, as <paramref name="Contraction"/>.</param>
/// <param name="Exchange">The effect of changed exchange rates on the MRR at the start.</param>
public readonly record struct MrrMovements(
    long New, long Expansion, long Contraction, long Churn, long Reactivation, long Exchange)
{
    public long Total => New + Expansion + Contraction + Churn + Reactivation + Exchange;

    public static MrrMovements operator +(MrrMovements a, MrrMovements b) => new(
        a.New + b.New, a.Expansion + b.Expansion, a.Contraction + b.Contraction, a.Churn + b.Churn, a.Reactivation + b.Reactivation,
        a.Exchange + b.Exchange);
}

/// <summary>The MRR of a part of a report, in the report's currency.</summary>
/// <param name="Opening">The MRR at the start.</param>
/// <param name="Mrr">The MRR at the end.</param>
/// <param name="Arr">12 × the exact MRR at the end, rounded once.</param>
/// <param name="Customers">Paying customers at the end.</param>
public sealed record MrrPart(
    ReportSpan Span, MoneyAmount Opening, MoneyAmount Mrr, MoneyAmount Arr, MrrMovements Movements, long OpeningCustomers, long Customers)
{
    /// <summary>The customers that paid for the first time.</summary>
    public long NewCustomers { get; init; }
}

/// <summary>
/// The recurring revenue of a project over parts that follow each other, in one currency (<c>SEMANTICS</c> 5). Movements are converted at
/// the rate of the last day of their part, the opening MRR at that of the day before the part.
/// </summary>
/// <param name="ByCurrency">The MRR at the end of each converted currency, in that currency.</param>
/// <param name="Unconverted">The same of currencies that lack a rate on a day that needs one. No other figure includes them.</param>
public sealed record MrrReport(
    IReadOnlyList<MrrPart> Parts, IReadOnlyList<MoneyAmount> ByCurrency, IReadOnlyList<MoneyAmount> Unconverted)
{
    public const int MonthsPerYear = 12;

    private static readonly int Kinds = Enum.GetValues<MrrMovement>().Length;

    /// <param name="spans">Each begins where the one before ends; at least one.</param>
    public static MrrReport Of(IReadOnlyList<ReportSpan> spans, IReadOnlyCollection<MrrSum> sums, ExchangeRates rates)
    {
        var courses = sums.GroupBy(static sum => sum.Year.Currency).OrderBy(static one => one.Key.Code, StringComparer.Ordinal)
            .Select(one => new Course(one.Key, spans.Count, one)).ToArray();
        var converted = courses.Where(course => course.IsConvertible(spans, rates)).ToArray();
        return new(
            [.. spans.Select((span, at) => PartOf(span, at + 1, converted, rates))], EndsOf(converted), EndsOf(courses.Except(converted)));
    }

    private static MoneyAmount[] EndsOf(IEnumerable<Course> courses) =>
        [.. courses.Select(static course => (course.Year[^1] / MonthsPerYear).Rounded())];

    private static MrrPart PartOf(ReportSpan span, int part, Course[] courses, ExchangeRates rates)
    {
        var (before, last) = (span.From.AddDays(-1), span.To);
        var opening = Sum(courses, rates, before, course => course.Year[part - 1]);
        var closing = Sum(courses, rates, last, course => course.Year[part]);
        var (from, to) = ((opening / MonthsPerYear).Rounded(), (closing / MonthsPerYear).Rounded());
        var exact = Enumerable.Range(0, Kinds)
            .Select(kind => Sum(courses, rates, last, course => course.Moved[part, kind]) / MonthsPerYear).ToArray();

        // Only rates that changed make a difference here; the sum of all is the change of MRR.
        var exchange = Array.TrueForAll(courses, course => rates.At(course.Currency, before) == rates.At(course.Currency, last))
            ? ExactMoney.Zero(rates.Target)
            : exact.Aggregate((closing - opening) / MonthsPerYear, static (rest, moved) => rest - moved);
        var moved = Spread([.. exact, exchange], to - from);
        return new(
            span, from, to, closing.Rounded(),
            new(moved[(int)MrrMovement.New], moved[(int)MrrMovement.Expansion], moved[(int)MrrMovement.Contraction],
                moved[(int)MrrMovement.Churn], moved[(int)MrrMovement.Reactivation], moved[Kinds]),
            courses.Sum(course => course.Customers[part - 1]), courses.Sum(course => course.Customers[part]))
        {
            NewCustomers = courses.Sum(course => course.Started[part]),
        };
    }

    /// <summary>Rounds the movements so that they add up to the rounded change. A kind without a movement stays 0.</summary>
    private static long[] Spread(IReadOnlyList<ExactMoney> exact, MoneyAmount change)
    {
        var moved = Enumerable.Range(0, exact.Count).Where(at => exact[at].Major != 0).ToArray();
        var rounded = MoneyParts.Rounded([.. moved.Select(at => exact[at])], change);
        var minor = new long[exact.Count];
        for (var i = 0; i < moved.Length; i++)
        {
            minor[moved[i]] = rounded[i].Minor;
        }

        return minor;
    }

    private static ExactMoney Sum(Course[] courses, ExchangeRates rates, DateOnly day, Func<Course, ExactMoney> year) =>
        courses.Aggregate(ExactMoney.Zero(rates.Target), (sum, course) => sum + rates.Convert(year(course), day)!.Value);

    /// <summary>One currency: its revenue at the start and after each part, and its movements in each part.</summary>
    private sealed class Course
    {
        public Course(Currency currency, int parts, IEnumerable<MrrSum> sums)
        {
            Currency = currency;
            Year = [.. Enumerable.Repeat(ExactMoney.Zero(currency), parts + 1)];
            Customers = new long[parts + 1];
            Started = new long[parts + 1];
            Moved = new ExactMoney[parts + 1, Kinds];
            for (var part = 0; part <= parts; part++)
            {
                for (var kind = 0; kind < Kinds; kind++)
                {
                    Moved[part, kind] = ExactMoney.Zero(currency);
                }
            }

            foreach (var sum in sums)
            {
                Moved[sum.Part, (int)sum.Kind] += sum.Year;
                Year[sum.Part] += sum.Year;
                Started[sum.Part] += sum.Kind == MrrMovement.New ? sum.Count : 0;
                Customers[sum.Part] += sum.Kind switch
                {
                    MrrMovement.New or MrrMovement.Reactivation => sum.Count,
                    MrrMovement.Churn => -sum.Count,
                    _ => 0,
                };
            }

            for (var part = 1; part <= parts; part++)
            {
                Year[part] += Year[part - 1];
                Customers[part] += Customers[part - 1];
            }
        }

        public Currency Currency { get; }

        public ExactMoney[] Year { get; }

        public long[] Customers { get; }

        public long[] Started { get; }

        public ExactMoney[,] Moved { get; }

        public bool IsConvertible(IReadOnlyList<ReportSpan> spans, ExchangeRates rates)
        {
            for (var part = 1; part <= spans.Count; part++)
            {
                var (before, last) = (spans[part - 1].From.AddDays(-1), spans[part - 1].To);
                if (rates.Convert(Year[part - 1], before) is null || rates.Convert(Year[part], last) is null
                    || Enumerable.Range(0, Kinds).Any(kind => rates.Convert(Moved[part, kind], last) is null))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
