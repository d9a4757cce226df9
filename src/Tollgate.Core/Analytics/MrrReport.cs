using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>The sum of the movements of one kind and currency in one part of a report.</summary>
/// <param name="Part">0: all movements before the report; from 1: the parts in order.</param>
/// <param name="Year">The change of revenue per year, in minor units.</param>
public readonly record struct MrrSum(int Part, string Currency, MrrMovement Kind, decimal Year, long Count);

/// <summary>The movements of a part. They add up to the change of MRR, to the last minor unit.</summary>
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

/// <summary>The MRR of a part of a report, in minor units of the report's currency.</summary>
/// <param name="Opening">The MRR at the start.</param>
/// <param name="Mrr">The MRR at the end.</param>
/// <param name="Arr">12 × the exact MRR at the end, rounded once.</param>
/// <param name="Customers">Paying customers at the end.</param>
public sealed record MrrPart(
    ReportSpan Span, long Opening, long Mrr, long Arr, MrrMovements Movements, long OpeningCustomers, long Customers)
{
    public long NewCustomers { get; init; }
}

/// <summary>The MRR of one currency at the end of a report, in its minor units.</summary>
public sealed record MrrOfCurrency(string Currency, long Mrr);

/// <summary>
/// The recurring revenue of a project over parts that follow each other, in one currency (<c>SEMANTICS</c> 5). Movements are converted at
/// the rate of the last day of their part, the opening MRR at that of the day before the part.
/// </summary>
/// <param name="ByCurrency">The converted currencies, in their own units.</param>
/// <param name="Unconverted">The currencies that lack a rate on a day that needs one. No other figure includes them.</param>
public sealed record MrrReport(
    IReadOnlyList<MrrPart> Parts, IReadOnlyList<MrrOfCurrency> ByCurrency, IReadOnlyList<MrrOfCurrency> Unconverted)
{
    private const int MonthsPerYear = 12;

    private static readonly int Kinds = Enum.GetValues<MrrMovement>().Length;

    /// <param name="spans">Each begins where the one before ends; at least one.</param>
    public static MrrReport Of(IReadOnlyList<ReportSpan> spans, IReadOnlyCollection<MrrSum> sums, ExchangeRates rates)
    {
        var byCurrency = sums.GroupBy(static sum => sum.Currency).OrderBy(static one => one.Key, StringComparer.Ordinal)
            .Select(one => new Course(one.Key, spans.Count, one)).ToArray();
        var converted = byCurrency.Where(course => course.IsConvertible(spans, rates)).ToArray();
        return new(
            [.. spans.Select((span, at) => PartOf(span, at + 1, converted, rates))], EndsOf(converted),
            EndsOf(byCurrency.Except(converted)));
    }

    private static MrrOfCurrency[] EndsOf(IEnumerable<Course> courses) =>
        [.. courses.Select(static course => new MrrOfCurrency(course.Currency, Rounded(MonthOf(course.Year[^1], course.Currency))))];

    private static MrrPart PartOf(ReportSpan span, int part, Course[] courses, ExchangeRates rates)
    {
        var (before, last) = (span.From.AddDays(-1), span.To);
        var opening = Sum(courses, rates, before, course => course.Year[part - 1]);
        var closing = Sum(courses, rates, last, course => course.Year[part]);
        var (from, to) = (opening / MonthsPerYear, closing / MonthsPerYear);
        var exact = new decimal[Kinds + 1];
        for (var kind = 0; kind < Kinds; kind++)
        {
            exact[kind] = Sum(courses, rates, last, course => course.Moved[part, kind]) / MonthsPerYear;
        }

        // Only rates that changed make a difference here; the sum of all is the change of MRR.
        exact[Kinds] = Array.TrueForAll(courses, course => rates.At(course.Currency, before) == rates.At(course.Currency, last))
            ? 0
            : to - from - exact.Sum();
        var (openingMinor, mrr) = (Minor(from), Minor(to));
        var moved = Spread(exact, mrr - openingMinor, rates.Target);
        return new(
            span, openingMinor, mrr, Minor(closing),
            new(moved[(int)MrrMovement.New], moved[(int)MrrMovement.Expansion], moved[(int)MrrMovement.Contraction],
                moved[(int)MrrMovement.Churn], moved[(int)MrrMovement.Reactivation], moved[Kinds]),
            courses.Sum(course => course.Customers[part - 1]), courses.Sum(course => course.Customers[part]))
        {
            NewCustomers = courses.Sum(course => course.Counts[part, (int)MrrMovement.New]),
        };

        long Minor(decimal major) => new ExactMoney(major, rates.Target).Rounded().Minor;
    }

    /// <summary>Rounds the movements so that they add up to the rounded change. A kind without a movement stays 0.</summary>
    private static long[] Spread(decimal[] exact, long change, Currency currency)
    {
        var moved = Enumerable.Range(0, exact.Length).Where(at => exact[at] != 0).ToArray();
        var rounded = MoneyParts.Rounded([.. moved.Select(at => new ExactMoney(exact[at], currency))], new(change, currency));
        var minor = new long[exact.Length];
        for (var i = 0; i < moved.Length; i++)
        {
            minor[moved[i]] = rounded[i].Minor;
        }

        return minor;
    }

    /// <summary>Major units of the target, for a year.</summary>
    private static decimal Sum(Course[] courses, ExchangeRates rates, DateOnly day, Func<Course, decimal> year) =>
        courses.Sum(course => year(course) is var minor && minor != 0 ? rates.Convert(minor, course.Currency, day)!.Value.Major : 0);

    private static ExactMoney MonthOf(decimal year, string currency) =>
        Currency.Of(currency) is var of ? new(year / MonthsPerYear / of.MinorPerMajor, of) : default;

    private static long Rounded(ExactMoney amount) => amount.Rounded().Minor;

    /// <summary>The revenue of one currency: at the start and after each part, and its movements in each part.</summary>
    private sealed class Course
    {
        public Course(string currency, int parts, IEnumerable<MrrSum> sums)
        {
            Currency = currency;
            Year = new decimal[parts + 1];
            Customers = new long[parts + 1];
            Moved = new decimal[parts + 1, Kinds];
            Counts = new long[parts + 1, Kinds];
            foreach (var sum in sums)
            {
                Moved[sum.Part, (int)sum.Kind] += sum.Year;
                Counts[sum.Part, (int)sum.Kind] += sum.Count;
                Year[sum.Part] += sum.Year;
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

        public string Currency { get; }

        public decimal[] Year { get; }

        public long[] Customers { get; }

        public decimal[,] Moved { get; }

        public long[,] Counts { get; }

        public bool IsConvertible(IReadOnlyList<ReportSpan> spans, ExchangeRates rates)
        {
            for (var part = 1; part <= spans.Count; part++)
            {
                var moves = Enumerable.Range(0, Kinds).Any(kind => Moved[part, kind] != 0);
                if ((Year[part - 1] != 0 && rates.At(Currency, spans[part - 1].From.AddDays(-1)) is null)
                    || ((Year[part] != 0 || moves) && rates.At(Currency, spans[part - 1].To) is null))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
